/**
 * Expectations bridge the time between a write and its event: an owner whose creations and deletions have not all been
 * seen is not counted anew, or it would make its pods twice.
 */
import type { Clock } from "../../machinery/clock.ts";

interface Expected {
  creations: number;
  /** Uids of what was deleted: each counts once, however often it is seen. */
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

/** An event that was lost must not block an owner for ever. */
const expiryMs = 5 * 60_000;

export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Before the writes: how many are about to be created. */
  expectCreations(key: string, count: number): void {
    this.#expected.set(key, { creations: count, deletions: new Set(), sinceMs: this.#clock.now() });
  }

  /** Before the writes: which are about to be deleted. */
  expectDeletions(key: string, uids: Iterable<string>): void {
    this.#expected.set(key, { creations: 0, deletions: new Set(uids), sinceMs: this.#clock.now() });
  }

  expect(key: string, creations: number, deletions: Iterable<string>): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), sinceMs: this.#clock.now() });
  }

  /** Seen, or not going to come because the write failed. */
  creationObserved(key: string, count = 1): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.creations -= count;
  }

  deletionObserved(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid);
  }

  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    return (expected.creations <= 0 && expected.deletions.size === 0) || this.#clock.now() - expected.sinceMs > expiryMs;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
