/**
 * The reading side of the file, on the store's own thread: values by sequence, a few microseconds each, without
 * queueing behind a sync in the worker. WAL lets it read while the worker writes.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Version } from "../mvcc/history.ts";
import { type Lease, StoreCorruptError } from "../store.ts";
import { type Row, rowChecksum } from "./layout.ts";
import { WAY_BACK } from "./sqlite-error.ts";

/** Row with its checksum and value: what a check needs. */
export interface WholeRow extends Row {
  readonly checksum: number;
  readonly value: Uint8Array;
}

export class StoreReader {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #value: StatementSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path, { readOnly: true });
    this.#database.exec("PRAGMA cache_size = -4096");
    this.#value = this.#database.prepare("SELECT checksum, value FROM version WHERE sequence = ?");
  }

  /** From the next read until closing, every read sees the file as of that moment, whatever is committed meanwhile. */
  begin(): void {
    this.#database.exec("BEGIN");
  }

  /** Throws StoreCorruptError when the value is not what was written. */
  value(version: Version): Uint8Array {
    const { sequence, modRevision: revision, key, createRevision: created, lease } = version;
    const found = this.#value.get(sequence) as { checksum: number; value: Uint8Array } | undefined;
    if (found === undefined || rowChecksum({ sequence, revision, key, created, lease }, found.value) !== found.checksum) {
      throw new StoreCorruptError(`cannot read key ${JSON.stringify(key)} at revision ${revision}: its row in "${this.#path}" is damaged. ${WAY_BACK}.`);
    }
    return found.value;
  }

  counter(name: string): number {
    return Number(this.#database.prepare("SELECT value FROM counter WHERE name = ?").get(name)?.["value"] ?? 0);
  }

  leases(): Lease[] {
    const rows = this.#database.prepare("SELECT id, ttl_seconds FROM lease").all() as { id: number; ttl_seconds: number }[];
    return rows.map((row) => ({ id: row.id, ttlSeconds: row.ttl_seconds }));
  }

  /** Rows above `sequence` without their values, `limit` at a time. */
  rows(sequence: number, limit: number): Row[] {
    const statement = this.#database.prepare("SELECT sequence, revision, key, created, lease FROM version WHERE sequence > ? ORDER BY sequence LIMIT ?");
    return statement.all(sequence, limit) as unknown as Row[];
  }

  /** Whole rows above `sequence`. */
  wholeRows(sequence: number, limit: number): WholeRow[] {
    return this.#database.prepare("SELECT * FROM version WHERE sequence > ? ORDER BY sequence LIMIT ?").all(sequence, limit) as unknown as WholeRow[];
  }

  /** Whole rows below `sequence`, newest first. */
  rowsBelow(sequence: number, limit: number): WholeRow[] {
    return this.#database.prepare("SELECT * FROM version WHERE sequence < ? ORDER BY sequence DESC LIMIT ?").all(sequence, limit) as unknown as WholeRow[];
  }

  /** SQLite's own full check of its structure; empty when sound. */
  structureProblems(): string[] {
    const rows = this.#database.prepare("PRAGMA integrity_check").all() as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
  }

  close(): void {
    this.#database.close();
  }
}
