/** Files to be synced, SQLite's write-ahead log among them. SQLite takes no locks on it, so that it may be opened beside SQLite. */
import { closeSync, fdatasyncSync, openSync } from "node:fs";
import { walPath } from "./layout.ts";
import { errorMessage, SqliteStoreError } from "./sqlite-error.ts";

/** For tests, in shared memory: what becomes of syncs. */
export const SYNC_FAULT = { none: 0, fails: 1, hangs: 2 } as const;

/** Syncs the contents, and the length where the file has grown. Throws a SqliteStoreError of kind `unsynced`. */
export function fdatasync(file: number, fault?: SharedArrayBuffer): void {
  try {
    if (fault !== undefined) undergo(new Int32Array(fault));
    fdatasyncSync(file);
  } catch (error) {
    throw new SqliteStoreError("unsynced", errorMessage(error), { cause: error });
  }
}

/** What becomes of a sync that is not waited for in place. */
export async function undergoing(fault: SharedArrayBuffer): Promise<void> {
  const state = new Int32Array(fault);
  await Atomics.waitAsync(state, 0, SYNC_FAULT.hangs).value;
  undergo(state);
}

function undergo(state: Int32Array): void {
  Atomics.wait(state, 0, SYNC_FAULT.hangs);
  if (Atomics.load(state, 0) === SYNC_FAULT.fails) throw new Error("EIO: i/o error, fdatasync");
}

/** Once SQLite has made it: it stays the same file until the last connection closes. */
export function openLog(path: string): number {
  return openSync(walPath(path), "r");
}

/** What a reader sees through SQLite may not be durable yet: it is when this returns. Throws as `fdatasync` does. */
export function syncLog(path: string): void {
  let log: number;
  try {
    log = openLog(path);
  } catch (error) {
    // Closed cleanly: all of it is in the main file, and synced.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    fdatasync(log);
  } finally {
    closeSync(log);
  }
}
