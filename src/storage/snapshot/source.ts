/** A store at one revision, read once from the first key to the last, while it goes on changing. */
import type { KeyValue, Lease } from "../store.ts";

export interface SnapshotSource extends AsyncDisposable {
  readonly revision: number;
  readonly compactRevision: number;
  /** How many keys will come: for progress. */
  readonly keys: number;
  /** In the order of keys, a few hundred at a time. Throws when the signal aborts, and when the store can no longer be read at `revision`. */
  read(signal: AbortSignal): AsyncIterable<readonly KeyValue[]>;
  /** Those that the keys read so far are bound to: to be asked for after the last key. */
  leases(): Promise<readonly Lease[]>;
}
