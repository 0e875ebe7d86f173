/** A group of journal entries on its way to the worker: numbers and values in one buffer that moves without a copy, or is shared. */

import type { JournalEntry } from "../mvcc/journal.ts";
import type { Lease } from "../store.ts";
import type { Row } from "./layout.ts";

export interface Batch {
  readonly rows: number;
  /** The keys one after the other. */
  readonly keys: string;
  /** FIELDS numbers a row: sequence, revision, created, lease, version, length of the key and of the value. */
  readonly numbers: Float64Array;
  /** The values one after the other. */
  readonly values: Uint8Array;
  readonly granted: readonly Lease[];
  readonly revoked: readonly number[];
}

const FIELDS = 7;

/** In `shared` where all fits into it: then the batch is to be answered before that is used again. */
export function packBatch(entries: readonly JournalEntry[], shared?: SharedArrayBuffer): Batch {
  const { rows, bytes } = sizeOf(entries);
  const numberBytes = 8 * rows * FIELDS;
  const buffer = shared !== undefined && numberBytes + bytes <= shared.byteLength ? shared : new ArrayBuffer(numberBytes + bytes);
  const numbers = new Float64Array(buffer, 0, rows * FIELDS);
  const values = new Uint8Array(buffer, numberBytes, bytes);
  let keys = "";
  let at = 0;
  let offset = 0;
  for (const { versions } of entries) {
    for (const { sequence, modRevision, createRevision, lease, version, key, value } of versions) {
      numbers[at++] = sequence;
      numbers[at++] = modRevision;
      numbers[at++] = createRevision;
      numbers[at++] = lease;
      numbers[at++] = version;
      numbers[at++] = key.length;
      numbers[at++] = value?.length ?? 0;
      keys += key;
      if (value === undefined) continue;
      values.set(value, offset);
      offset += value.length;
    }
  }
  return { rows, keys, numbers, values, ...leaseChanges(entries) };
}

/** Calls `visit` with one row after the other. The value is a part of the batch. */
export function unpackBatch({ rows, keys, numbers, values }: Batch, visit: (row: Required<Row>, value: Uint8Array) => void): void {
  let key = 0;
  let value = 0;
  for (let index = 0; index < rows; index++) {
    const field = (number: number) => numbers[index * FIELDS + number] as number;
    const keyEnd = key + field(5);
    const valueEnd = value + field(6);
    const row = { sequence: field(0), revision: field(1), key: keys.slice(key, keyEnd), created: field(2), lease: field(3), version: field(4) };
    visit(row, values.subarray(value, valueEnd));
    key = keyEnd;
    value = valueEnd;
  }
}

function sizeOf(entries: readonly JournalEntry[]): { rows: number; bytes: number } {
  let rows = 0;
  let bytes = 0;
  for (const { versions } of entries) {
    rows += versions.length;
    for (const { value } of versions) bytes += value?.length ?? 0;
  }
  return { rows, bytes };
}

function leaseChanges(entries: readonly JournalEntry[]): Pick<Batch, "granted" | "revoked"> {
  const granted: Lease[] = [];
  const revoked: number[] = [];
  for (const entry of entries) {
    if (entry.granted !== undefined) granted.push(entry.granted);
    if (entry.revoked !== undefined) revoked.push(entry.revoked);
  }
  return { granted, revoked };
}
