/**
 * Follows the store: one watch over everything under /registry feeds the cache of every resource in revision order, so
 * that one number, `revision`, says how current all of them are.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { CompactedError, type KeyValue, prefixEnd, type Store, type StoreEvent, type WatchBatch } from "../../storage/store.ts";
import { type ObjectCodec, type PendingWrite, StoredObject } from "../registry/stored-object.ts";
import { defaultHistory, type HistoryLimits, ResourceCache } from "./resource-cache.ts";

export const registryPrefix = "/registry/";
/** Written to see its own event come by, where the store cannot be asked for progress. */
const markerKey = `${registryPrefix}coracle/progress`;
/** Between two questions for progress: one may be lost to a watch that is just being resumed. */
const progressEveryMs = 100;
/**
 * Revisions that a server starts behind the newest one, and then follows: clients of the one before it (a server that was
 * restarted, or that has failed) find the history that they have not seen yet. Without it every watch on a quiet kind
 * would have expired, and all clients would list at once.
 */
const revisionsBehind = 5_000;

export interface FollowerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly history?: HistoryLimits;
}

const none: readonly PendingWrite[] = [];

interface FollowedResource {
  readonly cache: ResourceCache;
  readonly codec: ObjectCodec;
}

type Listener = (type: "ADDED" | "MODIFIED" | "DELETED", stored: StoredObject) => void;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #resources = new Map<string, FollowedResource>();
  readonly #pending = new Map<string, readonly PendingWrite[]>();
  readonly #listeners = new Map<ResourceCache, Set<Listener>>();
  #waiters: Waiter[] = [];
  #revision = 0;
  #compactRevision = 0;
  /** Until the next question for progress. */
  #urging: Disposable | undefined;
  #fresh: Promise<number> | undefined;
  #nextFresh: Promise<number> | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Everything up to this revision is in the caches. */
  get revision(): number {
    return this.#revision;
  }

  /** The newest compaction that this server knows of: older states are gone. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  compacted(revision: number): void {
    this.#compactRevision = Math.max(this.#compactRevision, revision);
  }

  /** Before `start`: a resource whose keys begin with `prefix` (`/registry/pods/`). */
  follow(prefix: string, codec: ObjectCodec): ResourceCache {
    const cache = new ResourceCache(prefix, this.#options.history ?? defaultHistory);
    this.#resources.set(prefix, { cache, codec });
    return cache;
  }

  /**
   * Loads the state of a while ago and what has happened since; resolves when all caches are as current as the store was
   * at the call. The watch goes on until the signal aborts.
   */
  async start(signal: AbortSignal): Promise<{ readonly done: Promise<void> }> {
    const newest = await this.#loadPast(signal);
    const stop = () => {
      for (const waiter of this.#waiters.splice(0)) waiter.reject(signal.reason);
      this.#calm();
    };
    signal.addEventListener("abort", stop, { once: true });
    const done = this.#run(signal);
    await this.reached(newest, signal);
    return { done };
  }

  /** To be called before the write is sent to the store. */
  expect(write: PendingWrite): void {
    const writes = this.#pending.get(write.key);
    this.#pending.set(write.key, writes === undefined ? [write] : [...writes, write]);
  }

  /** The write has failed, or its outcome will be learned from its event alone. */
  forget(write: PendingWrite): void {
    const writes = this.#pending.get(write.key);
    if (writes === undefined) return;
    const others = writes.length === 1 && writes[0] === write ? none : writes.filter((other) => other !== write);
    if (others.length === 0) this.#pending.delete(write.key);
    else this.#pending.set(write.key, others);
  }

  /** Every change from now on, in revision order, while the dispatcher waits: the callback must be quick and not throw. */
  listen(cache: ResourceCache, listener: Listener, signal: AbortSignal): void {
    const listeners = this.#listeners.get(cache) ?? new Set();
    this.#listeners.set(cache, listeners.add(listener));
    signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
  }

  /** Resolves when the caches have reached `revision`; makes the store tell of progress meanwhile. */
  async reached(revision: number, signal: AbortSignal): Promise<void> {
    if (this.#revision >= revision) return;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { revision, resolve, reject };
    const onAbort = () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      this.#calm();
      reject(signal.reason);
    };
    this.#waiters.push(waiter);
    this.#urge();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Resolves, with the revision, once the caches hold everything that was acknowledged before the call. Callers that
   * come while a question to the store is under way share the next one.
   */
  async catchUp(signal: AbortSignal): Promise<number> {
    const revision = await this.#newestRevision();
    await this.reached(revision, signal);
    return revision;
  }

  /** As `catchUp`, but false when that takes too long: the store itself can be read then. */
  async catchUpWithin(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const revision = await this.#newestRevision();
    if (this.#revision >= revision) return true;
    const limit = new AbortController();
    using _timer = this.#options.clock.after(limitMs, () => limit.abort());
    try {
      await this.reached(revision, AbortSignal.any([signal, limit.signal]));
      return true;
    } catch (error) {
      if (signal.aborted || !limit.signal.aborted) throw error;
      return false;
    }
  }

  /**
   * While somebody waits. Revisions that change nothing below /registry/ bring no event: only progress tells that they
   * are behind us.
   */
  #urge(): void {
    if (this.#urging !== undefined) return;
    const { store, clock, logger } = this.#options;
    // Whoever waits has a time limit of its own.
    const failed = (error: unknown) => logger.debug({ err: error }, "cannot make the store tell of progress");
    let told = true;
    store.requestProgress().then((answer) => {
      told = answer;
    }, failed);
    this.#urging = clock.after(progressEveryMs, () => {
      this.#urging = undefined;
      if (!told) this.#mark().catch(failed);
      if (this.#waiters.length > 0) this.#urge();
    });
  }

  #calm(): void {
    if (this.#waiters.length > 0) return;
    this.#urging?.[Symbol.dispose]();
    this.#urging = undefined;
  }

  /** For an etcd too old to be asked: its watch brings the marker's event after all others. */
  async #mark(): Promise<void> {
    const newest = await this.#newestRevision();
    if (!this.#waiters.some(({ revision }) => revision > this.#revision && revision <= newest)) return;
    const marker = { type: "put", key: markerKey, value: Buffer.of() } as const;
    await this.#options.store.txn({ compare: [], success: [marker], failure: [] });
  }

  #newestRevision(): Promise<number> {
    if (this.#fresh === undefined) return this.#ask();
    // One that is under way may have been answered before the caller's last write; only a later one counts.
    this.#nextFresh ??= this.#fresh.then(
      () => this.#ask(),
      () => this.#ask(),
    );
    return this.#nextFresh;
  }

  #ask(): Promise<number> {
    this.#nextFresh = undefined;
    const asked = this.#options.store.range({ start: registryPrefix, countOnly: true }).then((response) => response.revision);
    this.#fresh = asked;
    const clear = () => {
      if (this.#fresh === asked) this.#fresh = undefined;
    };
    asked.then(clear, clear);
    return asked;
  }

  /** Gives the newest revision, which may be ahead of what has been loaded. */
  async #loadPast(signal: AbortSignal): Promise<number> {
    const newest = await this.#newestRevision();
    const { compactRevision } = await this.#options.store.status();
    // Nothing has been written at revision 1 yet.
    const past = Math.max(newest - revisionsBehind, compactRevision, 1);
    try {
      await this.#load(signal, past < newest ? past : 0);
    } catch (error) {
      // Somebody compacted in between.
      if (!(error instanceof CompactedError)) throw error;
      await this.#load(signal);
    }
    return newest;
  }

  /** `at`: the revision to load, 0 for the newest. */
  async #load(signal: AbortSignal, at = 0): Promise<void> {
    const { store } = this.#options;
    const response = await store.range({ start: registryPrefix, end: prefixEnd(registryPrefix), ...(at <= 0 ? {} : { revision: at }) }, signal);
    const byPrefix = new Map<string, StoredObject[]>([...this.#resources.keys()].map((prefix) => [prefix, []]));
    for (const kv of response.kvs) {
      const followed = this.#followed(kv.key);
      if (followed !== undefined) byPrefix.get(followed.cache.prefix)?.push(storedOf(kv, followed.codec));
    }
    const { compactRevision } = await store.status();
    this.compacted(compactRevision);
    const revision = at <= 0 ? response.revision : at;
    for (const [prefix, { cache }] of this.#resources) this.#reset(cache, byPrefix.get(prefix) ?? [], revision);
    this.#advance(revision);
  }

  /** Tells listeners the difference between what was known and what is there now. */
  #reset(cache: ResourceCache, entries: readonly StoredObject[], revision: number): void {
    const before = new Map([...cache.values()].map((stored) => [stored.key, stored]));
    cache.reset(entries, revision);
    const listeners = this.#listeners.get(cache);
    if (listeners === undefined) return;
    for (const stored of entries) {
      const old = before.get(stored.key);
      before.delete(stored.key);
      if (old?.revision !== stored.revision) for (const listener of listeners) listener(old === undefined ? "ADDED" : "MODIFIED", stored);
    }
    for (const gone of before.values()) for (const listener of listeners) listener("DELETED", gone.at(revision));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock, logger } = this.#options;
    let delayMs = 100;
    while (!signal.aborted) {
      try {
        for await (const batch of store.watch({ start: registryPrefix, end: prefixEnd(registryPrefix), fromRevision: this.#revision + 1 }, signal)) {
          delayMs = 100;
          this.#receive(batch);
        }
        if (signal.aborted) return;
        throw new Error("the store ended the watch");
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, revision: this.#revision }, "cannot follow the store: watch ended; starting again");
        await clock.sleep(delayMs, signal).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, 5_000);
        if (error instanceof CompactedError) await this.#reload(signal);
      }
    }
  }

  async #reload(signal: AbortSignal): Promise<void> {
    try {
      await this.#load(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.logger.warn({ err: error }, "cannot load the caches anew; trying again");
    }
  }

  #receive(batch: WatchBatch): void {
    for (const event of batch.events) this.#applyEvent(event);
    this.#advance(batch.revision);
  }

  #applyEvent(event: StoreEvent): void {
    const { key, modRevision } = event.kv;
    const followed = this.#followed(key);
    if (followed === undefined) return;
    const { cache, codec } = followed;
    const previous = cache.get(key);
    const current = event.type === "put" ? this.#storedOf(event.kv, codec) : undefined;
    if (current === undefined && previous === undefined) return;
    cache.apply({ revision: modRevision, key, current, previous, at: this.#options.clock.now() });
    this.#notify(cache, current, previous, modRevision);
  }

  #notify(cache: ResourceCache, current: StoredObject | undefined, previous: StoredObject | undefined, revision: number): void {
    const listeners = this.#listeners.get(cache);
    if (listeners === undefined || listeners.size === 0) return;
    const type = current === undefined ? "DELETED" : previous === undefined ? "ADDED" : "MODIFIED";
    const stored = current ?? previous!.at(revision);
    for (const listener of listeners) listener(type, stored);
  }

  /** The object that a writer of this process has at hand, or else one to be decoded when somebody looks at it. */
  #storedOf(kv: KeyValue, codec: ObjectCodec): StoredObject {
    const write = this.#pending.get(kv.key)?.find((pending) => pending.bytes === kv.value || Buffer.compare(pending.bytes, kv.value) === 0);
    if (write === undefined) return storedOf(kv, codec);
    this.forget(write);
    return write.committed(kv.modRevision);
  }

  /** Whose key it is: one below `/registry/pods/` or `/registry/apps/deployments/`. */
  #followed(key: string): FollowedResource | undefined {
    const first = key.indexOf("/", registryPrefix.length);
    if (first < 0) return undefined;
    const core = this.#resources.get(key.slice(0, first + 1));
    if (core !== undefined) return core;
    const second = key.indexOf("/", first + 1);
    return second < 0 ? undefined : this.#resources.get(key.slice(0, second + 1));
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    const reached = this.#waiters.filter((waiter) => waiter.revision <= revision);
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    this.#calm();
    for (const waiter of reached) waiter.resolve();
  }
}

function storedOf({ key, modRevision, value }: KeyValue, codec: ObjectCodec): StoredObject {
  return new StoredObject(codec, key, modRevision, codec.pack({ bytes: value }));
}
