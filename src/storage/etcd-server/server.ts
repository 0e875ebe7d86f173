/** etcd's gRPC API over a store of this process: `etcdctl`, etcd's clients and Kubernetes' API server cannot tell. */
import { tmpdir } from "node:os";
import { Server, ServerCredentials, type ServerDuplexStream, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { type EtcdService, etcdService, healthDefinition } from "./api.ts";
import { defaultLimits, type Limits } from "./check.ts";
import { authService, clusterService } from "./cluster.ts";
import type { ServerContext } from "./context.ts";
import { healthService } from "./health.ts";
import { kvService } from "./kv.ts";
import { leaseService } from "./lease.ts";
import { maintenanceService } from "./maintenance.ts";
import type { WatchRequest, WatchResponse } from "./protocol.ts";
import { WatchStream } from "./watch-stream.ts";

export interface EtcdServerTls {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** PEM. Clients have to show a certificate that one of these has signed; absent: they need none. */
  readonly clientCa?: string;
}

export interface EtcdServerOptions {
  /** Stays open when the server stops. */
  readonly store: MvccStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `host:port`; port 0 for any that is free. */
  readonly listen: string;
  /** Absent: no encryption, and whoever reaches the port may read and write everything. */
  readonly tls?: EtcdServerTls;
  readonly limits?: Partial<Limits>;
  /** Milliseconds; etcd's --experimental-watch-progress-notify-interval. Default 10 minutes. */
  readonly progressIntervalMs?: number;
  /** Of the only member. Default "coracle". */
  readonly name?: string;
  /** Where snapshots lie while they are sent, as files without a name. Default: the system's. */
  readonly temporaryFolder?: string;
}

export interface EtcdServer {
  /** `http://host:port` or `https://host:port`. */
  readonly endpoint: string;
  /** Ends streams, answers what is under way, closes connections. */
  stop(): Promise<void>;
}

/** How long requests under way have to be answered when the server stops. */
const GRACE_MS = 2000;
/** What gRPC adds to a request at most; beyond it a message is not even read. As etcd has it. */
const OVERHEAD_BYTES = 512 * 1024;
const PROGRESS_INTERVAL_MS = 10 * 60 * 1000;

/** Resolves once it listens. Throws when the address is taken or the certificate is none. */
export async function startEtcdServer(options: EtcdServerOptions): Promise<EtcdServer> {
  const stopping = new AbortController();
  const limits = { ...defaultLimits, ...options.limits };
  const server = new Server({
    "grpc.max_receive_message_length": limits.maxRequestBytes + OVERHEAD_BYTES,
    "grpc.max_send_message_length": -1,
  });
  let endpoint = "";
  addServices(server, {
    store: options.store,
    clock: options.clock,
    logger: options.logger,
    limits,
    progressIntervalMs: options.progressIntervalMs ?? PROGRESS_INTERVAL_MS,
    name: options.name ?? "coracle",
    clientUrls: () => [endpoint],
    stopping: stopping.signal,
    space: { exceeded: false },
    temporaryFolder: options.temporaryFolder ?? tmpdir(),
  });
  const port = await bind(server, options);
  endpoint = `${options.tls === undefined ? "http" : "https"}://${options.listen.replace(/:\d+$/, "")}:${port}`;
  const stop = async () => {
    stopping.abort();
    await shutDown(server, options.clock);
  };
  return { endpoint, stop };
}

function addServices(server: Server, context: ServerContext): void {
  const watch = { Watch: (call: ServerDuplexStream<WatchRequest, WatchResponse>) => void new WatchStream(context, call) };
  const services: [EtcdService, UntypedServiceImplementation][] = [
    ["KV", kvService(context)],
    ["Watch", watch],
    ["Lease", leaseService(context)],
    ["Maintenance", maintenanceService(context)],
    ["Cluster", clusterService(context)],
    ["Auth", authService(context)],
  ];
  for (const [name, implementation] of services) server.addService(etcdService(name), implementation);
  server.addService(healthDefinition, healthService(context));
}

function bind(server: Server, { listen, tls }: EtcdServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentialsFor(tls), (error, port) => {
      if (error === null) resolve(port);
      else reject(new Error(`cannot listen on ${listen}: ${error.message}`, { cause: error }));
    });
  });
}

function credentialsFor(tls: EtcdServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) };
  const clientCa = tls.clientCa === undefined ? null : Buffer.from(tls.clientCa);
  return ServerCredentials.createSsl(clientCa, [pair], clientCa !== null);
}

function shutDown(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(GRACE_MS, () => server.forceShutdown());
    server.tryShutdown(() => {
      timer[Symbol.dispose]();
      resolve();
    });
  });
}
