/**
 * Watches over a History. A watch holds no buffer of its own, only the revision it has come to: it takes from the
 * shared log when its consumer asks, so a slow consumer costs nothing and delays nobody.
 */
import { CompactedError, type StoreEvent, type WatchBatch, type WatchRequest } from "../store.ts";
import type { History, Version } from "./history.ts";
import { inRange } from "./key-order.ts";
import type { Values } from "./values.ts";

/** A batch is closed, at the end of a revision, beyond so many events or bytes of values. */
const MAX_EVENTS = 1000;
const MAX_BYTES = 1 << 20;
/** Versions looked at in one go before other work gets a turn. */
const MAX_SCAN = 10_000;

export interface WatchHubOptions {
  readonly history: History;
  readonly values: Values;
  /** The newest revision that watchers may see. */
  readonly visible: () => number;
}

export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #watches = new Set<Watch>();

  constructor(options: WatchHubOptions) {
    this.#options = options;
  }

  /** Watches that have not ended. */
  get size(): number {
    return this.#watches.size;
  }

  /** Begins at once: a watch from "now" misses nothing that becomes visible after this call. */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterableIterator<WatchBatch> {
    const watch = new Watch(request, this.#options, () => {
      signal.removeEventListener("abort", end);
      this.#watches.delete(watch);
    });
    const end = () => watch.end();
    this.#watches.add(watch);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) watch.end();
    return watch;
  }

  /** Revisions from `from` on have become visible. */
  notify(from: number): void {
    const index = this.#options.history.indexOf(from);
    for (const watch of this.#watches) watch.notify(index);
  }

  requestProgress(): void {
    for (const watch of this.#watches) watch.requestProgress();
  }

  /** Before the history forgets: moves watches along that have nothing to lose. */
  compacting(revision: number): void {
    for (const watch of this.#watches) watch.compacting(revision);
  }

  close(): void {
    for (const watch of this.#watches) watch.end();
  }
}

class Watch implements AsyncIterableIterator<WatchBatch> {
  readonly #range: WatchRequest;
  readonly #options: WatchHubOptions;
  readonly #release: () => void;
  /** The first revision not delivered yet. Unused while waiting: then nothing is missing. */
  #next: number;
  #wake: (() => void) | undefined;
  #progressWanted = false;
  #ended = false;

  constructor(request: WatchRequest, options: WatchHubOptions, release: () => void) {
    this.#range = request;
    this.#options = options;
    this.#release = release;
    this.#next = request.fromRevision ?? options.visible() + 1;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    while (!this.#ended) {
      const { compactRevision } = this.#options.history;
      if (this.#next <= compactRevision) {
        this.end();
        throw new CompactedError(this.#next, compactRevision);
      }
      const batch = this.#take();
      if (batch !== undefined) return { done: false, value: batch };
      if (this.#next <= this.#options.visible()) await new Promise<void>((resolve) => setImmediate(resolve));
      else await this.#wait();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<WatchBatch, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    this.#resume();
  }

  notify(fromIndex: number): void {
    if (this.#wake === undefined) return;
    const first = this.#firstMatch(fromIndex, this.#options.visible());
    if (first === undefined || first.modRevision < this.#next) return;
    this.#next = first.modRevision;
    this.#resume();
  }

  requestProgress(): void {
    // A watch that begins in the future has nothing to say about the present.
    if (this.#wake !== undefined && this.#next > this.#options.visible() + 1) return;
    this.#progressWanted = true;
    if (this.#wake === undefined) return;
    this.#next = Math.max(this.#next, this.#options.visible() + 1);
    this.#resume();
  }

  compacting(revision: number): void {
    if (this.#next > revision) return;
    const missing = this.#wake === undefined && this.#firstMatch(this.#options.history.indexOf(this.#next), revision) !== undefined;
    if (!missing) this.#next = revision + 1;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Undefined when there is nothing to hand out after a look at up to MAX_SCAN versions. */
  #take(): WatchBatch | undefined {
    const visible = this.#options.visible();
    const events = this.#collect(visible);
    if (events.length > 0) return { revision: this.#next - 1, events };
    if (!this.#progressWanted || this.#next !== visible + 1) return undefined;
    this.#progressWanted = false;
    return { revision: visible, events };
  }

  /** Advances to the revision after the last one looked at. */
  #collect(visible: number): StoreEvent[] {
    const { history, values } = this.#options;
    const events: StoreEvent[] = [];
    if (this.#next > visible) return events;
    let bytes = 0;
    let index = history.indexOf(this.#next);
    const stop = index + MAX_SCAN;
    for (let previous = 0; ; index++) {
      const version = history.version(index);
      if (version === undefined || version.modRevision > visible) {
        this.#next = visible + 1;
        return events;
      }
      if (version.modRevision !== previous && (index >= stop || events.length >= MAX_EVENTS || bytes >= MAX_BYTES)) {
        this.#next = version.modRevision;
        return events;
      }
      previous = version.modRevision;
      if (!inRange(this.#range, version.key)) continue;
      const event = values.event(version);
      events.push(event);
      bytes += event.kv.value.length;
    }
  }

  #firstMatch(fromIndex: number, upTo: number): Version | undefined {
    for (let index = fromIndex; ; index++) {
      const version = this.#options.history.version(index);
      if (version === undefined || version.modRevision > upTo) return undefined;
      if (version.modRevision >= this.#next && inRange(this.#range, version.key)) return version;
    }
  }
}
