/** The writing side of the file, as the worker uses it. Synchronous throughout. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Lease } from "../store.ts";
import { type Batch, unpackBatch } from "./batch.ts";
import { Checkpointer, checkpoint, LOG_LIMIT_BYTES } from "./checkpoint.ts";
import { inspectFiles } from "./inspect.ts";
import { APPLICATION_ID, COUNTER_COMPACTED, COUNTER_OPEN, COUNTER_REVISION, FORMAT, lockPath, PAGE_BYTES, type Row, rowChecksum, SCHEMA } from "./layout.ts";
import type { WorkerInput } from "./messages.ts";
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

  /** Throws a SqliteStoreError, or SQLite's own error, and then leaves nothing open. */
  constructor(path: string, options: Omit<WorkerInput, "path"> = {}) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#lock = takeLock(path);
    try {
      this.#database = openDatabase(path);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#checkpointer = new Checkpointer({ path, ...options }, this.#database);
    this.#insert = this.#database.prepare("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#drop = this.#database.prepare("DELETE FROM version WHERE sequence = ?");
    this.#grant = this.#database.prepare("INSERT INTO lease VALUES (?, ?)");
    this.#revoke = this.#database.prepare("DELETE FROM lease WHERE id = ?");
    this.#count = this.#database.prepare("UPDATE counter SET value = ? WHERE name = ?");
  }

  /** Marks the file as open, in the main file itself: from here on it is worth nothing without its log. */
  begin(): void {
    this.#transaction(() => this.#count.run(1, COUNTER_OPEN));
    checkpoint(this.#database);
  }

  /** Rows and leases of another store, into this new one; may be called for one part after the other. */
  copy(rows: Iterable<Row & { readonly value: Uint8Array }>, leases: readonly Lease[]): void {
    let bytes = 0;
    this.#transaction(() => {
      for (const row of rows) {
        this.#insertRow(row, row.value);
        bytes += row.value.length;
      }
      this.#insertLeases(leases);
    });
    this.#checkpointer.written(2 + Math.ceil((1.3 * bytes) / PAGE_BYTES));
  }

  commit(batch: Batch): void {
    this.#transaction(() => {
      for (const { row, value } of unpackBatch(batch)) this.#insertRow(row, value);
      this.#insertLeases(batch.granted);
      for (const id of batch.revoked) this.#revoke.run(id);
    });
    this.#checkpointer.written(2 + Math.ceil((1.3 * batch.values.length) / PAGE_BYTES));
  }

  compacted(revision: number, newest: number): void {
    this.#transaction(() => {
      this.#count.run(revision, COUNTER_COMPACTED);
      this.#count.run(newest, COUNTER_REVISION);
    });
  }

  drop(sequences: readonly number[]): void {
    this.#transaction(() => {
      for (const sequence of sequences) this.#drop.run(sequence);
    });
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
      if (clean) this.#transaction(() => this.#count.run(0, COUNTER_OPEN));
    } finally {
      this.#database.close();
      this.#lock.close();
    }
  }

  #insertRow(row: Row, value: Uint8Array): void {
    this.#insert.run(row.sequence, row.revision, row.key, row.created, row.lease, rowChecksum(row, value), value);
  }

  #insertLeases(leases: readonly Lease[]): void {
    for (const { id, ttlSeconds } of leases) this.#grant.run(id, ttlSeconds);
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

export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
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
    COMMIT;
  `);
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
  if (walBytes > 0) return;
  const open = database.prepare("SELECT value FROM counter WHERE name = ?").get(COUNTER_OPEN)?.["value"];
  if (open !== 0) throw new SqliteStoreError("corrupt", `"${path}" was not closed and its write-ahead log is missing: the writes in it are lost`);
}
