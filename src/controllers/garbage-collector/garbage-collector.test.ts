import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configMaps, namespaces, nodes, pods, replicaSets } from "../../client/resources.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { type Classified, decide, type OwnerState } from "./decide.ts";
import { garbageCollector } from "./garbage-collector.ts";

describe("what becomes of an object", () => {
  const object = (finalizers: string[] = []): KubeObject => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", uid: "p", finalizers } });
  const owner = (state: OwnerState): Classified => ({ state, reference: { apiVersion: "v1", kind: "ReplicaSet", name: state, uid: state } });
  const none = { count: 0, waiting: false };
  const rows: [string, OwnerState[], { count: number; waiting: boolean }, string[], string][] = [
    ["no owners", [], none, [], "keep"],
    ["an owner that stays", ["solid"], none, [], "keep"],
    ["one stays, one is gone", ["solid", "dangling"], none, [], "unlink dangling"],
    ["one stays, one waits", ["solid", "waiting"], none, [], "unlink waiting"],
    ["all gone", ["dangling"], none, [], "delete Background"],
    ["all gone, it has dependents of its own", ["dangling"], { count: 1, waiting: false }, [], "delete Background"],
    ["it asks to orphan its own", ["dangling"], none, ["orphan"], "delete Orphan"],
    ["an owner waits", ["waiting"], none, [], "delete Background"],
    ["an owner waits, it has dependents too", ["waiting"], { count: 2, waiting: false }, [], "delete Foreground"],
    ["part of a ring", ["waiting"], { count: 1, waiting: true }, [], "delete Foreground, unblocked"],
  ];
  for (const [name, owners, dependents, finalizers, expected] of rows) {
    test(name, () => {
      const verdict = decide(object(finalizers), owners.map(owner), dependents);
      const text =
        verdict.action === "unlink"
          ? `unlink ${verdict.uids}`
          : verdict.action === "delete"
            ? `delete ${verdict.policy}${verdict.unblock ? ", unblocked" : ""}`
            : "keep";
      assert.equal(text, expected);
    });
  }
});

function scene() {
  const all = controllerScene();
  const { api } = all;
  const put = <T extends KubeObject>(resource: ResourceRef<T>, name: string, owners: KubeObject[] = [], more: { block?: boolean; namespace?: string } = {}) =>
    api.put(resource, {
      metadata: {
        name,
        uid: `uid-${name}`,
        ...(resource.namespaced ? { namespace: more.namespace ?? "ns" } : {}),
        ownerReferences: owners.map((owner) => ({
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          ...(more.block === false ? {} : { blockOwnerDeletion: true }),
        })),
      },
      spec: {},
    });
  const left = () => [pods, configMaps, replicaSets].flatMap((resource) => api.all(resource as ResourceRef).map((object) => object.metadata.name)).sort();
  const start = () => all.start(garbageCollector(async () => [pods, configMaps, replicaSets, nodes, namespaces]));
  return { ...all, put, left, start };
}

test("background: what the deleted object owned goes, and what that owned; others stay", async () => {
  const { api, put, left, start, settle, end } = scene();
  const set = put(replicaSets, "set");
  const pod = put(pods, "pod", [set]);
  put(configMaps, "map", [pod]);
  put(configMaps, "free");
  await start();
  api.remove(replicaSets, "ns", "set");
  await settle(1000);
  assert.deepEqual(left(), ["free"]);
  await end();
});

test("objects whose owner never existed go as well, those of an owner in another namespace too", async () => {
  const { put, left, start, settle, end } = scene();
  put(pods, "lost", [{ apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "never", uid: "uid-never" } }]);
  const elsewhere = put(replicaSets, "elsewhere", [], { namespace: "other" });
  put(pods, "stranger", [elsewhere]);
  const node = put(nodes, "node");
  put(pods, "of-node", [node]);
  await start();
  await settle(1000);
  assert.deepEqual(left(), ["elsewhere", "of-node"]);
  await end();
});

test("with another owner left it stays, and only the reference goes", async () => {
  const { api, put, left, start, settle, end } = scene();
  const [one, two] = [put(replicaSets, "one"), put(replicaSets, "two")];
  put(pods, "pod", [one, two]);
  await start();
  api.remove(replicaSets, "ns", "one");
  await settle(1000);
  assert.deepEqual(left(), ["pod", "two"]);
  assert.deepEqual(
    api.all(pods)[0]?.metadata.ownerReferences?.map((reference) => reference.name),
    ["two"],
  );
  await end();
});

test("orphan: what it owned stays without it", async () => {
  const { api, context, put, left, start, settle, end } = scene();
  put(pods, "pod", [put(replicaSets, "set")]);
  await start();
  await context.client.of(replicaSets).in("ns").delete("set", { propagationPolicy: "Orphan" });
  await settle(1000);
  assert.deepEqual(left(), ["pod"]);
  assert.equal(api.all(pods)[0]?.metadata.ownerReferences, undefined);
  await end();
});

test("foreground: the owner goes last, but does not wait for those that do not block it", async () => {
  const { api, context, put, left, start, settle, end } = scene();
  const set = put(replicaSets, "set");
  const held = put(pods, "held", [set]);
  api.put(pods, { ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } });
  const loose = put(pods, "loose", [set], { block: false });
  api.put(pods, { ...loose, metadata: { ...loose.metadata, finalizers: ["example.com/hold"] } });
  await start();
  await context.client.of(replicaSets).in("ns").delete("set", { propagationPolicy: "Foreground" });
  await settle(1000);
  assert.deepEqual(left(), ["held", "loose", "set"]);
  assert.ok(api.all(pods).every((pod) => pod.metadata.deletionTimestamp !== undefined));
  api.remove(pods, "ns", "held");
  await settle(1000);
  assert.deepEqual(left(), ["loose"]);
  await end();
});

test("a ring of three is collected when one of them is deleted in the foreground", async () => {
  const { api, context, put, left, start, settle, end } = scene();
  const [a, b, c] = ["a", "b", "c"].map((name) => put(pods, name));
  for (const [name, owner] of [
    ["a", c],
    ["b", a],
    ["c", b],
  ] as const)
    put(pods, name, [owner!]);
  await start();
  assert.deepEqual(left(), ["a", "b", "c"]);
  await context.client.of(pods).in("ns").delete("a", { propagationPolicy: "Foreground" });
  await settle(60_000);
  assert.deepEqual(left(), []);
  assert.equal(api.all(pods).length, 0);
  await end();
});

test("an owner of a kind that nobody serves is no reason to delete", async () => {
  const { put, left, start, settle, end } = scene();
  put(pods, "pod", [{ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w", uid: "uid-w" } }]);
  await start();
  await settle(10_000);
  assert.deepEqual(left(), ["pod"]);
  await end();
});
