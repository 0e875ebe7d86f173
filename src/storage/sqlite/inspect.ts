/**
 * What can be told of a store's files before SQLite touches them: it would take a truncated file for a short one and a
 * damaged write-ahead log for its end, and go on with less than was acknowledged.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { PAGE_SIZES, walPath } from "./layout.ts";
import { SqliteStoreError } from "./sqlite-error.ts";
import { lostFrames, WAL_HEADER_BYTES } from "./wal.ts";

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
/** "Write version" and "read version" of a file with a write-ahead log. */
const WAL_VERSION = 2;

export interface Files {
  /** There is a database to open, not just an empty file. */
  readonly exists: boolean;
  readonly walBytes: number;
}

/** Throws a SqliteStoreError of kind `corrupt` when acknowledged writes are missing for certain. Changes nothing. */
export function inspectFiles(path: string): Files {
  const bytes = sizeOf(path);
  const walBytes = sizeOf(walPath(path));
  if (bytes === 0) {
    if (walBytes > 0) throw corrupt(`"${path}" is empty or missing, but its write-ahead log is not`);
    return { exists: false, walBytes };
  }
  // Unfinished checkpoints leave the main file behind its header; what is missing then stands in the log.
  const whole = inspectHeader(path, bytes);
  if (walBytes === 0 && bytes < whole) throw corrupt(`"${path}" has been cut short: it has ${bytes} bytes of ${whole}`);
  if (walBytes > 0) inspectWal(path);
  return { exists: true, walBytes };
}

/** Size in bytes, 0 without the file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes the file should have (https://sqlite.org/fileformat.html#the_database_header). */
function inspectHeader(path: string, bytes: number): number {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(path, "r");
  try {
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) throw corrupt(`"${path}" does not begin like an SQLite database`);
  const pageBytes = header.readUInt16BE(16);
  if (!PAGE_SIZES.includes(pageBytes)) throw corrupt(`"${path}" has pages of ${pageBytes} bytes, not of ${PAGE_SIZES.join(" or ")}`);
  // Anything above makes SQLite refuse to write, or to read.
  if (header.readUInt8(18) > WAL_VERSION || header.readUInt8(19) > WAL_VERSION) throw corrupt(`"${path}" has a header that no store has`);
  if (bytes < pageBytes) throw corrupt(`"${path}" has been cut short: it has ${bytes} bytes`);
  return header.readUInt32BE(28) * pageBytes;
}

function inspectWal(path: string): void {
  let log = readFileSync(walPath(path));
  let lost = lostFrames(log);
  // Whoever has the store open may have begun its log anew under this reading, which then shows half of either.
  for (let again = readFileSync(walPath(path)); lost > 0 && !beginAlike(log, again); again = readFileSync(walPath(path))) {
    log = again;
    lost = lostFrames(log);
  }
  if (lost > 0) throw corrupt(`the write-ahead log "${walPath(path)}" is damaged: ${lost} pages of synced transactions stand behind the damage`);
}

/** The log's header has what changes whenever it is begun anew. */
function beginAlike(one: Buffer, other: Buffer): boolean {
  return one.subarray(0, WAL_HEADER_BYTES).equals(other.subarray(0, WAL_HEADER_BYTES));
}

function corrupt(message: string): SqliteStoreError {
  return new SqliteStoreError("corrupt", message);
}
