/** `coracle etcd-serve`: a cluster's store, or an empty one, behind etcd's own API. A cluster that runs serves its store itself. */
import { existsSync, readFileSync } from "node:fs";
import { aborted } from "../machinery/aborted.ts";
import { type EtcdServerTls, type Limits, startEtcdHttpServer, startEtcdServer } from "../storage/etcd-server/index.ts";
import { createMemoryStore } from "../storage/memory/index.ts";
import type { MvccStore } from "../storage/mvcc/mvcc-store.ts";
import { openSqliteStore } from "../storage/sqlite/index.ts";
import { StoreUnavailableError } from "../storage/store.ts";
import { layoutOf } from "./layout.ts";
import { createLogger } from "./logger.ts";
import { storeFile } from "./open-store.ts";
import { askForShare, type Share, shareSocket } from "./store-share.ts";
import { systemClock } from "./system-clock.ts";

export interface EtcdServeOptions {
  /** Of the cluster whose store is served. */
  readonly name: string;
  /** Default /var/lib/coracle/NAME, which must then exist. */
  readonly dataDir?: string;
  readonly store: "sqlite" | "memory";
  /** host:port of the gRPC API. */
  readonly listen: string;
  /** host:port of /health, /version and /metrics; absent for none. */
  readonly listenMetrics?: string;
  /** PEM files, as etcd's flags of these names. */
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly trustedCaFile?: string;
  readonly clientCertAuth?: boolean;
  readonly limits?: Partial<Limits>;
}

/** Serves until the signal aborts. `print` is told where. */
export async function etcdServe(options: EtcdServeOptions, signal: AbortSignal, print: (line: string) => void = console.log): Promise<void> {
  const logger = createLogger(process.env["CORACLE_LOG_LEVEL"] ?? "warn");
  const tls = tlsOf(options);
  await using cleanup = new AsyncDisposableStack();
  const opened = await openStore(options, tls);
  const { listen, limits = {} } = options;
  if ("share" in opened) {
    cleanup.use(opened.share);
    announce(opened, opened.share, { listen, tls }, print);
    const left = await Promise.race([aborted(signal).then(() => true), opened.share.ended]);
    if (left !== true) throw new Error("cannot go on: the cluster that served its store has stopped");
    return;
  }
  const { store } = opened;
  cleanup.defer(() => store.close());
  const server = await startEtcdServer({ store, clock: systemClock, logger, listen, limits, ...(tls === undefined ? {} : { tls }) });
  cleanup.defer(() => server.stop());
  const http = options.listenMetrics === undefined ? undefined : await startEtcdHttpServer(store, options.listenMetrics);
  cleanup.defer(() => http?.stop());
  announce(opened, { endpoint: server.endpoint, ...(http === undefined ? {} : { metricsUrl: http.url }) }, { listen, tls }, print);
  await aborted(signal);
}

function announce(
  { description }: Opened,
  { endpoint, metricsUrl }: Share,
  { listen, tls }: { readonly listen: string; readonly tls: EtcdServerTls | undefined },
  print: (line: string) => void,
): void {
  print(`Serving ${description} as etcd at ${endpoint}`);
  // host:port: after http://host:port, etcdctl 3.4 sends for `endpoint status` what Node's HTTP/2 refuses as malformed.
  if (tls === undefined) print(`Try: ETCDCTL_API=3 etcdctl --endpoints ${new URL(endpoint).host} endpoint status`);
  if (tls === undefined && !isLoopback(listen))
    print(`Warning: whoever reaches ${listen} may read and write everything; give --cert-file, --key-file and --trusted-ca-file.`);
  if (metricsUrl !== undefined) print(`Health, version and metrics at ${metricsUrl}`);
}

type Opened = { readonly description: string } & ({ readonly store: MvccStore } | { readonly share: NonNullable<Awaited<ReturnType<typeof askForShare>>> });

async function openStore(options: EtcdServeOptions, tls: EtcdServerTls | undefined): Promise<Opened> {
  if (options.store === "memory") return { store: createMemoryStore({ clock: systemClock }), description: "an empty store in memory" };
  const layout = layoutOf(options);
  const path = storeFile(layout.store);
  if (options.dataDir === undefined && !existsSync(path)) {
    throw new Error(
      `cannot serve cluster ${JSON.stringify(options.name)}: there is no store at "${path}"; --data-dir names another folder and makes one there`,
    );
  }
  try {
    return { store: await openSqliteStore({ path, clock: systemClock, logger: createLogger("warn") }), description: `"${path}"` };
  } catch (error) {
    if (!(error instanceof StoreUnavailableError) || !/another process has it open/.test(error.message)) throw error;
    const { listen, listenMetrics, limits = {} } = options;
    const request = { path, listen, limits, ...(tls === undefined ? {} : { tls }), ...(listenMetrics === undefined ? {} : { listenMetrics }) };
    const share = await askForShare(shareSocket(layout.run), request);
    if (share !== undefined) return { share, description: `the running cluster's "${path}"` };
    throw new StoreUnavailableError(`${error.message}, and no cluster ${JSON.stringify(options.name)} that would serve it answers`, { cause: error });
  }
}

function tlsOf({ certFile, keyFile, trustedCaFile, clientCertAuth }: EtcdServeOptions): EtcdServerTls | undefined {
  if (clientCertAuth && trustedCaFile === undefined) throw new Error("cannot ask clients for certificates: --client-cert-auth needs --trusted-ca-file");
  if (certFile === undefined && keyFile === undefined) {
    if (trustedCaFile !== undefined) throw new Error("cannot ask clients for certificates: --trusted-ca-file needs --cert-file and --key-file");
    return undefined;
  }
  if (certFile === undefined || keyFile === undefined) throw new Error("cannot serve over TLS: --cert-file and --key-file go together");
  // As in etcd, an authority for clients means that they have to show a certificate of it.
  const clientCa = trustedCaFile === undefined ? {} : { clientCa: readFileSync(trustedCaFile, "utf8") };
  return { certificate: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8"), ...clientCa };
}

function isLoopback(listen: string): boolean {
  return /^(127\.|localhost:|\[::1\])/.test(listen);
}
