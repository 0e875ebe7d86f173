/** The store's end of the line to its worker: commands go out in order, answers are passed on in the same order. */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Answer, Answered, Command, Opened, Synced, WorkerInput } from "./messages.ts";
import { errorMessage } from "./sqlite-error.ts";
import { workerUrl } from "./worker-url.ts";

interface Waiting {
  readonly isCommit: boolean;
  readonly answered: (answer: Answer) => void;
  /** Has come, but those before it have not. */
  answer: Answer | undefined;
}

const DURABLE: Answer = { ok: true, value: 0 };

export class WorkerClient {
  readonly #worker: Worker;
  readonly #syncs: MessagePort;
  readonly #waiting: Waiting[] = [];
  /** Of the first of those. */
  #firstNumber = 1;
  readonly #opened = Promise.withResolvers<Answer>();
  readonly #exited: Promise<void>;
  /** Set once the thread has gone: every command is answered with it. */
  #gone: Answer | undefined;
  /** Set once a sync has failed: every command but closing is answered with it. */
  #unsynced: Answer | undefined;
  #syncMs: number | undefined;

  constructor(input: WorkerInput) {
    const { port1, port2 } = new MessageChannel();
    this.#syncs = port1.on("message", (message: Synced) => {
      if ("synced" in message) this.#synced(message);
      else this.#lost({ ok: false, message: message.failed, kind: "unsynced" });
    });
    this.#worker = new Worker(workerUrl("worker"), {
      workerData: { ...input, port: port2 } satisfies WorkerInput,
      transferList: [port2],
      name: "store",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
    });
    this.#worker.on("message", (message: Answered | Opened) => {
      if ("opened" in message) this.#opened.resolve(message.opened);
      else this.#answered(message);
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

  /** A sync has failed: nothing is written any more. */
  get unsynced(): boolean {
    return this.#unsynced !== undefined;
  }

  /** What a sync beside the commits takes, as a running mean; undefined before the first. */
  get syncMs(): number | undefined {
    return this.#syncMs;
  }

  send(command: Command, answered: (answer: Answer) => void): void {
    const refusal = this.#gone ?? (command.type === "close" ? undefined : this.#unsynced);
    if (refusal !== undefined) {
      answered(refusal);
      return;
    }
    const isCommit = command.type === "commit";
    this.#waiting.push({ isCommit, answered, answer: undefined });
    this.#worker.postMessage(command, isCommit && command.batch.values.buffer instanceof ArrayBuffer ? [command.batch.values.buffer] : []);
  }

  ask(command: Command): Promise<Answer> {
    return new Promise((resolve) => this.send(command, resolve));
  }

  #answered({ number, answer }: Answered): void {
    if (!answer.ok && answer.kind === "unsynced") {
      this.#lost(answer);
      return;
    }
    const waiting = this.#waiting[number - this.#firstNumber];
    if (waiting === undefined) return;
    waiting.answer = answer;
    this.#passOn();
  }

  /** Those in between that are no commits are answered by the worker; its message may be under way. */
  #synced({ synced, syncMs }: Extract<Synced, { synced: number }>): void {
    this.#syncMs = this.#syncMs === undefined ? syncMs : this.#syncMs + (syncMs - this.#syncMs) / 16;
    for (const waiting of this.#waiting.slice(0, synced - this.#firstNumber + 1)) if (waiting.isCommit) waiting.answer ??= DURABLE;
    this.#passOn();
  }

  #passOn(): void {
    for (let first = this.#waiting[0]; first?.answer !== undefined; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#firstNumber++;
      first.answered(first.answer);
    }
  }

  /** Nobody knows any more which of those that wait have reached the disk. */
  #lost(failure: Answer): void {
    this.#unsynced ??= failure;
    const waiting = this.#waiting.splice(0);
    this.#firstNumber += waiting.length;
    for (const { answer, answered } of waiting) answered(answer ?? failure);
  }

  #end(message: string): void {
    this.#gone ??= { ok: false, message, kind: "failed" };
    this.#opened.resolve(this.#gone);
    this.#syncs.close();
    for (const { answered } of this.#waiting.splice(0)) answered(this.#gone);
  }
}
