/**
 * Forgets history: each time around, up to where the store was the time before. Of several servers on one store only one
 * does: whoever can write `compact_rev_key`, which all know as it was at their last turn, as kube-apiserver does it.
 */
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Store } from "../storage/store.ts";
import type { Follower } from "./watch-cache/follower.ts";

/** Its value is the revision that was last compacted to. Kubernetes' own name for it. */
const turnKey = "compact_rev_key";

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
  /** Where the store was the time before. */
  #previous = 0;
  /** Revision of `compact_rev_key` as this server knows it. */
  #turn = 0;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** Settles when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, follower, intervalMs, logger } = this.#options;
    if (intervalMs <= 0) return;
    this.#previous = follower.revision;
    await this.#look().catch((error: unknown) => logger.debug({ err: error }, "cannot see whose turn it is to compact; the next turn will tell"));
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#takeTurn();
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, "cannot compact the store; trying again at the next interval");
      }
    }
  }

  async #look(): Promise<void> {
    const { kvs } = await this.#options.store.range({ start: turnKey });
    this.#turn = kvs[0]?.modRevision ?? 0;
  }

  async #takeTurn(): Promise<void> {
    const { store, follower } = this.#options;
    const target = this.#previous;
    const { succeeded, revision, results } = await store.txn({
      compare: [{ key: turnKey, modRevision: this.#turn }],
      success: [{ type: "put", key: turnKey, value: Buffer.from(String(target)) }],
      failure: [{ type: "range", range: { start: turnKey } }],
    });
    this.#previous = revision;
    if (succeeded) {
      this.#turn = revision;
      if (target <= follower.compactRevision) return;
      await store.compact(target);
      follower.compacted(target);
      return;
    }
    const [result] = results;
    const kv = result?.type === "range" ? result.response.kvs[0] : undefined;
    this.#turn = kv?.modRevision ?? 0;
    const compacted = Number(kv === undefined ? 0 : Buffer.from(kv.value).toString());
    if (Number.isSafeInteger(compacted)) follower.compacted(compacted);
  }
}
