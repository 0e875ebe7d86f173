/** A damaged file is refused in plain words and left as it is; nothing is lost in silence. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { get, put, range } from "../contract-tools.ts";
import { StoreCorruptError, StoreUnavailableError } from "../store.ts";
import { inFolder, marked, withStore } from "./fake-surroundings.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import { markPath } from "./mark.ts";
import { redoPath } from "./redo-tail.ts";
import { salvageSqliteStore } from "./salvage.ts";
import { verifySqliteStore } from "./verify.ts";

const KEYS = 400;

async function fill(path: string): Promise<void> {
  await withStore(path, async (store) => {
    await Promise.all(Array.from({ length: KEYS }, (_, index) => put(store, `/kept/${index}`, `${index} ${"v".repeat(1500)}`)));
  });
}

/** Either log holds what the other does not: SQLite's, when it has followed. */
const LOGS = [
  { log: "write-ahead log", pathOf: walPath, followed: true, lost: 400_000 },
  { log: "redo log", pathOf: redoPath, followed: false, lost: 100 },
] as const;

/** What a SIGKILL leaves: the files of a store that is still open, copied elsewhere, without the mark. */
async function fillAndCrash(path: string, followed: boolean): Promise<void> {
  const live = `${path}.live`;
  await withStore(live, async (store) => {
    for (let index = 0; index < 20; index++) {
      const revision = await put(store, `/kept/${index}`, `${index} ${"v".repeat(1500)}`);
      // Has SQLite follow.
      if (followed) await store.compact(revision);
    }
    await marked(live, 21);
    copyLive(path);
    copyFileSync(markPath(live), `${markPath(live)}.then`);
  });
}

/** Room that a log has made for itself ahead is empty. */
function writtenBytes(path: string): number {
  return readFileSync(path).findLastIndex((byte) => byte !== 0) + 1;
}

function copyLive(path: string): void {
  for (const file of [(part: string) => part, walPath, redoPath]) copyFileSync(file(`${path}.live`), file(path));
}

async function refused(path: string, words: RegExp): Promise<void> {
  const before = readFileSync(path);
  const logs = [walPath(path), redoPath(path)].map((file) => [file, existsSync(file) ? readFileSync(file) : Buffer.alloc(0)] as const);
  await assert.rejects(
    withStore(path, async () => undefined),
    (error) => {
      assert.ok(error instanceof StoreCorruptError, String(error));
      assert.match(error.message, words);
      assert.match(error.message, /coracle snapshot restore FILE --force.*coracle store salvage.*coracle store verify/);
      return true;
    },
  );
  assert.ok(before.equals(readFileSync(path)), "the file was changed");
  for (const [file, log] of logs) if (log.length > 0) assert.ok(log.equals(readFileSync(file)), `${file} was changed`);
}

test("a file cut short at any length is refused", () =>
  inFolder(async (path) => {
    await fill(path);
    const whole = readFileSync(path);
    for (const length of [50, 4000, PAGE_BYTES, whole.length >> 1, whole.length - PAGE_BYTES, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await refused(path, /cut short|begin like/);
    }
    writeFileSync(path, whole);
    await withStore(path, async (store) => assert.equal((await range(store, "/kept/")).count, KEYS));
  }));

test("a page overwritten with zeros or noise is refused at opening or at reading", () =>
  inFolder(async (path) => {
    await fill(path);
    const whole = readFileSync(path);
    const pages = whole.length / PAGE_BYTES;
    for (const page of [0, 4, pages >> 1, pages - 2]) {
      const damaged = Buffer.from(whole);
      damaged.fill(page % 2 === 0 ? 0 : 0xa5, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      writeFileSync(path, damaged);
      await refused(path, /malformed|not a database|begin like|order/);
    }
  }));

test("one flipped bit in a value is found when it is read, and by the full check", () =>
  inFolder(async (path) => {
    await fill(path);
    // A row that starts do not check: they look at the newest thousand.
    await withStore(path, async (store) => {
      for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: KEYS }, (_, index) => put(store, `/other/${index}`, "x")));
    });
    const bytes = readFileSync(path);
    // All of them: what a page has been split off leaves copies behind.
    for (let at = bytes.indexOf("123 vvvv"); at !== -1; at = bytes.indexOf("123 vvvv", at + 1)) bytes.writeUInt8(bytes.readUInt8(at + 700) ^ 1, at + 700);
    writeFileSync(path, bytes);
    const check = await verifySqliteStore(path);
    assert.equal(check.problems.length, 1);
    assert.match(check.problems[0] ?? "", /checksum/);
    await withStore(path, async (store) => {
      await assert.rejects(range(store, "/kept/"), StoreCorruptError);
      assert.ok((await get(store, "/kept/9999")) === undefined && (await get(store, "/other/1")));
    });
  }));

test("an older file in the place of a closed one is refused", () =>
  inFolder(async (path) => {
    await fill(path);
    const older = readFileSync(path);
    await withStore(path, async (store) => void (await put(store, "/kept/last", "1")));
    writeFileSync(path, older);
    await refused(path, new RegExp(`revision ${KEYS + 2} were acknowledged, but it ends at revision ${KEYS + 1}`));
  }));

for (const { log, pathOf, followed, lost } of LOGS) {
  test(`a lost end of the ${log} is found by the full check and at opening, and salvage does without it`, () =>
    inFolder(async (path) => {
      await fillAndCrash(path, followed);
      copyFileSync(`${markPath(`${path}.live`)}.then`, markPath(path));
      assert.deepEqual((await verifySqliteStore(path)).problems, []);
      truncateSync(pathOf(path), writtenBytes(pathOf(path)) - lost);
      // What SQLite's log has lost, the redo log does not have any more, or not all of it.
      const words = followed ? /redo log is damaged: record \d+ is not whole, but \d+ later/ : /were acknowledged, but it ends at revision 20/;
      assert.match((await verifySqliteStore(path)).problems.join(), words);
      await refused(path, words);
      const salvage = await salvageSqliteStore(path, `${path}.3`);
      await withStore(`${path}.3`, async (store) => assert.equal(store.revision, salvage.revision));
      assert.ok(salvage.rows < 20 && salvage.rows >= (followed ? 2 : 19), `${salvage.rows} rows`);
    }));

  test(`a ${log} that is missing after a crash is refused`, () =>
    inFolder(async (path) => {
      await fillAndCrash(path, followed);
      rmSync(pathOf(path));
      await refused(path, new RegExp(`was not closed and its ${log}.* is missing`));
      await refused(path, new RegExp(`was not closed and its ${log}.* is missing`));
    }));

  test(`a ${log} damaged before its end is refused; one torn at its end is a crash like any other`, () =>
    inFolder(async (path) => {
      await fillAndCrash(path, followed);
      const whole = readFileSync(pathOf(path));
      const damaged = Buffer.from(whole);
      const at = Math.floor(writtenBytes(pathOf(path)) / 8192) * 4096 + 200;
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
      writeFileSync(pathOf(path), damaged);
      await refused(path, /log .*is damaged/);
      writeFileSync(pathOf(path), whole);
      truncateSync(pathOf(path), writtenBytes(pathOf(path)) - 100);
      await withStore(path, async (store) => assert.equal((await range(store, "/kept/")).count, followed ? 20 : 19));
    }));
}

test("a lease that only the redo log's end knows is missed, and a lease that was changed is refused", () =>
  inFolder(async (path) => {
    const live = `${path}.live`;
    const log = await withStore(live, async (store) => {
      const revision = await put(store, "/a", "1");
      const before = readFileSync(redoPath(live));
      await store.grantLease(3600);
      await marked(live, revision, 1);
      copyLive(path);
      copyFileSync(markPath(live), markPath(path));
      return before;
    });
    writeFileSync(redoPath(path), log);
    await refused(path, /1 changes of leases were acknowledged, but it has 0/);
    const database = new DatabaseSync(live);
    database.exec("UPDATE lease SET ttl_seconds = 7200");
    database.close();
    assert.match((await verifySqliteStore(live)).problems.join(), /lease \d+ does not match its checksum/);
    await refused(live, /lease \d+ does not match its checksum/);
    assert.equal((await salvageSqliteStore(live, `${path}.new`)).damaged, 1);
  }));

test("rows that have gone from a page are missed", () =>
  inFolder(async (path) => {
    await fill(path);
    const bytes = readFileSync(path);
    const page = Math.floor(bytes.indexOf("200 vvvv") / PAGE_BYTES) * PAGE_BYTES;
    // The number of cells of a leaf of the b-tree (https://sqlite.org/fileformat.html#b_tree_pages).
    assert.deepEqual([bytes.readUInt8(page), bytes.readUInt16BE(page + 3) > 1], [13, true]);
    bytes.writeUInt16BE(bytes.readUInt16BE(page + 3) - 1, page + 3);
    writeFileSync(path, bytes);
    await refused(path, new RegExp(`it had ${KEYS} rows, but ${KEYS - 1} are found`));
    assert.match((await verifySqliteStore(path)).problems.join(), new RegExp(`it had ${KEYS} rows, but ${KEYS - 1} are found`));
  }));

test("a counter that was changed is refused", () =>
  inFolder(async (path) => {
    await fill(path);
    const database = new DatabaseSync(path);
    database.exec("UPDATE counter SET value = 300 WHERE name = 'compacted'");
    database.close();
    await refused(path, /counter "compacted" does not match its checksum/);
  }));

test("what is not a store is refused and left alone", () =>
  inFolder(async (path) => {
    writeFileSync(path, "kind: ConfigMap\n".repeat(1000));
    await refused(path, /begin like/);
    rmSync(path);
    const other = new DatabaseSync(path);
    other.exec(`PRAGMA page_size = ${PAGE_BYTES}; CREATE TABLE notes (line TEXT)`);
    other.close();
    await assert.rejects(
      withStore(path, async () => undefined),
      (error) => error instanceof StoreUnavailableError && /not a store/.test(error.message),
    );
  }));

test("salvage copies what still reads and begins far above every revision given out", () =>
  inFolder(async (path) => {
    await fill(path);
    const bytes = readFileSync(path);
    const middle = (bytes.length / PAGE_BYTES) >> 1;
    bytes.fill(0xa5, middle * PAGE_BYTES, (middle + 1) * PAGE_BYTES);
    writeFileSync(path, bytes);
    assert.ok((await verifySqliteStore(path)).problems.length > 0);
    const salvage = await salvageSqliteStore(path, `${path}.new`);
    assert.ok(salvage.rows >= KEYS - 10 && salvage.rows < KEYS, `${salvage.rows} rows`);
    await withStore(`${path}.new`, async (store) => {
      const found = await range(store, "/kept/");
      assert.equal(found.count, salvage.rows);
      assert.ok((await put(store, "/kept/new", "1")) > KEYS + 1_000_000);
    });
    assert.deepEqual((await verifySqliteStore(`${path}.new`)).problems, []);
    await assert.rejects(salvageSqliteStore(path, `${path}.new`), /exists/);
  }));

test("a sound store passes the full check, open or closed", () =>
  inFolder(async (path) => {
    await fill(path);
    await withStore(path, async () => assert.deepEqual(await verifySqliteStore(path), { rows: KEYS, revision: KEYS + 1, problems: [] }));
    assert.deepEqual((await verifySqliteStore(path)).problems, []);
    truncateSync(path, statSync(path).size - 10);
    assert.match((await verifySqliteStore(path)).problems.join(), /cut short/);
  }));
