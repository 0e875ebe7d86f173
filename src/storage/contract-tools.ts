/** What the contract suite is written with: short forms of store calls, and a watch that remembers what it saw. */
import type { KeyValue, RangeResponse, Store, StoreEvent, WatchBatch, WatchRequest } from "./store.ts";
import { prefixEnd } from "./store.ts";

export interface UnderTest {
  readonly store: Store;
  /** Lets so much of the store's time pass. */
  advance(ms: number): Promise<void>;
  /** Ends the store, closed or not, and what it stood on. */
  dispose(): Promise<void>;
  /** Ends the store and opens it again on what it has kept, where it keeps anything; `store` is of no use any more. */
  restart?(): Promise<Store>;
  /** How many watches the store still holds, where it can tell. */
  watches?(): number;
}

export interface Ground extends UnderTest {
  /** Nothing exists below it yet. */
  readonly prefix: string;
}

let tests = 0;

export function withStore(factory: () => Promise<UnderTest>) {
  return async (body: (ground: Ground) => Promise<void>): Promise<void> => {
    const subject = await factory();
    try {
      await body({ ...subject, prefix: `/contract/${++tests}/` });
    } finally {
      await subject.dispose();
    }
  };
}

export function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

export function text(kv: Pick<KeyValue, "value">): string {
  return Buffer.from(kv.value).toString();
}

/** Writes without a condition; the revision of the write. */
export async function put(store: Store, key: string, value: string): Promise<number> {
  return (await store.txn({ compare: [], success: [{ type: "put", key, value: bytes(value) }], failure: [] })).revision;
}

export async function get(store: Store, key: string): Promise<KeyValue | undefined> {
  return (await store.range({ start: key })).kvs[0];
}

export function range(store: Store, prefix: string, revision?: number): Promise<RangeResponse> {
  return store.range({ start: prefix, end: prefixEnd(prefix), ...(revision === undefined ? {} : { revision }) });
}

export async function revisionOf(store: Store): Promise<number> {
  return (await store.range({ start: "/", countOnly: true })).revision;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A watch that is read all the time and remembers everything. */
export class Watching {
  readonly batches: WatchBatch[] = [];
  readonly seen: StoreEvent[] = [];
  /** Settles when the watch has ended, either way. */
  readonly over: Promise<void>;
  ended: "no" | "done" | "failed" = "no";
  readonly #store: Store;
  readonly #abort = new AbortController();
  readonly #changed = new Set<() => void>();
  #error: unknown;

  constructor(store: Store, request: WatchRequest) {
    this.#store = store;
    this.over = this.#read(store.watch(request, this.#abort.signal));
  }

  async #read(watch: AsyncIterable<WatchBatch>): Promise<void> {
    try {
      for await (const batch of watch) {
        this.batches.push(batch);
        this.seen.push(...batch.events);
        this.#tell();
      }
      this.ended = "done";
    } catch (error) {
      this.ended = "failed";
      this.#error = error;
    }
    this.#tell();
  }

  /** Resolves with the first `count` events. */
  async events(count: number): Promise<StoreEvent[]> {
    await this.#until(
      () => this.seen.length >= count,
      () => `${this.seen.length} of ${count} events`,
    );
    return this.seen.slice(0, count);
  }

  async batch(wanted: (batch: WatchBatch) => boolean): Promise<WatchBatch> {
    await this.#until(
      () => this.batches.some(wanted),
      () => "no such batch",
    );
    return this.batches.find(wanted) as WatchBatch;
  }

  /** Asks for progress until the watch has come to `revision`. */
  async progress(revision: number): Promise<void> {
    while (!this.batches.some((batch) => batch.revision >= revision)) {
      const before = this.batches.length;
      await this.#store.requestProgress();
      await this.#until(
        () => this.batches.length > before,
        () => `no progress to ${revision}`,
        300,
      ).catch(() => undefined);
      if (this.ended !== "no") throw new Error(`the watch has ended (${this.ended})`, { cause: this.#error });
    }
  }

  async failure(): Promise<unknown> {
    await this.#until(
      () => this.ended !== "no",
      () => "the watch goes on",
    ).catch(() => undefined);
    return this.#error;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.over;
  }

  #tell(): void {
    for (const waiter of this.#changed) waiter();
  }

  /** Fails after a while, so that a lost event ends the test with a sentence rather than never. */
  #until(condition: () => boolean, missing: () => string, ms = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.#changed.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = () => {
        if (condition()) settle();
        else if (this.ended !== "no") settle(new Error(`the watch has ended: ${missing()}`, { cause: this.#error }));
      };
      const timer = setTimeout(() => settle(new Error(`waited too long: ${missing()}`)), ms);
      this.#changed.add(look);
      look();
    });
  }
}

export function watching(store: Store, request: WatchRequest): Watching {
  return new Watching(store, request);
}
