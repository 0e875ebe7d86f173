/** The thread that owns the file: commits, checkpoints and compaction happen here, so that none stops the event loop. */
import { parentPort, workerData } from "node:worker_threads";
import { StoreDatabase } from "./database.ts";
import type { Answer, Command, Opened, WorkerInput } from "./messages.ts";
import { errorKind, errorMessage } from "./sqlite-error.ts";

const port = parentPort;
if (port === null) throw new Error("cannot run store worker: it is not a worker thread");

let database: StoreDatabase | undefined;
const opened = attempt(() => {
  database = new StoreDatabase((workerData as WorkerInput).path);
  return 0;
});
port.postMessage({ opened } satisfies Opened);
if (database === undefined) port.close();
else serve(database);

function serve(store: StoreDatabase): void {
  port?.on("message", (command: Command) => {
    port?.postMessage(attempt(() => run(store, command)));
    if (command.type === "close") port?.close();
    // After the answer: nobody waits. A full disk shows at the next commit, a damaged file too.
    else attempt(() => tidy(store));
  });
}

function run(store: StoreDatabase, command: Command): number {
  switch (command.type) {
    case "commit":
      commit(store, command);
      return 0;
    case "begin":
      store.begin();
      return 0;
    case "compacted":
      store.compacted(command.revision, command.newest);
      return 0;
    case "drop":
      store.drop(command.sequences);
      return 0;
    case "vacuum":
      return store.vacuum(command.pages);
    case "close":
      store.close(command.clean);
      return 0;
  }
}

/** The newest generation that has failed: what was decided on top of a failed batch must not be written. */
let failedGeneration = -1;

function commit(store: StoreDatabase, command: Command & { type: "commit" }): void {
  if (command.generation <= failedGeneration) throw new Error("an earlier write has failed");
  try {
    store.commit(command.batch);
  } catch (error) {
    failedGeneration = command.generation;
    throw error;
  }
}

function attempt(body: () => number): Answer {
  try {
    return { ok: true, value: body() };
  } catch (error) {
    return { ok: false, message: errorMessage(error), kind: errorKind(error) };
  }
}

function tidy(store: StoreDatabase): number {
  store.tidy();
  return 0;
}
