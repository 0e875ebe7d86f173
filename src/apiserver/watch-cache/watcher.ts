/**
 * One watch on one resource: a queue between the cache, which never waits, and a reader, which may be slow. A reader
 * that falls too far behind is cut off; it starts again from the last revision it has seen, at no cost to the others.
 */
import type { StoredObject } from "../registry/stored-object.ts";
import { type CacheEvent, Delivery, WatchMessage } from "./events.ts";
import type { ResourceCache } from "./resource-cache.ts";

/** Everything up to `revision` has been sent. `initialEnd` closes the initial events of a streaming list. */
export interface Bookmark {
  readonly type: "BOOKMARK";
  readonly revision: number;
  readonly initialEnd: boolean;
}

export type WatchItem = WatchMessage | Bookmark;

export type Filter = (stored: StoredObject) => boolean;

/** Events a reader may be behind. */
export const maxQueuedEvents = 10_000;

export class Watcher {
  readonly #cache: ResourceCache;
  readonly #matches: Filter;
  readonly #maxQueued: number;
  #queue: WatchItem[] = [];
  /** Synthetic ADDED events still to be handed out, in key order. */
  #initial: readonly StoredObject[] = [];
  #initialIndex = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  /** Nothing up to this revision is of interest. */
  #after = 0;
  #overrun = false;

  constructor(cache: ResourceCache, matches: Filter, maxQueued: number = maxQueuedEvents) {
    this.#cache = cache;
    this.#matches = matches;
    this.#maxQueued = maxQueued;
  }

  /** Begins with these objects as ADDED, then everything that happens from this moment on. */
  startFrom(initial: readonly StoredObject[]): void {
    this.#initial = initial;
    this.#cache.addWatcher(this);
  }

  /** Begins with what is in `history`, then everything that happens from this moment on. */
  replay(history: readonly CacheEvent[]): void {
    for (const event of history) {
      const message = new Delivery(event).messageFor(this.#matches);
      if (message !== undefined) this.#queue.push(message);
    }
    this.#cache.addWatcher(this);
  }

  /** Begins with the first thing that happens after a revision that is still to come. */
  startAfter(revision: number): void {
    this.#after = revision;
    this.#cache.addWatcher(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The reader was too slow. */
  get overrun(): boolean {
    return this.#overrun;
  }

  offer(delivery: Delivery): void {
    if (this.#ended || delivery.event.revision <= this.#after) return;
    const message = delivery.messageFor(this.#matches);
    if (message !== undefined) this.#push(message);
  }

  bookmark(revision: number, initialEnd = false): void {
    if (!this.#ended && revision > this.#after) this.#push({ type: "BOOKMARK", revision, initialEnd });
  }

  /** What has been queued; at most `limit` items. Empty when there is nothing at the moment. */
  take(limit = 256): WatchItem[] {
    if (this.#initialIndex < this.#initial.length) return this.#takeInitial(limit);
    if (this.#queue.length <= limit) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, limit);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#initialIndex >= this.#initial.length;
  }

  /** Resolves when there is something to take, or the watch has ended. */
  ready(): Promise<void> {
    if (!this.idle || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** What is queued can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cache.removeWatcher(this);
    this.#wakeUp();
  }

  #push(item: WatchItem): void {
    if (this.#queue.length >= this.#maxQueued) {
      this.#overrun = true;
      this.#queue = [];
      this.#initial = [];
      this.end();
      return;
    }
    this.#queue.push(item);
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #takeInitial(limit: number): WatchItem[] {
    const end = Math.min(this.#initialIndex + limit, this.#initial.length);
    const items = this.#initial.slice(this.#initialIndex, end).map((stored) => new WatchMessage("ADDED", stored));
    this.#initialIndex = end;
    if (end === this.#initial.length) {
      this.#initial = [];
      this.#initialIndex = 0;
    }
    return items;
  }
}
