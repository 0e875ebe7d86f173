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
import { LogSync } from "./log-sync.ts";
import type { Mark } from "./mark.ts";
import type { WorkerInput } from "./messages.ts";
import { migrate } from "./migrate.ts";
import { withDescriptor } from "./own-descriptor.ts";
import { pragma } from "./pragma.ts";
import { errorKind, isFailedSync, SqliteStoreError, WAY_BACK } from "./sqlite-error.ts";

/** Free pages worth keeping for the writes to come: this many, and a tenth of the file. */
const SPARE_PAGES = 256;

/** What a transaction has changed, for the mark. */
interface Change {
  readonly rows?: number;
  readonly dropped?: number;
  readonly leases?: number;
  readonly leaseChanges?: number;
  /** The newest in it. */
  readonly revision?: number;
}

/** A group of so many rows takes long enough to write for its sync to be left to a thread while the next is written. */
const OVERLAPPING_ROWS = 16;

export class StoreDatabase {
  readonly #path: string;
  readonly #lock: DatabaseSync;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insert: StatementSync;
  readonly #drop: StatementSync;
  readonly #grant: StatementSync;
  readonly #revoke: StatementSync;
  readonly #count: StatementSync;
  readonly #checkpointer: Checkpointer;
  readonly #sync: LogSync;
  /** What has been committed. */
  #written: Mark;

  /** Throws a SqliteStoreError, or SQLite's own error, and then leaves nothing open. */
  constructor(path: string, options: Omit<WorkerInput, "path"> = {}) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#lock = takeLock(path);
    let file: number | undefined;
    try {
      const { opened, descriptor } = withDescriptor(path, () => openDatabase(path));
      this.#database = opened;
      file = descriptor;
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    try {
      this.#written = nothingYet(this.#database);
      this.#sync = new LogSync(path, options);
    } catch (error) {
      if (errorKind(error) === "unsynced") closeInPlace(this.#database, path);
      else this.#database.close();
      this.#lock.close();
      throw error;
    }
    this.#checkpointer = new Checkpointer({ path, file, ...options }, this.#database, (error) => this.#sync.lost(error));
    this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#database.prepare("COMMIT");
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
    this.#written = { ...this.#written, revision, rows };
    this.probe();
    this.#moveLog();
    this.#sync.syncMark();
  }

  /** A write that changes nothing in a file that is open: throws when there is no room for one. */
  probe(): void {
    this.#write(() => {
      this.#setCounter("open", 1);
      return {};
    });
  }

  /** Rows and leases of another store, into this new one; may be called for one part after the other. */
  copy(rows: Iterable<Required<Row> & { readonly value: Uint8Array }>, leases: readonly Lease[]): void {
    let bytes = 0;
    this.#write(() => {
      let count = 0;
      for (const row of rows) {
        this.#insertRow(row, row.value);
        bytes += row.value.length;
        count++;
      }
      return { rows: count, ...this.#changeLeases(leases, []) };
    });
    this.#checkpointer.written(2 + Math.ceil((1.3 * bytes) / PAGE_BYTES));
  }

  /** True when it is durable; false when the syncing thread will say so, by the number of the command. */
  commit(batch: Batch, number: number): boolean {
    const change = () => {
      let revision = 0;
      unpackBatch(batch, (row, value) => {
        this.#insertRow(row, value);
        revision = row.revision;
      });
      return { rows: batch.rows, revision, ...this.#changeLeases(batch.granted, batch.revoked) };
    };
    this.#checkpointer.written(2 + Math.ceil((1.3 * batch.values.length) / PAGE_BYTES));
    return this.#write(change, batch.rows < OVERLAPPING_ROWS ? undefined : number);
  }

  compacted(revision: number, newest: number): void {
    this.#write(() => {
      this.#setCounter("compacted", revision);
      this.#setCounter("revision", newest);
      return { revision: newest };
    });
  }

  drop(sequences: readonly number[]): void {
    this.#write(() => {
      let count = 0;
      for (const sequence of sequences) count += Number(this.#drop.run(sequence).changes);
      this.#setCounter("dropped", this.#written.dropped + count);
      return { rows: -count, dropped: count };
    });
    this.#checkpointer.written(2 + sequences.length / 4);
  }

  /** Shortens the file by up to `pages`; returns how many more could go. */
  vacuum(pages: number): number {
    const spare = this.#sparePages();
    if (spare <= 0) return 0;
    this.#sync.makeRoom();
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(pages, spare)})`);
    this.#sync.now(this.#written);
    this.#checkpointer.written(pages);
    return Math.max(0, this.#sparePages());
  }

  /** Work that nobody waits for: moves a long log into the main file. */
  tidy(): void {
    if (!this.#sync.failed) this.#checkpointer.tidy();
  }

  /** The last connection to close moves the log into the main file and removes it. */
  async close(clean: boolean): Promise<void> {
    await this.#checkpointer.close();
    try {
      if (clean) {
        this.#write(() => {
          this.#setCounter("open", 0);
          return {};
        });
        this.#sync.syncMark();
      }
    } finally {
      await this.#sync.close();
      this.#closeFiles();
    }
  }

  #closeFiles(): void {
    try {
      if (this.#sync.failed) closeInPlace(this.#database, this.#path);
      else this.#database.close();
    } finally {
      this.#lock.close();
    }
  }

  #moveLog(): void {
    try {
      checkpoint(this.#database);
    } catch (error) {
      if (isFailedSync(error)) this.#sync.fail(error);
      throw error;
    }
  }

  #insertRow(row: Required<Row>, value: Uint8Array): void {
    this.#insert.run(...rowValues(row, value));
  }

  /** Within a transaction. */
  #changeLeases(granted: readonly Lease[], revoked: readonly number[]): Change {
    const leaseChanges = granted.length + revoked.length;
    if (leaseChanges === 0) return {};
    for (const lease of granted) this.#grant.run(lease.id, lease.ttlSeconds, leaseChecksum(lease));
    for (const id of revoked) this.#revoke.run(id);
    this.#setCounter("lease_changes", this.#written.leaseChanges + leaseChanges);
    return { leaseChanges, leases: granted.length - revoked.length };
  }

  #setCounter(name: CounterName, value: number): void {
    this.#count.run(value, counterChecksum(name, value), name);
  }

  /**
   * Commits what `body` writes, and makes it durable: before it returns true, or in the syncing thread, which will tell by
   * this number, after it has returned false.
   */
  #write(body: () => Change, number?: number): boolean {
    const { rows = 0, dropped = 0, leases = 0, leaseChanges = 0, revision = 0 } = this.#transaction(body);
    const before = this.#written;
    this.#written = {
      id: before.id,
      revision: Math.max(before.revision, revision),
      rows: before.rows + rows,
      dropped: before.dropped + dropped,
      leases: before.leases + leases,
      leaseChanges: before.leaseChanges + leaseChanges,
    };
    if (number !== undefined && this.#sync.later(this.#written, number)) return false;
    this.#sync.now(this.#written);
    return true;
  }

  #transaction(body: () => Change): Change {
    this.#sync.check();
    this.#begin.run();
    try {
      const change = body();
      this.#sync.makeRoom();
      this.#commit.run();
      return change;
    } catch (error) {
      // After some errors, a full disk among them, SQLite has already rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      if (isFailedSync(error)) this.#sync.fail(error);
      throw error;
    }
  }

  #sparePages(): number {
    return pragma(this.#database, "freelist_count") - SPARE_PAGES - Math.floor(pragma(this.#database, "page_count") / 10);
  }
}

/** Of a file of which only its tables have been looked at so far. Throws StoreCorruptError. */
function nothingYet(database: DatabaseSync): Mark {
  const count = (name: CounterName) => readCounter(database, name);
  const leases = Number(database.prepare("SELECT count(*) AS leases FROM lease").get()?.["leases"]);
  return { id: count("id"), revision: FIRST_REVISION, rows: 0, dropped: count("dropped"), leaseChanges: count("lease_changes"), leases };
}

/**
 * Leaves the log where it is: after a failed sync the kernel's copy of it cannot be trusted to be what was written, and SQLite
 * would move it into the main file unchecked. A last connection that may not write does not.
 */
function closeInPlace(database: DatabaseSync, path: string): void {
  const last = new DatabaseSync(path, { readOnly: true });
  try {
    pragma(last, "user_version");
    database.close();
  } finally {
    last.close();
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
      PRAGMA synchronous = NORMAL;
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
