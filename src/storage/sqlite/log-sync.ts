/**
 * Makes commits durable. SQLite itself syncs nothing at a commit here (`synchronous = NORMAL`): it syncs the log's header
 * when it begins the log anew, the log before it moves pages of it into the main file, and the main file before it lets
 * go of the log. The sync of a commit is ours, so that the next one can be written meanwhile.
 *
 * A sync that fails is final. The kernel may have dropped what it could not write and answers the next sync with success
 * (https://wiki.postgresql.org/wiki/Fsync_Errors), so nothing is written, synced or moved any more until the file is opened
 * anew: then what the log holds is checked, copied to the main file and synced there.
 */
import { closeSync } from "node:fs";
import { type MessagePort, Worker } from "node:worker_threads";
import { logSync, openLog } from "./log-file.ts";
import { type Mark, MarkFile, packMark } from "./mark.ts";
import type { SyncWorkerInput } from "./messages.ts";
import { errorMessage, SqliteStoreError } from "./sqlite-error.ts";
import { SyncLine } from "./sync-line.ts";
import { MAX_UNSYNCED_COMMITS } from "./wal.ts";
import { workerUrl } from "./worker-url.ts";

export interface LogSyncOptions {
  /** Where the thread reports what it has synced. Absent: there is no thread. */
  readonly port?: MessagePort;
  /** As in WorkerInput. */
  readonly syncFault?: SharedArrayBuffer;
}

export class LogSync {
  readonly #path: string;
  readonly #options: LogSyncOptions;
  readonly #log: number;
  readonly #sync: () => void;
  readonly #mark: MarkFile;
  readonly #line = new SyncLine();
  /** Resolves when the thread has gone; undefined before it is started. */
  #thread: Promise<void> | undefined;
  #failure: SqliteStoreError | undefined;

  /** The log has to be there. Throws when what is in it cannot be synced. */
  constructor(path: string, options: LogSyncOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#log = openLog(path);
    this.#sync = logSync(this.#log, options.syncFault);
    this.#mark = new MarkFile(path);
    try {
      this.#sync();
    } catch (error) {
      closeSync(this.#log);
      throw error;
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined || this.#line.failed;
  }

  /** Throws after a sync that failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#line.failed) throw new SqliteStoreError("unsynced", "an earlier sync has failed");
  }

  /** Before a commit: waits until there may be one more that is not synced. Throws as `check` does. */
  makeRoom(): void {
    this.#line.waitForSync(MAX_UNSYNCED_COMMITS - 1);
    this.check();
  }

  /** After a commit: syncs all there is, and notes the mark. */
  now(mark: Mark): void {
    this.#line.waitForSync(0);
    this.check();
    try {
      this.#sync();
    } catch (error) {
      this.fail(error);
    }
    this.#mark.note(packMark(mark));
  }

  /** After a commit: has the thread do it. False while there is none to be had. */
  later(mark: Mark, number: number): boolean {
    if (this.#options.port === undefined) return false;
    this.#thread ??= this.#start(this.#options.port);
    if (!this.#line.ready) return false;
    this.#line.add({ number, mark: packMark(mark) });
    return true;
  }

  /** Somebody else, moving the log perhaps, has come upon a sync that failed. */
  lost(error: unknown): void {
    this.#failure ??= error instanceof SqliteStoreError ? error : new SqliteStoreError("unsynced", errorMessage(error), { cause: error });
    this.#line.fail();
  }

  /** As `lost`; throws it. */
  fail(error: unknown): never {
    this.lost(error);
    throw this.#failure;
  }

  syncMark(): void {
    this.#mark.sync();
  }

  async close(): Promise<void> {
    if (!this.failed) this.#line.waitForSync(0);
    if (!this.failed) this.#line.end();
    await this.#thread;
    this.#mark.close();
    closeSync(this.#log);
  }

  #start(port: MessagePort): Promise<void> {
    const { syncFault } = this.#options;
    const input: SyncWorkerInput = { path: this.#path, log: this.#log, line: this.#line.buffer, port, ...(syncFault === undefined ? {} : { syncFault }) };
    const thread = new Worker(workerUrl("sync-worker"), {
      workerData: input,
      transferList: [port],
      name: "sync",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    // Without it, nobody knows what has been synced.
    thread.on("error", () => this.#line.fail());
    return new Promise((resolve) => thread.once("exit", () => resolve()));
  }
}
