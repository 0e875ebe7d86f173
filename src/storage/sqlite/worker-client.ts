/** The store's end of the line to its worker: commands go out in order and are answered in it. */
import { Worker } from "node:worker_threads";
import type { Answer, Answered, Command, Failure, Opened, WorkerInput } from "./messages.ts";
import { errorMessage } from "./sqlite-error.ts";
import { workerUrl } from "./worker-url.ts";

export class WorkerClient {
  readonly #worker: Worker;
  /** One for each command under way. */
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #opened = Promise.withResolvers<Answer>();
  readonly #exited: Promise<void>;
  /** Set once the thread has gone: every command is answered with it. */
  #gone: Failure | undefined;
  /** Set once a sync has failed: every command but closing is answered with it. */
  #unsynced: Failure | undefined;

  constructor(input: WorkerInput) {
    this.#worker = new Worker(workerUrl("worker"), {
      workerData: input,
      name: "store",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
    });
    this.#worker.on("message", (message: Answered | Opened) => {
      if ("opened" in message) this.#opened.resolve(message.opened);
      else this.#answered(message.answer);
    });
    this.#worker.on("error", (error) => this.#end(`its worker has failed: ${errorMessage(error)}`));
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#end(`its worker has ended with code ${code}`);
        resolve();
      });
    });
  }

  /** The outcome of opening the file. */
  get opened(): Promise<Answer> {
    return this.#opened.promise;
  }

  /** Resolves when the thread has gone. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** How a sync has failed: nothing is written any more. */
  get unsynced(): Failure | undefined {
    return this.#unsynced;
  }

  ask(command: Command): Promise<Answer> {
    const refusal = this.#gone ?? (command.type === "close" ? undefined : this.#unsynced);
    if (refusal !== undefined) return Promise.resolve(refusal);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(command);
    });
  }

  #answered(answer: Answer): void {
    if (!answer.ok && answer.kind === "unsynced") this.#unsynced ??= answer;
    this.#waiting.shift()?.(answer);
  }

  #end(message: string): void {
    this.#gone ??= { ok: false, message, kind: "failed" };
    this.#opened.resolve(this.#gone);
    for (const answered of this.#waiting.splice(0)) answered(this.#gone);
  }
}
