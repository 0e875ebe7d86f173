import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Client } from "../client/client.ts";
import { configMaps } from "../client/resources.ts";
import type { KubeObject } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import type { WatchEvent } from "../machinery/transport.ts";
import { admin, startTestServer } from "../testing/api-server/test-server.ts";
import { settle, VirtualClock } from "../testing/virtual-clock.ts";

/** Closed even when the test has failed. */
let opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened) await close();
  opened = [];
});

async function scene(options: Parameters<typeof startTestServer>[0] = {}) {
  const started = await startTestServer(options);
  const abort = new AbortController();
  const maps = new Client(started.server.transport(admin), abort.signal).of(configMaps).in("default");
  opened.push(async () => {
    abort.abort();
    await started.close();
  });
  return { ...started, maps };
}

const nameOf = (index: number) => `map-${String(index).padStart(4, "0")}`;

async function createMany(maps: Awaited<ReturnType<typeof scene>>["maps"], count: number) {
  await Promise.all(Array.from({ length: count }, (_, index) => maps.create({ metadata: { name: nameOf(index) } })));
}

const names = (items: readonly KubeObject[]) => items.map(({ metadata }) => metadata.name);

test("pages of a list are one snapshot, whatever is written between them (AM-05)", async () => {
  const { maps } = await scene();
  await createMany(maps, 40);
  const seen: string[] = [];
  let token = "";
  let revision: string | undefined;
  for (let page = 0; ; page++) {
    const list = await maps.list({ limit: 7, ...(token === "" ? {} : { continue: token }) });
    revision ??= list.metadata.resourceVersion;
    assert.equal(list.metadata.resourceVersion, revision);
    seen.push(...names(list.items));
    assert.equal(list.metadata.remainingItemCount, seen.length === 40 ? undefined : 40 - seen.length);
    token = list.metadata.continue ?? "";
    if (token === "") break;
    await maps.delete(nameOf(page));
    await maps.create({ metadata: { name: `${nameOf(39 - page)}-new` } });
    await maps.patch(nameOf(20), { data: { page: String(page) } }, { type: "merge" });
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 40 }, (_, index) => nameOf(index)),
  );
});

test("after compaction a token is 410 Expired with one that goes on at a new revision (AM-05)", async () => {
  const clock = new VirtualClock();
  const { maps } = await scene({ clock });
  await createMany(maps, 10);
  const first = await maps.list({ limit: 4 });
  await maps.create({ metadata: { name: "zz-late" } });
  await clock.advance(300_000);
  await maps.create({ metadata: { name: "zz-later" } });
  await clock.advance(300_000);
  await clock.advance(300_000);
  const error: unknown = await maps.list({ limit: 4, continue: first.metadata.continue! }).catch((reason: unknown) => reason);
  assert.ok(error instanceof StatusError);
  assert.deepEqual([error.code, error.reason], [410, "Expired"]);
  const rest = await maps.list({ limit: 100, continue: error.status.metadata.continue! });
  assert.deepEqual(names(rest.items), [...[4, 5, 6, 7, 8, 9].map(nameOf), "zz-late", "zz-later"]);
  assert.notEqual(rest.metadata.resourceVersion, first.metadata.resourceVersion);
});

test("an exact revision lists the past, from history and beyond it from the store", async () => {
  const { maps } = await scene({ history: { minimum: 2, maximum: 4, windowMs: 0 } });
  await createMany(maps, 5);
  const { metadata } = await maps.list();
  for (let index = 0; index < 5; index++) await maps.delete(nameOf(index));
  const past = await maps.list({ resourceVersion: metadata.resourceVersion, resourceVersionMatch: "Exact" });
  assert.deepEqual(names(past.items), [0, 1, 2, 3, 4].map(nameOf));
  assert.equal(past.metadata.resourceVersion, metadata.resourceVersion);
  assert.deepEqual(names((await maps.list()).items), []);
});

test("a watch from before the history is 410 Expired", async () => {
  const { maps } = await scene({ history: { minimum: 2, maximum: 4, windowMs: 0 } });
  const { metadata } = await maps.list();
  await createMany(maps, 10);
  await assert.rejects(
    maps.watch({ resourceVersion: metadata.resourceVersion }),
    (error: unknown) => error instanceof StatusError && error.code === 410 && error.reason === "Expired",
  );
});

test("a read of a revision that never comes is a 504 after three seconds", async () => {
  const clock = new VirtualClock();
  const { maps } = await scene({ clock });
  const failed = maps.list({ resourceVersion: "99999" }).catch((reason: unknown) => reason);
  await settle();
  await clock.advance(3_000);
  const error = await failed;
  assert.ok(error instanceof StatusError);
  assert.match(error.message, /Too large resource version: 99999/);
  assert.equal(error.status.details?.causes?.[0]?.reason, "ResourceVersionTooLarge");
});

test("bookmarks come every minute and before the end, then the watch ends in time", async () => {
  const clock = new VirtualClock();
  const { maps } = await scene({ clock, compactionIntervalMs: 0 });
  const { metadata } = await maps.list();
  const ofTheServer = clock.pending;
  const events = await maps.watch({ resourceVersion: metadata.resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 90 });
  const seen: WatchEvent[] = [];
  const reading = (async () => {
    for await (const event of events) seen.push(event);
  })();
  await settle();
  await clock.advance(60_000);
  assert.deepEqual(
    seen.map(({ type }) => type),
    ["BOOKMARK"],
  );
  assert.deepEqual(Object.keys(seen[0]!.object).sort(), ["apiVersion", "kind", "metadata"]);
  await clock.advance(28_000);
  assert.equal(seen.length, 2);
  await clock.advance(2_000);
  await reading;
  assert.equal(clock.pending, ofTheServer);
});

test("objects are frozen and shared: the list, the watch and the reader give the same one", async () => {
  const { server, maps } = await scene();
  const events = await maps.watch({});
  const created = await maps.create({ metadata: { name: "a" }, data: { k: "v" } });
  const [listed] = (await maps.list()).items;
  assert.equal(listed, await maps.get("a"));
  assert.ok(Object.isFrozen(created.data) && Object.isFrozen(created.metadata));
  for await (const { object } of events) {
    assert.equal(object, listed);
    assert.deepEqual(object, created);
    break;
  }
  const { configMaps: definition } = await import("../api/core/v1/config-map.ts");
  assert.equal(server.reader.get(definition, "default", "a"), listed);
});

test("a watcher that falls too far behind is cut off, and its neighbour is not", async () => {
  const { Watcher } = await import("./watch-cache/watcher.ts");
  const { ResourceCache } = await import("./watch-cache/resource-cache.ts");
  const { ObjectCodec, StoredObject } = await import("./registry/stored-object.ts");
  const codec = new ObjectCodec({ group: "", version: "v1", kind: "ConfigMap" });
  const cache = new ResourceCache("/registry/configmaps/");
  const slow = new Watcher(cache, () => true, 10);
  const quick = new Watcher(cache, () => true, 10);
  slow.startFrom([]);
  quick.startFrom([]);
  let received = 0;
  for (let revision = 1; revision <= 20; revision++) {
    const key = `/registry/configmaps/default/${revision}`;
    const object = codec.arrange({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: String(revision), uid: "" } });
    const current = new StoredObject(codec, key, revision, codec.encode(object).bytes);
    cache.apply({ revision, key, current, previous: undefined, at: 0 });
    received += quick.take().length;
  }
  assert.deepEqual([slow.ended, slow.overrun, quick.ended, received], [true, true, false, 20]);
});
