/**
 * Work queue with client-go's promises: a key waits in line once however often it is added; one worker at a time holds
 * it; a key added while it is held comes back when it is done.
 */
import type { Clock } from "../machinery/clock.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Back-off of the first retry of a key; doubles with each further one. Default 5 ms. */
  readonly baseDelayMs?: number;
  /** Default 1000 s. */
  readonly maxDelayMs?: number;
}

interface Delayed {
  readonly due: number;
  readonly timer: Disposable;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #line = new Set<string>();
  readonly #held = new Set<string>();
  /** Added while held. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #shutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = options.maxDelayMs ?? 1_000_000;
  }

  /** Keys waiting in line, those held or delayed not counted. */
  get length(): number {
    return this.#line.size;
  }

  /** Nothing in line, held or delayed. */
  get idle(): boolean {
    return this.#line.size + this.#held.size + this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#shutDown) return;
    if (this.#held.has(key)) this.#again.add(key);
    else if (!this.#line.has(key)) this.#offer(key);
  }

  /** Adds the key `ms` from now; of several delays the shortest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#shutDown) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = this.#clock.now() + ms;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.due <= due) return;
    known?.timer[Symbol.dispose]();
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { due, timer });
  }

  /** Adds the key after its back-off, which doubles with every call until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** Math.min(failures, 40)));
  }

  /** The key succeeded: its next failure starts at the shortest back-off. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key was rate limited since it was last forgotten. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, held until `done`; undefined once the queue is shut down and empty. */
  get(): Promise<string | undefined> {
    for (const key of this.#line) {
      this.#line.delete(key);
      this.#held.add(key);
      return Promise.resolve(key);
    }
    if (this.#shutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#held.delete(key);
    if (this.#again.delete(key)) this.#offer(key);
  }

  /** Drops what waits and tells the workers to end. */
  shutDown(): void {
    this.#shutDown = true;
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    this.#line.clear();
    this.#again.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #offer(key: string): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      this.#line.add(key);
      return;
    }
    this.#held.add(key);
    taker(key);
  }
}
