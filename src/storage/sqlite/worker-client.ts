/** The store's end of the line to its worker: commands go out in order, answers come back in order. */
import { Worker } from "node:worker_threads";
import type { Answer, Command, Opened, WorkerInput } from "./messages.ts";
import { errorMessage } from "./sqlite-error.ts";
import { workerUrl } from "./worker-url.ts";

export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #opened = Promise.withResolvers<Answer>();
  readonly #exited: Promise<void>;
  /** Set once the thread has gone: every command is answered with it. */
  #gone: Answer | undefined;

  constructor(input: WorkerInput) {
    this.#worker = new Worker(workerUrl("worker"), {
      workerData: input,
      name: "store",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
    });
    this.#worker.on("message", (message: Answer | Opened) => {
      if ("opened" in message) this.#opened.resolve(message.opened);
      else this.#waiting.shift()?.(message);
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

  send(command: Command, answered: (answer: Answer) => void): void {
    if (this.#gone !== undefined) {
      answered(this.#gone);
      return;
    }
    this.#waiting.push(answered);
    const transfer = command.type === "commit" ? [command.batch.numbers.buffer, command.batch.values.buffer] : [];
    this.#worker.postMessage(command, transfer);
  }

  ask(command: Command): Promise<Answer> {
    return new Promise((resolve) => this.send(command, resolve));
  }

  #end(message: string): void {
    this.#gone ??= { ok: false, message, kind: "failed" };
    this.#opened.resolve(this.#gone);
    for (const answered of this.#waiting.splice(0)) answered(this.#gone);
  }
}
