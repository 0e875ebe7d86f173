/** What is written is what is read, every damage is told, and a save that fails leaves nothing. */
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { bytes, seededRandom } from "../contract-tools.ts";
import { inFolder } from "../sqlite/fake-surroundings.ts";
import type { KeyValue } from "../store.ts";
import { isPartial } from "./save.ts";
import { SnapshotDamagedError } from "./snapshot-error.ts";
import { about, beside, row, rowsOf, save, sourceOf } from "./test-tools.ts";
import { verifySnapshot } from "./verify.ts";

const kv = (key: string, value: string, modRevision = 7): KeyValue => ({ key, value: bytes(value), createRevision: 3, modRevision, lease: 0, version: 2 });
const KEYS = [kv("/registry/a", "1"), { ...kv("/registry/b", "", 2 ** 50), lease: 2 ** 47 + 1 }, kv("/registry/\u{1f6f6}", "ü\0")];
const LEASES = [{ id: 2 ** 47 + 1, ttlSeconds: 3600.5 }];
const FILES = [{ path: "pki/ca.key", bytes: Buffer.from([0, 255, 10, 0]) }];

test("a snapshot holds keys with all their numbers, leases and files", () =>
  inFolder(async (path) => {
    const saved = await save(path, sourceOf(KEYS, LEASES), { files: FILES });
    assert.deepEqual(await rowsOf(path), KEYS.map(row));
    const read = await verifySnapshot(path);
    assert.deepEqual(read, saved);
    const { cluster, takenAt, store, program, revision, compactRevision, keys, valueBytes, sizeBytes, leases } = read;
    assert.deepEqual({ cluster, takenAt, store, program }, about);
    assert.deepEqual([revision, compactRevision, keys, valueBytes, sizeBytes], [100, 10, 3, 4, statSync(path).size]);
    assert.deepEqual(leases, LEASES);
    assert.deepEqual(
      read.files.map((file) => [file.path, [...file.bytes]]),
      [["pki/ca.key", [0, 255, 10, 0]]],
    );
  }));

test("only its owner may read it, and nothing else is left in the folder", () =>
  inFolder(async (path) => {
    await save(path, sourceOf(KEYS));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(await beside(path), ["store.db"]);
  }));

test("a save replaces a snapshot only with a whole one", () =>
  inFolder(async (path) => {
    await save(path, sourceOf(KEYS));
    const failing = {
      ...sourceOf(KEYS),
      async *read() {
        yield KEYS;
        throw new Error("the store went away");
      },
    };
    await assert.rejects(save(path, failing), /the store went away/);
    assert.deepEqual(await beside(path), ["store.db"]);
    assert.equal((await verifySnapshot(path)).keys, 3);
    await assert.rejects(save(path, sourceOf([...KEYS].reverse())), /out of order/, "what cannot be read back is not kept");
    assert.equal((await save(path, sourceOf(KEYS.slice(0, 1)))).keys, 1);
  }));

test("every flipped byte is found, and every length but its own", () =>
  inFolder(async (path) => {
    await save(path, sourceOf(KEYS, LEASES), { files: FILES });
    const whole = readFileSync(path);
    const refused = async (damaged: Uint8Array, what: string) => {
      writeFileSync(path, damaged);
      await assert.rejects(verifySnapshot(path), (error) => {
        assert.ok(error instanceof SnapshotDamagedError, `${what}: ${error}`);
        assert.match(
          error.message,
          /^cannot use snapshot ".*": (it (does not begin|has been cut short)|its format is|chunk \d+ at byte \d+ is not|something follows)/,
          what,
        );
        return true;
      });
    };
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [0x01, 0x80]) {
        const damaged = Buffer.from(whole);
        damaged.writeUInt8(whole.readUInt8(at) ^ bit, at);
        await refused(damaged, `byte ${at} of ${whole.length}`);
      }
      await refused(whole.subarray(0, at), `${at} bytes of ${whole.length}`);
    }
    await refused(Buffer.concat([whole, Buffer.alloc(1)]), "a byte more");
    writeFileSync(path, whole);
    await verifySnapshot(path);
  }));

test("chunks left out, repeated or moved are found", () =>
  inFolder(async (path) => {
    const random = seededRandom(1);
    const many = Array.from({ length: 400 }, (_, index) => kv(`/registry/${String(index).padStart(4, "0")}`, String(random()).repeat(200)));
    await save(path, sourceOf(many));
    const whole = readFileSync(path);
    const chunks: Buffer[] = [];
    for (let at = 12; at < whole.length; at += 37 + whole.readUInt32BE(at)) chunks.push(whole.subarray(at, at + 37 + whole.readUInt32BE(at)));
    assert.ok(chunks.length >= 6, `${chunks.length} chunks`);
    const [first, second, third, ...rest] = chunks as [Buffer, Buffer, Buffer, ...Buffer[]];
    for (const changed of [
      [first, third, ...rest],
      [first, second, second, third, ...rest],
      [first, third, second, ...rest],
    ]) {
      writeFileSync(path, Buffer.concat([whole.subarray(0, 12), ...changed]));
      await assert.rejects(verifySnapshot(path), /chunk [23] at byte \d+ is not as it was written/);
    }
  }));

test("what is not a snapshot, or of a later format, is refused by name", () =>
  inFolder(async (path) => {
    await assert.rejects(verifySnapshot(path), /cannot open snapshot ".*store.db": ENOENT/);
    for (const text of ["", "CORA", "SQLite format 3\0".repeat(100)]) {
      writeFileSync(path, text);
      await assert.rejects(verifySnapshot(path), /does not begin like a snapshot of Coracle/);
    }
    writeFileSync(path, Buffer.from("CORASNAP\0\0\0\u0002", "latin1"));
    await assert.rejects(verifySnapshot(path), /its format is 2; this program reads format 1/);
  }));

test("what a killed save leaves is known by its name", () => {
  assert.ok(isPartial(".daily.snapshot.0123abcd.partial"));
  assert.ok(!isPartial("daily.snapshot") && !isPartial("partial") && !isPartial("notes.partial"));
});
