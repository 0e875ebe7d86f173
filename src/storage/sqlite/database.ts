/** The writing side of the file, as the worker uses it. Synchronous throughout. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FIRST_REVISION } from "../mvcc/history.ts";
import type { Lease } from "../store.ts";
import { type Batch, unpackBatch } from "./batch.ts";
import { Checkpointer, checkpoint, LOG_LIMIT_BYTES } from "./checkpoint.ts";
import { type CounterName, counterChecksum, insertCounters, newCounters, readCounter } from "./counters.ts";
import { inspectFiles } from "./inspect.ts";
import {
  APPLICATION_ID,
  FORMAT,
  INSERT_LEASE,
  INSERT_VERSION,
  leaseChecksum,
  lockPath,
  OLDEST_FORMAT,
  PAGE_BYTES,
  type Row,
  rowValues,
  SCHEMA,
} from "./layout.ts";
import { type Mark, MarkFile } from "./mark.ts";
import type { WorkerInput } from "./messages.ts";
import { migrate } from "./migrate.ts";
import { pragma } from "./pragma.ts";
import { errorKind, SqliteStoreError, WAY_BACK } from "./sqlite-error.ts";

/** Free pages worth keeping for the writes to come: this many, and a tenth of the file. */
const SPARE_PAGES = 256;

export class StoreDatabase {
  readonly #lock: DatabaseSync;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #drop: StatementSync;
  readonly #grant: StatementSync;
  readonly #revoke: StatementSync;
  readonly #count: StatementSync;
  readonly #checkpointer: Checkpointer;
  readonly #mark: MarkFile;
  /** What has been synced. */
  #synced: Mark;

  /** Throws a SqliteStoreError, or SQLite's own error, and then leaves nothing open. */
  constructor(path: string, options: Omit<WorkerInput, "path"> = {}) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#lock = takeLock(path);
    try {
      this.#database = openDatabase(path);
      this.#synced = nothingYet(this.#database);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#mark = new MarkFile(path);
    this.#checkpointer = new Checkpointer({ path, ...options }, this.#database);
    this.#insert = this.#database.prepare(INSERT_VERSION);
    this.#drop = this.#database.prepare("DELETE FROM version WHERE sequence = ?");
    this.#grant = this.#database.prepare(INSERT_LEASE);
    this.#revoke = this.#database.prepare("DELETE FROM lease WHERE id = ?");
    this.#count = this.#database.prepare("UPDATE counter SET value = ?, checksum = ? WHERE name = ?");
  }

  /**
   * Marks the file as open, in the main file itself: from here on it is worth nothing without its log. So many rows were
   * found in it, up to this revision.
   */
  begin(revision = FIRST_REVISION, rows = 0): void {
    this.#synced = { ...this.#synced, revision, rows };
    this.probe();
    checkpoint(this.#database);
    this.#acknowledge({});
    this.#mark.sync();
  }

  /** A write that changes nothing in a file that is open: throws when there is no room for one. */
  probe(): void {
    this.#transaction(() => this.#setCounter("open", 1));
  }

  /** Rows and leases of another store, into this new one; may be called for one part after the other. */
  copy(rows: Iterable<Required<Row> & { readonly value: Uint8Array }>, leases: readonly Lease[]): void {
    let bytes = 0;
    let count = 0;
    this.#transaction(() => {
      for (const row of rows) {
        this.#insertRow(row, row.value);
        bytes += row.value.length;
        count++;
      }
      this.#changeLeases(leases, []);
    });
    this.#acknowledge({ rows: count, leases: leases.length, leaseChanges: leases.length });
    this.#checkpointer.written(2 + Math.ceil((1.3 * bytes) / PAGE_BYTES));
  }

  commit(batch: Batch): void {
    const { granted, revoked } = batch;
    let newest = 0;
    this.#transaction(() => {
      for (const { row, value } of unpackBatch(batch)) {
        this.#insertRow(row, value);
        newest = row.revision;
      }
      this.#changeLeases(granted, revoked);
    });
    this.#acknowledge({ rows: batch.keys.length, leases: granted.length - revoked.length, leaseChanges: granted.length + revoked.length }, newest);
    this.#checkpointer.written(2 + Math.ceil((1.3 * batch.values.length) / PAGE_BYTES));
  }

  compacted(revision: number, newest: number): void {
    this.#transaction(() => {
      this.#setCounter("compacted", revision);
      this.#setCounter("revision", newest);
    });
    this.#acknowledge({}, newest);
  }

  drop(sequences: readonly number[]): void {
    let count = 0;
    this.#transaction(() => {
      for (const sequence of sequences) count += Number(this.#drop.run(sequence).changes);
      this.#setCounter("dropped", this.#synced.dropped + count);
    });
    this.#acknowledge({ rows: -count, dropped: count });
    this.#checkpointer.written(2 + sequences.length / 4);
  }

  /** Shortens the file by up to `pages`; returns how many more could go. */
  vacuum(pages: number): number {
    const spare = this.#sparePages();
    if (spare <= 0) return 0;
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(pages, spare)})`);
    this.#checkpointer.written(pages);
    return Math.max(0, this.#sparePages());
  }

  /** Work that nobody waits for: moves a long log into the main file. */
  tidy(): void {
    this.#checkpointer.tidy();
  }

  /** The last connection to close moves the log into the main file and removes it. */
  async close(clean: boolean): Promise<void> {
    await this.#checkpointer.close();
    try {
      if (clean) {
        this.#transaction(() => this.#setCounter("open", 0));
        this.#mark.sync();
      }
    } finally {
      this.#mark.close();
      this.#database.close();
      this.#lock.close();
    }
  }

  #insertRow(row: Required<Row>, value: Uint8Array): void {
    this.#insert.run(...rowValues(row, value));
  }

  /** Within a transaction; whoever calls acknowledges it. */
  #changeLeases(granted: readonly Lease[], revoked: readonly number[]): void {
    if (granted.length + revoked.length === 0) return;
    for (const lease of granted) this.#grant.run(lease.id, lease.ttlSeconds, leaseChecksum(lease));
    for (const id of revoked) this.#revoke.run(id);
    this.#setCounter("lease_changes", this.#synced.leaseChanges + granted.length + revoked.length);
  }

  #setCounter(name: CounterName, value: number): void {
    this.#count.run(value, counterChecksum(name, value), name);
  }

  /**
   * So much more has been synced, up to `revision`. The mark is a safeguard beside that: where it cannot be written, on a
   * full disk perhaps that never had one, an older one or none stays, and what was synced remains acknowledged.
   */
  #acknowledge(more: Partial<Record<"rows" | "dropped" | "leases" | "leaseChanges", number>>, revision = 0): void {
    const { rows = 0, dropped = 0, leases = 0, leaseChanges = 0 } = more;
    const before = this.#synced;
    this.#synced = {
      id: before.id,
      revision: Math.max(before.revision, revision),
      rows: before.rows + rows,
      dropped: before.dropped + dropped,
      leases: before.leases + leases,
      leaseChanges: before.leaseChanges + leaseChanges,
    };
    try {
      this.#mark.write(this.#synced);
    } catch {
      this.#mark.close();
    }
  }

  #transaction(body: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      body();
      this.#database.exec("COMMIT");
    } catch (error) {
      // After some errors, a full disk among them, SQLite has already rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #sparePages(): number {
    return pragma(this.#database, "freelist_count") - SPARE_PAGES - Math.floor(pragma(this.#database, "page_count") / 10);
  }
}

/** Of a file of which only its tables have been looked at so far. Throws StoreCorruptError, and then closes it. */
function nothingYet(database: DatabaseSync): Mark {
  try {
    const count = (name: CounterName) => readCounter(database, name);
    const leases = Number(database.prepare("SELECT count(*) AS leases FROM lease").get()?.["leases"]);
    return { id: count("id"), revision: FIRST_REVISION, rows: 0, dropped: count("dropped"), leaseChanges: count("lease_changes"), leases };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Keeps every process, this one included, from opening the store until it is disposed of. Throws a SqliteStoreError of kind `locked`. */
export function lockStore(path: string): Disposable {
  const lock = takeLock(path);
  return { [Symbol.dispose]: () => lock.close() };
}

/** An exclusive transaction on a file beside the store: the kernel ends it with the process, however that ends. */
function takeLock(path: string): DatabaseSync {
  createPrivate(lockPath(path));
  const lock = new DatabaseSync(lockPath(path));
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (errorKind(error) !== "locked") throw error;
    throw new SqliteStoreError("locked", `another process has it open (it holds "${lockPath(path)}"); stop that one first`);
  }
}

/** Only the owner may read: values hold Secrets. SQLite gives its log the same permissions. */
function createPrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

function openDatabase(path: string): DatabaseSync {
  const { exists, walBytes } = inspectFiles(path);
  if (!exists) createPrivate(path);
  const database = new DatabaseSync(path);
  try {
    if (exists) checkFormat(database, path, walBytes);
    else create(database);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES};
      PRAGMA cache_size = -4096;
    `);
    if (pragma(database, "user_version") < FORMAT) migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function create(database: DatabaseSync): void {
  database.exec(`
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    BEGIN;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${FORMAT};
    ${SCHEMA}
  `);
  insertCounters(database, newCounters());
  database.exec("COMMIT");
}

function checkFormat(database: DatabaseSync, path: string, walBytes: number): void {
  if (pragma(database, "application_id") !== APPLICATION_ID)
    throw new SqliteStoreError("failed", `"${path}" is an SQLite database, but not a store. If it was one, it is damaged. ${WAY_BACK}`);
  const format = pragma(database, "user_version");
  if (format > FORMAT)
    throw new SqliteStoreError(
      "failed",
      `"${path}" has format ${format}, written by a newer version; this one reads up to ${FORMAT}. If it was not, it is damaged. ${WAY_BACK}`,
    );
  if (format < OLDEST_FORMAT) throw new SqliteStoreError("corrupt", `"${path}" has format ${format}, which there never was`);
  // A log without a single page is none: the mark of an open file went through it.
  if (walBytes > PAGE_BYTES) return;
  if (readCounter(database, "open") !== 0)
    throw new SqliteStoreError("corrupt", `"${path}" was not closed and its write-ahead log is missing: the writes in it are lost`);
}
