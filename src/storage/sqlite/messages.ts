/** What the store's thread and its worker say to each other. The worker handles one message after the other. */
import type { Batch } from "./batch.ts";

export type Command =
  /** Writes the batch in one SQLite transaction and syncs it; refused when an earlier one of its generation has failed. */
  | { readonly type: "commit"; readonly batch: Batch; readonly generation: number }
  /** The file has been read and found good, so many rows up to this revision: from now on it counts as open. */
  | { readonly type: "begin"; readonly revision: number; readonly rows: number }
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

/** Answers come in the order of the commands. */
export type Answer = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string; readonly kind: ErrorKind };

/** `full`: no room; `corrupt`: the file is damaged; `locked`: another process has it; `failed`: anything else. */
export type ErrorKind = "full" | "corrupt" | "locked" | "failed";

export interface WorkerInput {
  readonly path: string;
  /** As in SqliteStoreOptions. */
  readonly logPages?: number;
}

/** Sent once, before any answer: the result of opening the file. */
export interface Opened {
  readonly opened: Answer;
}
