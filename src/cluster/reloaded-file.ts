/** A configuration file that is read again while it is in use. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";

export interface FollowOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const pollMs = 5_000;

export class ReloadedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #text: string;
  #value: T;

  /** Throws, naming the file, when it cannot be used. */
  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    try {
      this.#text = readFileSync(path, "utf8");
      this.#value = parse(this.#text);
    } catch (cause) {
      throw new Error(`cannot use ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  /** As last read well. */
  get value(): T {
    return this.#value;
  }

  /** Until the signal aborts `apply` gets each new version. One that cannot be used is told of once, and changes nothing. */
  async follow({ clock, logger, signal }: FollowOptions, apply: (value: T) => void): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(pollMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#look(logger, apply);
    }
  }

  async #look(logger: Logger, apply: (value: T) => void): Promise<void> {
    try {
      const text = await readFile(this.#path, "utf8");
      if (text === this.#text) return;
      this.#text = text;
      const value = this.#parse(text);
      apply(value);
      this.#value = value;
      logger.info({ path: this.#path }, "configuration read again");
    } catch (error) {
      logger.error({ err: error, path: this.#path }, "cannot use the changed configuration: the one before stays in force");
    }
  }
}
