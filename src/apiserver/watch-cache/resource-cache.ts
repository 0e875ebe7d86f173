/**
 * The current state of one stored resource in memory, and the recent past: a map by store key, the keys in order, and a
 * ring of the latest events, from which any recent state can be rebuilt and watches are replayed.
 */
import { prefixEnd } from "../../storage/store.ts";
import type { StoredObject } from "../registry/stored-object.ts";
import { type CacheEvent, Delivery } from "./events.ts";
import type { Watcher } from "./watcher.ts";

/** How much of the past to keep: at least `minimum` events, and as many as are younger than `windowMs` up to `maximum`. */
export interface HistoryLimits {
  readonly minimum: number;
  readonly maximum: number;
  readonly windowMs: number;
}

export const defaultHistory: HistoryLimits = { minimum: 100, maximum: 20_000, windowMs: 75_000 };

/** Of a small resource that is never listed: when it has changed more often, its list is sorted anew. */
const mostChanged = 1000;

export class ResourceCache {
  /** Store prefix of all keys, such as `/registry/pods/`. */
  readonly prefix: string;
  readonly #limits: HistoryLimits;
  readonly #entries = new Map<string, StoredObject>();
  readonly #watchers = new Set<Watcher>();
  /** All of it in key order, as it was before `#changed`; undefined when it has to be sorted anew. */
  #sorted: readonly StoredObject[] | undefined = [];
  /** Keys that have come, changed or gone since, as often as they have; none while it has to be sorted anyway. */
  #changed: string[] = [];
  /** Parts of it by prefix: the same list is the same array until something changes, so that what is made of it can be kept. */
  readonly #ranges = new Map<string, readonly StoredObject[]>();
  #ring: CacheEvent[] = [];
  #ringStart = 0;
  /** Every change after this revision is in the ring. */
  #historyFrom = 0;
  #lastChange = 0;

  constructor(prefix: string, limits: HistoryLimits = defaultHistory) {
    this.prefix = prefix;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Revision of the newest change of this resource. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** The oldest revision a watch can start from (exclusive) and a state can be rebuilt for. */
  get historyFrom(): number {
    return this.#historyFrom;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  get(key: string): StoredObject | undefined {
    return this.#entries.get(key);
  }

  values(): Iterable<StoredObject> {
    return this.#entries.values();
  }

  /** In key order, those whose key begins with `prefix`. */
  range(prefix: string): readonly StoredObject[] {
    const all = this.#inOrder();
    if (prefix === this.prefix) return all;
    let part = this.#ranges.get(prefix);
    if (part === undefined) {
      part = all.slice(lowerBound(all, prefix), lowerBound(all, prefixEnd(prefix)));
      this.#ranges.set(prefix, part);
    }
    return part;
  }

  /** The state as it was at `revision`, which must not be older than `historyFrom`. */
  rangeAt(prefix: string, revision: number): readonly StoredObject[] {
    if (this.#lastChange <= revision) return this.range(prefix);
    const then = new Map<string, StoredObject | undefined>();
    for (let index = this.#ring.length - 1; index >= this.#ringStart; index--) {
      const event = this.#ring[index]!;
      if (event.revision <= revision) break;
      if (event.key.startsWith(prefix)) then.set(event.key, event.previous);
    }
    if (then.size === 0) return this.range(prefix);
    const kept = this.range(prefix).filter((stored) => !then.has(stored.key));
    for (const stored of then.values()) if (stored !== undefined) kept.push(stored);
    return kept.sort(byKey);
  }

  /** Replaces everything, at the start or after the store's watch was lost to compaction: every watcher ends. */
  reset(entries: readonly StoredObject[], revision: number): void {
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.key, entry);
    this.#sorted = undefined;
    this.#changed = [];
    this.#ring = [];
    this.#ringStart = 0;
    this.#historyFrom = revision;
    this.#lastChange = revision;
    for (const watcher of this.#watchers) watcher.end();
  }

  apply(event: CacheEvent): void {
    const { key, current } = event;
    if (current === undefined) this.#entries.delete(key);
    else this.#entries.set(key, current);
    this.#noteChanged(key);
    this.#lastChange = event.revision;
    this.#remember(event);
    if (this.#watchers.size === 0) return;
    const delivery = new Delivery(event);
    for (const watcher of this.#watchers) watcher.offer(delivery);
  }

  /** Lists that have been handed out stay as they are; the next one is made from the last when it is asked for. */
  #noteChanged(key: string): void {
    if (this.#sorted === undefined) return;
    this.#changed.push(key);
    if (this.#changed.length <= 2 * (this.#entries.size + mostChanged)) return;
    this.#sorted = undefined;
    this.#changed = [];
  }

  /** Events after `revision`, oldest first. */
  since(revision: number): CacheEvent[] {
    let low = this.#ringStart;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ring[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#ring.slice(low);
  }

  addWatcher(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  removeWatcher(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  endWatchers(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  #inOrder(): readonly StoredObject[] {
    if (this.#sorted !== undefined && this.#changed.length === 0) return this.#sorted;
    this.#sorted = this.#sorted === undefined ? [...this.#entries.values()].sort(byKey) : mended(this.#sorted, this.#changed, this.#entries);
    this.#changed = [];
    this.#ranges.clear();
    return this.#sorted;
  }

  #remember(event: CacheEvent): void {
    this.#ring.push(event);
    const { minimum, maximum, windowMs } = this.#limits;
    let length = this.#ring.length - this.#ringStart;
    while (length > minimum) {
      const oldest = this.#ring[this.#ringStart]!;
      if (length <= maximum && event.at - oldest.at <= windowMs) break;
      this.#historyFrom = oldest.revision;
      this.#ringStart++;
      length--;
    }
    if (this.#ringStart > 1024 && this.#ringStart > this.#ring.length / 2) {
      this.#ring = this.#ring.slice(this.#ringStart);
      this.#ringStart = 0;
    }
  }
}

/** Costs one pass over the array, `changed` being sorted in place, and sorts only what has changed. */
function mended(sorted: readonly StoredObject[], changed: string[], entries: ReadonlyMap<string, StoredObject>): StoredObject[] {
  const result: StoredObject[] = [];
  let from = 0;
  let last: string | undefined;
  for (const key of changed.sort(byText)) {
    if (key === last) continue;
    last = key;
    const at = lowerBound(sorted, key, from);
    for (let index = from; index < at; index++) result.push(sorted[index]!);
    const current = entries.get(key);
    if (current !== undefined) result.push(current);
    from = sorted[at]?.key === key ? at + 1 : at;
  }
  for (let index = from; index < sorted.length; index++) result.push(sorted[index]!);
  return result;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byKey(a: StoredObject, b: StoredObject): number {
  return byText(a.key, b.key);
}

/** Index of the first key that is not below `key`, at or after `from`. */
function lowerBound(sorted: readonly StoredObject[], key: string, from = 0): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
