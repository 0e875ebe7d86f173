/** A map of what has been met lately: what nobody has asked for in the last `size` to `2 * size` additions is forgotten. */
export class RecentMap<K, V> {
  readonly #size: number;
  // Two generations cost less than an order of use: when the younger one is full, it becomes the older one.
  #young = new Map<K, V>();
  #old: ReadonlyMap<K, V> = new Map<K, V>();

  constructor(size: number) {
    this.#size = size;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** The value that stands for this key: the one that is known, or else this one from now on. */
  shared(key: K, value: V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    this.set(key, value);
    return value;
  }
}
