/**
 * A whole control plane with simulated nodes inside this process, for tests of anything that talks to Kubernetes:
 *
 *     await using cluster = await createCluster({ nodes: 3 });
 *     await cluster.client.of(deployments).in("default").create(…);
 *
 * Everything is real but the containers: API server, controllers, scheduler, admission, RBAC. Nothing listens on the
 * network unless `listen` is called.
 */
import type { HandlerFactory } from "../apiserver/contract.ts";
import { Client } from "../client/client.ts";
import { nodes, serviceAccounts } from "../client/resources.ts";
import { CertificateAuthority, createSigningKey } from "../cluster/certificates.ts";
import { componentContext } from "../cluster/component-context.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { kubeconfig } from "../cluster/kubeconfig.ts";
import { requestSigner } from "../cluster/request-signer.ts";
import { systemClock } from "../cluster/system-clock.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Transport } from "../machinery/transport.ts";
import { runSimulatedNodes, type SimulatorConfig } from "../simulator/simulator.ts";
import { createMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { silentLogger } from "./silent-logger.ts";

export interface CreateClusterOptions {
  /** Simulated nodes: a count, or their names. Default 1. */
  readonly nodes?: number | readonly string[];
  readonly simulator?: Omit<SimulatorConfig, "nodes">;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Default: in memory. Not closed by the cluster. */
  readonly store?: Store;
  /** Further handlers of the API server, such as streams to kubelets: simulated nodes have none. */
  readonly handlers?: readonly HandlerFactory[];
}

export interface InProcessCluster extends AsyncDisposable {
  /** As the administrator. */
  readonly client: Client;
  /** As anyone else, by name and groups. */
  clientFor(user: string, ...groups: string[]): Client;
  /** Resolves when every simulated node takes pods, and pods of namespace `default` can be created. */
  ready(): Promise<void>;
  /** Serves HTTPS on a free loopback port; the kubeconfig is the administrator's, for kubectl and other clients. */
  listen(): Promise<{ readonly server: string; readonly kubeconfig: string }>;
  /** Resolves when everything has ended. */
  stop(): Promise<void>;
}

const administrator = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };

/** Throws on Node.js before 24. */
export async function createCluster(options: CreateClusterOptions = {}): Promise<InProcessCluster> {
  requireNode24();
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const logger = options.logger ?? silentLogger;
  const life = new AbortController();
  const { signal } = life;
  const [ca, serviceAccountKey] = await Promise.all([CertificateAuthority.create("coracle-ca", clock.now()), createSigningKey()]);
  const store = options.store ?? createMemoryStore({ clock });
  const controlPlane = await startControlPlane({
    store,
    clock,
    random,
    logger,
    signal,
    serviceAccountKey,
    clientCA: ca.pem.certificate,
    rootCA: ca.pem.certificate,
    certificateSigner: requestSigner(ca, clock),
    serviceSubnet: "10.96.0.0/16",
    podSubnet: "10.200.0.0/13",
    clusterDomain: "cluster.local",
    advertiseAddress: "127.0.0.1",
    advertisePort: 6443,
    ...(options.handlers === undefined ? {} : { handlers: options.handlers }),
  });
  const { server } = controlPlane;
  const clientOf = (transport: Transport) => new Client(transport, signal);
  const names = typeof options.nodes === "object" ? options.nodes : Array.from({ length: options.nodes ?? 1 }, (_, i) => `node-${i + 1}`);
  const simulation = runSimulatedNodes(componentContext({ name: "simulator", transport: server.transport(administrator), clock, random, logger, signal }), {
    ...options.simulator,
    nodes: names,
  });
  const stop = async () => {
    life.abort(new Error("the cluster is stopping"));
    await Promise.all([controlPlane.done, simulation].map(endedBy(signal)));
    if (options.store === undefined) await store.close();
  };
  const client = clientOf(server.transport(administrator));
  return {
    client,
    ready: () => untilReady(client, names, clock, signal),
    clientFor: (name, ...groups) => clientOf(server.transport({ name, groups: [...groups, "system:authenticated"] })),
    listen: () => listen(controlPlane, ca, clock.now()),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** What ends because the cluster stops may say so by rejecting with the signal's own reason. */
function endedBy(signal: AbortSignal): (work: Promise<void>) => Promise<void> {
  return (work) =>
    work.catch((error: unknown) => {
      if (error !== signal.reason) throw error;
    });
}

async function untilReady(client: Client, names: readonly string[], clock: Clock, signal: AbortSignal): Promise<void> {
  const pollMs = 2;
  for (;;) {
    const account = await client.of(serviceAccounts).in("default").find("default");
    const found = await Promise.all(names.map((name) => client.of(nodes).find(name)));
    if (account !== undefined && found.every((node) => node !== undefined && (node.spec.taints ?? []).length === 0)) return;
    await clock.sleep(pollMs, signal);
  }
}

async function listen({ server }: ControlPlane, ca: CertificateAuthority, now: number): Promise<{ server: string; kubeconfig: string }> {
  const serving = await ca.issue({ commonName: "kube-apiserver", usage: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] }, now);
  const client = await ca.issue({ commonName: administrator.name, organizations: ["system:masters"], usage: "client" }, now);
  const { port } = await server.listen({ host: "127.0.0.1", port: 0, cert: serving.certificate, key: serving.key });
  const address = `https://127.0.0.1:${port}`;
  return { server: address, kubeconfig: kubeconfig({ name: "coracle", server: address, ca: ca.pem.certificate, client }) };
}

function requireNode24(): void {
  if (Number.parseInt(process.versions.node, 10) >= 24) return;
  throw new Error(
    `cannot create a cluster: it needs Node.js 24 or later, and this is ${process.version}; \`npm install --save-dev node\` gives a project its own`,
  );
}
