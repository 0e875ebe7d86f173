/**
 * Syncs the write-ahead log beside the commits. Started by the store's worker at the first group of writes that is worth
 * it, so that a quiet store does not pay for the thread. Sleeps in shared memory instead of an event loop, and tells
 * the store's thread by itself what has become durable: neither waits for the worker, which writes the next group meanwhile.
 */
import { workerData } from "node:worker_threads";
import { logSync } from "./log-file.ts";
import { MarkFile } from "./mark.ts";
import type { Synced, SyncWorkerInput } from "./messages.ts";
import { errorMessage } from "./sqlite-error.ts";
import { SyncLine } from "./sync-line.ts";

const { path, log, line: buffer, port, syncFault } = workerData as SyncWorkerInput;
const line = new SyncLine(buffer);
const mark = new MarkFile(path);
const sync = logSync(log, syncFault);

try {
  line.begin();
  for (let committed = line.waitForCommit(); committed !== undefined; committed = line.waitForCommit()) {
    const commit = line.commit(committed);
    const begun = performance.now();
    sync();
    const syncMs = performance.now() - begun;
    mark.note(commit.mark);
    line.synced(committed);
    port.postMessage({ synced: commit.number, syncMs } satisfies Synced);
  }
} catch (error) {
  line.fail();
  port.postMessage({ failed: errorMessage(error) } satisfies Synced);
} finally {
  mark.close();
  port.close();
}
