/**
 * Makes SQLite's commits durable. SQLite itself syncs nothing at a commit here (`synchronous = NORMAL`): it syncs the log's header
 * when it begins the log anew, the log before it moves pages of it into the main file, and the main file before it lets
 * go of the log. The sync of a commit is ours, so that its failure is seen as one.
 *
 * A sync that fails is final. The kernel may have dropped what it could not write and answers the next sync with success
 * (https://wiki.postgresql.org/wiki/Fsync_Errors), so nothing is written, synced or moved any more until the file is opened
 * anew: then what the log holds is checked, copied to the main file and synced there.
 */
import { closeSync } from "node:fs";
import { fdatasync, openLog } from "./log-file.ts";
import { type Mark, MarkFile } from "./mark.ts";
import { errorMessage, SqliteStoreError } from "./sqlite-error.ts";

export class LogSync {
  readonly #log: number;
  readonly #syncFault: SharedArrayBuffer | undefined;
  readonly #mark: MarkFile;
  #failure: SqliteStoreError | undefined;

  /** The log has to be there. Throws when what is in it cannot be synced. `syncFault` is as in WorkerInput. */
  constructor(path: string, syncFault?: SharedArrayBuffer) {
    this.#log = openLog(path);
    this.#syncFault = syncFault;
    this.#mark = new MarkFile(path);
    try {
      fdatasync(this.#log, syncFault);
    } catch (error) {
      closeSync(this.#log);
      throw error;
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Throws after a sync that failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** After a commit: syncs it, and notes the mark. */
  now(mark: Mark): void {
    this.check();
    try {
      fdatasync(this.#log, this.#syncFault);
    } catch (error) {
      this.fail(error);
    }
    this.#mark.note(mark);
  }

  /** Somebody else, moving the log perhaps, has come upon a sync that failed. */
  lost(error: unknown): void {
    this.#failure ??= error instanceof SqliteStoreError ? error : new SqliteStoreError("unsynced", errorMessage(error), { cause: error });
  }

  /** As `lost`; throws it. */
  fail(error: unknown): never {
    this.lost(error);
    throw this.#failure;
  }

  syncMark(): void {
    this.#mark.sync();
  }

  close(): void {
    this.#mark.close();
    closeSync(this.#log);
  }
}
