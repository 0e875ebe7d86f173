/**
 * A day of a busy cluster, as its store sees it: pods come and go, each written six times in its life, and the API
 * server compacts every five minutes to where it was five minutes before. For the test and the benchmark.
 */
import type { Store } from "../store.ts";

export interface ChurnOptions {
  readonly pods: number;
  /** How often every pod is replaced. */
  readonly livesPerDay: number;
  readonly valueBytes: number;
  /** Bytes on disk, to be bounded. Absent: as the store tells, its logs included. */
  readonly sizeBytes?: () => number;
}

export interface ChurnResult {
  readonly writes: number;
  /** The largest sizes on disk within the first hour and the last. */
  readonly firstHourBytes: number;
  readonly lastHourBytes: number;
  /** Of the whole day. */
  readonly largestBytes: number;
}

const INTERVALS = (24 * 60) / 5;
const HOUR = 12;
/** Creation, binding and four statuses; then the deletion. */
const WRITES_A_LIFE = 6;
const TOGETHER = 64;

/** Runs the day as fast as the store takes it: the only clock is the count of writes. */
export async function churn(store: Store, options: ChurnOptions): Promise<ChurnResult> {
  const { pods, livesPerDay, valueBytes } = options;
  const perInterval = Math.ceil((pods * livesPerDay) / INTERVALS);
  const sizes: number[] = [];
  let writes = 0;
  let born = 0;
  let previous = (await store.status()).revision;
  for (; born < pods; born += TOGETHER) await inParallel(born, Math.min(pods, born + TOGETHER), live);
  born = pods;
  for (let interval = 0; interval < INTERVALS; interval++) {
    for (let done = 0; done < perInterval; done += TOGETHER) {
      const count = Math.min(TOGETHER, perInterval - done);
      await inParallel(born, born + count, replace);
      born += count;
    }
    const { revision } = await store.status();
    await store.compact(previous);
    previous = revision;
    sizes.push(options.sizeBytes?.() ?? (await store.status()).sizeBytes);
  }
  const largest = (of: readonly number[]) => Math.max(...of);
  return { writes, firstHourBytes: largest(sizes.slice(0, HOUR)), lastHourBytes: largest(sizes.slice(-HOUR)), largestBytes: largest(sizes) };

  async function replace(pod: number): Promise<void> {
    await store.txn({ compare: [], success: [{ type: "delete", start: keyOf(pod - pods) }], failure: [] });
    writes++;
    await live(pod);
  }

  async function live(pod: number): Promise<void> {
    for (let write = 0; write < WRITES_A_LIFE; write++) {
      const value = new Uint8Array(valueBytes).fill(pod + write);
      await store.txn({ compare: [], success: [{ type: "put", key: keyOf(pod), value }], failure: [] });
      writes++;
    }
  }
}

function keyOf(pod: number): string {
  return `/registry/pods/namespace-${pod % 20}/pod-${pod}`;
}

async function inParallel(from: number, to: number, body: (index: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: to - from }, (_, index) => body(from + index)));
}
