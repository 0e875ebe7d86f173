/**
 * Lets so many requests through at a time; the others wait in line. So the time that a request has counts from when it
 * is sent, however many were made at once, and while the member in use hangs only those that were sent wait for it.
 */
import type { Clock } from "../../machinery/clock.ts";
import { StoreUnavailableError } from "../store.ts";

export interface LineOptions {
  /** Requests under way at a time. */
  readonly width: number;
  /** Milliseconds without any answer after which those who wait are told so, instead of each trying in turn. */
  readonly patienceMs: number;
  /** Whether a request that failed was answered all the same: refused by the cluster. */
  readonly isAnswer: (error: unknown) => boolean;
  readonly clock: Clock;
}

interface Waiting {
  enter(): void;
  refuse(reason: unknown): void;
}

export class Line {
  readonly #options: LineOptions;
  readonly #waiting = new Set<Waiting>();
  #under = 0;
  #timer: Disposable | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Runs `request` when its turn comes. Rejects with the signal's reason, or as unavailable when nothing moves. */
  async through<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#under >= this.#options.width) await this.#turn(signal);
    else this.#under++;
    try {
      const answer = await request();
      this.#patience();
      return answer;
    } catch (error) {
      if (this.#options.isAnswer(error)) this.#patience();
      throw error;
    } finally {
      this.#next();
    }
  }

  /** The place of the one who has gone is this one's without being free in between. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const left = () => waiting.refuse(signal.reason);
      const leave = () => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", left);
        if (this.#waiting.size === 0) this.#stopTimer();
      };
      const waiting: Waiting = {
        enter: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      signal.addEventListener("abort", left, { once: true });
      this.#waiting.add(waiting);
      if (this.#timer === undefined) this.#patience();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#under--;
    else first.enter();
  }

  /** Begins to wait for an answer anew, if anybody does. */
  #patience(): void {
    this.#stopTimer();
    if (this.#waiting.size === 0) return;
    const { clock, patienceMs, width } = this.#options;
    this.#timer = clock.after(patienceMs, () => {
      const reason = new StoreUnavailableError(`cannot reach etcd: ${width} requests are under way and none has been answered for ${patienceMs} ms`);
      for (const waiting of [...this.#waiting]) waiting.refuse(reason);
    });
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
