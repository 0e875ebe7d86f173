/** The three ways from a request to the delegate: behind it in batches, or with the request waiting (--audit-*-mode). */
import type { Clock } from "../../machinery/clock.ts";
import type { AuditDelegate, Ending, Losses, LossListener } from "./delegate.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";

/** Batches of at most so many events, sent when they are full or have waited long enough. */
export interface BatchLimits {
  /** Events in wait; what comes beyond them is lost. */
  readonly bufferSize: number;
  readonly maxBatchSize: number;
  readonly maxBatchWaitMs: number;
  /** Batches a second, on average and after a rest; absent: as many as there are. */
  readonly throttle?: { readonly qps: number; readonly burst: number };
  /** Batches under way at once. Upstream has no limit here; what cannot be sent would take all memory. */
  readonly parallel: number;
}

export const webhookBatches: BatchLimits = { bufferSize: 10_000, maxBatchSize: 400, maxBatchWaitMs: 30_000, throttle: { qps: 10, burst: 15 }, parallel: 15 };
/** For a file there is nothing to gain from waiting, nor from writing side by side. */
export const logBatches: BatchLimits = { bufferSize: 10_000, maxBatchSize: 1, maxBatchWaitMs: 30_000, parallel: 1 };

export interface BackendOptions {
  readonly delegate: AuditDelegate;
  readonly losses: Losses;
  readonly clock: Clock;
  /** How long `close` waits for what is under way. Default 5 s. */
  readonly closeLimitMs?: number;
}

const defaultCloseLimitMs = 5_000;

class EndingBackend {
  readonly options: BackendOptions;
  readonly #closing = new AbortController();
  readonly #ended = new AbortController();
  readonly ending: Ending = { closing: this.#closing.signal, ended: this.#ended.signal };

  constructor(options: BackendOptions) {
    this.options = options;
  }

  onLost(listener: LossListener): void {
    this.options.losses.listen(listener);
  }

  /** A delegate that does not answer does not hold up the end for long. */
  protected async finish(rest: () => Promise<unknown>): Promise<void> {
    const { clock, closeLimitMs = defaultCloseLimitMs, delegate } = this.options;
    const reason = new Error("auditing has ended");
    this.#closing.abort(reason);
    using _limit = clock.after(closeLimitMs, () => this.#ended.abort(reason));
    await rest();
    await delegate.close();
  }
}

/** Mode `batch`: requests do not wait. */
export class BufferedAuditBackend extends EndingBackend implements AuditBackend {
  readonly #limits: BatchLimits;
  readonly #throttle: TokenBucket | undefined;
  readonly #buffer: AuditEvent[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: Disposable | undefined;
  /** What is there has waited long enough, full batch or not. */
  #due = false;
  #pumping: Promise<void> | undefined;

  constructor(options: BackendOptions, limits: BatchLimits) {
    super(options);
    this.#limits = limits;
    this.#throttle = limits.throttle === undefined ? undefined : new TokenBucket(limits.throttle.qps, limits.throttle.burst, options.clock);
  }

  record(event: AuditEvent): undefined {
    const problem = this.ending.closing.aborted
      ? "audit backend shut down"
      : this.#buffer.length >= this.#limits.bufferSize
        ? "audit buffer queue blocked"
        : undefined;
    if (problem === undefined) {
      this.#buffer.push(event);
      this.#wake();
    } else this.options.losses.report("buffered", new Error(problem), [event]);
  }

  close(): Promise<void> {
    return this.finish(async () => {
      this.#timer?.[Symbol.dispose]();
      this.#due = true;
      this.#pumping ??= this.#pump();
      await this.#pumping;
      await Promise.all(this.#underWay);
    });
  }

  #wake(): void {
    const { maxBatchSize, maxBatchWaitMs } = this.#limits;
    if (this.#buffer.length >= maxBatchSize) this.#pumping ??= this.#pump();
    else this.#timer ??= this.options.clock.after(maxBatchWaitMs, () => this.#waited());
  }

  #waited(): void {
    this.#timer = undefined;
    this.#due = true;
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    const { maxBatchSize, parallel } = this.#limits;
    while (this.#buffer.length >= maxBatchSize || (this.#buffer.length > 0 && (this.#due || this.ending.closing.aborted))) {
      this.#timer?.[Symbol.dispose]();
      this.#timer = undefined;
      this.#due = false;
      await this.#throttle?.accept(this.ending.closing);
      this.#send(this.#buffer.splice(0, maxBatchSize));
      if (this.#underWay.size >= parallel) await Promise.race(this.#underWay);
    }
    this.#pumping = undefined;
    if (this.#buffer.length > 0) this.#wake();
  }

  #send(batch: readonly AuditEvent[]): void {
    const { delegate, losses } = this.options;
    const sending = delegate.process(batch, this.ending).catch((error: unknown) => losses.report(delegate.plugin, error, batch));
    this.#underWay.add(sending);
    void sending.finally(() => this.#underWay.delete(sending));
  }
}

/** Mode `blocking`: requests wait until their events are kept, or are not. In `blocking-strict` those fail whose first event is not. */
export class BlockingAuditBackend extends EndingBackend implements AuditBackend {
  readonly blocks = true;
  readonly #strict: boolean;
  readonly #underWay = new Set<Promise<boolean>>();

  constructor(options: BackendOptions, strict: boolean) {
    super(options);
    this.#strict = strict;
  }

  record(event: AuditEvent): Promise<boolean> {
    const { delegate, losses } = this.options;
    const keeping = delegate.process([event], this.ending).then(
      () => true,
      (error: unknown) => {
        losses.report(delegate.plugin, error, [event]);
        return !this.#strict;
      },
    );
    this.#underWay.add(keeping);
    void keeping.finally(() => this.#underWay.delete(keeping));
    return keeping;
  }

  close(): Promise<void> {
    return this.finish(() => Promise.all(this.#underWay));
  }
}

export const auditModes = ["batch", "blocking", "blocking-strict"] as const;
export type AuditMode = (typeof auditModes)[number];

export function auditBackend(mode: AuditMode, options: BackendOptions, limits: BatchLimits): AuditBackend {
  return mode === "batch" ? new BufferedAuditBackend(options, limits) : new BlockingAuditBackend(options, mode === "blocking-strict");
}
