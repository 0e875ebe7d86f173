/**
 * Copies the write-ahead log into the main file beside the commits. Started by the store's worker when the log first
 * gets long, so that a quiet store does not pay for the thread. One message asks for one pass; the answer is how many
 * pages of the log that pass left behind, or in words that a sync has failed.
 */
import { fdatasyncSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { checkpoint } from "./checkpoint.ts";
import type { CheckpointWorkerInput } from "./messages.ts";
import { errorMessage, isFailedSync } from "./sqlite-error.ts";

const port = parentPort;
if (port === null) throw new Error("cannot run checkpoint worker: it is not a worker thread");

const { path, file } = workerData as CheckpointWorkerInput;
const database = new DatabaseSync(path);
database.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");

function pass(): number | { failedSync: string } {
  try {
    const left = checkpoint(database);
    // SQLite leaves it to the pass that finishes, which the writer makes between two commits: it is to find little to do.
    if (file !== undefined) fdatasyncSync(file);
    return left;
  } catch (error) {
    if (isFailedSync(error)) return { failedSync: errorMessage(error) };
    throw error;
  }
}

port.on("message", (command: "pass" | "close") => {
  if (command === "pass") port.postMessage(pass());
  else {
    database.close();
    port.close();
  }
});
