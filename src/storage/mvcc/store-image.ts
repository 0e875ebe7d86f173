import type { Lease } from "../store.ts";
import type { Version } from "./history.ts";

/** A store at one revision, while it goes on changing: what a copy is made from. Dispose of it when the copy is made. */
export interface StoreImage extends Disposable {
  readonly revision: number;
  readonly compactRevision: number;
  /** In the order of writing; deletions above the compaction included. */
  readonly versions: readonly Version[];
  readonly leases: readonly Lease[];
  /** Synchronous, a few microseconds. */
  value(version: Version): Uint8Array;
}
