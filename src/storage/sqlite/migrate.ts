/** Files of older formats are brought to this one when they are opened for writing: in one transaction, wholly or not at all. */
import type { DatabaseSync } from "node:sqlite";
import { History } from "../mvcc/history.ts";
import { StoreCorruptError } from "../store.ts";
import { insertCounters, newCounters } from "./counters.ts";
import { FORMAT, INSERT_LEASE, INSERT_VERSION, isSound, leaseChecksum, rowValues, SCHEMA } from "./layout.ts";
import { pragma } from "./pragma.ts";
import type { WholeRow } from "./reader.ts";
import { errorKind, SqliteStoreError } from "./sqlite-error.ts";

/**
 * From format 2, which had no redo log, or from format 1 (`rewrite`). Throws what it throws, and a SqliteStoreError without room.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const format = pragma(database, "user_version");
  try {
    database.exec("BEGIN IMMEDIATE");
    if (format === 1) rewrite(database);
    else insertCounters(database, { redo: 0 });
    database.exec(`PRAGMA user_version = ${FORMAT}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    if (errorKind(error) !== "full") throw error;
    const needed = format === 1 ? ", which takes as much again as it has" : "";
    throw new SqliteStoreError("failed", `there is no room to bring "${path}" from format ${format} to ${FORMAT}${needed}; it is unchanged`);
  }
}

/**
 * From format 1, which did not count the writes of a key and had no checksums of leases and counters. Keys whose first
 * writes were compacted count from the oldest one kept, as their second. Reads and writes the whole file: what it held
 * needs its room twice until the next compaction. Throws StoreCorruptError for rows that are not what was written, which
 * must not be given new checksums.
 */
function rewrite(database: DatabaseSync): void {
  for (const table of ["version", "lease", "counter"]) database.exec(`ALTER TABLE ${table} RENAME TO ${table}_1`);
  database.exec(SCHEMA);
  copyVersions(database);
  copyLeases(database);
  copyCounters(database);
  for (const table of ["version", "lease", "counter"]) database.exec(`DROP TABLE ${table}_1`);
}

function copyVersions(database: DatabaseSync): void {
  const history = new History();
  const insert = database.prepare(INSERT_VERSION);
  for (const found of database.prepare("SELECT * FROM version_1 ORDER BY sequence").iterate()) {
    const row = found as unknown as WholeRow;
    if (!isSound(row, row.value)) throw new StoreCorruptError(`row ${row.sequence} does not match its checksum`);
    const { version } = history.load({ ...row, modRevision: row.revision, createRevision: row.created });
    insert.run(...rowValues({ ...row, version }, row.value));
  }
}

function copyLeases(database: DatabaseSync): void {
  const insert = database.prepare(INSERT_LEASE);
  for (const { id, ttl_seconds: ttl } of database.prepare("SELECT id, ttl_seconds FROM lease_1").all() as { id: number; ttl_seconds: number }[]) {
    insert.run(id, ttl, leaseChecksum({ id, ttlSeconds: ttl }));
  }
}

function copyCounters(database: DatabaseSync): void {
  const kept = (name: "revision" | "compacted" | "open") => {
    const value = database.prepare("SELECT value FROM counter_1 WHERE name = ?").get(name)?.["value"];
    if (typeof value !== "number") throw new StoreCorruptError(`its counter "${name}" is missing`);
    return value;
  };
  insertCounters(database, { ...newCounters(), revision: kept("revision"), compacted: kept("compacted"), open: kept("open") });
}
