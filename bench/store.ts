/**
 * The stores beside what the disk can do at all: a plain file, where concurrent writers share one fdatasync. Ratios
 * travel between machines, absolute figures do not. `node bench/store.ts` runs it; `tiny` is for the tests.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../src/machinery/clock.ts";
import type { Logger } from "../src/machinery/logger.ts";
import { createMemoryStore } from "../src/storage/memory/index.ts";
import type { MvccStore } from "../src/storage/mvcc/mvcc-store.ts";
import { openSqliteStore } from "../src/storage/sqlite/index.ts";
import { prefixEnd, type Store } from "../src/storage/store.ts";
import { VirtualClock } from "../src/testing/virtual-clock.ts";

const VALUE_BYTES = 2048;
const WRITERS = 64;
const WARM_UP_ROUNDS = 2;
/** With nothing synced for so long, a store has nothing left to do. */
const REST_MS = 50;
const ROUNDS = 7;

/** Appends one record; resolves when it is synced. */
type Write = (index: number) => Promise<void>;

interface Rates {
  /** Writes a second by WRITERS writers. */
  readonly grouped: number;
  /** Milliseconds at the median for one writer alone. */
  readonly single: number;
}

interface Idle {
  /** At most 1 is wanted. */
  readonly syncsPerSecond: number;
  /** Under 5,000 is wanted. */
  readonly bytesPerSecond: number;
}

export interface StoreBenchResult {
  readonly limit: Rates;
  readonly sqlite: Rates;
  readonly memory: Rates;
  /** sqlite's grouped rate over the limit's: at least 0.5 is wanted. */
  readonly groupedRatio: number;
  /** sqlite's single-writer median over the limit's: at most 1.5 is wanted. */
  readonly singleRatio: number;
  /** As groupedRatio, over five times as many writes at a stretch, until everything has been brought to its place. */
  readonly lastingRatio: number;
  /** Milliseconds until one write has reached 1,000 watchers: under 20 is wanted. */
  readonly fanOutMs: number;
  /** Milliseconds to open a store of 100,000 keys and to read them all. */
  readonly openMs: number;
  readonly readAllMs: number;
  /** Resident bytes that 100,000 keys cost the process. */
  readonly residentBytes: number;
  /** A quiet cluster of one node: what its heartbeats cost the disk. */
  readonly idle: Idle;
  /** Of everything read back: nothing was optimised away. */
  readonly hash: string;
}

export async function run(options: { readonly tiny?: boolean } = {}): Promise<StoreBenchResult> {
  const scale = options.tiny ? 0.005 : 1;
  const folder = await mkdtemp(join(tmpdir(), "coracle-bench-"));
  try {
    const path = join(folder, "store.db");
    const [limit, sqlite, lastingRatio] = await withFile(join(folder, "plain"), (plain) =>
      withStore(openSqliteStore({ path, clock, logger }), async (store) => {
        const rest = () => atRest(store);
        const [limit, sqlite] = await sideBySide([plain, putter(store)], scale, rest);
        const lasting = [await lastingRate(plain, scale), await lastingRate(putter(store), scale, rest)] as const;
        return [limit, sqlite, lasting[1] / lasting[0]] as const;
      }),
    );
    const memory = await withStore(Promise.resolve(createMemoryStore({ clock })), async (store) => median(await rates(putter(store), scale)));
    const fanOutMs = await withStore(openSqliteStore({ path: join(folder, "watch.db"), clock, logger }), (store) => fanOut(store, options.tiny ? 50 : 1000));
    const cold = await coldStart(join(folder, "cold.db"), Math.round(100_000 * scale));
    const idle = await heartbeats(join(folder, "idle.db"), options.tiny ? 20 : 600);
    const result = {
      limit,
      sqlite,
      memory,
      groupedRatio: sqlite.grouped / limit.grouped,
      singleRatio: sqlite.single / limit.single,
      lastingRatio,
      fanOutMs,
      idle,
      ...cold,
    };
    if (!options.tiny) print(result);
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** In turns, so that whatever else the disk has to do meets both alike. The first do not count: programs are compiled and files grow in them. */
async function sideBySide(writes: readonly [Write, Write], scale: number, pause: () => Promise<void>): Promise<readonly [Rates, Rates]> {
  const rounds: [Rates[], Rates[]] = [[], []];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const side of [0, 1] as const) {
      await pause();
      const measured = await rates(writes[side], scale);
      if (round >= 0) rounds[side].push(...measured);
    }
  }
  return [median(rounds[0]), median(rounds[1])];
}

/** The store has brought everything to its place: none of that work falls into the other side's turn. */
async function atRest(store: MvccStore): Promise<void> {
  for (let before = -1; before !== store.syncs; ) {
    before = store.syncs;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}

async function lastingRate(write: Write, scale: number, rest?: () => Promise<void>): Promise<number> {
  const count = Math.ceil(100_000 * scale);
  const started = performance.now();
  await concurrently(write, count);
  await rest?.();
  const waited = rest === undefined ? 0 : REST_MS;
  return (count / (performance.now() - started - waited)) * 1000;
}

async function rates(write: Write, scale: number): Promise<Rates[]> {
  const count = Math.ceil(20_000 * scale);
  const started = performance.now();
  await concurrently(write, count);
  const grouped = (count / (performance.now() - started)) * 1000;
  const times: number[] = [];
  for (let index = 0; index < Math.ceil(200 * scale); index++) {
    const begun = performance.now();
    await write(index);
    times.push(performance.now() - begun);
  }
  return [{ grouped, single: middle(times) }];
}

function median(rounds: readonly Rates[]): Rates {
  return { grouped: middle(rounds.map((round) => round.grouped)), single: middle(rounds.map((round) => round.single)) };
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

async function concurrently(write: Write, count: number): Promise<void> {
  let next = 0;
  const writer = async () => {
    while (next < count) await write(next++);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

const value = new Uint8Array(VALUE_BYTES).map((_, index) => index * 31);

function putter(store: Store): Write {
  return async (index) => {
    const key = `/registry/pods/namespace-${index % 100}/pod-${index}`;
    await store.txn({ compare: [], success: [{ type: "put", key, value }], failure: [] });
  };
}

/** The limit: gathers what is written while a sync is under way, then writes and syncs it in one go. */
async function withFile<T>(path: string, body: (write: Write) => Promise<T>): Promise<T> {
  const file = await open(path, "w", 0o600);
  let waiting: (() => void)[] = [];
  let busy = false;
  const flush = async () => {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await file.write(Buffer.concat(group.map(() => value)));
      await file.datasync();
      for (const done of group) done();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    busy = false;
  };
  try {
    return await body(
      () =>
        new Promise((resolve) => {
          waiting.push(resolve);
          if (busy) return;
          busy = true;
          setImmediate(flush);
        }),
    );
  } finally {
    await file.close();
  }
}

async function withStore<S extends Store, T>(opening: Promise<S>, body: (store: S) => Promise<T>): Promise<T> {
  const store = await opening;
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

async function fanOut(store: Store, watchers: number): Promise<number> {
  const write = putter(store);
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const stop = new AbortController();
    const first = async () => {
      for await (const _batch of store.watch({ start: "/registry/", end: prefixEnd("/registry/") }, stop.signal)) return;
    };
    const arrived = Array.from({ length: watchers }, first);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const started = performance.now();
    await Promise.all([write(round), ...arrived]);
    times.push(performance.now() - started);
    stop.abort();
  }
  return middle(times);
}

async function coldStart(path: string, keys: number): Promise<Pick<StoreBenchResult, "openMs" | "readAllMs" | "residentBytes" | "hash">> {
  await withStore(openSqliteStore({ path, clock, logger }), (store) => concurrently(putter(store), keys));
  const before = resident();
  const opening = performance.now();
  return withStore(openSqliteStore({ path, clock, logger }), async (store) => {
    const openMs = performance.now() - opening;
    // With few keys the process may give back more meanwhile than they take.
    const residentBytes = Math.max(0, resident() - before);
    const reading = performance.now();
    const hash = createHash("sha256");
    let start = "/registry/";
    for (let more = true; more; ) {
      const page = await store.range({ start, end: prefixEnd("/registry/"), limit: 1000 });
      for (const kv of page.kvs) hash.update(kv.key).update(kv.value);
      more = page.more;
      start = `${page.kvs.at(-1)?.key}\0`;
    }
    return { openMs, readAllMs: performance.now() - reading, residentBytes, hash: hash.digest("hex").slice(0, 16) };
  });
}

/**
 * Two leaders that renew 2 s after each renewal and a node every 10 s, in virtual time; each write may wait 3 s for
 * company.
 */
async function heartbeats(path: string, seconds: number): Promise<Idle> {
  const virtual = new VirtualClock();
  return withStore(openSqliteStore({ path, clock: virtual, logger }), async (store) => {
    const stop = new AbortController();
    const beat = async (name: string, periodMs: number) => {
      const success = [{ type: "put", key: `/registry/leases/${name}`, value: value.subarray(0, 500) } as const];
      while (!stop.signal.aborted) {
        await store.txn({ compare: [], success, failure: [], patienceMs: 3000 });
        await virtual.sleep(periodMs, stop.signal).catch(() => undefined);
      }
    };
    const [syncs, bytes] = [store.syncs, writtenBytes()];
    const beats = [beat("controller-manager", 2000), beat("scheduler", 2000), beat("node", 10_000)];
    for (let second = 0; second < seconds; second++) {
      await virtual.advance(1000);
      // The worker keeps real time: its sync has to be over before virtual time goes on.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const idle = { syncsPerSecond: (store.syncs - syncs) / seconds, bytesPerSecond: (writtenBytes() - bytes) / seconds };
    stop.abort();
    await virtual.advance(3000);
    await Promise.all(beats);
    return idle;
  });
}

/** Bytes this process has caused to be written to disks; 0 where the kernel does not tell. */
function writtenBytes(): number {
  const path = "/proc/self/io";
  return existsSync(path) ? Number(/^write_bytes: (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0) : 0;
}

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

function print(result: StoreBenchResult): void {
  const rate = (name: string, { grouped, single }: Rates) =>
    console.log(`${name.padEnd(24)} ${Math.round(grouped).toLocaleString("en")}/s, one writer ${single.toFixed(3)} ms`);
  rate("plain file, fdatasync", result.limit);
  rate("sqlite", result.sqlite);
  rate("memory", result.memory);
  console.log(
    `sqlite: ${result.groupedRatio.toFixed(2)} of the limit's rate (at least 0.5), one writer ${result.singleRatio.toFixed(2)} times an fdatasync (at most 1.5); over 100,000 writes, until all is in its place, ${result.lastingRatio.toFixed(2)}`,
  );
  console.log(`a write reaches 1,000 watchers in ${result.fanOutMs.toFixed(1)} ms, its sync included (under 20)`);
  const { syncsPerSecond, bytesPerSecond } = result.idle;
  console.log(`an idle cluster: ${syncsPerSecond.toFixed(2)} syncs/s (at most 1), ${Math.round(bytesPerSecond).toLocaleString("en")} bytes/s (under 5,000)`);
  console.log(
    `100,000 keys: open ${result.openMs.toFixed(0)} ms, read ${result.readAllMs.toFixed(0)} ms, ${(result.residentBytes / 2 ** 20).toFixed(0)} MB resident (hash ${result.hash})`,
  );
}

const clock: Clock = {
  now: () => Date.now(),
  sleep: () => Promise.reject(new Error("cannot sleep: nothing here waits for time")),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

const logger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
  child: () => logger,
};

if (process.argv[1] === import.meta.filename) await run({ tiny: process.argv.includes("--tiny") });
