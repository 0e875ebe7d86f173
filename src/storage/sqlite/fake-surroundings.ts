/** What a store under test stands on: a folder, a clock that stands still, a logger that says nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../machinery/logger.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { readMarks } from "./mark.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

export { VirtualClock };

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** A folder that is gone afterwards. */
export async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "coracle-store-"));
  try {
    await body(join(folder, "store.db"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The store at this path, closed afterwards. */
export async function withStore<T>(path: string, body: (store: MvccStore, clock: VirtualClock) => Promise<T>): Promise<T> {
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path, clock, logger: silentLogger });
  try {
    return await body(store, clock);
  } finally {
    await store.close();
  }
}

/** The mark is written beside the answers: resolves once it tells this. */
export async function marked(path: string, revision: number, leaseChanges = 0): Promise<void> {
  for (let mark = readMarks(path).acknowledged; mark?.revision !== revision || mark.leaseChanges !== leaseChanges; mark = readMarks(path).acknowledged) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
