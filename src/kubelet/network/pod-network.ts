/**
 * The node's part of the pod network: a bridge for its own pods, configured through CNI from the node's pod CIDR, and a
 * direct route to every other node's pods by way of that node's address. All nodes are on one link.
 */
import type { Node } from "../../api/core/v1/node.ts";
import type { ComponentContext } from "../../client/component.ts";
import { nodes } from "../../client/resources.ts";
import { Wakeup } from "../../client/wakeup.ts";

export interface Route {
  /** Pod CIDR of another node. */
  readonly destination: string;
  /** That node's InternalIP. */
  readonly via: string;
}

/** What this component does to the machine; the composition root brings the real one. */
export interface PodNetworkHost {
  writeCniConfig(text: string): Promise<void>;
  addRoute(route: Route): Promise<void>;
  removeRoute(route: Route): Promise<void>;
}

export interface PodNetworkConfig {
  /** Absent on a machine without pods of its own (the API server's): routes only. */
  readonly nodeName?: string;
  readonly cniStateFolder: string;
}

/** Routes that this machine needs, given all nodes. */
export function wantedRoutes(all: Iterable<Node>, ownName: string | undefined): Route[] {
  const routes: Route[] = [];
  for (const node of all) {
    const via = node.status?.addresses?.find((address) => address.type === "InternalIP")?.address;
    if (node.metadata.name === ownName || node.spec.podCIDR === undefined || via === undefined) continue;
    routes.push({ destination: node.spec.podCIDR, via });
  }
  return routes;
}

export type RouteChange = { readonly type: "add" | "remove"; readonly route: Route };

/** A destination that moved to another node is replaced: its removal comes first. */
export function routeChanges(current: readonly Route[], wanted: readonly Route[]): RouteChange[] {
  const id = (route: Route) => `${route.destination} ${route.via}`;
  const have = new Set(current.map(id));
  const want = new Set(wanted.map(id));
  return [
    ...current.filter((route) => !want.has(id(route))).map((route): RouteChange => ({ type: "remove", route })),
    ...wanted.filter((route) => !have.has(id(route))).map((route): RouteChange => ({ type: "add", route })),
  ];
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

/** Runs until the context's signal aborts; failures are logged and tried again on the next change or after a while. */
export async function runPodNetwork(context: ComponentContext, config: PodNetworkConfig, host: PodNetworkHost): Promise<void> {
  const { informers, clock, logger, signal } = context;
  const retryMs = 5_000;
  const informer = informers.informer(nodes);
  let current: readonly Route[] = [];
  let writtenCidr: string | undefined;
  const changes = new Wakeup();
  const changed = () => changes.wake();
  using _handler = informer.addHandler({ add: changed, update: changed, delete: changed });
  await informers.start();

  const writeOwn = async () => {
    const cidr = config.nodeName === undefined ? undefined : informer.get(config.nodeName)?.spec.podCIDR;
    if (cidr === undefined || cidr === writtenCidr) return;
    await host.writeCniConfig(cniConfig(cidr, config.cniStateFolder));
    writtenCidr = cidr;
    logger.info({ podCIDR: cidr }, "pod network configured");
  };
  const applyRoutes = async () => {
    for (const { type, route } of routeChanges(current, wantedRoutes(informer.list(), config.nodeName))) {
      if (type === "add") {
        await host.addRoute(route);
        current = [...current, route];
      } else {
        await host.removeRoute(route);
        current = current.filter((other) => other !== route);
      }
    }
  };

  while (!signal.aborted) {
    let failed = false;
    try {
      await writeOwn();
      await applyRoutes();
    } catch (error) {
      failed = true;
      logger.warn({ err: error }, "cannot update the pod network; trying again");
    }
    await changes.wait(clock, signal, failed ? retryMs : undefined);
  }
}
