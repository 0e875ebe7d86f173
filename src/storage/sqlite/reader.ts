/**
 * The reading side of the file, on the store's own thread: values by sequence, a few microseconds each, without
 * queueing behind a sync in the worker. WAL lets it read while the worker writes.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Version } from "../mvcc/history.ts";
import { type Lease, StoreCorruptError } from "../store.ts";
import { type CounterName, findCounter, readCounter } from "./counters.ts";
import { isSound, leaseChecksum, type Row } from "./layout.ts";
import type { Mark } from "./mark.ts";
import { pragma } from "./pragma.ts";
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
  /** Files of format 1 do not count the writes of a key. */
  readonly #counted: boolean;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path, { readOnly: true });
    this.#database.exec("PRAGMA cache_size = -4096");
    this.#counted = pragma(this.#database, "user_version") > 1;
    this.#value = this.#database.prepare("SELECT checksum, value FROM version WHERE sequence = ?");
  }

  /** From the next read until closing, every read sees the file as of that moment, whatever is committed meanwhile. */
  begin(): void {
    this.#database.exec("BEGIN");
  }

  /** After `begin`: the next read sees the file as it is then. */
  end(): void {
    this.#database.exec("COMMIT");
  }

  /** The file's id, the last record of the redo log that is in it, undefined in older formats, which have none, and whether it was left open. Throws StoreCorruptError. */
  redo(): { readonly id: number; readonly redo: number | undefined; readonly open: boolean } {
    const count = (name: CounterName) => findCounter(this.#database, name);
    return { id: count("id") ?? 0, redo: count("redo"), open: count("open") === 1 };
  }

  /** Throws StoreCorruptError when the value is not what was written. */
  value(version: Version): Uint8Array {
    const { sequence, modRevision: revision, key, createRevision: created, lease } = version;
    const row = { sequence, revision, key, created, lease, ...(this.#counted ? { version: version.version } : {}) };
    const found = this.#value.get(sequence) as { checksum: number; value: Uint8Array } | undefined;
    if (found === undefined || !isSound({ ...row, checksum: found.checksum }, found.value)) {
      throw new StoreCorruptError(`cannot read key ${JSON.stringify(key)} at revision ${revision}: its row in "${this.#path}" is damaged. ${WAY_BACK}.`);
    }
    return found.value;
  }

  /** Throws StoreCorruptError. */
  counter(name: CounterName): number {
    return readCounter(this.#database, name);
  }

  /** What a mark would say of the file, in which so many rows have been found. */
  markOf(found: Pick<Mark, "revision" | "rows">): Mark {
    const count = (name: CounterName) => findCounter(this.#database, name) ?? 0;
    const leases = Number(this.#database.prepare("SELECT count(*) AS leases FROM lease").get()?.["leases"]);
    return { ...found, id: count("id"), dropped: count("dropped"), leaseChanges: count("lease_changes"), leases };
  }

  /** Throws StoreCorruptError when one is not what was written. */
  leases(): Lease[] {
    const { sound, damaged } = this.soundLeases();
    if (damaged.length > 0) throw new StoreCorruptError(`lease ${damaged.join(", ")} does not match its checksum`);
    return sound;
  }

  /** Those that are what was written, and the ids of the others. */
  soundLeases(): { readonly sound: Lease[]; readonly damaged: number[] } {
    const sound: Lease[] = [];
    const damaged: number[] = [];
    for (const row of this.#database.prepare("SELECT * FROM lease").all()) {
      const lease = { id: Number(row["id"]), ttlSeconds: Number(row["ttl_seconds"]) };
      if ("checksum" in row && row["checksum"] !== leaseChecksum(lease)) damaged.push(lease.id);
      else sound.push(lease);
    }
    return { sound, damaged };
  }

  /** Rows above `sequence` without their values, `limit` at a time. */
  rows(sequence: number, limit: number): Omit<WholeRow, "value">[] {
    const columns = `sequence, revision, key, created, lease, checksum${this.#counted ? ", version" : ""}`;
    const statement = this.#database.prepare(`SELECT ${columns} FROM version WHERE sequence > ? ORDER BY sequence LIMIT ?`);
    return inOrder(statement.all(sequence, limit) as unknown as Omit<WholeRow, "value">[], sequence);
  }

  /** Whole rows above `sequence`. */
  wholeRows(sequence: number, limit: number): WholeRow[] {
    const rows = this.#database.prepare("SELECT * FROM version WHERE sequence > ? ORDER BY sequence LIMIT ?").all(sequence, limit);
    return inOrder(rows as unknown as WholeRow[], sequence);
  }

  /** Whole rows below `sequence`, newest first. */
  rowsBelow(sequence: number, limit: number): WholeRow[] {
    const rows = this.#database.prepare("SELECT * FROM version WHERE sequence < ? ORDER BY sequence DESC LIMIT ?").all(sequence, limit);
    inOrder((rows as unknown as WholeRow[]).toReversed(), Number.NEGATIVE_INFINITY);
    if (Number(rows[0]?.["sequence"] ?? Number.NEGATIVE_INFINITY) >= sequence) throw outOfOrder(sequence);
    return rows as unknown as WholeRow[];
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

/**
 * SQLite sorts by finding rows in the order of its tree, which damage may have upset. Throws StoreCorruptError then: whoever
 * goes on from the last row would never come to an end.
 */
function inOrder<T extends Row>(rows: T[], above: number): T[] {
  let last = above;
  for (const { sequence } of rows) {
    if (!(sequence > last)) throw outOfOrder(last);
    last = sequence;
  }
  return rows;
}

function outOfOrder(sequence: number): StoreCorruptError {
  return new StoreCorruptError(`rows are out of order after row ${sequence}`);
}
