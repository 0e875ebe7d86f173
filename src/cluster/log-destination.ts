/**
 * Where log lines go: to a descriptor, one by one, at once. Logs lie on the disk that the store lies on, and when that is
 * full the server has to go on: lines are lost then and counted, and nobody waits for room. (pino's own destination tries
 * again until there is some, while the whole process stands still.)
 */
import { writeSync } from "node:fs";

export interface LogDestinationOptions {
  readonly descriptor: number;
  readonly now: () => number;
  /** As node:fs has it, for descriptors. */
  readonly write?: (descriptor: number, bytes: Uint8Array) => number;
}

/** A pipe whose reader is slow: waited for this long, in steps. */
const pipeWaitMs = 1_000;
const pipeStepMs = 5;
const idle = new Int32Array(new SharedArrayBuffer(4));

export class LogDestination {
  readonly #options: Required<LogDestinationOptions>;
  #lost = 0;
  #reason = "";
  /** The last line that was written is not whole. */
  #torn = false;

  constructor(options: LogDestinationOptions) {
    this.#options = { write: writeSync, ...options };
  }

  /** A line with its end. Never throws. */
  write(line: string): void {
    if (this.#lost > 0 && !this.#put(this.#notice())) {
      this.#lost++;
      return;
    }
    this.#lost = 0;
    if (!this.#put(line)) this.#lost++;
  }

  #notice(): string {
    const msg = `lines are missing here: ${this.#lost}: ${this.#reason}`;
    return `${JSON.stringify({ level: 40, time: new Date(this.#options.now()).toISOString(), msg })}\n`;
  }

  #put(line: string): boolean {
    let rest: Uint8Array = Buffer.from(this.#torn ? `\n${line}` : line);
    for (let waitedMs = 0; rest.length > 0; ) {
      try {
        const written = this.#options.write(this.#options.descriptor, rest);
        rest = rest.subarray(written);
        this.#torn = rest.length > 0;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "EAGAIN" && waitedMs < pipeWaitMs) {
          Atomics.wait(idle, 0, 0, pipeStepMs);
          waitedMs += pipeStepMs;
          continue;
        }
        this.#reason = message;
        return false;
      }
    }
    return true;
  }
}
