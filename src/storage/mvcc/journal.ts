/**
 * What keeps a store's history beyond its memory: nothing for `memory`, a file for `sqlite`. The store decides every
 * transaction in memory first and hands the outcome to the journal; readers see it once the journal says it is durable.
 */
import type { Lease } from "../store.ts";
import type { Version } from "./history.ts";

/** The outcome of one transaction: written down whole or not at all. */
export interface JournalEntry {
  /** Values are present. Empty for a change of leases alone. */
  readonly versions: readonly Version[];
  readonly granted?: Lease;
  readonly revoked?: number;
  /** How long it may be kept waiting for others; see TxnRequest. */
  readonly patienceMs?: number;
}

/** What a journal tells its store. */
export interface JournalEvents {
  /** The oldest `count` entries that were neither reported durable nor failed are durable now. */
  durable(count: number): void;
  /** None of the entries that were not reported durable has been or will be written. New ones may be tried. */
  failed(error: Error): void;
}

export interface Journal {
  /** Called once, before anything else. */
  attach(events: JournalEvents): void;
  /** Never blocks and never throws. */
  append(entry: JournalEntry): void;
  /** Somebody waits: entries that were kept waiting for company go now. */
  hasten(): void;
  /** The value of a version that the store no longer holds. Synchronous: a few microseconds. */
  read(version: Version): Uint8Array;
  /** Records the compaction and the newest revision, which must not be forgotten with its versions; then drops these. */
  compact(revision: number, newest: number, dropped: readonly Version[]): Promise<void>;
  sizeBytes(): Promise<number>;
  /** Why it takes no writes at the moment, as in StoreStatus. */
  alarms(): Promise<readonly string[]>;
  /** Called once, after the last entry has been reported. */
  close(): Promise<void>;
  /** How often the disk has been synced since opening. */
  readonly syncs: number;
  /** Bytes of recent values the store should hold in memory; the rest it reads from the journal. */
  readonly heldBytes: number;
}
