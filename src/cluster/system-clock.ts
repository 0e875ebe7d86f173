import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../machinery/clock.ts";

/** The machine's clock: what composition roots pass to components. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted(); // The caller's reason says more than timers' own AbortError.
      throw error;
    }
  },
  after: (ms, callback) => new Timer(setTimeout(callback, ms)),
};

/** A class, since every request has one: an object with a computed key is made by the runtime, at several times the cost. */
class Timer implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
