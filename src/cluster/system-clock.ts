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
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
