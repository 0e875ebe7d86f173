import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { bytes, get, put, range, text, watching } from "../contract-tools.ts";
import { CompactedError, prefixEnd, StoreUnavailableError } from "../store.ts";
import { inFolder, silentLogger, withStore } from "./fake-surroundings.ts";
import { walPath } from "./layout.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

test("a store that is opened again is where it was: state, history, watches and revision", () =>
  inFolder(async (path) => {
    const [one, two, three] = await withStore(path, async (store) => [
      await put(store, "/a", "1"),
      await put(store, "/a", "2"),
      (
        await store.txn({
          compare: [],
          success: [
            { type: "put", key: "/b", value: bytes("1") },
            { type: "delete", start: "/a" },
          ],
          failure: [],
        })
      ).revision,
    ]);
    await withStore(path, async (store) => {
      assert.equal((await store.status()).revision, three);
      assert.deepEqual(
        (await range(store, "/")).kvs.map((kv) => [kv.key, kv.modRevision]),
        [["/b", three]],
      );
      assert.deepEqual((await range(store, "/", two)).kvs.map(text), ["2"]);
      const watch = watching(store, { start: "/", end: prefixEnd("/"), fromRevision: one as number });
      const seen = (await watch.events(4)).map((event) => [event.type, event.kv.key, event.kv.modRevision, event.previous && text(event.previous)]);
      assert.deepEqual(seen, [
        ["put", "/a", one, undefined],
        ["put", "/a", two, "1"],
        ["put", "/b", three, undefined],
        ["delete", "/a", three, "2"],
      ]);
      await watch.stop();
      assert.equal(await put(store, "/a", "3"), (three as number) + 1);
    });
  }));

test("compaction and the revision counter survive, also when no row is left", () =>
  inFolder(async (path) => {
    const revision = await withStore(path, async (store) => {
      await put(store, "/a", "1");
      const deleted = await store.txn({ compare: [], success: [{ type: "delete", start: "/a" }], failure: [] });
      await store.compact(deleted.revision);
      return deleted.revision;
    });
    await withStore(path, async (store) => {
      assert.deepEqual(await store.status().then(({ revision, compactRevision, keys }) => [revision, compactRevision, keys]), [revision, revision, 0]);
      await assert.rejects(range(store, "/", revision - 1), CompactedError);
      assert.equal(await put(store, "/a", "2"), revision + 1);
      assert.equal((await get(store, "/a"))?.createRevision, revision + 1);
    });
  }));

test("leases and their keys survive and begin their time to live anew", () =>
  inFolder(async (path) => {
    const lease = await withStore(path, async (store) => {
      const granted = await store.grantLease(10);
      await store.txn({ compare: [], success: [{ type: "put", key: "/leased", value: bytes("1"), lease: granted.id }], failure: [] });
      await store.revokeLease((await store.grantLease(10)).id);
      return granted;
    });
    await withStore(path, async (store, clock) => {
      await clock.advance(9_000);
      assert.deepEqual(await store.keepAlive(lease.id), lease);
      assert.ok((await store.grantLease(1)).id > lease.id, "ids are not given out twice");
      const watch = watching(store, { start: "/leased" });
      await clock.advance(10_000);
      assert.deepEqual(
        (await watch.events(1)).map((event) => event.type),
        ["delete"],
      );
      await watch.stop();
    });
    await withStore(path, async (store) => assert.equal(await get(store, "/leased"), undefined));
  }));

test("values that are no longer in memory are read from the file, in lists and in watches", () =>
  inFolder(async (path) => {
    await withStore(path, async (store) => {
      const value = (index: number) => new Uint8Array(64 << 10).fill(index % 251);
      const from = (await store.status()).revision + 1;
      const writes = Array.from({ length: 400 }, (_, index) =>
        store.txn({ compare: [], success: [{ type: "put", key: `/big/${String(index % 200).padStart(3, "0")}`, value: value(index) }], failure: [] }),
      );
      await Promise.all(writes);
      const list = await range(store, "/big/");
      for (const [index, kv] of list.kvs.entries()) assert.deepEqual([kv.value.length, kv.value[0]], [64 << 10, (index + 200) % 251]);
      const watch = watching(store, { start: "/big/", end: prefixEnd("/big/"), fromRevision: from });
      for (const [index, event] of (await watch.events(400)).entries()) {
        assert.equal(event.kv.value[0], index % 251);
        assert.equal(event.previous?.value[0], index < 200 ? undefined : (index - 200) % 251);
      }
      await watch.stop();
    });
  }));

test("compaction gives space back", () =>
  inFolder(async (path) => {
    await withStore(path, async (store) => {
      const value = new Uint8Array(20_000);
      for (let round = 0; round < 20; round++) {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => store.txn({ compare: [], success: [{ type: "put", key: `/churn/${index}`, value }], failure: [] })),
        );
      }
      await store.compact((await store.status()).revision);
      assert.equal((await range(store, "/churn/")).kvs.length, 50);
    });
    assert.ok(statSync(path).size < 6_000_000, `${statSync(path).size} bytes for 1 MB of values`);
  }));

test("only the owner can read the files", () =>
  inFolder(async (path) => {
    await withStore(path, async (store) => {
      await put(store, "/secret", "1");
      for (const file of [path, walPath(path), `${path}-shm`, `${path}.lock`]) assert.equal(statSync(file).mode & 0o777, 0o600, file);
    });
  }));

test("a second opening of the same file is refused until the first has closed", () =>
  inFolder(async (path) => {
    const open = () => openSqliteStore({ path, clock: new VirtualClock(), logger: silentLogger });
    await withStore(path, async (store) => {
      await assert.rejects(open(), (error) => error instanceof StoreUnavailableError && /another process has it open/.test(error.message));
      await put(store, "/a", "1");
    });
    const store = await open();
    assert.ok(await get(store, "/a"));
    await store.close();
  }));

test("a patient write waits for company, and no longer than it said", () =>
  inFolder(async (path) => {
    await withStore(path, async (store, clock) => {
      const beat = async (key: string, patienceMs: number) => {
        const answer = await store.txn({ compare: [], success: [{ type: "put", key, value: bytes("1") }], failure: [], patienceMs });
        settled.push(key);
        return answer.revision;
      };
      const settled: string[] = [];
      const first = beat("/lease/a", 1000);
      await clock.advance(400);
      const second = beat("/lease/b", 1000);
      await clock.advance(500);
      assert.deepEqual([settled, (await range(store, "/lease/")).count], [[], 0]);
      await clock.advance(100);
      assert.equal(await second, (await first) + 1);
      const third = beat("/lease/c", 1000);
      assert.equal(await put(store, "/other", "1"), (await third) + 1, "a write in a hurry takes it along");
      const fourth = beat("/lease/d", 1000);
      const refused = await store.txn({ compare: [{ key: "/lease/d", modRevision: 0 }], success: [], failure: [] });
      assert.deepEqual([refused.succeeded, settled.length], [false, 4], "an answer that rests on it does not wait either");
      await fourth;
      void beat("/lease/e", 60_000);
    });
    await withStore(path, async (store) => assert.equal((await range(store, "/lease/")).count, 5, "closing waits for nobody's company"));
  }));
