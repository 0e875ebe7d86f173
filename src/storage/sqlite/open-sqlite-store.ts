/** The default store: one SQLite file on this machine. */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { MvccStore } from "../mvcc/mvcc-store.ts";
import { sizeOf } from "./inspect.ts";
import { loadHistory } from "./load.ts";
import { readMarks } from "./mark.ts";
import { StoreReader } from "./reader.ts";
import { RedoLog } from "./redo-log.ts";
import { redoPath, tailBehind } from "./redo-tail.ts";
import { errorKind, errorMessage, SqliteStoreError, storeError } from "./sqlite-error.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { WorkerClient } from "./worker-client.ts";

export interface SqliteStoreOptions {
  /** The file; made with its folder when missing. Beside it stand PATH.redo, PATH-wal, PATH-shm, PATH.lock and PATH.mark: all six are the store. */
  readonly path: string;
  /** Ends leases. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pages of 16 KB in the write-ahead log before they are moved into the main file. Absent: 1,024. */
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
  const fault = syncFault === undefined ? {} : { syncFault };
  const worker = new WorkerClient({ path, ...(logPages === undefined ? {} : { logPages }), ...fault });
  const opened = await worker.opened;
  if (!opened.ok) {
    await worker.exited;
    throw storeError(doing, opened);
  }
  let reader: StoreReader | undefined;
  try {
    const marks = readMarks(path);
    reader = new StoreReader(path);
    const tail = tailBehind(path, reader);
    const { history, leases, rows, revision, garbage, found } = await loadHistory(reader, tail, marks);
    const { redo = 0 } = reader.redo();
    reader.end();
    const begun = await worker.ask({ type: "begin", revision, rows, next: { number: redo + 1, at: tail[0]?.at ?? 0 } });
    // A full disk must not keep a store from being read; what the mark guards against can wait for the next start.
    if (!begun.ok && begun.kind === "full") logger.warn({ path }, "store opens on a full disk; writes resume when there is room");
    else if (!begun.ok) throw new SqliteStoreError(begun.kind, begun.message);
    const redoLog = new RedoLog({ path, id: found.id, next: redo + tail.length + 1, unapplied: tail, bytes: sizeOf(redoPath(path)), ...fault });
    const journal = new SqliteJournal({ path, worker, reader, redo: redoLog, tail, found, clock, logger, garbage, full: !begun.ok });
    await journal.begin();
    return new MvccStore({ clock, journal, history, leases });
  } catch (error) {
    // In this order: a last connection that may write would move the log into the main file.
    await worker.ask({ type: "close", clean: false });
    reader?.close();
    await worker.exited;
    throw storeError(doing, { kind: errorKind(error), message: errorMessage(error) });
  }
}
