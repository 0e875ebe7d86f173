/** The store for several machines: an etcd cluster that someone else runs. */
import { randomInt } from "node:crypto";
import {
  CompactedError,
  type Lease,
  LeaseNotFoundError,
  type RangeRequest,
  type RangeResponse,
  type Store,
  type StoreStatus,
  StoreUnavailableError,
  type TxnRequest,
  type TxnResponse,
  type WatchBatch,
  type WatchRequest,
} from "../store.ts";
import { EtcdCluster, type EtcdClusterOptions } from "./cluster.ts";
import { alarmsOf, isCompacted, isFuture, isLeaseNotFound, isLeaseTaken, outcome, storeError } from "./etcd-error.ts";
import { methods, type WireLease } from "./protocol.ts";
import { rangeResponse, txnResponse, wireRangeRequest, wireTxnRequest } from "./translate.ts";
import { progressOnDemand } from "./version.ts";
import { compactRevision, EtcdWatch } from "./watch.ts";
import { whyUnreachable } from "./why-unreachable.ts";

export type EtcdStoreOptions = EtcdClusterOptions;

/** Resolves when a member has answered. Throws StoreUnavailableError when none does. */
export async function connectEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  const cluster = new EtcdCluster(options);
  try {
    const { version } = await cluster.call(methods.status, {}, "repeatable");
    const sound = progressOnDemand(version);
    if (!sound) options.logger.info({ version }, "this etcd reports progress of watches only by its own interval; 3.4.31, 3.5.13 or newer does on demand");
    return new EtcdStore(cluster, { version, progressOnDemand: sound });
  } catch (error) {
    await cluster.close();
    const reasons = await whyUnreachable(options);
    if (reasons !== "") throw new StoreUnavailableError(`cannot connect to etcd ${reasons}`, { cause: error });
    throw storeError(`cannot connect to etcd at ${options.endpoints.join(", ")}`, error);
  }
}

/** Ids below 2^48, which every language's numbers hold. */
const LEASE_IDS = 2 ** 48 - 1;

export class EtcdStore implements Store {
  readonly version: string;
  /**
   * False for old versions: `requestProgress` then does nothing, and progress comes by etcd's own interval
   * (`--experimental-watch-progress-notify-interval`, 10 minutes if not set).
   */
  readonly progressOnDemand: boolean;
  readonly #cluster: EtcdCluster;
  readonly #watches = new Set<EtcdWatch>();
  /** Newest compaction known; others may have compacted since. */
  #compacted = 0;

  constructor(cluster: EtcdCluster, known: { readonly version: string; readonly progressOnDemand: boolean }) {
    this.#cluster = cluster;
    this.version = known.version;
    this.progressOnDemand = known.progressOnDemand;
  }

  /** Watches that have not ended. */
  get watches(): number {
    return this.#watches.size;
  }

  async range(request: RangeRequest, signal?: AbortSignal): Promise<RangeResponse> {
    signal?.throwIfAborted();
    const doing = `cannot read range from ${JSON.stringify(request.start)}`;
    const wire = await this.#try(doing, this.#cluster.call(methods.range, wireRangeRequest(request), "repeatable", signal), request.revision);
    return rangeResponse(wire, 0);
  }

  async txn(request: TxnRequest, signal?: AbortSignal): Promise<TxnResponse> {
    signal?.throwIfAborted();
    const operations = [...request.success, ...request.failure];
    const repeatable = operations.every((operation) => operation.type === "range") ? "repeatable" : "once";
    const call = this.#cluster.call(methods.txn, wireTxnRequest(request), repeatable, signal);
    const lease = operations.find((operation) => operation.type === "put" && operation.lease);
    const revision = operations.find((operation) => operation.type === "range")?.range.revision;
    return txnResponse(request, await this.#try("cannot run transaction", call, revision, lease?.type === "put" ? lease.lease : undefined));
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch> {
    this.#open("watch");
    return this.#watch(new EtcdWatch(this.#cluster, request, AbortSignal.any([signal, this.#cluster.closed])));
  }

  async *#watch(watch: EtcdWatch): AsyncGenerator<WatchBatch> {
    this.#watches.add(watch);
    try {
      yield* watch.batches();
    } catch (error) {
      if (error instanceof CompactedError) this.#compacted = Math.max(this.#compacted, error.compactRevision);
      throw error;
    } finally {
      this.#watches.delete(watch);
    }
  }

  async requestProgress(): Promise<boolean> {
    this.#open("request progress");
    if (!this.progressOnDemand) return false;
    for (const watch of this.#watches) watch.requestProgress();
    return true;
  }

  async compact(revision: number): Promise<void> {
    try {
      await this.#cluster.call(methods.compact, { revision }, "repeatable");
    } catch (error) {
      if (!isCompacted(error)) throw storeError(`cannot compact to revision ${revision}`, error);
    }
    this.#compacted = Math.max(this.#compacted, revision);
  }

  async grantLease(ttlSeconds: number): Promise<Lease> {
    if (!(ttlSeconds > 0)) throw new RangeError(`cannot grant lease: a time to live of ${ttlSeconds} seconds is not positive`);
    const wanted: WireLease = { ID: randomInt(1, LEASE_IDS), TTL: Math.ceil(ttlSeconds) };
    try {
      const granted = await this.#cluster.call(methods.leaseGrant, wanted, "repeatable");
      return { id: granted.ID, ttlSeconds: granted.TTL };
    } catch (error) {
      // Out of 2^48 ids, one that is taken was taken by an earlier attempt of this very call.
      if (isLeaseTaken(error)) return this.keepAlive(wanted.ID);
      throw storeError("cannot grant lease", error);
    }
  }

  async keepAlive(leaseId: number): Promise<Lease> {
    const doing = `cannot keep lease ${leaseId} alive`;
    const { ID: id, TTL: ttlSeconds } = await this.#try(doing, this.#keepAlive(leaseId));
    if (ttlSeconds <= 0) throw new LeaseNotFoundError(leaseId);
    return { id, ttlSeconds };
  }

  /** What the lease was granted for. Throws LeaseNotFoundError. */
  async describeLease(leaseId: number): Promise<Lease> {
    const call = this.#cluster.call(methods.leaseTimeToLive, { ID: leaseId, keys: false }, "repeatable");
    const { ID: id, TTL, grantedTTL: ttlSeconds } = await this.#try(`cannot read lease ${leaseId}`, call, undefined, leaseId);
    // etcd's word for one that has ended is -1.
    if (TTL < 0) throw new LeaseNotFoundError(leaseId);
    return { id, ttlSeconds };
  }

  async revokeLease(leaseId: number): Promise<void> {
    await this.#try(`cannot revoke lease ${leaseId}`, this.#cluster.call(methods.leaseRevoke, { ID: leaseId }, "once"), undefined, leaseId);
  }

  async status(): Promise<StoreStatus> {
    const everything = { key: Buffer.from("\0"), range_end: Buffer.from("\0"), count_only: true };
    const call = Promise.all([
      this.#cluster.call(methods.status, {}, "repeatable"),
      this.#cluster.call(methods.range, everything, "repeatable"),
      this.#findCompaction(),
    ]);
    const [member, all] = await this.#try("cannot read status", call);
    const alarms = alarmsOf(member.errors);
    return { revision: all.header?.revision ?? 0, compactRevision: this.#compacted, sizeBytes: member.dbSize, keys: all.count, alarms };
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  #open(verb: string): void {
    if (this.#cluster.closed.aborted) throw new StoreUnavailableError(`cannot ${verb}: the store is closed`);
  }

  /** Errors in the store's terms. `revision` and `lease` are those that the request named. */
  async #try<T>(doing: string, call: Promise<T>, revision?: number, lease?: number): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (isLeaseNotFound(error)) throw new LeaseNotFoundError(lease ?? 0);
      if (!isCompacted(error) || revision === undefined) throw storeError(doing, error);
      this.#compacted = Math.max(this.#compacted, await compactRevision(this.#cluster, revision, this.#cluster.closed));
      throw new CompactedError(revision, this.#compacted);
    }
  }

  /** etcd's answers name its compaction only to those it refuses: asks for what would be refused. */
  async #findCompaction(): Promise<void> {
    const probe = Math.max(1, this.#compacted);
    try {
      await this.#cluster.call(methods.range, { key: Buffer.from("\0"), revision: probe, count_only: true, serializable: true }, "repeatable");
    } catch (error) {
      if (isFuture(error)) return;
      if (!isCompacted(error)) throw error;
      this.#compacted = await compactRevision(this.#cluster, probe, this.#cluster.closed);
    }
  }

  /** A stream in etcd's protocol, used here for one question and one answer. */
  async #keepAlive(id: number): Promise<WireLease> {
    for (let failures = 0; ; ) {
      const { stream, failed } = await this.#cluster.stream(methods.leaseKeepAlive, this.#cluster.closed);
      try {
        stream.write({ ID: id });
        for await (const answer of stream) return answer as WireLease;
        throw new StoreUnavailableError("etcd ended the stream without an answer");
      } catch (error) {
        if (outcome(error) === "final" || ++failures >= 3) throw error;
        await failed(error, failures);
      } finally {
        stream.on("error", () => undefined);
        stream.cancel();
      }
    }
  }
}
