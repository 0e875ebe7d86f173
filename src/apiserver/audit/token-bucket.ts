/** At most so many a second on average, with a burst after a rest (k8s.io/client-go/util/flowcontrol). */
import type { Clock } from "../../machinery/clock.ts";

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  /** Resolves when the next one may go, or at once when the signal aborts. */
  async accept(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond) - 1;
    this.#at = now;
    if (this.#tokens >= 0 || signal.aborted) return;
    await this.#clock.sleep((-this.#tokens / this.#perSecond) * 1000, signal).catch(() => undefined);
  }
}
