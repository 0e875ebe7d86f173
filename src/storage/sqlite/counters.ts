/** The few numbers that a store's file keeps beside its rows, each with a checksum from format 2 on. */
import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { FIRST_REVISION } from "../mvcc/history.ts";
import { StoreCorruptError } from "../store.ts";

export type CounterName = keyof Counters;

export interface Counters {
  /** Newest revision when compaction last removed rows: rows alone might show an older one. */
  readonly revision: number;
  readonly compacted: number;
  /** 1 from opening to closing: a file with 1 and without its write-ahead log has lost acknowledged writes. */
  readonly open: number;
  /** Grants and revocations of leases so far: they take no revision that would show whether the last of them are there. */
  readonly lease_changes: number;
  /** Rows that compaction has removed so far. */
  readonly dropped: number;
  /** The last record of the redo log that is in these tables; those before it are. */
  readonly redo: number;
  /** Drawn once for every file: tells which one a mark belongs to. */
  readonly id: number;
}

export function newCounters(): Counters {
  return { revision: FIRST_REVISION, compacted: 0, open: 0, lease_changes: 0, dropped: 0, redo: 0, id: randomInt(1, 2 ** 48 - 1) };
}

export function insertCounters(database: DatabaseSync, counters: Partial<Counters>): void {
  const insert = database.prepare("INSERT INTO counter VALUES (?, ?, ?)");
  for (const [name, value] of Object.entries(counters)) insert.run(name, value, counterChecksum(name, value));
}

/** Undefined in files of older formats for what they do not have. Throws StoreCorruptError when it is not what was written. */
export function findCounter(database: DatabaseSync, name: CounterName): number | undefined {
  const row = database.prepare("SELECT * FROM counter WHERE name = ?").get(name);
  if (row === undefined) return undefined;
  const value = Number(row["value"]);
  if ("checksum" in row && row["checksum"] !== counterChecksum(name, value)) throw new StoreCorruptError(`its counter "${name}" does not match its checksum`);
  return value;
}

/** As `findCounter`, of a file that must have it. */
export function readCounter(database: DatabaseSync, name: CounterName): number {
  const value = findCounter(database, name);
  if (value === undefined) throw new StoreCorruptError(`its counter "${name}" is missing`);
  return value;
}

export function counterChecksum(name: string, value: number): number {
  return crc32(`${name},${value}`);
}
