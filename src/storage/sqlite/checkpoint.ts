/** Who empties the write-ahead log, and when. */
import type { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { PAGE_BYTES } from "./layout.ts";
import type { CheckpointWorkerInput } from "./messages.ts";
import { isFailedSync } from "./sqlite-error.ts";
import { workerUrl } from "./worker-url.ts";

/** Pages in the log before they are copied into the main file. */
const LONG_LOG_PAGES = 1024;
/** So few that the writer copies them between two commits: only a log without a remainder is begun anew. */
const SHORT_REMAINDER_PAGES = 32;
/** What is left of the log after a burst, in bytes. */
export const LOG_LIMIT_BYTES = 4 * LONG_LOG_PAGES * PAGE_BYTES;

/** Copies what was there when it began, without waiting for anybody; pages of the log that are left. Throws when there is no room. */
export function checkpoint(database: DatabaseSync): number {
  const { busy, log, checkpointed } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() as { busy: number; log: number; checkpointed: number };
  return busy === 0 ? log - checkpointed : log;
}

/**
 * Lives in the store's worker. Its helper thread does the bulk while commits go on; each pass leaves what was written
 * meanwhile, and once that is little the writer finishes by itself.
 */
export class Checkpointer {
  readonly #helperInput: CheckpointWorkerInput;
  readonly #longLogPages: number;
  readonly #database: DatabaseSync;
  readonly #failedSync: (error: unknown) => void;
  #helper: Worker | undefined;
  #passing = false;
  /** Pages in the log that no pass has begun to copy. */
  #pages = 0;
  /** How many the pass under way has to copy. */
  #copying = 0;

  /** `failedSync` is told when a sync of either file fails while the log is moved. */
  constructor({ logPages, ...input }: CheckpointWorkerInput & { logPages?: number }, database: DatabaseSync, failedSync: (error: unknown) => void) {
    this.#helperInput = { path: input.path, file: input.file };
    this.#longLogPages = logPages ?? LONG_LOG_PAGES;
    this.#database = database;
    this.#failedSync = failedSync;
  }

  /** The writer has added about so many pages to the log. */
  written(pages: number): void {
    this.#pages += pages;
  }

  /** To be called between commits. */
  tidy(): void {
    if (this.#passing || this.#pages < this.#longLogPages) return;
    this.#pass(this.#start());
  }

  /** Resolves when the helper has let go of the file. */
  async close(): Promise<void> {
    const helper = this.#helper;
    if (helper === undefined) return;
    const exited = new Promise((resolve) => helper.once("exit", resolve));
    helper.postMessage("close");
    await exited;
  }

  #start(): Worker {
    if (this.#helper !== undefined) return this.#helper;
    const helper = new Worker(workerUrl("checkpoint-worker"), { workerData: this.#helperInput, name: "checkpoint", execArgv: [] });
    helper.on("message", (left: number | { failedSync: string }) => {
      if (typeof left === "number") this.#passed(helper, left);
      else this.#failedSync(new Error(left.failedSync));
    });
    // A helper that fails, for want of room perhaps, is replaced at the next long log; commits do not depend on it.
    helper.on("error", () => this.#reset());
    this.#helper = helper;
    return helper;
  }

  #pass(helper: Worker): void {
    this.#passing = true;
    this.#copying = this.#pages;
    this.#pages = 0;
    helper.postMessage("pass");
  }

  #passed(helper: Worker, left: number): void {
    // What was written meanwhile is less each time, as long as moving is faster than writing.
    if (left === 0 && this.#pages > SHORT_REMAINDER_PAGES && this.#pages < this.#copying / 2) {
      this.#pass(helper);
      return;
    }
    this.#passing = false;
    // Somebody reads what is older, a snapshot perhaps, and holds the rest of the log in place: the next long log tries again.
    if (left > SHORT_REMAINDER_PAGES) return;
    try {
      this.#pages = checkpoint(this.#database);
    } catch (error) {
      if (isFailedSync(error)) this.#failedSync(error);
      // No room: the log goes on growing where it is, and the next long log tries again.
      this.#pages = 0;
    }
  }

  #reset(): void {
    this.#helper = undefined;
    this.#passing = false;
    this.#pages = 0;
  }
}
