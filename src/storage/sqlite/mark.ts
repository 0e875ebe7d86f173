/**
 * PATH.mark: two marks, each of what was acknowledged and noted without a sync of its own: one by the worker after every
 * sync of SQLite's part, one by the store's thread after every record of the redo log. A log that somebody cuts off, or that is
 * damaged in its last transactions only, looks like one that a crash has ended a moment earlier; the marks tell the difference.
 * They are written after what they speak of has been synced, so whatever a loss of power leaves of them is never ahead of the
 * files, only behind; the page cache keeps them whole when the process is killed.
 *
 * They speak of contents, not of places in a log: they stay true when the redo log moves into SQLite and SQLite's log into the main
 * file. SQLite's also counts the rows: one flipped bit can take some out of a page, which only SQLite's check of the whole
 * structure would see. A mark that is missing, damaged or another file's tells nothing.
 */
import { close, closeSync, constants, fdatasyncSync, open, openSync, readSync, write, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/** What was acknowledged of the whole store. */
export interface Acknowledged {
  /** Of the file it belongs to. */
  readonly id: number;
  /** The newest that was acknowledged. */
  readonly revision: number;
  /** Grants and revocations so far. */
  readonly leaseChanges: number;
}

/** What SQLite's part held. */
export interface Mark extends Acknowledged {
  /** Versions there are. */
  readonly rows: number;
  /** Versions that compaction has removed so far. */
  readonly dropped: number;
  readonly leases: number;
}

const MAGIC = "CoraMark";
/** In the order of the file: each 8 bytes, behind the magic and before a CRC-32; all within one sector, so that it is never half written. What a mark does not tell is no number. */
const FIELDS = ["id", "revision", "rows", "dropped", "leaseChanges", "leases"] as const satisfies readonly (keyof Mark)[];
const CHECKED_BYTES = MAGIC.length + 8 * FIELDS.length;
const MARK_BYTES = CHECKED_BYTES + 4;
/** Each in a sector of its own. */
const PLACES = { synced: 0, acknowledged: 512 } as const;

export function markPath(path: string): string {
  return `${path}.mark`;
}

export interface Marks {
  readonly synced: Mark | undefined;
  readonly acknowledged: Acknowledged | undefined;
}

/** Read them before the files that they are compared with: commits may go on meanwhile. One is undefined when it tells nothing. */
export function readMarks(path: string): Marks {
  const bytes = Buffer.alloc(PLACES.acknowledged + MARK_BYTES);
  try {
    const file = openSync(markPath(path), "r");
    try {
      readSync(file, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return { synced: markAt(bytes, PLACES.synced), acknowledged: markAt(bytes, PLACES.acknowledged) };
}

function markAt(bytes: Buffer, at: number): Mark | undefined {
  const mark = bytes.subarray(at, at + MARK_BYTES);
  if (mark.toString("latin1", 0, MAGIC.length) !== MAGIC || mark.readUInt32BE(CHECKED_BYTES) !== crc32(mark.subarray(0, CHECKED_BYTES))) return undefined;
  return Object.fromEntries(FIELDS.map((field, index) => [field, mark.readDoubleBE(MAGIC.length + 8 * index)])) as unknown as Mark;
}

/** What SQLite's part lacks of what was in it, in words; undefined when nothing is known to be missing. */
export function missingSince(mark: Mark | undefined, found: Mark): string | undefined {
  if (mark === undefined || mark.id !== found.id) return undefined;
  // Whatever has changed them since would have changed these as well.
  const rowsComparable = found.revision === mark.revision && found.dropped === mark.dropped;
  const unacknowledged = missingOf(mark, found, "write-ahead log");
  if (unacknowledged !== undefined) return unacknowledged;
  if (rowsComparable && found.rows !== mark.rows) return `it had ${mark.rows} rows, but ${found.rows} are found`;
  if (found.leaseChanges === mark.leaseChanges && found.leases !== mark.leases) return `it had ${mark.leases} leases, but ${found.leases} are found`;
  return undefined;
}

/** What the store lacks of what was acknowledged, as `missingSince`: the end of this log is then not there. */
export function missingOf(mark: Acknowledged | undefined, found: Acknowledged, log: "write-ahead log" | "redo log"): string | undefined {
  if (mark === undefined || mark.id !== found.id) return undefined;
  if (found.revision < mark.revision) {
    return `writes up to revision ${mark.revision} were acknowledged, but it ends at revision ${found.revision}: the end of its ${log} was cut off or damaged, or an older file has taken its place`;
  }
  if (found.leaseChanges < mark.leaseChanges) {
    return `${mark.leaseChanges} changes of leases were acknowledged, but it has ${found.leaseChanges} of them: the end of its ${log} was cut off or damaged`;
  }
  return undefined;
}

function pack(mark: Acknowledged & Partial<Mark>): Uint8Array {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.write(MAGIC, "latin1");
  for (const [index, field] of FIELDS.entries()) bytes.writeDoubleBE(mark[field] ?? Number.NaN, MAGIC.length + 8 * index);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/** The worker's end, which waits. */
export class MarkFile {
  readonly #path: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = markPath(path);
  }

  /**
   * Writes the mark of what has been synced. It is a safeguard beside that: where it cannot be written, on a full disk
   * perhaps that never had one, an older one or none stays, and what was synced remains acknowledged.
   */
  note(mark: Mark): void {
    try {
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.#file, pack(mark), 0, MARK_BYTES, PLACES.synced);
    } catch {
      this.close();
    }
  }

  sync(): void {
    if (this.#file !== undefined) fdatasyncSync(this.#file);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The end of the store's own thread, which does not wait: one write at a time, of the newest mark. */
export class MarkNotes {
  readonly #path: string;
  #file: number | undefined;
  #writing = false;
  #next: Acknowledged | undefined;
  #idle: (() => void)[] = [];

  constructor(path: string) {
    this.#path = markPath(path);
  }

  /** As `MarkFile.note`. */
  note(mark: Acknowledged): void {
    this.#next = mark;
    if (!this.#writing) this.#write();
  }

  /** Resolves when what was noted is written. */
  settled(): Promise<void> {
    return this.#writing ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async close(): Promise<void> {
    await this.settled();
    const file = this.#file;
    if (file !== undefined) await new Promise<void>((resolve) => close(file, () => resolve()));
  }

  #write(): void {
    this.#writing = true;
    if (this.#file === undefined) {
      open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600, (error, file) => {
        if (error !== null) return this.#written();
        this.#file = file;
        this.#write();
      });
      return;
    }
    const mark = this.#next as Acknowledged;
    this.#next = undefined;
    write(this.#file, pack(mark), 0, MARK_BYTES, PLACES.acknowledged, () => {
      if (this.#next === undefined) this.#written();
      else this.#write();
    });
  }

  #written(): void {
    this.#writing = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
