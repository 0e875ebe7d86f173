/** The default store: one SQLite file on this machine. */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { MvccStore } from "../mvcc/mvcc-store.ts";
import { loadHistory } from "./load.ts";
import { readMark } from "./mark.ts";
import { StoreReader } from "./reader.ts";
import { errorKind, errorMessage, SqliteStoreError, storeError } from "./sqlite-error.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { WorkerClient } from "./worker-client.ts";

export interface SqliteStoreOptions {
  /** The file; made with its folder when missing. Beside it stand PATH-wal, PATH-shm, PATH.lock and PATH.mark: all five are the store. */
  readonly path: string;
  /** Ends leases. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pages of 8 KB in the write-ahead log before they are moved into the main file. Absent: 2,048. */
  readonly logPages?: number;
  /** For tests: see SYNC_FAULT. */
  readonly syncFault?: SharedArrayBuffer;
}

/**
 * Opens or makes the store. Throws StoreCorruptError for a damaged file, which it leaves as it is, and
 * StoreUnavailableError when another process has it open or it cannot be read.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<MvccStore> {
  const { path, clock, logger, logPages, syncFault } = options;
  const doing = `cannot open store "${path}"`;
  const worker = new WorkerClient({ path, ...(logPages === undefined ? {} : { logPages }), ...(syncFault === undefined ? {} : { syncFault }) });
  const opened = await worker.opened;
  if (!opened.ok) {
    await worker.exited;
    throw storeError(doing, opened);
  }
  let reader: StoreReader | undefined;
  try {
    const mark = readMark(path);
    reader = new StoreReader(path);
    const { history, rows, garbage } = await loadHistory(reader, mark);
    const leases = reader.leases();
    const begun = await worker.ask({ type: "begin", revision: history.revision, rows });
    // A full disk must not keep a store from being read; what the mark guards against can wait for the next start.
    if (!begun.ok && begun.kind === "full") logger.warn({ path }, "store opens on a full disk; writes resume when there is room");
    else if (!begun.ok) throw new SqliteStoreError(begun.kind, begun.message);
    return new MvccStore({ clock, journal: new SqliteJournal({ path, worker, reader, clock, logger, garbage, full: !begun.ok }), history, leases });
  } catch (error) {
    // In this order: a last connection that may write would move the log into the main file.
    await worker.ask({ type: "close", clean: false });
    reader?.close();
    await worker.exited;
    throw storeError(doing, { kind: errorKind(error), message: errorMessage(error) });
  }
}
