/** To a real etcd and back: content stays, revisions only grow, leases end. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { bytes, put, seededRandom, watching } from "../contract-tools.ts";
import { etcdInstallations } from "../etcd/etcd-installations.ts";
import { connectEtcdStore, type EtcdStore } from "../etcd/etcd-store.ts";
import { type RealEtcd, startEtcd } from "../etcd/real-etcd.ts";
import { readRevisionOffset, withRevisionOffset } from "../etcd/revision-offset.ts";
import { silentLogger, systemClock } from "../etcd/test-tools.ts";
import { inFolder, withStore } from "../sqlite/fake-surroundings.ts";
import { CompactedError, type Store } from "../store.ts";
import { CLUSTER_PREFIX, fillEtcd } from "./fill-etcd.ts";
import { fillSqlite } from "./fill-sqlite.ts";
import { openStoreSource } from "./store-source.ts";
import { rowsOf, save, signal, sourceOf } from "./test-tools.ts";
import type { VerifiedSnapshot } from "./verify.ts";

const COUNT = 700;
/** Further than this etcd will ever come. */
const FAR = 5_000_000_000;
const VALUES = "value ";

const SOURCE = sourceOf(
  Array.from({ length: COUNT }, (_, index) => ({
    key: `${CLUSTER_PREFIX}things/${String(index).padStart(4, "0")}`,
    value: bytes(VALUES.repeat(1 + (index % 900))),
    createRevision: 2 + index,
    modRevision: 2 + index,
    lease: index === 5 ? 77 : 0,
  })),
  [{ id: 77, ttlSeconds: 1 }],
);

const contents = async (path: string) => (await rowsOf(path)).map((each) => (each as unknown[]).slice(0, 2));

for (const installation of etcdInstallations) {
  describe(`snapshots of an ${installation.label}`, { ...installation.options, concurrency: false }, () => {
    let etcd: RealEtcd;
    let store: EtcdStore;

    before(async () => {
      etcd = await startEtcd({ installation });
      store = await connectEtcdStore({ endpoints: [etcd.endpoint], clock: systemClock, logger: silentLogger });
    });
    after(async () => {
      await store.close();
      await etcd.dispose();
    });

    const saved = async (path: string, from: Store): Promise<VerifiedSnapshot> => {
      await using source = await openStoreSource({ store: from, prefix: CLUSTER_PREFIX, describeLease: (id) => store.describeLease(id) });
      return save(path, source);
    };

    test("an etcd filled from a snapshot gives the same content, above every revision of before", () =>
      inFolder(async (path) => {
        await put(store, "/somebody/else", "1");
        const snapshot = await save(path, SOURCE);
        const filled = await fillEtcd(store, { snapshot: path, revision: FAR, replace: false, signal });
        assert.deepEqual([filled.keys, filled.content], [COUNT, snapshot.content]);
        const moved = withRevisionOffset(store, await readRevisionOffset(store));
        const again = await saved(`${path}.again`, moved);
        assert.equal(again.content, snapshot.content);
        assert.ok(again.revision > FAR && again.revision === filled.revision, `${again.revision}`);
        assert.deepEqual(
          again.leases.map(({ ttlSeconds }) => ttlSeconds),
          [1],
        );
        for (const revision of [17, FAR, again.revision]) {
          assert.ok((await watching(moved, { start: CLUSTER_PREFIX, fromRevision: revision }).failure()) instanceof CompactedError, `from ${revision}`);
        }
        assert.equal((await store.range({ start: "/somebody/else" })).count, 1);
      }));

    test("what lies there already is replaced only when asked to, and revisions grow on", () =>
      inFolder(async (path) => {
        const small = await save(path, sourceOf([{ key: "/registry/one", value: bytes("1"), createRevision: 2, modRevision: 2, lease: 0 }]));
        const before = (await store.status()).revision + (await readRevisionOffset(store));
        await assert.rejects(
          fillEtcd(store, { snapshot: path, revision: 100, replace: false, signal }),
          /cannot fill etcd: \d+ keys of a cluster lie there already/,
        );
        const filled = await fillEtcd(store, { snapshot: path, revision: 100, replace: true, signal });
        assert.deepEqual([filled.keys, filled.content], [1, small.content]);
        assert.ok(filled.revision > before);
      }));

    test("pages are of one revision while others write, and keys of leases that end go", () =>
      inFolder(async (path) => {
        await save(path, SOURCE);
        await fillEtcd(store, { snapshot: path, revision: 100, replace: true, signal });
        const random = seededRandom(3);
        const over = new AbortController();
        const writing = (async () => {
          while (!over.signal.aborted) await put(store, `${CLUSTER_PREFIX}things/${String(Math.floor(random() * COUNT)).padStart(4, "0")}`, "changed");
        })();
        await using source = await openStoreSource({ store, prefix: CLUSTER_PREFIX, describeLease: (id) => store.describeLease(id) });
        const atThatTime = await store.range({ start: CLUSTER_PREFIX, end: "/registry0", revision: source.revision });
        await wait(30);
        await save(`${path}.2`, source);
        over.abort();
        await writing;
        assert.deepEqual(
          await contents(`${path}.2`),
          atThatTime.kvs.map((kv) => [kv.key, Buffer.from(kv.value).toString()]),
        );
        const leased = `${CLUSTER_PREFIX}things/0005`;
        if ((await store.range({ start: leased })).kvs[0]?.lease === 0) return; // The writer came upon it.
        for (let tries = 0; (await store.range({ start: leased })).count > 0; tries++) {
          assert.ok(tries < 100, "the key outlives its lease");
          await wait(50);
        }
      }));

    test("back to a file: the content, and the counter where etcd's was", () =>
      inFolder(async (path) => {
        const moved = withRevisionOffset(store, await readRevisionOffset(store));
        const snapshot = await saved(`${path}.snapshot`, moved);
        const filled = await fillSqlite(path, { snapshot: snapshot.path, revision: snapshot.revision, signal });
        assert.deepEqual([filled.revision, filled.content], [snapshot.revision, snapshot.content]);
        await withStore(path, async (file) => {
          const newest = await put(file, "/registry/new", "1");
          assert.equal(newest, snapshot.revision + 1);
          // A client that had seen everything misses nothing.
          const watch = watching(file, { start: "/registry/new", fromRevision: snapshot.revision + 1 });
          assert.equal((await watch.events(1))[0]?.kv.modRevision, newest);
          await watch.stop();
        });
      }));

    test("a value that etcd does not take is told with its key", () =>
      inFolder(async (path) => {
        await save(path, sourceOf([{ key: "/registry/huge", value: Buffer.alloc(2 << 20), createRevision: 2, modRevision: 2, lease: 0 }]));
        await assert.rejects(
          fillEtcd(store, { snapshot: path, revision: 100, replace: true, signal }),
          /cannot write keys from "\/registry\/huge" on: .*(too large|larger than max)/,
        );
      }));
  });
}
