/** Files of format 1, made here as the programs of that time made them. */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { put, range, text } from "../contract-tools.ts";
import { openSqliteSource } from "../snapshot/sqlite-source.ts";
import { type KeyValue, StoreCorruptError } from "../store.ts";
import { inFolder, withStore } from "./fake-surroundings.ts";
import { APPLICATION_ID, FORMAT } from "./layout.ts";
import { pragma } from "./pragma.ts";
import { salvageSqliteStore } from "./salvage.ts";
import { verifySqliteStore } from "./verify.ts";

const LEASE = 1_700_000_000_000;
const LARGE = "x".repeat(30_000);

/** Sequence, revision, key, creation (0 for a deletion), lease, value. The first writes of /a were compacted at revision 5. */
const ROWS: readonly (readonly [number, number, string, number, number, string])[] = [
  [4, 5, "/a", 2, 0, "a3"],
  [5, 6, "/a", 2, 0, "a4"],
  [6, 7, "/b", 7, LEASE, "b1"],
  [7, 7, "/c", 7, 0, LARGE],
  [8, 8, "/b", 0, 0, ""],
  [9, 9, "/b", 9, 0, "b1"],
  [10, 10, "/b", 9, LEASE, "b2"],
];

function makeFormat1(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = 1;
    CREATE TABLE version (
      sequence INTEGER PRIMARY KEY, revision INTEGER NOT NULL, key TEXT NOT NULL, created INTEGER NOT NULL, lease INTEGER NOT NULL,
      checksum INTEGER NOT NULL, value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl_seconds REAL NOT NULL) STRICT;
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO counter VALUES ('revision', 6), ('compacted', 5), ('open', 0);
    INSERT INTO lease VALUES (${LEASE}, 3600);
  `);
  const insert = database.prepare("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const [sequence, revision, key, created, lease, value] of ROWS) {
    const bytes = Buffer.from(value);
    insert.run(sequence, revision, key, created, lease, crc32(bytes, crc32(`${sequence},${revision},${created},${lease},${key}`)), bytes);
  }
  database.close();
}

const NOW = [
  ["/a", 2, 6, 0, 3, "a4"],
  ["/b", 9, 10, LEASE, 2, "b2"],
  ["/c", 7, 7, 0, 1, LARGE],
];

test("a file of format 1 is brought to this one when it is opened, with all that can be read, and counts on from there", () =>
  inFolder(async (path) => {
    makeFormat1(path);
    await withStore(path, async (store) => {
      const read = async (revision?: number) =>
        (await range(store, "/", revision)).kvs.map((kv) => [kv.key, kv.createRevision, kv.modRevision, kv.lease, kv.version, text(kv)]);
      assert.deepEqual(await read(), NOW);
      assert.deepEqual(await read(5), [["/a", 2, 5, 0, 2, "a3"]]);
      assert.deepEqual([store.revision, store.compactRevision, store.leases()], [10, 5, [{ id: LEASE, ttlSeconds: 3600 }]]);
      assert.equal(await put(store, "/a", "a5"), 11);
      await store.compact(11);
    });
    assert.deepEqual(await verifySqliteStore(path), { rows: 3, revision: 11, problems: [] });
    await withStore(path, async (store) => {
      const { kvs } = await range(store, "/");
      assert.deepEqual([kvs.map((kv) => kv.version), store.leases().length], [[4, 2, 1], 1]);
    });
    const database = new DatabaseSync(path, { readOnly: true });
    assert.equal(pragma(database, "user_version"), FORMAT);
    database.close();
  }));

test("a file of format 1 can be verified, copied and salvaged as it is", () =>
  inFolder(async (path) => {
    makeFormat1(path);
    assert.deepEqual(await verifySqliteStore(path), { rows: ROWS.length, revision: 10, problems: [] });
    {
      await using source = await openSqliteSource(path);
      const kvs: KeyValue[] = [];
      for await (const some of source.read(new AbortController().signal)) kvs.push(...some);
      const found = kvs.map((kv) => [kv.key, kv.createRevision, kv.modRevision, kv.lease, kv.version, text(kv)]);
      assert.deepEqual(found, NOW);
    }
    await salvageSqliteStore(path, `${path}.new`);
    await withStore(`${path}.new`, async (store) => {
      const { kvs } = await range(store, "/");
      assert.deepEqual([kvs.map((kv) => kv.version), store.leases().length], [[3, 2, 1], 1]);
    });
  }));

test("a file of format 2, which had no redo log, is brought to this one, closed or not", () =>
  inFolder(async (path) => {
    for (const open of [0, 1]) {
      const file = `${path}.${open}`;
      makeFormat1(file);
      await withStore(file, async (store) => void (await put(store, "/d", "d1")));
      const database = new DatabaseSync(file);
      database.exec(`DELETE FROM counter WHERE name = 'redo'; PRAGMA user_version = 2`);
      const mark = database.prepare("UPDATE counter SET value = ?, checksum = ? WHERE name = 'open'");
      mark.run(open, crc32(`open,${open}`));
      // A log makes it one that was not closed.
      copyFileSync(file, `${file}.then`);
      copyFileSync(`${file}-wal`, `${file}.then-wal`);
      database.close();
      assert.deepEqual((await verifySqliteStore(`${file}.then`)).problems, []);
      await withStore(`${file}.then`, async (store) => {
        assert.deepEqual((await range(store, "/")).kvs.map(text), ["a4", "b2", LARGE, "d1"]);
        assert.equal(await put(store, "/a", "a5"), 12);
      });
      assert.deepEqual(await verifySqliteStore(`${file}.then`), { rows: ROWS.length + 2, revision: 12, problems: [] });
    }
  }));

test("a damaged row of format 1 is not given a new checksum", () =>
  inFolder(async (path) => {
    makeFormat1(path);
    const database = new DatabaseSync(path);
    database.exec("UPDATE version SET value = x'00' WHERE sequence = 5");
    database.close();
    const open = withStore(path, async () => undefined);
    await assert.rejects(open, (error) => error instanceof StoreCorruptError && /row 5 does not match/.test(error.message));
    assert.match((await verifySqliteStore(path)).problems.join(), /row 5/);
  }));
