/**
 * Copies the write-ahead log into the main file beside the commits. Started by the store's worker when the log first
 * gets long, so that a quiet store does not pay for the thread. One message asks for one pass; the answer is how many
 * pages of the log that pass left behind.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { checkpoint } from "./checkpoint.ts";
import type { WorkerInput } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("cannot run checkpoint worker: it is not a worker thread");

const database = new DatabaseSync((workerData as WorkerInput).path);
database.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");

port.on("message", (command: "pass" | "close") => {
  if (command === "pass") port.postMessage(checkpoint(database));
  else {
    database.close();
    port.close();
  }
});
