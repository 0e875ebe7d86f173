/**
 * How a client reaches an API server, whether in this process or over HTTPS. The API server offers an in-process
 * Transport, src/client an HTTPS one; both give the same objects, Statuses and watch semantics.
 */
import type { Draft, KubeList, KubeObject, ResourceRef } from "./object.ts";

/** One resource, and where it applies one namespace, one object and one subresource of it. */
export interface Target<T extends KubeObject = KubeObject> {
  readonly resource: ResourceRef<T>;
  /** Absent: cluster-scoped, or all namespaces for list and watch. */
  readonly namespace?: string;
  readonly name?: string;
  /** Such as `status`, `scale`, `binding`, `eviction`, `token`. */
  readonly subresource?: string;
}

export interface GetOptions {
  readonly resourceVersion?: string;
}

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface WatchOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Exclusive. Absent or "": synthetic ADDED for what exists, then live; "0": the same, from any state at hand. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "NotOlderThan";
  readonly allowWatchBookmarks?: boolean;
  /** Streaming list: ADDED for all, then a BOOKMARK annotated `k8s.io/initial-events-end`, then live (KEP-3157). */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly dryRun?: boolean;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType;
  /** Server-side apply only: take fields over from other managers. */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** BOOKMARK objects hold kind, apiVersion and metadata.resourceVersion only. ERROR is thrown as a StatusError. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/**
 * All methods reject with `StatusError` (machinery/status.ts) when the server answers a failure, and with
 * `TransportError` (src/client) when it cannot be reached. Objects that come back must not be changed.
 */
export interface Transport {
  get<T extends KubeObject>(target: Target<T>, options: GetOptions, signal: AbortSignal): Promise<T>;
  list<T extends KubeObject>(target: Target<T>, options: ListOptions, signal: AbortSignal): Promise<KubeList<T>>;
  create<T extends KubeObject>(target: Target<T>, body: Draft<T> | object, options: WriteOptions, signal: AbortSignal): Promise<T>;
  update<T extends KubeObject>(target: Target<T>, body: T | object, options: WriteOptions, signal: AbortSignal): Promise<T>;
  patch<T extends KubeObject>(target: Target<T>, body: unknown, options: PatchOptions, signal: AbortSignal): Promise<T>;
  /** The object when deletion is graceful or waits for finalizers, else a Status of success. */
  delete<T extends KubeObject>(target: Target<T>, options: DeleteOptions, signal: AbortSignal): Promise<T | KubeObject>;
  deleteCollection(target: Target, options: DeleteOptions & ListOptions, signal: AbortSignal): Promise<void>;
  /**
   * Resolves once the server has accepted the watch; the iterator ends on timeout or a clean close and throws
   * StatusError 410 (reason Expired) when the revision is compacted.
   */
  watch<T extends KubeObject>(target: Target<T>, options: WatchOptions, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>>;
}
