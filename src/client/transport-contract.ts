/** What every Transport promises, as a test suite: call it with a factory that gives an API server and a way to it. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ConfigMap } from "../api/core/v1/config-map.ts";
import type { KubeObject } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import type { Transport, WatchEvent } from "../machinery/transport.ts";
import { Client, type ResourceClient } from "./client.ts";
import { configMaps } from "./resources.ts";

export interface TransportUnderTest {
  readonly transport: Transport;
  /** An existing namespace in which the suite may do as it likes. */
  readonly namespace: string;
  close(): Promise<void>;
}

export function transportContract(name: string, create: () => Promise<TransportUnderTest>): void {
  describe(`transport contract: ${name}`, () => {
    let subject: TransportUnderTest;
    let abort: AbortController;
    let maps: ResourceClient<ConfigMap>;
    beforeEach(async () => {
      subject = await create();
      abort = new AbortController();
      maps = new Client(subject.transport, abort.signal).of(configMaps).in(subject.namespace);
    });
    afterEach(async () => {
      abort.abort();
      await subject.close();
    });

    test("creates an object, fills in its metadata and reads it back", async () => {
      const created = await maps.create({ metadata: { name: "a" }, data: { k: "v" } });
      assert.equal(created.kind, "ConfigMap");
      assert.equal(created.apiVersion, "v1");
      assert.equal(created.metadata.namespace, subject.namespace);
      assert.match(created.metadata.resourceVersion ?? "", /^[1-9][0-9]*$/);
      assert.notEqual(created.metadata.uid, "");
      assert.deepEqual(await maps.get("a"), created);
    });

    test("names objects from generateName", async () => {
      const [one, two] = [await maps.create({ metadata: { generateName: "g-" } }), await maps.create({ metadata: { generateName: "g-" } })];
      assert.match(one.metadata.name, /^g-.{5}/);
      assert.notEqual(one.metadata.name, two.metadata.name);
    });

    test("answers 404 for what is not there and 409 for what is", async () => {
      await assert.rejects(maps.get("absent"), status(404, "NotFound", 'configmaps "absent" not found'));
      assert.equal(await maps.find("absent"), undefined);
      await maps.create({ metadata: { name: "a" } });
      await assert.rejects(maps.create({ metadata: { name: "a" } }), status(409, "AlreadyExists", 'configmaps "a" already exists'));
    });

    test("updates with optimistic locking", async () => {
      const first = await maps.create({ metadata: { name: "a" }, data: { k: "1" } });
      const second = await maps.update({ ...first, data: { k: "2" } });
      assert.ok(BigInt(second.metadata.resourceVersion ?? "0") > BigInt(first.metadata.resourceVersion ?? "0"));
      await assert.rejects(maps.update({ ...first, data: { k: "3" } }), (error: unknown) => error instanceof StatusError && error.reason === "Conflict");
      assert.deepEqual((await maps.get("a")).data, { k: "2" });
    });

    test("merges patches, null removing a field", async () => {
      await maps.create({ metadata: { name: "a", labels: { x: "1", y: "1" } }, data: { k: "1" } });
      const patched = await maps.patch("a", { metadata: { labels: { x: null, z: "1" } } }, { type: "merge" });
      assert.deepEqual([patched.metadata.labels, patched.data], [{ y: "1", z: "1" }, { k: "1" }]);
    });

    test("deletes, honouring preconditions", async () => {
      await maps.create({ metadata: { name: "a" } });
      await assert.rejects(maps.delete("a", { preconditions: { uid: "another" } }), (error: unknown) => error instanceof StatusError && error.code === 409);
      await maps.delete("a");
      assert.equal(await maps.find("a"), undefined);
    });

    test("keeps an object with finalizers until the last one goes", async () => {
      await maps.create({ metadata: { name: "a", finalizers: ["example.com/hold"] } });
      await maps.delete("a");
      assert.notEqual((await maps.get("a")).metadata.deletionTimestamp, undefined);
      await maps.patch("a", { metadata: { finalizers: null } }, { type: "merge" });
      assert.equal(await maps.find("a"), undefined);
    });

    test("lists by label and deletes what is listed", async () => {
      await maps.create({ metadata: { name: "a", labels: { app: "x" } } });
      await maps.create({ metadata: { name: "b", labels: { app: "y" } } });
      const list = await maps.list({ labelSelector: "app=x" });
      assert.deepEqual(names(list.items), ["a"]);
      assert.match(list.metadata.resourceVersion, /^[1-9][0-9]*$/);
      await maps.deleteCollection({ labelSelector: "app=x" });
      assert.deepEqual(names((await maps.list({ labelSelector: "app" })).items), ["b"]);
    });

    test("watches from a revision: every later change, once and in order", async () => {
      const first = await maps.create({ metadata: { name: "a", labels: { t: "w" } } });
      const events = await maps.watch({ resourceVersion: first.metadata.resourceVersion ?? "", labelSelector: "t=w" });
      await maps.patch("a", { data: { k: "1" } }, { type: "merge" });
      await maps.create({ metadata: { name: "b", labels: { t: "w" } } });
      await maps.patch("a", { metadata: { labels: { t: null } } }, { type: "merge" });
      await maps.delete("b");
      const seen = await take(events, 4);
      assert.deepEqual(
        seen.map(({ type, object }) => [type, object.metadata.name]),
        [
          ["MODIFIED", "a"],
          ["ADDED", "b"],
          ["DELETED", "a"],
          ["DELETED", "b"],
        ],
      );
    });

    test("streams a list, ends it with a bookmark, then goes on live", async () => {
      await maps.create({ metadata: { name: "a", labels: { t: "s" } } });
      const events = await maps.watch({
        sendInitialEvents: true,
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: true,
        resourceVersion: "",
        labelSelector: "t=s",
      });
      const iterator = events[Symbol.asyncIterator]();
      const first = (await iterator.next()).value as WatchEvent;
      assert.deepEqual([first.type, first.object.metadata.name], ["ADDED", "a"]);
      const bookmark = (await iterator.next()).value as WatchEvent;
      assert.equal(bookmark.type, "BOOKMARK");
      assert.equal(bookmark.object.kind, "ConfigMap");
      assert.equal(bookmark.object.metadata.annotations?.["k8s.io/initial-events-end"], "true");
      await maps.create({ metadata: { name: "b", labels: { t: "s" } } });
      const live = (await iterator.next()).value as WatchEvent;
      assert.deepEqual([live.type, live.object.metadata.name], ["ADDED", "b"]);
      await iterator.return?.();
    });

    test("ends a watch when its signal aborts", async () => {
      const mine = new AbortController();
      const events = await maps.watch({ resourceVersion: (await maps.list()).metadata.resourceVersion }, mine.signal);
      const ended = take(events, 1).catch(() => []);
      mine.abort();
      assert.deepEqual(await ended, []);
    });

    test("refuses to begin when the signal has aborted", async () => {
      const aborted = AbortSignal.abort(new Error("over"));
      await assert.rejects(subject.transport.get({ resource: configMaps, namespace: subject.namespace, name: "a" }, {}, aborted));
    });
  });
}

function names(objects: Iterable<KubeObject>): string[] {
  return [...objects].map((object) => object.metadata.name).filter((name) => name !== "kube-root-ca.crt");
}

function status(code: number, reason: string, message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof StatusError, `not a StatusError: ${String(error)}`);
    assert.deepEqual([error.code, error.reason, error.message], [code, reason, message]);
    return true;
  };
}

async function take<T extends KubeObject>(events: AsyncIterable<WatchEvent<T>>, count: number): Promise<WatchEvent<T>[]> {
  const taken: WatchEvent<T>[] = [];
  for await (const event of events) {
    if (event.type === "BOOKMARK") continue;
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
