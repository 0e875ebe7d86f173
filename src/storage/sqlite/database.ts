/** The writing side of SQLite's part of the store, as the worker uses it. Synchronous throughout. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FIRST_REVISION } from "../mvcc/history.ts";
import type { Lease } from "../store.ts";
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
import { missingRedo, RedoCursor, type RedoPlace, redoPath } from "./redo-tail.ts";
import { errorKind, isFailedSync, SqliteStoreError, WAY_BACK } from "./sqlite-error.ts";

/** Free pages worth keeping for the writes to come: this many, and a tenth of the file. */
const SPARE_PAGES = 128;

/** What a transaction has changed, for the mark. */
interface Change {
  readonly rows?: number;
  readonly dropped?: number;
  readonly leases?: number;
  readonly leaseChanges?: number;
  /** The newest in it. */
  readonly revision?: number;
}

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
  #redo: RedoCursor | undefined;
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
      this.#sync = new LogSync(path, options.syncFault);
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
   * Marks the file as open, in the main file itself: from here on it is worth nothing without its logs. So many rows were
   * found in it, up to this revision; `next` is the first record of the redo log that it does not have.
   */
  begin(revision = FIRST_REVISION, rows = 0, next: Pick<RedoPlace, "number" | "at"> = { number: 1, at: 0 }): void {
    this.#written = { ...this.#written, revision, rows };
    this.#redo = new RedoCursor(this.#path, this.#written.id, next);
    createRedo(this.#path);
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
      this.#changeLeases(leases, []);
      if (leases.length > 0) this.#setCounter("lease_changes", this.#written.leaseChanges + leases.length);
      return { rows: count, leases: leases.length, leaseChanges: leases.length };
    });
    this.#checkpointer.written(2 + Math.ceil((1.3 * bytes) / PAGE_BYTES));
  }

  /** Brings what the redo log has up to the record of this number into the tables, in one transaction. */
  apply(through: number): void {
    const redo = this.#redo;
    if (redo === undefined) throw new Error("cannot apply the redo log: the file has not been begun");
    // The counter only grows: what it does not name is applied again at the next start.
    if (through < redo.next) return;
    let last: RedoPlace | undefined;
    let bytes = 0;
    this.#write(() => {
      let [count, revision, leaseChanges, leases] = [0, 0, 0, 0];
      for (const record of redo.read(through)) {
        const { rows, granted, revoked } = record.content;
        for (const row of rows) this.#insertRow(row, row.value, row.checksum);
        count += rows.length;
        revision = rows.at(-1)?.revision ?? revision;
        this.#changeLeases(granted, revoked);
        leaseChanges += granted.length + revoked.length;
        leases += granted.length - revoked.length;
        bytes += record.bytes;
        last = record;
      }
      if (leaseChanges > 0) this.#setCounter("lease_changes", this.#written.leaseChanges + leaseChanges);
      this.#setCounter("redo", through);
      return { rows: count, revision, leaseChanges, leases };
    });
    if (last !== undefined) redo.passed(last);
    this.#checkpointer.written(2 + Math.ceil((1.3 * bytes) / PAGE_BYTES));
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
    this.#sync.check();
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(pages, spare)})`);
    this.#sync.now(this.#written);
    this.#checkpointer.written(pages);
    return Math.max(0, this.#sparePages());
  }

  /** Work that nobody waits for: moves a long log into the main file. */
  tidy(): void {
    if (!this.#sync.failed) this.#checkpointer.tidy();
  }

  /**
   * The last connection to close moves the log into the main file and removes it. `clean` says that everything has been applied:
   * the main file is then all there is, and the redo log goes as well.
   */
  async close(clean: boolean): Promise<void> {
    await this.#checkpointer.close();
    let whole = false;
    try {
      if (clean) {
        this.#write(() => {
          this.#setCounter("open", 0);
          return {};
        });
        this.#sync.syncMark();
        whole = true;
      }
    } finally {
      this.#closeFiles(whole);
    }
  }

  #closeFiles(whole: boolean): void {
    try {
      this.#sync.close();
      if (this.#sync.failed) closeInPlace(this.#database, this.#path);
      else this.#database.close();
      // The lock is held still: nobody else has begun a new one.
      if (whole) rmSync(redoPath(this.#path), { force: true });
    } finally {
      this.#redo?.close();
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

  #insertRow(row: Required<Row>, value: Uint8Array, checksum?: number): void {
    this.#insert.run(...rowValues(row, value, checksum));
  }

  /** Within a transaction, which counts them. */
  #changeLeases(granted: readonly Lease[], revoked: readonly number[]): void {
    for (const lease of granted) this.#grant.run(lease.id, lease.ttlSeconds, leaseChecksum(lease));
    for (const id of revoked) this.#revoke.run(id);
  }

  #setCounter(name: CounterName, value: number): void {
    this.#count.run(value, counterChecksum(name, value), name);
  }

  /** Commits what `body` writes, and makes it durable. */
  #write(body: () => Change): void {
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
    this.#sync.now(this.#written);
  }

  #transaction(body: () => Change): Change {
    this.#sync.check();
    this.#begin.run();
    try {
      const change = body();
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
 * Leaves the log where it is: what was refused is not to be changed, and after a failed sync the kernel's copy of the log cannot be
 * trusted to be what was written. SQLite would move it into the main file. A last connection that may not write does not.
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

/** A new one must not be lost with its folder's entry: what is in it is answered for. */
function createRedo(path: string): void {
  if (existsSync(redoPath(path))) return;
  createPrivate(redoPath(path));
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
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
    if (pragma(database, "user_version") < FORMAT) {
      createRedo(path);
      migrate(database, path);
    }
    return database;
  } catch (error) {
    // What is refused stays as it was: the last connection to close would move the log into the main file.
    if (walBytes > 0) closeInPlace(database, path);
    else database.close();
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
  if (readCounter(database, "open") === 0) return;
  // A log without a single page is none: the mark of an open file went through it.
  if (walBytes <= pragma(database, "page_size"))
    throw new SqliteStoreError("corrupt", `"${path}" was not closed and its write-ahead log is missing: the writes in it are lost`);
  if (format === FORMAT && !existsSync(redoPath(path))) throw new SqliteStoreError("corrupt", missingRedo(path));
}
