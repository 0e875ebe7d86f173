/**
 * The store contract: etcd v3's model, cut to what a Kubernetes API server asks of it. One revision counter for the
 * whole store grows by one with every committed transaction that changes something; every key remembers the revision
 * that created it and the one that last changed it. `src/storage/contract.ts` is the suite every implementation passes.
 *
 * Keys are text (`/registry/pods/default/web`), ordered by their UTF-8 bytes; values are opaque bytes. Values handed
 * out are shared and must not be changed.
 */

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  /** The revision of the last change: becomes metadata.resourceVersion. */
  readonly modRevision: number;
  /** Lease id the key is bound to, 0 for none. */
  readonly lease: number;
  /** Writes since the creation, 1 for the creation itself. Absent where a store does not count them. */
  readonly version?: number;
  /** Lies in the store otherwise than a write would leave it, such as under a key that has been replaced. Never set by the stores themselves. */
  readonly stale?: boolean;
}

export interface RangeRequest {
  /** First key, inclusive. */
  readonly start: string;
  /** End, exclusive; absent means exactly the key `start`. `prefixEnd` makes one from a prefix. */
  readonly end?: string;
  /** Read as of this revision. Absent: the newest (a linearizable read). */
  readonly revision?: number;
  /** At most so many; 0 or absent for all. */
  readonly limit?: number;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  /** The store's newest revision at the time of the read. */
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  /** More keys follow the limit. */
  readonly more: boolean;
}

/** Every condition must hold. modRevision 0 means: the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array; readonly lease?: number }
  | { readonly type: "delete"; readonly start: string; readonly end?: string }
  | { readonly type: "range"; readonly range: RangeRequest };

/** Operations run in order, each seeing those before it. A branch that writes one key twice is refused, as in etcd. */
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
  /**
   * Milliseconds that this write may wait for others to share a sync with: heartbeats should not cost a quiet disk one
   * each. It resolves when durable all the same. Absent: none. A hint; only `sqlite` heeds it.
   */
  readonly patienceMs?: number;
}

export type OperationResult =
  | { readonly type: "put" }
  | { readonly type: "delete"; readonly deleted: number; readonly previous: readonly KeyValue[] }
  | { readonly type: "range"; readonly response: RangeResponse };

export interface TxnResponse {
  /** The store's revision after the transaction: of this change where it changed something. */
  readonly revision: number;
  readonly succeeded: boolean;
  readonly results: readonly OperationResult[];
}

export interface WatchRequest {
  readonly start: string;
  /** As in a range, but above `start`. */
  readonly end?: string;
  /** First revision to report, inclusive. Absent: from now on. */
  readonly fromRevision?: number;
}

export type StoreEvent =
  | { readonly type: "put"; readonly kv: KeyValue; readonly previous: KeyValue | undefined }
  /** `kv` carries the key and, as modRevision, the deletion's revision; its value is empty. */
  | { readonly type: "delete"; readonly kv: KeyValue; readonly previous: KeyValue | undefined };

/**
 * All events of one or more whole transactions, in revision order: a revision is never split over two batches. A batch
 * without events is a progress notification: everything up to `revision` has been delivered.
 */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

export interface Lease {
  readonly id: number;
  readonly ttlSeconds: number;
}

export interface StoreStatus {
  readonly revision: number;
  readonly compactRevision: number;
  /** Bytes on disk, 0 for memory. */
  readonly sizeBytes: number;
  readonly keys: number;
  /** Why it takes no writes for now, as etcd names it: NOSPACE, CORRUPT; or NOSYNC, where the disk has failed to sync. Absent or empty: it takes them. */
  readonly alarms?: readonly string[];
}

export interface Store {
  range(request: RangeRequest, signal?: AbortSignal): Promise<RangeResponse>;
  /** Resolves once the change is durable. Atomic: all of it or nothing. */
  txn(request: TxnRequest, signal?: AbortSignal): Promise<TxnResponse>;
  /**
   * Events in revision order, none lost, none repeated. Throws CompactedError when `fromRevision` has been compacted,
   * at once or on falling behind so far. Ends when the signal aborts or the store closes. A watch from `r + 1` is
   * possible exactly as long as a range at `r` is, so every event after the compaction knows its previous value.
   */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /**
   * Asks every watch for a progress notification at the current revision (consistent reads from a cache). A watch that is
   * just beginning, or that is being resumed, may let it pass: ask again. False from a store that cannot be asked; its
   * watches tell of progress by their events, and in their own time.
   */
  requestProgress(): Promise<boolean>;
  /**
   * Forgets history before `revision`; the newest version of every live key stays. Going back is a no-op; ahead of the
   * newest revision throws FutureRevisionError.
   */
  compact(revision: number): Promise<void>;
  /** After `ttlSeconds` without `keepAlive` the lease ends as if revoked. */
  grantLease(ttlSeconds: number): Promise<Lease>;
  /** Starts its time to live anew. Throws LeaseNotFoundError, as does every use of a lease that has ended. */
  keepAlive(leaseId: number): Promise<Lease>;
  /** Ends the lease and deletes the keys bound to it, in one transaction. */
  revokeLease(leaseId: number): Promise<void>;
  status(): Promise<StoreStatus>;
  close(): Promise<void>;
}

/** The asked revision is older than the compaction: a client gets 410 Expired. */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactRevision: number;
  constructor(revision: number, compactRevision: number) {
    super(`revision ${revision} has been compacted; the oldest available is ${compactRevision}`);
    this.compactRevision = compactRevision;
  }
}

/** The asked revision has not been reached yet. */
export class FutureRevisionError extends Error {
  override readonly name = "FutureRevisionError";
}

/** The store cannot take writes (disk full, alarm, lost quorum): clients get 500 or 503 and may retry. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/** The lease has expired, was revoked or never was. */
export class LeaseNotFoundError extends Error {
  override readonly name = "LeaseNotFoundError";
  constructor(leaseId: number) {
    super(`lease ${leaseId} not found`);
  }
}

/** What is on disk is not what was written. Nothing was changed; the message says what to do. */
export class StoreCorruptError extends Error {
  override readonly name = "StoreCorruptError";
}

const LAST_CODE_POINT = 0x10ffff;

/** The smallest key above every key with this prefix. For "" a key above all others. */
export function prefixEnd(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return String.fromCodePoint(LAST_CODE_POINT);
  // Surrogates are not text on their own: the code point after U+D7FF is U+E000.
  points.push(last === 0xd7ff ? 0xe000 : last + 1);
  return String.fromCodePoint(...points);
}
