import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "../api/core/v1/config-map.ts";
import { StatusError } from "../machinery/status.ts";
import { FakeApi } from "../testing/fake-api.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { settle, VirtualClock } from "../testing/virtual-clock.ts";
import { createInformerFactory } from "./informer-factory.ts";
import { configMaps } from "./resources.ts";

function scene() {
  const api = new FakeApi();
  const clock = new VirtualClock();
  const abort = new AbortController();
  const factory = createInformerFactory({ transport: api.transport, clock, random: () => 0, logger: silentLogger, signal: abort.signal });
  const informer = factory.informer(configMaps);
  const seen: string[] = [];
  informer.addHandler({
    add: (object) => seen.push(`add ${describe(object)}`),
    update: (object, old) => seen.push(`update ${describe(old)} to ${describe(object)}`),
    delete: (object) => seen.push(`delete ${describe(object)}`),
  });
  const map = (name: string, value: string, labels: Record<string, string> = {}) =>
    api.put(configMaps, { metadata: { name, namespace: "default", labels }, data: { value } });
  const end = async () => {
    abort.abort();
    await factory.ended();
    assert.equal(clock.pending, 0);
  };
  return { api, clock, factory, informer, seen, map, end };
}

function describe(object: ConfigMap): string {
  return `${object.metadata.name}=${object.data?.["value"]}`;
}

test("an informer knows what there is once started, and follows every change", async () => {
  const { factory, informer, seen, map, end, api } = scene();
  map("a", "1");
  await factory.start();
  assert.ok(informer.synced);
  map("a", "2");
  map("b", "1");
  api.remove(configMaps, "default", "a");
  await settle();
  assert.deepEqual(seen, ["add a=1", "update a=1 to a=2", "add b=1", "delete a=2"]);
  assert.equal(informer.resourceVersion, String(api.revision));
  await end();
});

test("objects are the very ones of the transport, not copies", async () => {
  const { factory, informer, map, end } = scene();
  const stored = map("a", "1");
  await factory.start();
  assert.equal(informer.get("default/a"), stored);
  await end();
});

test("without streaming lists the informer lists, then watches", async () => {
  const { api, factory, seen, map, end } = scene();
  api.streamingLists = false;
  map("a", "1");
  await factory.start();
  map("a", "2");
  await settle();
  assert.deepEqual(seen, ["add a=1", "update a=1 to a=2"]);
  assert.deepEqual(
    api.requests.map((request) => request.verb),
    ["watch", "list", "watch"],
  );
  await end();
});

test("a watch that ends is resumed from the last revision without a new list", async () => {
  const { api, clock, factory, seen, map, end } = scene();
  await factory.start();
  map("a", "1");
  await settle();
  api.closeWatches();
  map("a", "2");
  await clock.advance(1000);
  map("a", "3");
  await settle();
  assert.deepEqual(seen, ["add a=1", "update a=1 to a=2", "update a=2 to a=3"]);
  await end();
});

test("after compaction the informer lists again and finds deletions and recreations it missed", async () => {
  const { api, clock, factory, seen, map, end } = scene();
  map("gone", "1");
  map("kept", "1");
  map("anew", "1");
  await factory.start();
  seen.length = 0;
  let broken = true;
  api.intercept = () => {
    if (broken) throw new StatusError({ code: 503, reason: "ServiceUnavailable", message: "down" });
  };
  api.closeWatches();
  await clock.advance(100);
  api.remove(configMaps, "default", "gone");
  api.remove(configMaps, "default", "anew");
  map("anew", "2");
  api.compact();
  broken = false;
  await clock.advance(60_000);
  assert.deepEqual(seen, ["delete anew=1", "add anew=2", "delete gone=1"]);
  await end();
});

test("an API server that is not there is asked again with growing pauses, and no waiting timer outlives the informer", async () => {
  const { api, clock, factory, end } = scene();
  api.intercept = () => {
    throw new StatusError({ code: 503, reason: "ServiceUnavailable", message: "down" });
  };
  const started = factory.start();
  started.catch(() => {});
  await clock.advance(100 + 200 + 400);
  assert.equal(api.requests.length, 4);
  await end();
  await assert.rejects(started);
});

test("late handlers first hear of everything known; indexes find objects by value", async () => {
  const { factory, informer, map, end } = scene();
  informer.addIndex("app", (object) => (object.metadata.labels?.["app"] === undefined ? [] : [object.metadata.labels["app"]]));
  map("a", "1", { app: "x" });
  await factory.start();
  const late: string[] = [];
  informer.addHandler({ add: (object) => late.push(object.metadata.name) });
  assert.deepEqual(late, ["a"]);
  const inX = () => [...informer.byIndex("app", "x")].map((object) => object.metadata.name);
  assert.deepEqual(inX(), ["a"]);
  map("a", "1", { app: "y" });
  await settle();
  assert.deepEqual(inX(), []);
  assert.deepEqual([...informer.inNamespace("default")].length, 1);
  assert.throws(() => informer.addIndex("late", () => []), /it has started/);
  await end();
});

test("one resource and selection has one informer", async () => {
  const { factory, informer, end } = scene();
  assert.equal(factory.informer(configMaps), informer);
  assert.notEqual(factory.informer(configMaps, { namespace: "kube-system" }), informer);
  await end();
});
