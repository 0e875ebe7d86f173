/**
 * A map whose keys are kept in key order: a list of short sorted runs, so that an insertion moves few entries. One key
 * is found by its hash, which costs a fraction of a search; the order is for ranges.
 */
import { compareKeys, hasSurrogates } from "./key-order.ts";

/** A run is split in two beyond this; 100,000 keys make about 500 runs. */
const MAX_RUN = 512;

type Below = (a: string, b: string) => boolean;
const fastBelow: Below = (a, b) => a < b;
const exactlyBelow: Below = (a, b) => compareKeys(a, b) < 0;

interface Entry<T> {
  readonly key: string;
  value: T;
}

export class SortedMap<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** No run is empty. Every key of a run is below those of the next. */
  readonly #runs: Entry<T>[][] = [];
  /** The fast order holds until a key is stored that needs the exact one; both agree on all keys before it. */
  #below: Below = fastBelow;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: T): void {
    const known = this.#entries.get(key);
    if (known !== undefined) known.value = value;
    else this.#insert({ key, value });
  }

  #insert(entry: Entry<T>): void {
    const { key } = entry;
    this.#entries.set(key, entry);
    this.#below = this.#orderFor(key);
    const position = this.#runOf(key, this.#below);
    const run = this.#runs[position];
    if (run === undefined) {
      this.#runs.push([entry]);
      return;
    }
    const index = lowerBound(run, key, this.#below);
    run.splice(index, 0, entry);
    if (run.length > MAX_RUN) this.#split(position, run, index);
  }

  delete(key: string): boolean {
    if (!this.#entries.delete(key)) return false;
    const below = this.#orderFor(key);
    const position = this.#runOf(key, below);
    const run = this.#runs[position]!;
    run.splice(lowerBound(run, key, below), 1);
    if (run.length === 0) this.#runs.splice(position, 1);
    return true;
  }

  /** Visits values with start <= key < end in key order. The map must not change meanwhile. */
  forEach(start: string, end: string, visit: (value: T) => void): void {
    const belowStart = this.#orderFor(start);
    const belowEnd = this.#orderFor(end);
    const first = this.#runOf(start, belowStart);
    for (let position = first; position < this.#runs.length; position++) {
      const run = this.#runs[position]!;
      const from = position === first ? lowerBound(run, start, belowStart) : 0;
      const last = !belowEnd(run.at(-1)!.key, end);
      const to = last ? lowerBound(run, end, belowEnd) : run.length;
      for (let index = from; index < to; index++) visit(run[index]!.value);
      if (last) return;
    }
  }

  #orderFor(key: string): Below {
    return this.#below === fastBelow && hasSurrogates(key) ? exactlyBelow : this.#below;
  }

  /** Index of the run that holds `key` or would take it: the last one that starts at or below it. */
  #runOf(key: string, below: Below): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (below(key, this.#runs[middle]![0]!.key)) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low - 1);
  }

  /** Keys that arrive in order (a load, generated names) leave full runs behind instead of half-full ones. */
  #split(position: number, run: Entry<T>[], inserted: number): void {
    const at = inserted === run.length - 1 ? inserted : run.length >>> 1;
    this.#runs.splice(position + 1, 0, run.splice(at));
  }
}

/** Index of the first entry whose key is not below `key`. */
function lowerBound(run: readonly Entry<unknown>[], key: string, below: Below): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (below(run[middle]!.key, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}
