/** Syncs beside the commits: nothing shows before it is durable, and a sync that fails is the end until the store is opened anew. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, get, put, range, watching } from "../contract-tools.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { openSqliteSource } from "../snapshot/sqlite-source.ts";
import { prefixEnd, StoreUnavailableError } from "../store.ts";
import { inFolder, silentLogger, VirtualClock, withStore } from "./fake-surroundings.ts";
import { SYNC_FAULT } from "./log-file.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

const PAIRS = 40;
const UNSYNCED = /EIO.*The disk has failed to sync: writes that were not answered may or may not be on it.*until.*the server started anew/;

/** A store whose syncs do as they are told. */
async function faultyStore(path: string): Promise<{ store: MvccStore; syncs: (fault: keyof typeof SYNC_FAULT) => void }> {
  const syncFault = new SharedArrayBuffer(4);
  const state = new Int32Array(syncFault);
  const store = await openSqliteStore({ path, clock: new VirtualClock(), logger: silentLogger, syncFault });
  const syncs = (fault: keyof typeof SYNC_FAULT) => {
    Atomics.store(state, 0, SYNC_FAULT[fault]);
    Atomics.notify(state, 0);
  };
  // The syncing thread is started by the first large group, and takes part from the first group after it is there.
  for (let round = 0; round < 3; round++) {
    await writePairs(store, "/warm");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { store, syncs };
}

/** Two keys a transaction, all at once. */
function writePairs(store: MvccStore, prefix: string): Promise<readonly PromiseSettledResult<number>[]> {
  const write = async (index: number) => {
    const success = ["a", "b"].map((side) => ({ type: "put", key: `${prefix}/${side}/${index}`, value: bytes(String(index)) }) as const);
    return (await store.txn({ compare: [], success, failure: [] })).revision;
  };
  return Promise.allSettled(Array.from({ length: PAIRS }, (_, index) => write(index)));
}

function refused(error: unknown): true {
  assert.ok(error instanceof StoreUnavailableError, String(error));
  assert.match(error.message, UNSYNCED);
  return true;
}

async function checkRefusal(store: MvccStore, revision: number): Promise<void> {
  await assert.rejects(put(store, "/later", "1"), refused);
  await assert.rejects(store.grantLease(10), refused);
  await assert.rejects(store.compact(revision), refused);
  assert.equal(await get(store, "/later"), undefined);
  const status = await store.status();
  assert.deepEqual([status.revision, status.alarms], [revision, ["NOSYNC"]]);
}

/** The writes that were not answered are there whole or not at all; everything goes on. */
async function checkReopened(path: string, keys: readonly string[], warm: number): Promise<void> {
  await withStore(path, async (store) => {
    assert.equal((await range(store, "/warm/")).count, warm);
    for (const prefix of keys) {
      const [a, b] = [(await range(store, `${prefix}/a/`)).kvs, (await range(store, `${prefix}/b/`)).kvs];
      assert.deepEqual(
        a.map((kv) => kv.modRevision),
        b.map((kv) => kv.modRevision),
      );
    }
    const { revision } = await store.status();
    assert.equal(await put(store, "/after", "1"), revision + 1);
  });
  await withStore(path, async (store) => assert.ok(await get(store, "/after")));
}

test("nothing shows before its sync has ended, and one sync answers all that was written before it", () =>
  inFolder(async (path) => {
    const { store, syncs } = await faultyStore(path);
    const { revision } = await store.status();
    const watch = watching(store, { start: "/slow/", end: prefixEnd("/slow/") });
    syncs("hangs");
    const writes = [writePairs(store, "/slow/1")];
    let answered = 0;
    for (const write of writes) void write.then(() => answered++);
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      writes.push(writePairs(store, `/slow/${turn + 2}`));
    }
    const seen = [answered, (await range(store, "/slow/")).count, (await store.status()).revision, watch.seen.length];
    syncs("none");
    assert.deepEqual(seen, [0, 0, revision, 0]);
    const revisions = (await Promise.all(writes)).flat().map((outcome) => (outcome.status === "fulfilled" ? outcome.value : 0));
    assert.deepEqual(
      revisions,
      Array.from({ length: 4 * PAIRS }, (_, index) => revision + 1 + index),
    );
    assert.equal((await watch.events(8 * PAIRS)).length, 8 * PAIRS);
    await watch.stop();
    await store.close();
    await checkReopened(path, ["/slow/1", "/slow/4"], 2 * PAIRS);
  }));

test("a failed sync beside the commits: no answer of success, no more writes, reads go on", () =>
  inFolder(async (path) => {
    const { store, syncs } = await faultyStore(path);
    const { revision } = await store.status();
    const watch = watching(store, { start: "/", end: prefixEnd("/"), fromRevision: revision + 1 });
    syncs("fails");
    const writes = [writePairs(store, "/lost/1"), writePairs(store, "/lost/2")];
    for (const outcome of (await Promise.all(writes)).flat()) refused(outcome.status === "rejected" && outcome.reason);
    syncs("none");
    await checkRefusal(store, revision);
    assert.equal((await range(store, "/lost/")).count, 0);
    assert.equal((await range(store, "/warm/")).count, 2 * PAIRS);
    assert.equal(watch.seen.length, 0);
    await watch.stop();
    await store.close();
    await checkReopened(path, ["/lost/1", "/lost/2"], 2 * PAIRS);
  }));

test("a failed sync of a lone write: the same", () =>
  inFolder(async (path) => {
    const { store, syncs } = await faultyStore(path);
    const { revision } = await store.status();
    syncs("fails");
    await assert.rejects(put(store, "/lost", "1"), refused);
    syncs("none");
    await checkRefusal(store, revision);
    await store.close();
    await checkReopened(path, [], 2 * PAIRS);
  }));

test("a failed sync of SQLite's, while it follows: no more writes, reads go on, and what was acknowledged is there", () =>
  inFolder(async (path) => {
    const { store, syncs } = await faultyStore(path);
    const large = "x".repeat(64 << 10);
    const revisions = await Promise.all(Array.from({ length: PAIRS }, (_, index) => put(store, `/followed/${index}`, large)));
    // They are durable, and SQLite is about to follow.
    syncs("fails");
    while ((await store.status()).alarms === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    syncs("none");
    await checkRefusal(store, revisions.at(-1) as number);
    assert.equal((await range(store, "/followed/")).kvs.at(-1)?.value.length, large.length);
    await store.close();
    await withStore(path, async (again) => assert.equal((await range(again, "/followed/")).count, PAIRS));
    await checkReopened(path, [], 2 * PAIRS);
  }));

test("a snapshot of the file waits for the sync of what it sees", () =>
  inFolder(async (path) => {
    const { store } = await faultyStore(path);
    await put(store, "/seen", "1");
    await using source = await openSqliteSource(path);
    assert.equal(source.revision, (await store.status()).revision);
    await store.close();
  }));
