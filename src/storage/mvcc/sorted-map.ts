/** A map whose keys are kept in key order: a list of short sorted runs, so that an insertion moves few entries. */
import { compareKeys, hasSurrogates } from "./key-order.ts";

/** A run is split in two beyond this; 100,000 keys make about 500 runs. */
const MAX_RUN = 512;

type Below = (a: string, b: string) => boolean;
const fastBelow: Below = (a, b) => a < b;
const exactlyBelow: Below = (a, b) => compareKeys(a, b) < 0;

interface Run<T> {
  readonly keys: string[];
  readonly values: T[];
}

export class SortedMap<T> {
  /** No run is empty. Every key of a run is below those of the next. */
  readonly #runs: Run<T>[] = [];
  #size = 0;
  /** The fast order holds until a key is stored that needs the exact one; both agree on all keys before it. */
  #below: Below = fastBelow;

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    const below = this.#orderFor(key);
    const run = this.#runs[this.#runOf(key, below)];
    if (run === undefined) return undefined;
    const index = lowerBound(run.keys, key, below);
    return run.keys[index] === key ? run.values[index] : undefined;
  }

  set(key: string, value: T): void {
    this.update(key, () => value);
  }

  /** Sets the key to what `make` makes of its value, in one search. */
  update(key: string, make: (old: T | undefined) => T): void {
    this.#below = this.#orderFor(key);
    const position = this.#runOf(key, this.#below);
    const run = this.#runs[position];
    if (run === undefined) {
      this.#runs.push({ keys: [key], values: [make(undefined)] });
      this.#size++;
      return;
    }
    const index = lowerBound(run.keys, key, this.#below);
    if (run.keys[index] === key) {
      run.values[index] = make(run.values[index]);
      return;
    }
    run.keys.splice(index, 0, key);
    run.values.splice(index, 0, make(undefined));
    this.#size++;
    if (run.keys.length > MAX_RUN) this.#split(position, run, index);
  }

  delete(key: string): boolean {
    const below = this.#orderFor(key);
    const position = this.#runOf(key, below);
    const run = this.#runs[position];
    if (run === undefined) return false;
    const index = lowerBound(run.keys, key, below);
    if (run.keys[index] !== key) return false;
    run.keys.splice(index, 1);
    run.values.splice(index, 1);
    if (run.keys.length === 0) this.#runs.splice(position, 1);
    this.#size--;
    return true;
  }

  /** Visits values with start <= key < end in key order. The map must not change meanwhile. */
  forEach(start: string, end: string, visit: (value: T) => void): void {
    const belowStart = this.#orderFor(start);
    const belowEnd = this.#orderFor(end);
    const first = this.#runOf(start, belowStart);
    for (let position = first; position < this.#runs.length; position++) {
      const run = this.#runs[position] as Run<T>;
      const from = position === first ? lowerBound(run.keys, start, belowStart) : 0;
      const last = !belowEnd(run.keys.at(-1) as string, end);
      const to = last ? lowerBound(run.keys, end, belowEnd) : run.keys.length;
      for (let index = from; index < to; index++) visit(run.values[index] as T);
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
      if (below(key, (this.#runs[middle] as Run<T>).keys[0] as string)) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low - 1);
  }

  /** Keys that arrive in order (a load, generated names) leave full runs behind instead of half-full ones. */
  #split(position: number, run: Run<T>, inserted: number): void {
    const at = inserted === run.keys.length - 1 ? inserted : run.keys.length >>> 1;
    this.#runs.splice(position + 1, 0, { keys: run.keys.splice(at), values: run.values.splice(at) });
  }
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string, below: Below): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (below(keys[middle] as string, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}
