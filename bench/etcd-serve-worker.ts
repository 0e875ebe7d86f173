/** The load of bench/etcd-serve: its own thread, so that the client's work does not stop the server it measures. */
import { parentPort, workerData } from "node:worker_threads";
import { RawClient } from "../src/storage/etcd-server/test-tools.ts";

export interface LoadRequest {
  readonly endpoint: string;
  /** Requests under way at any time, over one connection each eight. */
  readonly clients: number;
  readonly count: number;
  /** Keys of a round are new. */
  readonly round: number;
}

export interface LoadAnswer {
  readonly rates: { readonly puts: number; readonly ranges: number; readonly pages: number };
  /** Of the last page. */
  readonly keys: string;
}

const value = Buffer.alloc(2048, "coracle");
const PAGE = 100;

const request = workerData as LoadRequest;
const connections = Array.from({ length: Math.ceil(request.clients / 8) }, () => new RawClient(request.endpoint));
const key = (index: number) => Buffer.from(`/registry/pods/round-${request.round}/pod-${String(index).padStart(6, "0")}`);
let keys = "";

/** A second, by `clients` at once. */
async function rate(count: number, call: (client: RawClient, index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const clients = Array.from({ length: request.clients }, async (_, index) => {
    const client = connections[index % connections.length] as RawClient;
    while (next < count) await call(client, next++);
  });
  await Promise.all(clients);
  return (count / (performance.now() - started)) * 1000;
}

const { count } = request;
const puts = await rate(count, (client, index) => client.call("KV", "Put", { key: key(index), value }));
const ranges = await rate(count, (client, index) => client.call("KV", "Range", { key: key(index) }));
const pages = await rate(Math.ceil(count / 50), async (client, index) => {
  const start = (index * PAGE) % count;
  const { kvs } = await client.call("KV", "Range", { key: key(start), range_end: key(start + PAGE), limit: PAGE });
  if (start === 0) keys = kvs.map((kv: { key: Buffer }) => String(kv.key)).join();
});
for (const client of connections) client.close();
parentPort?.postMessage({ rates: { puts, ranges, pages }, keys } satisfies LoadAnswer);
