/** Reading the redo log: what of it SQLite does not have yet. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { fdatasync } from "./log-file.ts";
import type { StoreReader } from "./reader.ts";
import { isWhole, REDO_HEADER_BYTES, REDO_PAGE_BYTES, type RecordContent, readHeader, readRecord, wholePages } from "./redo-record.ts";
import { SqliteStoreError } from "./sqlite-error.ts";

/** Where a record stands, in whole pages. */
export interface RedoPlace {
  readonly number: number;
  readonly at: number;
  readonly bytes: number;
}

export interface RedoRecord extends RedoPlace {
  readonly content: RecordContent;
}

const NO_LOG = Buffer.alloc(0);

export function redoPath(path: string): string {
  return `${path}.redo`;
}

/** All of it as it is at the moment; nothing without the file. */
export function readRedo(path: string): Buffer {
  try {
    return readFileSync(redoPath(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NO_LOG;
    throw error;
  }
}

/**
 * The records after number `applied`, in order. The log ends where the next one is not whole: one at a time is written, so a
 * crash leaves at most one such. Throws a SqliteStoreError of kind `corrupt` when later ones are there, which is damage.
 */
export function recordsAfter(log: Buffer, id: number, applied: number): RedoRecord[] {
  const later = wholeRecords(log, id, applied);
  const gap = later.findIndex(({ number }, index) => number !== applied + 1 + index);
  if (gap === -1) return later;
  throw new SqliteStoreError("corrupt", `the redo log is damaged: record ${applied + 1 + gap} is not whole, but ${later.length - gap} later ones are`);
}

/** Every record after number `applied` that is whole, damage or not, in order: for salvage. */
export function wholeRecords(log: Buffer, id: number, applied: number): RedoRecord[] {
  const found: RedoRecord[] = [];
  for (let at = 0; at + REDO_HEADER_BYTES <= log.length; ) {
    const record = recordAt(log, id, at);
    if (record !== undefined && record.number > applied) found.push(record);
    at += record?.bytes ?? REDO_PAGE_BYTES;
  }
  return found.sort((a, b) => a.number - b.number);
}

function recordAt(log: Buffer, id: number, at: number): RedoRecord | undefined {
  const header = readHeader(log, at, id);
  const content = header === undefined ? undefined : readRecord(log, at, header);
  if (header === undefined || content === undefined || !isWhole(content)) return undefined;
  return { number: header.number, at, bytes: wholePages(header.bytes), content };
}

/**
 * What a file that may be in use holds beyond SQLite's part of it, which the reader then sees in one transaction until it is
 * closed or told to `end`. Throws as `recordsAfter` does.
 */
export function tailBehind(path: string, reader: StoreReader): RedoRecord[] {
  // First the log, then SQLite: what is taken out of the one meanwhile, the other has.
  for (let log = readRedo(path), again: Buffer | undefined; ; log = again) {
    reader.begin();
    try {
      return tailOf(path, log, reader);
    } catch (error) {
      // Whoever has the store open may have written while this was read. Damage stays.
      if (again?.equals(readRedo(path))) throw error;
      again = readRedo(path);
      reader.end();
    }
  }
}

function tailOf(path: string, log: Buffer, reader: StoreReader): RedoRecord[] {
  const { id, redo, open } = reader.redo();
  if (redo === undefined) return [];
  if (open && !existsSync(redoPath(path))) throw new SqliteStoreError("corrupt", missingRedo(path));
  return recordsAfter(log, id, redo);
}

/** In words. */
export function missingRedo(path: string): string {
  return `"${path}" was not closed and its redo log "${redoPath(path)}" is missing: the writes in it are lost`;
}

/** What a reader has seen of it may not be durable yet: it is when this returns. Throws as `fdatasync` does. */
export function syncRedo(path: string): void {
  if (!existsSync(redoPath(path))) return;
  const file = openSync(redoPath(path), "r");
  try {
    fdatasync(file);
  } finally {
    closeSync(file);
  }
}

/** Follows the log as it is written, record by record. */
export class RedoCursor {
  readonly #path: string;
  readonly #id: number;
  /** The next one to be read, and the end of the one before it: there it stands, or at the beginning. */
  #next: number;
  #end: number;
  #file: number | undefined;
  /** A stretch of the file as it was when it was read: records that were not whole then are read again. */
  #memory = Buffer.from(new ArrayBuffer(256 << 10));
  #from = 0;
  #read = 0;

  constructor(path: string, id: number, next: Pick<RedoPlace, "number" | "at">) {
    this.#path = redoPath(path);
    this.#id = id;
    this.#next = next.number;
    this.#end = next.at;
  }

  /** Number of the record to be read next. */
  get next(): number {
    return this.#next;
  }

  /** Does not go on: what was read is behind it once `passed` is told. The content is good until the next one is read. */
  *read(through: number): Generator<RedoRecord> {
    let end = this.#end;
    for (let number = this.#next; number <= through; number++) {
      const record = this.#recordAt(end, number) ?? this.#recordAt(0, number);
      if (record === undefined) throw new SqliteStoreError("corrupt", `record ${number} of the redo log "${this.#path}" is not what was written`);
      yield record;
      end = record.at + record.bytes;
    }
  }

  /** This one and all before it need not be read again. */
  passed({ number, at, bytes }: RedoPlace): void {
    this.#next = number + 1;
    this.#end = at + bytes;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #recordAt(at: number, number: number): RedoRecord | undefined {
    const found = this.#inMemory(at, number);
    if (found !== undefined) return found;
    this.#load(at);
    const header = readHeader(this.#memory.subarray(0, this.#read), 0, this.#id);
    if (header?.number === number && header.bytes > this.#memory.length) {
      this.#memory = Buffer.from(new ArrayBuffer(wholePages(header.bytes)));
      this.#load(at);
    }
    return this.#inMemory(at, number);
  }

  #inMemory(at: number, number: number): RedoRecord | undefined {
    const memory = this.#memory.subarray(0, this.#read);
    const offset = at - this.#from;
    const header = offset < 0 ? undefined : readHeader(memory, offset, this.#id);
    const content = header?.number === number ? readRecord(memory, offset, header) : undefined;
    return header === undefined || content === undefined ? undefined : { number, at, bytes: wholePages(header.bytes), content };
  }

  #load(at: number): void {
    this.#file ??= openSync(this.#path, "r");
    this.#read = readSync(this.#file, this.#memory, 0, this.#memory.length, at);
    this.#from = at;
  }
}
