/** Forgets history: each time around, up to where the store was the time before. */
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Store } from "../storage/store.ts";
import type { Follower } from "./watch-cache/follower.ts";

export interface CompactorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly follower: Follower;
  /** 0 switches compaction off. */
  readonly intervalMs: number;
}

export class Compactor {
  readonly #options: CompactorOptions;
  #previous = 0;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** Settles when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, follower, intervalMs } = this.#options;
    if (intervalMs <= 0) return;
    this.#previous = follower.revision;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#compact();
    }
  }

  async #compact(): Promise<void> {
    const { store, follower, logger } = this.#options;
    const target = this.#previous;
    this.#previous = follower.revision;
    if (target <= follower.compactRevision) return;
    try {
      await store.compact(target);
      follower.compacted(target);
    } catch (error) {
      logger.warn({ err: error, revision: target }, "cannot compact the store; trying again at the next interval");
    }
  }
}
