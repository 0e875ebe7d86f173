/** The thread that owns SQLite's part: commits and compaction happen here, so that none stops the event loop. */
import { parentPort, workerData } from "node:worker_threads";
import { StoreDatabase } from "./database.ts";
import type { Answered, Command, Failure, Opened, WorkerInput } from "./messages.ts";
import { errorKind, errorMessage } from "./sqlite-error.ts";

const port = parentPort;
if (port === null) throw new Error("cannot run store worker: it is not a worker thread");

const { path, ...options } = workerData as WorkerInput;
const opened = attempt(() => new StoreDatabase(path, options));
port.postMessage({ opened: opened.ok ? { ok: true, value: 0 } : opened } satisfies Opened);
if (opened.ok) serve(opened.value);
else port.close();

function serve(store: StoreDatabase): void {
  port?.on("message", (command: Command) => {
    if (command.type === "close") return void close(store, command.clean);
    port?.postMessage({ answer: attempt(() => run(store, command)) } satisfies Answered);
    // After the answer: nobody waits. A full disk or a damaged file shows at the next commit.
    attempt(() => store.tidy());
  });
}

async function close(store: StoreDatabase, clean: boolean): Promise<void> {
  const closed = await store.close(clean).then(
    () => ({ ok: true, value: 0 }) as const,
    (error: unknown) => failure(error),
  );
  port?.postMessage({ answer: closed } satisfies Answered);
  port?.close();
}

/** The answer's value. */
function run(store: StoreDatabase, command: Exclude<Command, { type: "close" }>): number {
  switch (command.type) {
    case "begin":
      store.begin(command.revision, command.rows, command.next);
      return 0;
    case "apply":
      store.apply(command.through);
      return 0;
    case "probe":
      store.probe();
      return 0;
    case "compacted":
      store.compacted(command.revision, command.newest);
      return 0;
    case "drop":
      store.drop(command.sequences);
      return 0;
    case "vacuum":
      return store.vacuum(command.pages);
  }
}

type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

function attempt<T>(body: () => T): Outcome<T> {
  try {
    return { ok: true, value: body() };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Failure {
  return { ok: false, message: errorMessage(error), kind: errorKind(error) };
}
