import type { Clock } from "../machinery/clock.ts";

/** Lets a loop sleep until somebody has work for it. A wake-up while nobody waits is kept for the next wait. */
export class Wakeup {
  #pending = false;
  #resolve: (() => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Returns when woken, when the signal aborts, or after `limitMs` where that is given. */
  async wait(clock: Clock, signal: AbortSignal, limitMs?: number): Promise<void> {
    if (!this.#pending && !signal.aborted && limitMs !== 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = () => resolve();
      this.#resolve = end;
      signal.addEventListener("abort", end, { once: true });
      using _timer = limitMs === undefined ? undefined : clock.after(limitMs, end);
      await promise;
      signal.removeEventListener("abort", end);
      this.#resolve = undefined;
    }
    this.#pending = false;
  }
}
