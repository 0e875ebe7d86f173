/** Answers of others, kept for a while: bounded in number and in age. */

interface Entry<V> {
  readonly value: V;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export class ExpiringCache<V> {
  readonly #now: () => number;
  readonly #limit: number;
  /** Insertion order is age. */
  readonly #entries = new Map<string, Entry<V>>();

  constructor(now: () => number, limit: number) {
    this.#now = now;
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.#now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, ttlMs: number): void {
    if (ttlMs <= 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, until: this.#now() + ttlMs });
  }

  clear(): void {
    this.#entries.clear();
  }
}
