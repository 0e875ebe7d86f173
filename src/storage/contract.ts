/**
 * What every store must do, as a suite for node:test. It makes no assumption about the store being fresh: a real etcd
 * is shared by all tests, each under a prefix and above a revision of its own.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modelContract } from "./contract-model.ts";
import { bytes, get, put, range, revisionOf, text, type UnderTest, type Watching, watching, withStore } from "./contract-tools.ts";
import { CompactedError, FutureRevisionError, type KeyValue, LeaseNotFoundError, prefixEnd, type StoreEvent, StoreUnavailableError } from "./store.ts";

export { seededRandom, type UnderTest } from "./contract-tools.ts";

/** `factory` gives a running store and how to end it; it is called once a test. */
export function storeContract(name: string, factory: () => Promise<UnderTest>, options: { readonly skip?: string } = {}): void {
  describe(`store contract: ${name}`, options.skip === undefined ? {} : { skip: options.skip }, () => {
    const run = withStore(factory);
    rangeContract(run);
    transactionContract(run);
    watchContract(run);
    compactionContract(run);
    leaseContract(run);
    lifecycleContract(run);
    modelContract(run);
  });
}

type Run = ReturnType<typeof withStore>;

function rangeContract(run: Run): void {
  test("a range gives keys in byte order with limit, count and more", () =>
    run(async ({ store, prefix }) => {
      const names = ["a", "b/1", "b/2", "b!", "c", "\u{e000}", "\u{1f6f6}"];
      for (const name of names) await put(store, prefix + name, name);
      const all = await range(store, prefix);
      const expected = names.map((name) => prefix + name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(
        all.kvs.map((kv) => kv.key),
        expected,
      );
      assert.deepEqual([all.count, all.more], [7, false]);
      const first = await store.range({ start: prefix, end: prefixEnd(prefix), limit: 3 });
      assert.deepEqual(
        first.kvs.map((kv) => kv.key),
        expected.slice(0, 3),
      );
      assert.deepEqual([first.count, first.more], [7, true]);
      const exact = await store.range({ start: prefix, end: prefixEnd(prefix), limit: 7 });
      assert.deepEqual([exact.kvs.length, exact.count, exact.more], [7, 7, false]);
      const counted = await store.range({ start: prefix, end: prefixEnd(prefix), countOnly: true });
      assert.deepEqual([counted.kvs.length, counted.count, counted.more], [0, 7, false]);
      const sub = await store.range({ start: `${prefix}b/`, end: prefixEnd(`${prefix}b/`) });
      assert.deepEqual(
        sub.kvs.map((kv) => kv.key),
        [`${prefix}b/1`, `${prefix}b/2`],
      );
    }));

  test("a range without an end is that key alone", () =>
    run(async ({ store, prefix }) => {
      await put(store, `${prefix}a`, "1");
      await put(store, `${prefix}ab`, "2");
      const found = await store.range({ start: `${prefix}a` });
      assert.deepEqual([found.count, found.kvs.map((kv) => text(kv))], [1, ["1"]]);
      assert.deepEqual((await store.range({ start: `${prefix}absent` })).kvs, []);
    }));

  test("a range as of a revision gives what was there then", () =>
    run(async ({ store, prefix }) => {
      const one = await put(store, `${prefix}a`, "1");
      const two = await put(store, `${prefix}a`, "2");
      await put(store, `${prefix}b`, "1");
      await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}a` }], failure: [] });
      const at = async (revision: number) => (await range(store, prefix, revision)).kvs.map((kv) => [kv.key.slice(prefix.length), text(kv), kv.modRevision]);
      assert.deepEqual(await at(one - 1), []);
      assert.deepEqual(await at(one), [["a", "1", one]]);
      assert.deepEqual(await at(two), [["a", "2", two]]);
      assert.deepEqual(
        (await range(store, prefix)).kvs.map((kv) => kv.key),
        [`${prefix}b`],
      );
      assert.equal((await range(store, prefix, one)).revision, await revisionOf(store), "the answer names the newest revision");
    }));

  test("a revision that has not been reached is refused", () =>
    run(async ({ store, prefix }) => {
      await assert.rejects(range(store, prefix, (await revisionOf(store)) + 100), FutureRevisionError);
    }));

  test("values are bytes, empty and large ones included", () =>
    run(async ({ store, prefix }) => {
      const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) >>> 3);
      await store.txn({ compare: [], success: [{ type: "put", key: `${prefix}large`, value: large }], failure: [] });
      await put(store, `${prefix}empty`, "");
      assert.deepEqual(Buffer.from((await get(store, `${prefix}large`))?.value ?? []), Buffer.from(large));
      assert.equal((await get(store, `${prefix}empty`))?.value.length, 0);
    }));

  test("2,000 keys come back whole and in pages", () =>
    run(async ({ store, prefix }) => {
      const keys = Array.from({ length: 2000 }, (_, index) => `${prefix}${String(index).padStart(5, "0")}`);
      // A few at a time: a client over the wire gives each request 3 s from when it was asked for, its wait behind others included.
      for (let index = 0; index < keys.length; index += 100) await Promise.all(keys.slice(index, index + 100).map((key) => put(store, key, key)));
      const all = await range(store, prefix);
      assert.deepEqual(
        all.kvs.map((kv) => [kv.key, text(kv)]),
        keys.map((key) => [key, key]),
      );
      const paged: string[] = [];
      for (let start = prefix, more = true; more; ) {
        const page = await store.range({ start, end: prefixEnd(prefix), limit: 300, revision: all.revision });
        paged.push(...page.kvs.map((kv) => kv.key));
        more = page.more;
        start = `${paged.at(-1)}\0`;
      }
      assert.deepEqual(paged, keys);
    }));
}

function transactionContract(run: Run): void {
  test("every change takes the next revision; a change of nothing takes none", () =>
    run(async ({ store, prefix }) => {
      const first = await put(store, `${prefix}a`, "1");
      const second = await put(store, `${prefix}a`, "1");
      assert.equal(second, first + 1);
      const nothing = await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}absent` }], failure: [] });
      assert.deepEqual(nothing, { revision: second, succeeded: true, results: [{ type: "delete", deleted: 0, previous: [] }] });
      assert.equal(await revisionOf(store), second);
    }));

  test("create succeeds for an absent key only, and the failure branch reads the one that is there", () =>
    run(async ({ store, prefix }) => {
      const key = `${prefix}a`;
      const create = (value: string) =>
        store.txn({
          compare: [{ key, modRevision: 0 }],
          success: [{ type: "put", key, value: bytes(value) }],
          failure: [{ type: "range", range: { start: key } }],
        });
      const created = await create("1");
      assert.deepEqual([created.succeeded, created.results], [true, [{ type: "put" }]]);
      const again = await create("2");
      assert.equal(again.succeeded, false);
      assert.equal(again.revision, created.revision);
      const result = again.results[0];
      assert.ok(result?.type === "range");
      assert.deepEqual(
        result.response.kvs.map((kv) => [text(kv), kv.createRevision, kv.modRevision]),
        [["1", created.revision, created.revision]],
      );
    }));

  test("compare-and-swap on the mod-revision lets one of many writers through", () =>
    run(async ({ store, prefix }) => {
      const key = `${prefix}counter`;
      const modRevision = await put(store, key, "0");
      const attempts = Array.from({ length: 20 }, (_, index) =>
        store.txn({ compare: [{ key, modRevision }], success: [{ type: "put", key, value: bytes(String(index)) }], failure: [] }),
      );
      const outcomes = await Promise.all(attempts);
      assert.equal(outcomes.filter((outcome) => outcome.succeeded).length, 1);
      const kv = await get(store, key);
      assert.equal(kv?.createRevision, modRevision);
      assert.equal(kv?.modRevision, outcomes.find((outcome) => outcome.succeeded)?.revision);
    }));

  test("all compares must hold", () =>
    run(async ({ store, prefix }) => {
      const a = await put(store, `${prefix}a`, "1");
      const request = (modRevision: number) => ({
        compare: [
          { key: `${prefix}a`, modRevision: a },
          { key: `${prefix}b`, modRevision },
        ],
        success: [{ type: "put", key: `${prefix}c`, value: bytes("1") } as const],
        failure: [],
      });
      assert.equal((await store.txn(request(a))).succeeded, false);
      assert.equal(await get(store, `${prefix}c`), undefined);
      assert.equal((await store.txn(request(0))).succeeded, true);
    }));

  test("the operations of one transaction share a revision and see each other", () =>
    run(async ({ store, prefix }) => {
      await put(store, `${prefix}b`, "old");
      const done = await store.txn({
        compare: [],
        success: [
          { type: "put", key: `${prefix}a`, value: bytes("new") },
          { type: "delete", start: `${prefix}b` },
          { type: "range", range: { start: prefix, end: prefixEnd(prefix) } },
          { type: "put", key: `${prefix}c`, value: bytes("new") },
        ],
        failure: [],
      });
      const [, deleted, seen] = done.results;
      assert.ok(deleted?.type === "delete" && seen?.type === "range");
      assert.deepEqual([deleted.deleted, deleted.previous.map(text)], [1, ["old"]]);
      assert.deepEqual(
        seen.response.kvs.map((kv) => kv.key),
        [`${prefix}a`],
      );
      const after = await range(store, prefix);
      assert.deepEqual(
        after.kvs.map((kv) => [kv.key, kv.modRevision]),
        [
          [`${prefix}a`, done.revision],
          [`${prefix}c`, done.revision],
        ],
      );
    }));

  test("a transaction that writes a key twice is refused and changes nothing", () =>
    run(async ({ store, prefix }) => {
      const before = await revisionOf(store);
      const twice = { type: "put", key: `${prefix}a`, value: bytes("1") } as const;
      await assert.rejects(store.txn({ compare: [], success: [twice, twice], failure: [] }), /twice|duplicate/);
      await assert.rejects(
        store.txn({ compare: [], success: [twice, { type: "delete", start: prefix, end: prefixEnd(prefix) }], failure: [] }),
        /twice|duplicate/,
      );
      assert.equal(await revisionOf(store), before);
    }));

  test("a key's version counts its writes since its creation, in stores that count", () =>
    run(async ({ store, prefix }) => {
      const versionOf = async () => (await get(store, `${prefix}a`))?.version;
      await put(store, `${prefix}a`, "1");
      if ((await versionOf()) === undefined) return;
      for (const value of ["2", "3"]) await put(store, `${prefix}a`, value);
      assert.equal(await versionOf(), 3);
      await store.compact(await revisionOf(store));
      await put(store, `${prefix}a`, "4");
      assert.equal(await versionOf(), 4);
      await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}a` }], failure: [] });
      await put(store, `${prefix}a`, "1");
      assert.equal(await versionOf(), 1);
    }));

  test("a key's version and creation outlive compaction and restart, in stores that keep anything", () =>
    run(async ({ store, prefix, restart }) => {
      if (restart === undefined) return;
      const created = await put(store, `${prefix}a`, "1");
      for (const value of ["2", "3", "4"]) await put(store, `${prefix}a`, value);
      await put(store, `${prefix}b`, "1");
      await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}b` }], failure: [] });
      const again = await put(store, `${prefix}b`, "1");
      const changed = await put(store, `${prefix}b`, "2");
      await store.compact(changed);
      const reopened = await restart();
      const known = async (from: typeof store) =>
        (await range(from, prefix)).kvs.map((kv) => [kv.key.slice(prefix.length), kv.createRevision, kv.modRevision, kv.version]);
      assert.deepEqual(await known(reopened), [
        ["a", created, created + 3, 4],
        ["b", again, changed, 2],
      ]);
      const fifth = await put(reopened, `${prefix}a`, "5");
      await reopened.compact(fifth);
      assert.deepEqual((await known(await restart()))[0], ["a", created, fifth, 5]);
    }));

  test("a delete of a range takes all of it in one revision and gives what was there", () =>
    run(async ({ store, prefix }) => {
      for (const name of ["a/1", "a/2", "a/3", "b"]) await put(store, prefix + name, name);
      const done = await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}a/`, end: prefixEnd(`${prefix}a/`) }], failure: [] });
      const result = done.results[0];
      assert.ok(result?.type === "delete");
      assert.deepEqual([result.deleted, result.previous.map(text)], [3, ["a/1", "a/2", "a/3"]]);
      assert.deepEqual((await range(store, prefix)).kvs.map(text), ["b"]);
      const again = await put(store, `${prefix}a/1`, "back");
      assert.equal((await get(store, `${prefix}a/1`))?.createRevision, again, "a key deleted and made again has a new creation");
    }));
}

function watchContract(run: Run): void {
  test("a watch from a revision replays what happened since, with previous values", () =>
    run(async ({ store, prefix }) => {
      const one = await put(store, `${prefix}a`, "1");
      const two = await put(store, `${prefix}a`, "2");
      const three = (await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}a` }], failure: [] })).revision;
      await put(store, `${prefix}b`, "1");
      const watch = watching(store, { start: `${prefix}a`, fromRevision: one });
      assert.deepEqual((await watch.events(3)).map(brief), [
        ["put", "1", one, one, undefined],
        ["put", "2", two, one, "1"],
        ["delete", "", three, undefined, "2"],
      ]);
      const later = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: two });
      assert.deepEqual(
        (await later.events(3)).map((event) => event.kv.modRevision),
        [two, three, three + 1],
      );
      await Promise.all([watch.stop(), later.stop()]);
    }));

  test("a watch from now reports what comes after, of its prefix or key alone", () =>
    run(async ({ store, prefix }) => {
      await put(store, `${prefix}a/1`, "before");
      const byPrefix = watching(store, { start: `${prefix}a/`, end: prefixEnd(`${prefix}a/`) });
      const byKey = watching(store, { start: `${prefix}a/2` });
      await Promise.all([started(store, byPrefix), started(store, byKey)]);
      for (const name of ["a/1", "b/1", "a/2", "a", "a/22"]) await put(store, prefix + name, name);
      assert.deepEqual(
        (await byPrefix.events(3)).map((event) => text(event.kv)),
        ["a/1", "a/2", "a/22"],
      );
      assert.deepEqual(
        (await byKey.events(1)).map((event) => text(event.kv)),
        ["a/2"],
      );
      await Promise.all([byPrefix.stop(), byKey.stop()]);
      assert.equal(byKey.seen.length, 1);
    }));

  test("a watch may begin at a revision still to come", () =>
    run(async ({ store, prefix }) => {
      const from = (await revisionOf(store)) + 2;
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: from });
      await put(store, `${prefix}a`, "too early");
      await put(store, `${prefix}b`, "in time");
      assert.deepEqual(
        (await watch.events(1)).map((event) => [text(event.kv), event.kv.modRevision]),
        [["in time", from]],
      );
      await watch.stop();
    }));

  test("a batch never splits a revision, however large the transaction", () =>
    run(async ({ store, prefix }) => {
      const from = (await revisionOf(store)) + 1;
      const live = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: from });
      const value = new Uint8Array(10_000).fill(120);
      for (let round = 0; round < 4; round++) {
        const success = Array.from({ length: 100 }, (_, index) => ({ type: "put", key: `${prefix}${index}`, value }) as const);
        await store.txn({ compare: [], success, failure: [] });
      }
      const replay = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: from });
      for (const watch of [live, replay]) {
        assert.equal((await watch.events(400)).length, 400);
        await watch.stop();
        const perBatch = watch.batches.filter((batch) => batch.events.length > 0).map((batch) => new Set(batch.events.map((event) => event.kv.modRevision)));
        const revisions = perBatch.flatMap((set) => [...set]);
        assert.deepEqual(revisions, [from, from + 1, from + 2, from + 3]);
      }
    }));

  test("progress is reported to watches that have nothing to report", () =>
    run(async ({ store, prefix }) => {
      const quiet = watching(store, { start: `${prefix}quiet` });
      await started(store, quiet);
      const revision = await put(store, `${prefix}busy`, "1");
      await store.requestProgress();
      const batch = await quiet.batch((each) => each.revision >= revision);
      assert.deepEqual(batch.events, []);
      await quiet.stop();
    }));

  test("progress comes after every event it speaks for", () =>
    run(async ({ store, prefix }) => {
      const from = (await revisionOf(store)) + 1;
      for (let index = 0; index < 50; index++) await put(store, `${prefix}${index}`, "1");
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: from });
      const revision = await revisionOf(store);
      await watch.progress(revision);
      assert.equal(watch.seen.length, 50);
      await watch.stop();
    }));

  test("many watches each get every event of theirs once and in order", () =>
    run(async ({ store, prefix }) => {
      const from = (await revisionOf(store)) + 1;
      const watches = Array.from({ length: 30 }, (_, index) =>
        watching(store, { start: `${prefix}${index % 3}/`, end: prefixEnd(`${prefix}${index % 3}/`), fromRevision: from }),
      );
      const writes = Array.from({ length: 300 }, (_, index) => put(store, `${prefix}${index % 3}/${index}`, String(index)));
      await Promise.all(writes);
      for (const watch of watches) {
        const revisions = (await watch.events(100)).map((event) => event.kv.modRevision);
        assert.deepEqual(
          revisions,
          revisions.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(revisions).size, 100);
      }
      await Promise.all(watches.map((watch) => watch.stop()));
    }));

  test("aborting a watch ends and frees it", () =>
    run(async ({ store, prefix, watches }) => {
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix) });
      await started(store, watch);
      await watch.stop();
      assert.equal(watch.ended, "done");
      const aborted = new AbortController();
      aborted.abort();
      for await (const batch of store.watch({ start: prefix }, aborted.signal)) assert.fail(`unexpected batch ${batch.revision}`);
      for await (const _ of store.watch({ start: prefix, fromRevision: await put(store, prefix, "1") }, new AbortController().signal)) break;
      if (watches !== undefined) assert.equal(watches(), 0);
    }));
}

function compactionContract(run: Run): void {
  test("compaction refuses older reads and watches and keeps the newest versions", () =>
    run(async ({ store, prefix }) => {
      const one = await put(store, `${prefix}a`, "1");
      await put(store, `${prefix}gone`, "1");
      await store.txn({ compare: [], success: [{ type: "delete", start: `${prefix}gone` }], failure: [] });
      const two = await put(store, `${prefix}a`, "2");
      const three = await put(store, `${prefix}b`, "1");
      await store.compact(two);
      await assert.rejects(range(store, prefix, one), CompactedError);
      const state = async (revision?: number) =>
        (await range(store, prefix, revision)).kvs.map((kv) => [kv.key.slice(prefix.length), text(kv), kv.createRevision]);
      assert.deepEqual(await state(two), [["a", "2", one]]);
      assert.deepEqual(await state(), [
        ["a", "2", one],
        ["b", "1", three],
      ]);
      for (const fromRevision of [one, two]) {
        const old = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision });
        const error = await old.failure();
        assert.ok(error instanceof CompactedError, String(error));
        assert.ok(error.compactRevision >= two);
      }
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: two + 1 });
      assert.deepEqual(
        (await watch.events(1)).map((event) => event.kv.modRevision),
        [three],
      );
      const four = await put(store, `${prefix}a`, "3");
      assert.deepEqual((await watch.events(2)).slice(1).map(brief), [["put", "3", four, one, "2"]]);
      await watch.stop();
    }));

  test("compacting again or further back changes nothing; ahead is refused", () =>
    run(async ({ store, prefix }) => {
      const one = await put(store, `${prefix}a`, "1");
      const two = await put(store, `${prefix}a`, "2");
      await store.compact(two);
      await store.compact(two);
      await store.compact(one);
      assert.equal((await range(store, prefix, two)).kvs.length, 1);
      await assert.rejects(store.compact(two + 100), FutureRevisionError);
    }));

  test("a running watch that is not behind survives compaction", () =>
    run(async ({ store, prefix }) => {
      const idle = watching(store, { start: `${prefix}idle` });
      await started(store, idle);
      for (let index = 0; index < 10; index++) await put(store, `${prefix}busy`, String(index));
      await store.compact(await revisionOf(store));
      const revision = await put(store, `${prefix}idle`, "1");
      assert.deepEqual(
        (await idle.events(1)).map((event) => event.kv.modRevision),
        [revision],
      );
      await idle.stop();
    }));

  test("the revision never goes back, even when compaction leaves nothing", () =>
    run(async ({ store, prefix }) => {
      await put(store, `${prefix}a`, "1");
      const deleted = await store.txn({ compare: [], success: [{ type: "delete", start: prefix, end: prefixEnd(prefix) }], failure: [] });
      await store.compact(deleted.revision);
      assert.equal(await put(store, `${prefix}a`, "2"), deleted.revision + 1);
    }));
}

function leaseContract(run: Run): void {
  test("a lease's keys go in one transaction when its time is over", () =>
    run(async ({ store, prefix, advance }) => {
      const lease = await store.grantLease(2);
      assert.ok(lease.id > 0 && lease.ttlSeconds >= 2);
      const from = (await revisionOf(store)) + 1;
      for (const name of ["a", "b"])
        await store.txn({ compare: [], success: [{ type: "put", key: prefix + name, value: bytes(name), lease: lease.id }], failure: [] });
      await put(store, `${prefix}c`, "stays");
      assert.equal((await get(store, `${prefix}a`))?.lease, lease.id);
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix), fromRevision: from });
      await advance(lease.ttlSeconds * 1000 + 500);
      const events = await watch.events(5);
      assert.deepEqual(
        events.slice(3).map((event) => [event.type, event.kv.key, event.previous && text(event.previous)]),
        [
          ["delete", `${prefix}a`, "a"],
          ["delete", `${prefix}b`, "b"],
        ],
      );
      assert.equal(events[3]?.kv.modRevision, events[4]?.kv.modRevision);
      await assert.rejects(store.keepAlive(lease.id), LeaseNotFoundError);
      await watch.stop();
    }));

  test("keeping a lease alive keeps its keys", () =>
    run(async ({ store, prefix, advance }) => {
      const lease = await store.grantLease(2);
      await store.txn({ compare: [], success: [{ type: "put", key: `${prefix}a`, value: bytes("1"), lease: lease.id }], failure: [] });
      for (let round = 0; round < 4; round++) {
        await advance(1000);
        assert.deepEqual(await store.keepAlive(lease.id), lease);
      }
      assert.ok(await get(store, `${prefix}a`));
      await store.revokeLease(lease.id);
    }));

  test("revoking deletes at once; a key written anew without the lease stays", () =>
    run(async ({ store, prefix }) => {
      const lease = await store.grantLease(600);
      for (const name of ["a", "b"])
        await store.txn({ compare: [], success: [{ type: "put", key: prefix + name, value: bytes("1"), lease: lease.id }], failure: [] });
      await put(store, `${prefix}b`, "2");
      assert.equal((await get(store, `${prefix}b`))?.lease, 0);
      await store.revokeLease(lease.id);
      assert.deepEqual(
        (await range(store, prefix)).kvs.map((kv) => kv.key),
        [`${prefix}b`],
      );
      await assert.rejects(store.revokeLease(lease.id), LeaseNotFoundError);
    }));

  test("a write under a lease that is not there is refused and changes nothing", () =>
    run(async ({ store, prefix }) => {
      const before = await revisionOf(store);
      const success = [{ type: "put", key: `${prefix}a`, value: bytes("1"), lease: 987_654_321 } as const];
      await assert.rejects(store.txn({ compare: [], success, failure: [] }), LeaseNotFoundError);
      assert.equal(await revisionOf(store), before);
    }));
}

function lifecycleContract(run: Run): void {
  test("status tells revision, compaction and keys", () =>
    run(async ({ store, prefix }) => {
      const before = await store.status();
      const revision = await put(store, `${prefix}a`, "1");
      await put(store, `${prefix}b`, "1");
      const after = await store.status();
      assert.equal(after.revision, revision + 1);
      assert.equal(after.keys, before.keys + 2);
      assert.ok(after.sizeBytes >= 0);
      await store.compact(revision);
      assert.equal((await store.status()).compactRevision, revision);
    }));

  test("an aborted signal refuses reads and writes", () =>
    run(async ({ store, prefix }) => {
      const reason = new Error("gone");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(store.range({ start: prefix }, signal), reason);
      await assert.rejects(store.txn({ compare: [], success: [{ type: "put", key: prefix, value: bytes("1") }], failure: [] }, signal), reason);
      assert.equal(await get(store, prefix), undefined);
    }));

  test("closing ends watches and refuses everything after", () =>
    run(async ({ store, prefix }) => {
      const watch = watching(store, { start: prefix, end: prefixEnd(prefix) });
      await started(store, watch);
      const write = put(store, `${prefix}a`, "1");
      await Promise.all([write, store.close()]);
      await watch.over;
      assert.equal(watch.ended, "done");
      await assert.rejects(range(store, prefix), StoreUnavailableError);
      await assert.rejects(put(store, `${prefix}a`, "2"), StoreUnavailableError);
      await store.close();
    }));
}

/** Waits until a watch from "now" has certainly begun. */
async function started(store: Parameters<typeof watching>[0], watch: Watching): Promise<void> {
  await watch.progress(await revisionOf(store));
}

function brief(event: StoreEvent): (string | number | undefined)[] {
  const kv: KeyValue = event.kv;
  return [event.type, text(kv), kv.modRevision, event.type === "put" ? kv.createRevision : undefined, event.previous && text(event.previous)];
}
