/**
 * The store over a journal. Transactions are decided in memory, one after the other, each seeing those before it;
 * readers and watchers see a revision once the journal has made it durable. When the journal fails, everything it did
 * not write is taken back, so memory never runs ahead of the disk for longer than one commit.
 */
import type { Clock } from "../../machinery/clock.ts";
import {
  type Compare,
  FutureRevisionError,
  type KeyValue,
  type Lease,
  LeaseNotFoundError,
  type Operation,
  type OperationResult,
  type RangeResponse,
  type Store,
  type StoreStatus,
  StoreUnavailableError,
  type TxnRequest,
  type TxnResponse,
  type WatchBatch,
  type WatchRequest,
} from "../store.ts";
import { checkTransaction } from "./check-transaction.ts";
import { CommitQueue } from "./commit-queue.ts";
import { History, type NewVersion, type Version } from "./history.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { compareKeys } from "./key-order.ts";
import { type LeaseDescription, LeaseTable } from "./lease-table.ts";
import type { StoreImage } from "./store-image.ts";
import { type MvccRangeRequest, select, TransactionView } from "./transaction-view.ts";
import { Values } from "./values.ts";
import { WatchHub } from "./watch-hub.ts";

export interface MvccStoreOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  /** As the journal has kept it, compacted. Absent: empty. */
  readonly history?: History;
  readonly leases?: readonly Lease[];
}

/** Values are fetched this many at a time, so that a long list does not stop the event loop. */
const VALUES_A_TURN = 500;
/** A lease whose keys could not be deleted is tried again after this. */
const EXPIRY_RETRY_MS = 1000;

/** The id that a caller chose for a lease belongs to another. */
export class LeaseExistsError extends Error {
  override readonly name = "LeaseExistsError";
  constructor(leaseId: number) {
    super(`lease ${leaseId} already exists`);
  }
}

export class MvccStore implements Store {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #history: History;
  readonly #leases = new LeaseTable();
  readonly #values: Values;
  readonly #queue = new CommitQueue();
  readonly #hub: WatchHub;
  /** What puts back leases whose revocation is not durable yet. */
  readonly #revoking = new Map<number, () => void>();
  /** Ids of leases whose grant is not durable yet. */
  readonly #granting = new Set<number>();
  /** Long reads under way; compaction waits for them before it drops values. */
  readonly #reads = new Set<Promise<unknown>>();
  #visible: number;
  #commits = 0;
  #nextLeaseId: number;
  #expiry: Disposable | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: MvccStoreOptions) {
    this.#clock = options.clock;
    this.#journal = options.journal;
    this.#history = options.history ?? new History();
    this.#visible = this.#history.revision;
    this.#values = new Values(this.#history, this.#journal);
    this.#hub = new WatchHub({ history: this.#history, values: this.#values, visible: () => this.#visible });
    this.#journal.attach({ durable: (count) => this.#durable(count), failed: (error) => this.#failed(error) });
    // Ids of leases that have ended are not given out again, also not after a restart.
    this.#nextLeaseId = this.#clock.now();
    for (const lease of options.leases ?? []) this.#addLease(lease);
    for (const version of this.#history.range({ start: "", end: "\u{10ffff}" }, this.#visible)) this.#bind(version);
    this.#scheduleExpiry();
  }

  /** Watches that have not ended. */
  get watches(): number {
    return this.#hub.size;
  }

  /** Groups of writes made durable since opening. */
  get commits(): number {
    return this.#commits;
  }

  /** How often the disk has been synced since opening. */
  get syncs(): number {
    return this.#journal.syncs;
  }

  /** What a read sees at the moment. */
  get revision(): number {
    return this.#visible;
  }

  get compactRevision(): number {
    return this.#history.compactRevision;
  }

  async range(request: MvccRangeRequest, signal?: AbortSignal): Promise<RangeResponse> {
    this.#open("read range");
    signal?.throwIfAborted();
    const { found, response } = select(this.#history, request, this.#visible);
    if (request.keysOnly) return { ...response, kvs: found.map((version) => this.#values.key(version)) };
    if (found.length <= VALUES_A_TURN) return { ...response, kvs: found.map((version) => this.#values.keyValue(version)) };
    return { ...response, kvs: await this.#keepReadable(this.#readInTurns(found, signal)) };
  }

  async txn(request: TxnRequest, signal?: AbortSignal): Promise<TxnResponse> {
    this.#open("run transaction");
    signal?.throwIfAborted();
    const succeeded = this.#holds(request.compare);
    const operations = succeeded ? request.success : request.failure;
    checkTransaction(operations, (id) => this.#leases.has(id));
    const { value: results, versions } = this.#change((view) => operations.map((operation) => runOne(operation, view)));
    const response = { revision: this.#history.revision, succeeded, results };
    await this.#durably(versions, request.patienceMs ?? 0, signal);
    return response;
  }

  /**
   * A transaction of any form: `body` runs at once and alone on the newest state. What it writes shares one revision; when
   * it throws, nothing of it stays. Resolves once that is durable, with the revision after it. `body` may write a key
   * only once and bind keys only to leases there are: it has the view to ask.
   */
  async transact<T>(body: (view: TransactionView) => T, signal?: AbortSignal): Promise<{ readonly revision: number; readonly value: T }> {
    this.#open("run transaction");
    signal?.throwIfAborted();
    const { value, versions } = this.#change(body);
    const { revision } = this.#history;
    await this.#durably(versions, 0, signal);
    return { revision, value };
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch> {
    this.#open("watch");
    return this.#hub.watch(request, signal);
  }

  async requestProgress(): Promise<boolean> {
    this.#open("request progress");
    this.#hub.requestProgress();
    return true;
  }

  async compact(revision: number): Promise<void> {
    this.#open("compact");
    if (revision > this.#visible) throw new FutureRevisionError(`cannot compact to revision ${revision}: the newest is ${this.#visible}`);
    if (revision <= this.#history.compactRevision) return;
    this.#hub.compacting(revision);
    this.#values.forget(this.#history.indexOf(revision + 1));
    const dropped = this.#history.compact(revision);
    await Promise.allSettled(this.#reads);
    await this.#journal.compact(revision, this.#visible, dropped);
  }

  /** `id` is for those who choose their own; LeaseExistsError when it is taken. */
  async grantLease(ttlSeconds: number, id?: number): Promise<Lease> {
    this.#open("grant lease");
    if (!(ttlSeconds > 0)) throw new RangeError(`cannot grant lease: a time to live of ${ttlSeconds} seconds is not positive`);
    const lease = { id: id ?? this.#freeLeaseId(), ttlSeconds };
    if (this.#leases.has(lease.id) || this.#granting.has(lease.id)) throw new LeaseExistsError(lease.id);
    this.#granting.add(lease.id);
    try {
      await this.#submit({ versions: [], granted: lease });
    } finally {
      this.#granting.delete(lease.id);
    }
    this.#leases.grant(lease, this.#clock.now());
    this.#scheduleExpiry();
    return lease;
  }

  /** Throws LeaseNotFoundError. */
  describeLease(leaseId: number): LeaseDescription {
    this.#open("read lease");
    return this.#leases.describe(leaseId, this.#clock.now());
  }

  leases(): Lease[] {
    this.#open("list leases");
    return this.#leases.all();
  }

  async keepAlive(leaseId: number): Promise<Lease> {
    this.#open("keep lease alive");
    return this.#leases.renew(leaseId, this.#clock.now());
  }

  async revokeLease(leaseId: number): Promise<void> {
    this.#open("revoke lease");
    await this.#revoke(leaseId);
  }

  /** Everything there is as of now, to be read at leisure: compaction waits with dropping values until it is disposed of. */
  image(): StoreImage {
    this.#open("copy store");
    const released = Promise.withResolvers<void>();
    void this.#keepReadable(released.promise);
    return {
      revision: this.#visible,
      compactRevision: this.#history.compactRevision,
      versions: this.#history.versions(this.#visible),
      leases: this.#leases.all(),
      value: (version) => this.#values.value(version),
      [Symbol.dispose]: released.resolve,
    };
  }

  async status(): Promise<StoreStatus> {
    this.#open("read status");
    const [sizeBytes, alarms] = await Promise.all([this.#journal.sizeBytes(), this.#journal.alarms()]);
    const status = { revision: this.#visible, compactRevision: this.#history.compactRevision, sizeBytes, keys: this.#history.liveKeys };
    return alarms.length === 0 ? status : { ...status, alarms };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#expiry?.[Symbol.dispose]();
    this.#hub.close();
    await Promise.allSettled([this.#settled(), ...this.#reads]);
    await this.#journal.close();
  }

  #open(verb: string): void {
    if (this.#closed !== undefined) throw new StoreUnavailableError(`cannot ${verb}: the store is closed`);
  }

  /** Compaction waits for what reads. */
  async #keepReadable<T>(reading: Promise<T>): Promise<T> {
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }

  async #readInTurns(versions: readonly Version[], signal: AbortSignal | undefined): Promise<KeyValue[]> {
    const read: KeyValue[] = [];
    for (const version of versions) {
      read.push(this.#values.keyValue(version));
      if (read.length % VALUES_A_TURN !== 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    return read;
  }

  #holds(compares: readonly Compare[]): boolean {
    for (const { key, modRevision } of compares) if ((this.#history.find(key)?.modRevision ?? 0) !== modRevision) return false;
    return true;
  }

  /** Runs `body` on the newest state. Leaves nothing behind when it throws. */
  #change<T>(body: (view: TransactionView) => T): { readonly value: T; readonly versions: readonly Version[] } {
    const before = this.#history.revision;
    const versions: Version[] = [];
    const write = (change: NewVersion) => {
      const version = this.#history.append(change, before + 1);
      versions.push(version);
      this.#bind(version);
    };
    try {
      return { value: body(new TransactionView(this.#history, this.#values, this.#leases, write)), versions };
    } catch (error) {
      this.#rollback(before);
      throw error;
    }
  }

  /** An answer without changes may rest on changes of others that are not durable yet. */
  #durably(versions: readonly Version[], patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
    return unlessAborted(versions.length === 0 ? this.#settled() : this.#submit({ versions, patienceMs }), signal);
  }

  #submit(entry: JournalEntry): Promise<void> {
    const added = this.#queue.add(entry);
    this.#journal.append(entry);
    return added;
  }

  /** Resolves when everything decided so far is durable. */
  #settled(): Promise<void> {
    this.#journal.hasten();
    return this.#queue.settled();
  }

  #durable(count: number): void {
    this.#commits++;
    this.#queue.durable(count, (entries) => {
      const [first] = entries;
      const versions = first !== undefined && entries.length === 1 ? first.versions : entries.flatMap((entry) => entry.versions);
      for (const entry of entries) if (entry.revoked !== undefined) this.#revoking.delete(entry.revoked);
      const last = versions.at(-1);
      if (last === undefined) return;
      const from = this.#visible + 1;
      this.#visible = last.modRevision;
      this.#hub.notify(from);
      this.#values.hold(versions);
    });
  }

  #failed(error: Error): void {
    // Leases first: taking back the deletion of a key binds it to its lease again.
    for (const putBack of this.#revoking.values()) putBack();
    this.#revoking.clear();
    this.#rollback(this.#visible);
    this.#queue.failed(error);
  }

  #rollback(revision: number): void {
    this.#history.rollback(revision, (version) => {
      this.#leases.unbind(version.lease, version.key);
      if (version.older !== undefined) this.#leases.bind(version.older.lease, version.key);
    });
  }

  #bind(version: Version): void {
    if (version.older !== undefined) this.#leases.unbind(version.older.lease, version.key);
    this.#leases.bind(version.lease, version.key);
  }

  #addLease(lease: Lease): void {
    this.#leases.grant(lease, this.#clock.now());
    // Ids from here lie around the clock's milliseconds; those that others chose say nothing of them.
    if (lease.id < 2 * this.#clock.now()) this.#nextLeaseId = Math.max(this.#nextLeaseId, lease.id + 1);
  }

  #freeLeaseId(): number {
    while (this.#leases.has(this.#nextLeaseId) || this.#granting.has(this.#nextLeaseId)) this.#nextLeaseId++;
    return this.#nextLeaseId++;
  }

  async #revoke(id: number): Promise<void> {
    if (!this.#leases.has(id)) throw new LeaseNotFoundError(id);
    const { versions } = this.#change((view) => {
      // In key order, as in etcd: the set's own order would not survive a restart.
      for (const key of this.#leases.keys(id).sort(compareKeys)) view.delete({ start: key });
    });
    this.#revoking.set(id, this.#leases.remove(id));
    await this.#submit({ versions, revoked: id });
  }

  /** One timer for the lease that ends first; a renewal only makes it fire early and look again. */
  #scheduleExpiry(): void {
    this.#expiry?.[Symbol.dispose]();
    const next = this.#leases.nextExpiry();
    if (next === undefined || this.#closed !== undefined) return;
    this.#expiry = this.#clock.after(Math.max(0, next - this.#clock.now()), () => this.#expire());
  }

  #expire(): void {
    for (const id of this.#leases.expired(this.#clock.now())) {
      this.#revoke(id).catch(() => {
        this.#leases.postpone(id, this.#clock.now() + EXPIRY_RETRY_MS);
        this.#scheduleExpiry();
      });
    }
    this.#scheduleExpiry();
  }
}

function runOne(operation: Operation, view: TransactionView): OperationResult {
  switch (operation.type) {
    case "put":
      view.put(operation.key, operation.value, operation.lease ?? 0);
      return { type: "put" };
    case "delete": {
      const { kvs: previous, count } = view.range(operation);
      view.delete(operation);
      return { type: "delete", deleted: count, previous };
    }
    case "range":
      return { type: "range", response: view.range(operation.range) };
  }
}

/** The change may still happen after an abort: the caller has only stopped waiting. */
function unlessAborted(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return done;
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    done.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
