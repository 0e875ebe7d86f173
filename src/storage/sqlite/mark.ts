/**
 * PATH.mark: what has been acknowledged, noted after every sync and without one of its own. A log that somebody
 * cuts off, or that is damaged in its last transactions only, looks to SQLite like one that a crash has ended a moment
 * earlier; the mark tells the difference. It is written after what it speaks of has been synced, so whatever a loss of
 * power leaves of it is never ahead of the file, only behind; the page cache keeps it whole when the process is killed.
 *
 * It speaks of contents, not of places in the log: it stays true when the log moves into the main file. It also counts the
 * rows: one flipped bit can take some out of a page of SQLite's, which only its check of the whole structure would see. A mark
 * that is missing, damaged or another file's tells nothing.
 */
import { closeSync, constants, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

export interface Mark {
  /** Of the file it belongs to. */
  readonly id: number;
  /** The newest that was acknowledged. */
  readonly revision: number;
  /** Versions there are. */
  readonly rows: number;
  /** Versions that compaction has removed so far. */
  readonly dropped: number;
  /** Grants and revocations so far. */
  readonly leaseChanges: number;
  readonly leases: number;
}

const MAGIC = "CoraMark";
/** In the order of the file: each 8 bytes, behind the magic and before a CRC-32; all within one sector, so that it is never half written. */
const FIELDS = ["id", "revision", "rows", "dropped", "leaseChanges", "leases"] as const satisfies readonly (keyof Mark)[];
const CHECKED_BYTES = MAGIC.length + 8 * FIELDS.length;
export const MARK_BYTES = CHECKED_BYTES + 4;

export function markPath(path: string): string {
  return `${path}.mark`;
}

/** Read it before the file that it is compared with: commits may go on meanwhile. Undefined when it tells nothing. */
export function readMark(path: string): Mark | undefined {
  const bytes = Buffer.alloc(MARK_BYTES);
  try {
    const file = openSync(markPath(path), "r");
    try {
      if (readSync(file, bytes, 0, MARK_BYTES, 0) < MARK_BYTES) return undefined;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC || bytes.readUInt32BE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return undefined;
  return Object.fromEntries(FIELDS.map((field, index) => [field, bytes.readDoubleBE(MAGIC.length + 8 * index)])) as unknown as Mark;
}

/** What the file lacks of what was acknowledged, in words; undefined when nothing is known to be missing. */
export function missingSince(mark: Mark | undefined, found: Mark): string | undefined {
  if (mark === undefined || mark.id !== found.id) return undefined;
  if (found.revision < mark.revision) {
    return `writes up to revision ${mark.revision} were acknowledged, but it ends at revision ${found.revision}: the end of its write-ahead log was cut off or damaged, or an older file has taken its place`;
  }
  if (found.leaseChanges < mark.leaseChanges) {
    return `${mark.leaseChanges} changes of leases were acknowledged, but it has ${found.leaseChanges} of them: the end of its write-ahead log was cut off or damaged`;
  }
  // Whatever has changed them since would have changed these as well.
  const rowsComparable = found.revision === mark.revision && found.dropped === mark.dropped;
  if (rowsComparable && found.rows !== mark.rows) return `it had ${mark.rows} rows, but ${found.rows} are found`;
  if (found.leaseChanges === mark.leaseChanges && found.leases !== mark.leases) return `it had ${mark.leases} leases, but ${found.leases} are found`;
  return undefined;
}

/** As it stands in the file. */
export function packMark(mark: Mark): Uint8Array {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.write(MAGIC, "latin1");
  for (const [index, field] of FIELDS.entries()) bytes.writeDoubleBE(mark[field], MAGIC.length + 8 * index);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/** The writing side. */
export class MarkFile {
  readonly #path: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = markPath(path);
  }

  /**
   * Writes a packed mark of what has been synced. It is a safeguard beside that: where it cannot be written, on a full disk
   * perhaps that never had one, an older one or none stays, and what was synced remains acknowledged.
   */
  note(packed: Uint8Array): void {
    try {
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.#file, packed, 0, MARK_BYTES, 0);
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
