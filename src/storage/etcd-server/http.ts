/** What etcd says over HTTP on its metrics address: /health, /version and /metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge, Registry } from "prom-client";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { EMULATED_VERSION } from "./context.ts";

export interface EtcdHttpServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `listen` is `host:port`; port 0 for any that is free. Rejects when the address is taken. */
export async function startEtcdHttpServer(store: MvccStore, listen: string): Promise<EtcdHttpServer> {
  const metrics = storeMetrics(store);
  const server = createServer((request, response) => {
    answer(store, metrics, request, response).catch((error: unknown) => respond(response, 500, "text/plain", String(error)));
  });
  const host = listen.replace(/:\d+$/, "");
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`cannot listen on ${listen}: ${error.message}`, { cause: error })));
    server.listen(Number(listen.slice(host.length + 1)), host.replace(/^\[|\]$/g, ""), resolve);
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, stop: () => close(server) };
}

async function answer(store: MvccStore, metrics: Registry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch ((request.url ?? "/").replace(/\?.*/, "")) {
    case "/health":
      return health(store, response);
    case "/version":
      return respond(response, 200, "application/json", JSON.stringify({ etcdserver: EMULATED_VERSION, etcdcluster: EMULATED_VERSION.replace(/\d+$/, "0") }));
    case "/metrics":
      return respond(response, 200, metrics.contentType, await metrics.metrics());
    default:
      return respond(response, 404, "text/plain", "404 page not found\n");
  }
}

/** Healthy when it can be read: what etcd asks of itself, too. */
async function health(store: MvccStore, response: ServerResponse): Promise<void> {
  try {
    await store.range({ start: "health", countOnly: true });
    respond(response, 200, "application/json", JSON.stringify({ health: "true", reason: "" }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    respond(response, 503, "application/json", JSON.stringify({ health: "false", reason }));
  }
}

/** Under etcd's names, as far as they mean something here. */
function storeMetrics(store: MvccStore): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number | Promise<number>) => {
    const collect = async function (this: Gauge) {
      this.set(await read());
    };
    registry.registerMetric(new Gauge({ name, help, registers: [], collect }));
  };
  gauge("etcd_server_has_leader", "Always 1: the only member leads.", () => 1);
  gauge("etcd_server_is_leader", "Always 1: the only member leads.", () => 1);
  gauge("etcd_debugging_mvcc_current_revision", "The newest revision.", () => store.revision);
  gauge("etcd_debugging_mvcc_compact_revision", "The revision compacted to.", () => store.compactRevision);
  gauge("etcd_debugging_mvcc_keys_total", "Keys that exist.", async () => (await store.status()).keys);
  gauge("etcd_debugging_mvcc_watcher_total", "Watches under way.", () => store.watches);
  gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes on disk.", async () => (await store.status()).sizeBytes);
  gauge("coracle_store_commits", "Groups of writes made durable since the start.", () => store.commits);
  return registry;
}

function respond(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { "content-type": type }).end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
