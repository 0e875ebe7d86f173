/**
 * The redo log against a list: random groups are written and applied at random, in a file that is soon used over and over.
 * At any time a reader finds what was written and not applied, whole and in order, and a cursor that follows finds the same.
 */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../contract.ts";
import type { Version } from "../mvcc/history.ts";
import type { JournalEntry } from "../mvcc/journal.ts";
import { inFolder } from "./fake-surroundings.ts";
import type { Answer } from "./messages.ts";
import { RedoLog } from "./redo-log.ts";
import { REDO_PAGE_BYTES, RecordBuffer } from "./redo-record.ts";
import { RedoCursor, type RedoRecord, readRedo, recordsAfter, redoPath, wholeRecords } from "./redo-tail.ts";
import { mountSmall } from "./small-disk.ts";
import { SqliteStoreError } from "./sqlite-error.ts";

const ID = 4711;
const LIMIT_BYTES = 40 * REDO_PAGE_BYTES;

/** Grows with every entry, as the store's. */
function writer(random: () => number) {
  let sequence = 0;
  const version = (): Version => {
    sequence++;
    const value = new Uint8Array(Math.floor(random() ** 4 * 20_000)).fill(sequence);
    const [key, modRevision] = [`/${"\u{1f6f6}é".repeat(sequence % 3)}${sequence}`, 10 * sequence];
    return { key, modRevision, createRevision: sequence % 7, lease: 0, version: 1, sequence, older: undefined, value, event: undefined };
  };
  return (): JournalEntry => {
    const versions = Array.from({ length: Math.floor(random() * 4) }, version);
    if (random() < 0.1) return { versions, granted: { id: sequence, ttlSeconds: 2.5 } };
    return random() < 0.1 ? { versions, revoked: sequence } : { versions };
  };
}

function summary(records: Iterable<RedoRecord>): unknown[] {
  return Array.from(records, ({ number, content: { rows, granted, revoked } }) => [
    number,
    rows.map((row) => [row.key, row.sequence, row.revision, row.created, row.value.length, row.value[0]]),
    granted,
    revoked,
  ]);
}

function expected(number: number, entries: readonly JournalEntry[]): unknown {
  const versions = entries.flatMap((entry) => entry.versions);
  return [
    number,
    versions.map((row) => [row.key, row.sequence, row.modRevision, row.createRevision, row.value?.length, row.value?.[0]]),
    entries.flatMap(({ granted }) => granted ?? []),
    entries.flatMap(({ revoked }) => revoked ?? []),
  ];
}

/** Undefined where there was no room. */
function append(log: RedoLog, entries: readonly JournalEntry[]): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    if (!log.append(entries, resolve)) resolve(undefined);
  });
}

for (const seed of [1, 2, 3, Date.now() >>> 0]) {
  test(`what was written and not applied is found, wherever it stands (seed ${seed})`, () =>
    inFolder(async (path) => {
      const random = seededRandom(seed);
      const entry = writer(random);
      let log = new RedoLog({ path, id: ID, next: 1, unapplied: [], bytes: 0, limitBytes: LIMIT_BYTES });
      const cursor = new RedoCursor(path, ID, { number: 1, at: 0 });
      const written: unknown[] = [];
      let applied = 0;
      let refusals = 0;
      const apply = (through: number) => {
        const read = [...passing(cursor, through)];
        assert.deepEqual(read, written.slice(applied, through));
        log.applied(through);
        applied = through;
      };
      for (let round = 0; round < 300; round++) {
        const entries = Array.from({ length: 1 + Math.floor(random() * 5) }, entry);
        for (let answer = await append(log, entries); answer === undefined; answer = await append(log, entries)) {
          refusals++;
          assert.ok(applied < written.length, "there is room when everything has been applied");
          apply(applied + 1);
        }
        written.push(expected(written.length + 1, entries));
        if (random() < 0.2) apply(applied + Math.floor(random() * (written.length - applied + 1)));
        const found = recordsAfter(readRedo(path), ID, applied);
        assert.deepEqual(summary(found), written.slice(applied));
        if (random() > 0.05) continue;
        log.close();
        log = new RedoLog({ path, id: ID, next: written.length + 1, unapplied: found, bytes: statSync(redoPath(path)).size, limitBytes: LIMIT_BYTES });
      }
      assert.ok(refusals > 0, "the log was never full");
      log.close();
      cursor.close();
    }));
}

/** What the cursor finds, and does not find again. */
function* passing(cursor: RedoCursor, through: number): Generator<unknown> {
  for (const record of cursor.read(through)) {
    yield* summary([record]);
    cursor.passed(record);
  }
}

test("a record that is not whole ends the log; with later ones behind it, it is damage, and theirs can be salvaged", () => {
  const entry = writer(seededRandom(5));
  const records = Array.from({ length: 4 }, (_, index) => {
    const entries = [entry(), { versions: [{ ...(entry().versions[0] ?? versionOf(index)), value: new Uint8Array(9000).fill(7) }] }];
    return Buffer.from(new RecordBuffer().pack(entries, { id: ID, number: index + 1 }));
  });
  const log = Buffer.concat(records);
  const numbers = (bytes: Buffer, applied = 0) => recordsAfter(bytes, ID, applied).map((record) => record.number);
  assert.deepEqual([numbers(log), numbers(log, 2), numbers(log, 9)], [[1, 2, 3, 4], [3, 4], []]);
  assert.deepEqual(recordsAfter(log, ID + 1, 0), [], "another store's");
  const ends = records.map((_, index) => records.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0));
  // The last page is partly filled with nothing.
  for (let cut = 0; cut < log.length; cut += 512) {
    const whole = ends.filter((end) => log.subarray(cut, end).every((byte) => byte === 0)).length;
    assert.equal(numbers(log.subarray(0, cut)).length, whole, `cut at ${cut}`);
  }
  for (const at of [3, 20, 70, 4000, (ends[0] as number) - 5000]) {
    const damaged = Buffer.from(log);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at);
    assert.throws(
      () => numbers(damaged),
      (error) => error instanceof SqliteStoreError && error.kind === "corrupt" && /record 1 is not whole, but 3 later/.test(error.message),
    );
    assert.deepEqual(
      wholeRecords(damaged, ID, 0).map((record) => record.number),
      [2, 3, 4],
    );
    assert.deepEqual(numbers(damaged, 1), [2, 3, 4], "what SQLite has, nobody needs");
  }
});

function versionOf(index: number): Version {
  return {
    key: "/a",
    modRevision: index + 2,
    createRevision: 2,
    lease: 0,
    version: 1,
    sequence: index + 1,
    older: undefined,
    value: undefined,
    event: undefined,
  };
}

test("a record for which there is no room is taken back", async (context) => {
  const small = mountSmall(1);
  if (small === undefined) return context.skip("needs root and mount to make a small file system");
  try {
    const path = `${small.folder}/store.db`;
    const log = new RedoLog({ path, id: ID, next: 1, unapplied: [], bytes: 0 });
    const entries = (bytes: number) => [{ versions: [{ ...versionOf(0), value: new Uint8Array(bytes) }] }];
    assert.equal((await append(log, entries(300_000)))?.ok, true);
    const refused = await append(log, entries(900_000));
    assert.deepEqual([refused?.ok, refused?.ok === false && refused.kind, log.failure], [false, "full", undefined]);
    assert.equal(recordsAfter(readRedo(path), ID, 0).length, 1);
    assert.equal((await append(log, entries(300_000)))?.ok, true);
    assert.deepEqual(
      recordsAfter(readRedo(path), ID, 0).map((record) => record.number),
      [1, 2],
    );
    log.close();
  } finally {
    small.unmount();
  }
});
