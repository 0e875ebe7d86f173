/** The thread that owns the file: commits and compaction happen here, so that none stops the event loop. */
import { parentPort, workerData } from "node:worker_threads";
import { StoreDatabase } from "./database.ts";
import type { Answer, Answered, Command, Opened, WorkerInput } from "./messages.ts";
import { errorKind, errorMessage } from "./sqlite-error.ts";

const port = parentPort;
if (port === null) throw new Error("cannot run store worker: it is not a worker thread");

/** The newest generation that has failed: what was decided on top of a failed batch must not be written. */
let failedGeneration = -1;

const { path, ...options } = workerData as WorkerInput;
const opened = attempt(() => new StoreDatabase(path, options));
port.postMessage({ opened: opened.ok ? { ok: true, value: 0 } : opened } satisfies Opened);
if (opened.ok) serve(opened.value);
else port.close();

function serve(store: StoreDatabase): void {
  let number = 0;
  port?.on("message", (command: Command) => {
    const current = ++number;
    if (command.type === "close") return void close(store, command.clean, current);
    const outcome = attempt(() => run(store, command, current));
    // Without a value, the syncing thread will answer.
    if (!outcome.ok) port?.postMessage({ number: current, answer: outcome } satisfies Answered);
    else if (outcome.value !== undefined) port?.postMessage({ number: current, answer: { ok: true, value: outcome.value } } satisfies Answered);
    // After the answer: nobody waits. A full disk or a damaged file shows at the next commit.
    attempt(() => store.tidy());
  });
}

async function close(store: StoreDatabase, clean: boolean, number: number): Promise<void> {
  const closed = await store.close(clean).then(
    () => ({ ok: true, value: 0 }) as const,
    (error: unknown) => failure(error),
  );
  port?.postMessage({ number, answer: closed } satisfies Answered);
  port?.close();
}

/** The answer's value; undefined when somebody else will answer. */
function run(store: StoreDatabase, command: Exclude<Command, { type: "close" }>, number: number): number | undefined {
  switch (command.type) {
    case "commit":
      return commit(store, command, number) ? 0 : undefined;
    case "begin":
      store.begin(command.revision, command.rows);
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

function commit(store: StoreDatabase, command: Command & { type: "commit" }, number: number): boolean {
  if (command.generation <= failedGeneration) throw new Error("an earlier write has failed");
  try {
    return store.commit(command.batch, number);
  } catch (error) {
    failedGeneration = command.generation;
    throw error;
  }
}

type Outcome<T> = { readonly ok: true; readonly value: T } | (Answer & { readonly ok: false });

function attempt<T>(body: () => T): Outcome<T> {
  try {
    return { ok: true, value: body() };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Answer & { readonly ok: false } {
  return { ok: false, message: errorMessage(error), kind: errorKind(error) };
}
