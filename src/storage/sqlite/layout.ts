/**
 * The file: one append-only table in the order of writing, a row a version. Its key only grows, so that commits touch
 * the last page (measured at 2 to 3 times the writes of a table keyed by path). What is current, and the order of keys,
 * is found in memory and rebuilt at every start.
 */
import { crc32 } from "node:zlib";
import type { Lease } from "../store.ts";

/** "Cora": tells `file` and us that this is a store. */
export const APPLICATION_ID = 0x436f7261;
/** Grows with every change of the tables that older programs cannot read; `migrate.ts` brings older files to it. */
export const FORMAT = 3;
export const OLDEST_FORMAT = 1;
/** Of new files: a row of 2 KB leaves a seventh of a page of 8 KB unused. */
export const PAGE_BYTES = 16384;
/** Of all files there are. */
export const PAGE_SIZES: readonly number[] = [8192, PAGE_BYTES];

/**
 * `sequence` numbers versions over all revisions; a transaction's versions share a revision. `created` is 0 for a
 * deletion. `version` counts a key's writes since its creation, 0 for a deletion. `checksum` is `rowChecksum`. The value
 * comes last: reading what stands before it leaves its pages alone.
 */
export const SCHEMA = `
  CREATE TABLE version (
    sequence INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    created INTEGER NOT NULL,
    lease INTEGER NOT NULL,
    version INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl_seconds REAL NOT NULL, checksum INTEGER NOT NULL) STRICT;
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

export interface Row {
  readonly sequence: number;
  readonly revision: number;
  readonly key: string;
  readonly created: number;
  readonly lease: number;
  /** Absent in files of format 1. */
  readonly version?: number;
}

export const INSERT_VERSION = "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
export const INSERT_LEASE = "INSERT INTO lease VALUES (?, ?, ?)";

/** What INSERT_VERSION takes. */
export function rowValues(row: Row & { readonly version: number }, value: Uint8Array, checksum = rowChecksum(row, value)) {
  return [row.sequence, row.revision, row.key, row.created, row.lease, row.version, checksum, value] as const;
}

/** SQLite has no checksums of its own in the main file. */
export function rowChecksum({ sequence, revision, created, lease, version, key }: Row, value: Uint8Array): number {
  const counted = version === undefined ? "" : `${version},`;
  return crc32(value, crc32(`${sequence},${revision},${created},${lease},${counted}${key}`));
}

/** Whether the row is what was written: a damaged one may hold anything, columns of other types included. */
export function isSound(row: Row & { readonly checksum: number }, value: unknown): boolean {
  return value instanceof Uint8Array && rowChecksum(row, value) === row.checksum;
}

export function leaseChecksum({ id, ttlSeconds }: Lease): number {
  return crc32(`${id},${ttlSeconds}`);
}

export function walPath(path: string): string {
  return `${path}-wal`;
}

export function lockPath(path: string): string {
  return `${path}.lock`;
}
