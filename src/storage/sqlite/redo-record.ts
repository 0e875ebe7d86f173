/**
 * A record of the redo log: a group of journal entries as one stretch of bytes, which is whole or not there. Pure.
 *
 * It begins on a page of its own, so that writing it touches no page of one before it, with a header:
 *
 *     0  "CoraRedo"            28  rows                 56  CRC-32 of the numbers and keys
 *     8  id of the store       32  bytes of keys        60  CRC-32 of the header up to here
 *    16  number                36  leases granted
 *    24  bytes in all          40  leases revoked
 *
 * Then come NUMBERS numbers a row, two a granted lease (id, time to live), one a revoked lease (id), the keys one after the
 * other in UTF-8, and the values one after the other. A row's checksum, the one that it keeps in SQLite, covers its value. Numbers are IEEE doubles, all of it in the machine's own order of
 * bytes: a redo log does not travel, a store that is closed has none.
 */
import { crc32 } from "node:zlib";
import type { JournalEntry } from "../mvcc/journal.ts";
import type { Lease } from "../store.ts";
import { isSound, type Row, rowChecksum } from "./layout.ts";

/** Where a record may begin. What the kernel writes at once is a page of this size. */
export const REDO_PAGE_BYTES = 4096;
export const REDO_HEADER_BYTES = 64;
const MAGIC = "CoraRedo";
/** Sequence, revision, created, lease, version, checksum, length of the key in UTF-16 and of the value in bytes. */
const NUMBERS = 8;
const MAX_UTF8_BYTES_A_UNIT = 3;
const NO_VALUE = new Uint8Array(0);

export interface RecordName {
  /** Of the store: what another file has left behind is none of ours. */
  readonly id: number;
  /** Counts the records of a store from 1, without gaps. */
  readonly number: number;
}

export interface RecordHeader extends RecordName {
  /** Header included, without what fills the last page. */
  readonly bytes: number;
  readonly rows: number;
  readonly keyBytes: number;
  readonly granted: number;
  readonly revoked: number;
  readonly checksum: number;
}

/** A row as it was written, its value a part of the record. */
export interface RedoRow extends Required<Row> {
  readonly checksum: number;
  readonly value: Uint8Array;
}

export interface RecordContent {
  readonly rows: readonly RedoRow[];
  readonly granted: readonly Lease[];
  readonly revoked: readonly number[];
}

/** Memory for records, used over and over: one at a time. */
export class RecordBuffer {
  #memory = Buffer.from(new ArrayBuffer(256 << 10));

  /** What fills whole pages; good until the next call. */
  pack(entries: readonly JournalEntry[], name: RecordName): Uint8Array {
    const { rows, granted, revoked, keys, valueBytes } = sum(entries);
    const numberBytes = 8 * (NUMBERS * rows + 2 * granted.length + revoked.length);
    const memory = this.#room(REDO_HEADER_BYTES + numberBytes + MAX_UTF8_BYTES_A_UNIT * keys.length + valueBytes + REDO_PAGE_BYTES);
    writeNumbers(new Float64Array(memory.buffer, REDO_HEADER_BYTES, numberBytes / 8), entries, granted, revoked);
    let end = REDO_HEADER_BYTES + numberBytes;
    const keyBytes = memory.write(keys, end);
    end += keyBytes;
    const checksum = crc32(memory.subarray(REDO_HEADER_BYTES, end));
    for (const { versions } of entries) {
      for (const { value } of versions) {
        if (value === undefined) continue;
        memory.set(value, end);
        end += value.length;
      }
    }
    writeHeader(memory, { ...name, bytes: end, rows, keyBytes, granted: granted.length, revoked: revoked.length, checksum });
    const whole = wholePages(end);
    memory.fill(0, end, whole);
    return memory.subarray(0, whole);
  }

  #room(bytes: number): Buffer {
    if (bytes > this.#memory.length) return Buffer.from(new ArrayBuffer(bytes));
    return this.#memory;
  }
}

export function wholePages(bytes: number): number {
  return Math.ceil(bytes / REDO_PAGE_BYTES) * REDO_PAGE_BYTES;
}

/** Undefined for anything but a header of this store's that is as it was written. */
export function readHeader(bytes: Buffer, at: number, id: number): RecordHeader | undefined {
  if (bytes.length < at + REDO_HEADER_BYTES || bytes.toString("latin1", at, at + MAGIC.length) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(at + 60) !== crc32(bytes.subarray(at, at + 60)) || bytes.readDoubleLE(at + 8) !== id) return undefined;
  const [length, rows, keyBytes, granted, revoked] = [24, 28, 32, 36, 40].map((field) => bytes.readUInt32LE(at + field)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { id, number: bytes.readDoubleLE(at + 16), bytes: length, rows, keyBytes, granted, revoked, checksum: bytes.readUInt32LE(at + 56) };
}

/** What `header`, found at this place, speaks of; undefined when its numbers or keys are not as they were written. Values are not looked at. */
export function readRecord(bytes: Buffer, at: number, header: RecordHeader): RecordContent | undefined {
  const valuesAt = at + REDO_HEADER_BYTES + 8 * numberCount(header) + header.keyBytes;
  if (bytes.length < at + header.bytes || crc32(bytes.subarray(at + REDO_HEADER_BYTES, valuesAt)) !== header.checksum) return undefined;
  return readContent(bytes, at, header);
}

/** Whether the values are as they were written: a crash may have ended the writing before them. */
export function isWhole({ rows }: RecordContent): boolean {
  return rows.every((row) => isSound(row, row.value));
}

function readContent(bytes: Buffer, at: number, header: RecordHeader): RecordContent {
  const numbers = numbersOf(bytes, at, header);
  const keysAt = at + REDO_HEADER_BYTES + 8 * numbers.length;
  const keys = bytes.toString("utf8", keysAt, keysAt + header.keyBytes);
  const field = (index: number) => numbers[index] as number;
  const rows: RedoRow[] = [];
  let key = 0;
  let value = keysAt + header.keyBytes;
  for (let first = 0; first < NUMBERS * header.rows; first += NUMBERS) {
    const keyEnd = key + field(first + 6);
    const valueEnd = value + field(first + 7);
    rows.push({
      sequence: field(first),
      revision: field(first + 1),
      created: field(first + 2),
      lease: field(first + 3),
      version: field(first + 4),
      checksum: field(first + 5),
      key: keys.slice(key, keyEnd),
      value: bytes.subarray(value, valueEnd),
    });
    key = keyEnd;
    value = valueEnd;
  }
  const leases = NUMBERS * header.rows;
  const granted = Array.from({ length: header.granted }, (_, index) => ({ id: field(leases + 2 * index), ttlSeconds: field(leases + 2 * index + 1) }));
  const revoked = Array.from({ length: header.revoked }, (_, index) => field(leases + 2 * header.granted + index));
  return { rows, granted, revoked };
}

interface Sum {
  readonly rows: number;
  readonly granted: readonly Lease[];
  readonly revoked: readonly number[];
  readonly keys: string;
  readonly valueBytes: number;
}

function sum(entries: readonly JournalEntry[]): Sum {
  const granted: Lease[] = [];
  const revoked: number[] = [];
  let rows = 0;
  let keys = "";
  let valueBytes = 0;
  for (const entry of entries) {
    rows += entry.versions.length;
    for (const { key, value } of entry.versions) {
      keys += key;
      valueBytes += value?.length ?? 0;
    }
    if (entry.granted !== undefined) granted.push(entry.granted);
    if (entry.revoked !== undefined) revoked.push(entry.revoked);
  }
  return { rows, granted, revoked, keys, valueBytes };
}

function writeNumbers(numbers: Float64Array, entries: readonly JournalEntry[], granted: readonly Lease[], revoked: readonly number[]): void {
  let at = 0;
  for (const { versions } of entries) {
    for (const { sequence, modRevision, createRevision, lease, version, key, value = NO_VALUE } of versions) {
      numbers[at++] = sequence;
      numbers[at++] = modRevision;
      numbers[at++] = createRevision;
      numbers[at++] = lease;
      numbers[at++] = version;
      numbers[at++] = rowChecksum({ sequence, revision: modRevision, created: createRevision, lease, version, key }, value);
      numbers[at++] = key.length;
      numbers[at++] = value.length;
    }
  }
  for (const { id, ttlSeconds } of granted) {
    numbers[at++] = id;
    numbers[at++] = ttlSeconds;
  }
  for (const id of revoked) numbers[at++] = id;
}

function writeHeader(memory: Buffer, header: RecordHeader): void {
  memory.fill(0, 0, REDO_HEADER_BYTES);
  memory.write(MAGIC, "latin1");
  memory.writeDoubleLE(header.id, 8);
  memory.writeDoubleLE(header.number, 16);
  for (const [index, field] of [header.bytes, header.rows, header.keyBytes, header.granted, header.revoked].entries())
    memory.writeUInt32LE(field, 24 + 4 * index);
  memory.writeUInt32LE(header.checksum, 56);
  memory.writeUInt32LE(crc32(memory.subarray(0, 60)), 60);
}

function numberCount({ rows, granted, revoked }: RecordHeader): number {
  return NUMBERS * rows + 2 * granted + revoked;
}

/** A copy where the record does not lie on a boundary of eight bytes in memory. */
function numbersOf(bytes: Buffer, at: number, header: RecordHeader): Float64Array {
  const count = numberCount(header);
  const from = bytes.byteOffset + at + REDO_HEADER_BYTES;
  if (from % 8 === 0) return new Float64Array(bytes.buffer, from, count);
  return new Float64Array(Uint8Array.prototype.slice.call(bytes, at + REDO_HEADER_BYTES, at + REDO_HEADER_BYTES + 8 * count).buffer);
}
