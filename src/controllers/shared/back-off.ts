/** Growing pauses by key, for actions that may fight with someone else (a kubelet that rejects pods). */
export class BackOff {
  readonly #entries = new Map<string, { readonly delayMs: number; readonly atMs: number }>();
  readonly #initialMs: number;
  readonly #maxMs: number;

  constructor(initialMs: number, maxMs: number) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /** How long the key has still to wait. */
  leftMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : Math.max(0, entry.atMs + entry.delayMs - nowMs);
  }

  /** The action was done: the next pause is twice as long, or short again after a quiet time of twice the longest. */
  next(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    const fresh = entry === undefined || nowMs - entry.atMs > 2 * this.#maxMs;
    this.#entries.set(key, { delayMs: fresh ? this.#initialMs : Math.min(this.#maxMs, entry.delayMs * 2), atMs: nowMs });
  }

  /** Forgets keys that have been quiet, so that the table does not grow. */
  collect(nowMs: number): void {
    for (const [key, { atMs }] of this.#entries) if (nowMs - atMs > 2 * this.#maxMs) this.#entries.delete(key);
  }
}
