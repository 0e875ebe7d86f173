/** The real clock, for tests and benchmarks that wait for real sockets. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../machinery/clock.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
