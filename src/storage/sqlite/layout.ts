/**
 * The file: one append-only table in the order of writing, a row a version. Its key only grows, so that commits touch
 * the last page (measured at 2 to 3 times the writes of a table keyed by path). What is current, and the order of keys,
 * is found in memory and rebuilt at every start.
 */
import { crc32 } from "node:zlib";

/** "Cora": tells `file` and us that this is a store. */
export const APPLICATION_ID = 0x436f7261;
/** Grows with every change of the tables that older programs cannot read. */
export const FORMAT = 1;
export const PAGE_BYTES = 8192;

/**
 * `sequence` numbers versions over all revisions; a transaction's versions share a revision. `created` is 0 for a
 * deletion. `checksum` is `rowChecksum`. The value comes last: reading what stands before it leaves its pages alone.
 */
export const SCHEMA = `
  CREATE TABLE version (
    sequence INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    created INTEGER NOT NULL,
    lease INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl_seconds REAL NOT NULL) STRICT;
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counter VALUES ('revision', 1), ('compacted', 0), ('open', 0);
`;

/** Newest revision when compaction last removed rows: rows alone might show an older one. */
export const COUNTER_REVISION = "revision";
export const COUNTER_COMPACTED = "compacted";
/** 1 from opening to closing: a file with 1 and without its write-ahead log has lost acknowledged writes. */
export const COUNTER_OPEN = "open";

export interface Row {
  readonly sequence: number;
  readonly revision: number;
  readonly key: string;
  readonly created: number;
  readonly lease: number;
}

/** SQLite has no checksums of its own in the main file. */
export function rowChecksum(row: Row, value: Uint8Array): number {
  return crc32(value, crc32(`${row.sequence},${row.revision},${row.created},${row.lease},${row.key}`));
}

export function walPath(path: string): string {
  return `${path}-wal`;
}

export function lockPath(path: string): string {
  return `${path}.lock`;
}
