/** What the store's thread and its worker say to each other. The worker handles one message after the other. */
import type { MessagePort } from "node:worker_threads";
import type { Batch } from "./batch.ts";

export type Command =
  /**
   * Writes the batch in one SQLite transaction and has it synced; answered when it is. Refused when an earlier one of its
   * generation has failed.
   */
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

export type Answer = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string; readonly kind: ErrorKind };

/**
 * `full`: no room; `corrupt`: the file is damaged; `locked`: another process has it; `unsynced`: a sync has failed, what was
 * not answered yet may or may not be on disk, and nothing is taken any more; `failed`: anything else.
 */
export type ErrorKind = "full" | "corrupt" | "locked" | "unsynced" | "failed";

/** The worker's answer to a command, by its number: they are counted from 1. Commits may be answered by a Synced instead. */
export interface Answered {
  readonly number: number;
  readonly answer: Answer;
}

/** From the syncing thread: all commits up to the command of this number are durable, and how long the sync took; or how it has failed. */
export type Synced = { readonly synced: number; readonly syncMs: number } | { readonly failed: string };

export interface WorkerInput {
  readonly path: string;
  /** As in SqliteStoreOptions. */
  readonly logPages?: number;
  /** Takes what the syncing thread has to say. Absent: the worker syncs by itself. */
  readonly port?: MessagePort;
  /** For tests: see SYNC_FAULT. */
  readonly syncFault?: SharedArrayBuffer;
}

export interface SyncWorkerInput {
  readonly path: string;
  /** Descriptor of the write-ahead log. */
  readonly log: number;
  /** Of a SyncLine. */
  readonly line: SharedArrayBuffer;
  /** Takes Synced. */
  readonly port: MessagePort;
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
