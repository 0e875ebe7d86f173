/**
 * etcd-serve beside a real etcd, in turns within one run: the same client program (grpc-js, in a thread of its own, so
 * that it costs both alike) with 64 requests under way. `node bench/etcd-serve.ts` runs it; `tiny` is for the tests.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { systemEtcd } from "../src/storage/etcd/etcd-installations.ts";
import { startEtcd } from "../src/storage/etcd/real-etcd.ts";
import { silentLogger, systemClock } from "../src/storage/etcd/test-tools.ts";
import { startEtcdServer } from "../src/storage/etcd-server/index.ts";
import { openSqliteStore } from "../src/storage/sqlite/index.ts";
import type { LoadAnswer, LoadRequest } from "./etcd-serve-worker.ts";

const CLIENTS = 64;
const ROUNDS = 3;

interface Rates {
  /** Puts of 2 KB a second. */
  readonly puts: number;
  /** Reads of one key a second. */
  readonly ranges: number;
  /** Pages of 100 keys a second. */
  readonly pages: number;
}

export interface EtcdServeBenchResult {
  readonly served: Rates;
  /** Absent where there is no etcd to compare with. */
  readonly etcd?: Rates;
  /** etcd-serve's rate over etcd's. */
  readonly ratio?: Rates;
  /** Of the keys read: nothing was optimised away. */
  readonly hash: string;
}

export async function run(options: { readonly tiny?: boolean } = {}): Promise<EtcdServeBenchResult> {
  const count = options.tiny ? 64 : 10_000;
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "coracle-bench-etcd-serve-"));
  cleanup.defer(() => rm(folder, { recursive: true }));
  const store = await openSqliteStore({ path: join(folder, "store.db"), clock: systemClock, logger: silentLogger });
  cleanup.defer(() => store.close());
  const server = await startEtcdServer({ store, clock: systemClock, logger: silentLogger, listen: "127.0.0.1:0" });
  cleanup.defer(() => server.stop());
  const endpoints = [server.endpoint];
  if (systemEtcd.options.skip === undefined) {
    const etcd = await startEtcd();
    cleanup.defer(() => etcd.dispose());
    endpoints.push(etcd.endpoint);
  }
  const rounds: Rates[][] = endpoints.map(() => []);
  const hash = createHash("sha256");
  for (let round = 0; round < (options.tiny ? 1 : ROUNDS); round++) {
    for (const [side, endpoint] of endpoints.entries()) {
      const { rates, keys } = await load({ endpoint, clients: CLIENTS, count, round });
      rounds[side]?.push(rates);
      hash.update(keys);
    }
  }
  const [served, etcd] = rounds.map(median) as [Rates, Rates | undefined];
  return { served, ...(etcd === undefined ? {} : { etcd, ratio: quotient(served, etcd) }), hash: hash.digest("hex").slice(0, 16) };
}

function load(request: LoadRequest): Promise<LoadAnswer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(`./etcd-serve-worker${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), { workerData: request });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

const names = ["puts", "ranges", "pages"] as const;

function each(make: (name: keyof Rates) => number): Rates {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as unknown as Rates;
}

function median(rounds: readonly Rates[]): Rates {
  return each((name) => rounds.map((rates) => rates[name]).toSorted((a, b) => a - b)[rounds.length >> 1] as number);
}

function quotient(a: Rates, b: Rates): Rates {
  return each((name) => a[name] / b[name]);
}

if (process.argv[1] === import.meta.filename) console.log(await run({ tiny: process.argv.includes("--tiny") }));
