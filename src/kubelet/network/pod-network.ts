/**
 * The node's part of the pod network: a bridge for its own pods, configured through CNI from the node's pod CIDR, and
 * routes to every other node's pods.
 */
import type { ComponentContext } from "../../client/component.ts";
import { keepNodeRoutes, type RouteTable } from "../../client/node-routes.ts";
import { nodes } from "../../client/resources.ts";
import { Wakeup } from "../../client/wakeup.ts";

/** What this component does to the machine; the composition root brings the real one. */
export interface PodNetworkHost {
  readonly routes: RouteTable;
  writeCniConfig(text: string): Promise<void>;
}

export interface PodNetworkConfig {
  readonly nodeName: string;
  /** Where host-local keeps the addresses it has given out. */
  readonly cniStateFolder: string;
}

/** The CNI network list: bridge with hairpin (a pod may reach itself through its Service), host-local addresses, host ports. */
export function cniConfig(podCidr: string, stateFolder: string): string {
  const bridge = {
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    hairpinMode: true,
    // Replies come back by the routes between nodes; what leaves the cluster is masqueraded where it leaves.
    ipMasq: false,
    ipam: { type: "host-local", dataDir: stateFolder, ranges: [[{ subnet: podCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
  };
  const portmap = { type: "portmap", capabilities: { portMappings: true }, snat: true };
  return `${JSON.stringify({ cniVersion: "0.4.0", name: "coracle", plugins: [bridge, portmap] }, undefined, 2)}\n`;
}

/** Runs until the context's signal aborts. */
export async function runPodNetwork(context: ComponentContext, config: PodNetworkConfig, host: PodNetworkHost): Promise<void> {
  await Promise.all([keepNodeRoutes(context, host.routes, config.nodeName), keepCniConfig(context, config, host)]);
}

const retryMs = 5_000;

/** The CIDR comes once, soon after the node has registered; a node that is deleted and registers anew may get another. */
async function keepCniConfig(context: ComponentContext, config: PodNetworkConfig, host: PodNetworkHost): Promise<void> {
  const { informers, clock, logger, signal } = context;
  const informer = informers.informer(nodes);
  const changes = new Wakeup();
  const changed = () => changes.wake();
  using _handler = informer.addHandler({ add: changed, update: changed });
  await informers.start();
  let written: string | undefined;
  while (!signal.aborted) {
    const cidr = informer.get(config.nodeName)?.spec.podCIDR;
    let failed = false;
    try {
      if (cidr !== undefined && cidr !== written) {
        await host.writeCniConfig(cniConfig(cidr, config.cniStateFolder));
        written = cidr;
        logger.info({ podCIDR: cidr }, "pod network configured");
      }
    } catch (error) {
      failed = true;
      logger.warn({ err: error }, "cannot configure the pod network; trying again");
    }
    await changes.wait(clock, signal, failed ? retryMs : undefined);
  }
}
