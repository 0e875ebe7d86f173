/** A whole day of 1,000 pods that come and go, every half hour anew: how large the store's file gets. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../src/machinery/logger.ts";
import { type ChurnResult, churn } from "../src/storage/sqlite/churn.ts";
import { openSqliteStore } from "../src/storage/sqlite/index.ts";
import { VirtualClock } from "../src/testing/virtual-clock.ts";

export interface StoreChurnResult extends ChurnResult {
  /** The last hour's size over the first's: about 1 is wanted. */
  readonly growth: number;
}

const logger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
  child: () => logger,
};

export async function run(options: { readonly tiny?: boolean } = {}): Promise<StoreChurnResult> {
  const folder = await mkdtemp(join(tmpdir(), "coracle-churn-"));
  try {
    const store = await openSqliteStore({ path: join(folder, "store.db"), clock: new VirtualClock(), logger });
    try {
      const day = await churn(store, options.tiny ? { pods: 10, livesPerDay: 12, valueBytes: 512 } : { pods: 1000, livesPerDay: 48, valueBytes: 2048 });
      return { ...day, growth: day.lastHourBytes / day.firstHourBytes };
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) console.log(await run({ tiny: process.argv.includes("--tiny") }));
