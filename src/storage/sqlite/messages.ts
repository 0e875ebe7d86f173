/** What the store's thread and its worker say to each other. The worker handles one message after the other, and answers each. */
import type { RedoPlace } from "./redo-tail.ts";

export type Command =
  /**
   * The file has been read and found good, with so many rows up to this revision in SQLite: from now on it counts as open. The
   * next record of the redo log to be applied has this number and stands at this place, or at the beginning.
   */
  | { readonly type: "begin"; readonly revision: number; readonly rows: number; readonly next: Pick<RedoPlace, "number" | "at"> }
  /** Brings the records of the redo log up to this number into SQLite, in one transaction, and syncs it. */
  | { readonly type: "apply"; readonly through: number }
  /** A write that changes nothing, to see whether there is room for one. */
  | { readonly type: "probe" }
  /** Records a compaction; `newest` is the revision counter to keep. */
  | { readonly type: "compacted"; readonly revision: number; readonly newest: number }
  /** Removes rows by their sequence. */
  | { readonly type: "drop"; readonly sequences: readonly number[] }
  /** Gives back up to `pages` free pages at the end of the file; answers how many more there are to give. */
  | { readonly type: "vacuum"; readonly pages: number }
  /** Ends the worker. Not `clean`: leaves the file as it was found. */
  | { readonly type: "close"; readonly clean: boolean };

export type Answer = { readonly ok: true; readonly value: number } | Failure;

export interface Failure {
  readonly ok: false;
  readonly message: string;
  readonly kind: ErrorKind;
}

/**
 * `full`: no room; `corrupt`: the file is damaged; `locked`: another process has it; `unsynced`: a sync has failed, what was
 * not answered yet may or may not be on disk, and nothing is taken any more; `failed`: anything else.
 */
export type ErrorKind = "full" | "corrupt" | "locked" | "unsynced" | "failed";

export interface Answered {
  readonly answer: Answer;
}

export interface WorkerInput {
  readonly path: string;
  /** As in SqliteStoreOptions. */
  readonly logPages?: number;
  /** For tests: see SYNC_FAULT. */
  readonly syncFault?: SharedArrayBuffer;
}

export interface CheckpointWorkerInput {
  readonly path: string;
  /** The main file's descriptor of the connection that writes; undefined where it is not known. */
  readonly file: number | undefined;
}

/** Sent once, before any answer: the result of opening the file. */
export interface Opened {
  readonly opened: Answer;
}
