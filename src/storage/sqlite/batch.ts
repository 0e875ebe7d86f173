/** A group of journal entries on its way to the worker: numbers and values in two buffers that move without a copy. */

import type { JournalEntry } from "../mvcc/journal.ts";
import type { Lease } from "../store.ts";
import type { Row } from "./layout.ts";

export interface Batch {
  readonly keys: readonly string[];
  /** FIELDS numbers a row: sequence, revision, created, lease, version, length of the value. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The values one after the other. */
  readonly values: Uint8Array<ArrayBuffer>;
  readonly granted: readonly Lease[];
  readonly revoked: readonly number[];
}

const FIELDS = 6;

export function packBatch(entries: readonly JournalEntry[]): Batch {
  const versions = entries.flatMap((entry) => entry.versions);
  const numbers = new Float64Array(versions.length * FIELDS);
  const values = new Uint8Array(versions.reduce((sum, version) => sum + (version.value?.length ?? 0), 0));
  let at = 0;
  let offset = 0;
  for (const { sequence, modRevision, createRevision, lease, version, value } of versions) {
    numbers.set([sequence, modRevision, createRevision, lease, version, value?.length ?? 0], at);
    if (value !== undefined) values.set(value, offset);
    at += FIELDS;
    offset += value?.length ?? 0;
  }
  return {
    keys: versions.map((version) => version.key),
    numbers,
    values,
    granted: entries.flatMap((entry) => entry.granted ?? []),
    revoked: entries.flatMap((entry) => entry.revoked ?? []),
  };
}

export function* unpackBatch(batch: Batch): Iterable<{ row: Required<Row>; value: Uint8Array }> {
  let offset = 0;
  for (const [index, key] of batch.keys.entries()) {
    const [sequence = 0, revision = 0, created = 0, lease = 0, version = 0, length = 0] = batch.numbers.subarray(index * FIELDS, (index + 1) * FIELDS);
    yield { row: { sequence, revision, key, created, lease, version }, value: batch.values.subarray(offset, offset + length) };
    offset += length;
  }
}
