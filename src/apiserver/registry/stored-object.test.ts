import assert from "node:assert/strict";
import { test } from "node:test";
import { pods } from "../../api/core/v1/pod.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { copyJson } from "../../machinery/json.ts";
import type { FieldSet } from "../../machinery/managed-fields/field-set.ts";
import { sharedFieldsText } from "../../machinery/managed-fields/new-fields.ts";
import { recordUpdate } from "../../machinery/managed-fields/update.ts";
import type { ManagedFieldsEntry } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { ResourceCache } from "../watch-cache/resource-cache.ts";
import { ObjectMemory } from "./object-memory.ts";
import { deepFreeze, ObjectCodec, PendingWrite, StoredObject } from "./stored-object.ts";

const prefix = "/registry/pods/";
const node = "spec.nodeName";
const noFields: FieldSet = {};

function pod(name: string, random: () => number): KubeObject {
  const labels = random() < 0.2 ? {} : { labels: { app: `app-${Math.floor(random() * 3)}`, "pod-name": name } };
  const metadata = { name, namespace: "default", uid: `uid-${name}`, ...labels };
  const spec = {
    ...(random() < 0.5 ? { nodeName: `node-${Math.floor(random() * 4)}` } : {}),
    containers: [{ name: "c", image: "i", args: ["\n", "ü🙂", '"'] }],
  };
  return copyJson({ kind: "Pod", apiVersion: "v1", metadata, spec, status: { phase: random() < 0.5 ? "Running" : "Pending" } }) as unknown as KubeObject;
}

/** A cache of pods that keeps so many bytes warm. */
function scene(limitBytes: number) {
  const memory = new ObjectMemory(limitBytes);
  const codec = new ObjectCodec(pods as AnyResourceDefinition, false, memory);
  const cache = new ResourceCache(prefix, { minimum: 10, maximum: 50, windowMs: 1000 });
  const apply = (key: string, revision: number, object: KubeObject | undefined) => {
    const previous = cache.get(key);
    const current = object === undefined ? undefined : new PendingWrite(codec, key, copyJson(object) as KubeObject).committed(revision);
    if (current !== undefined || previous !== undefined) cache.apply({ revision, key, current, previous, at: 0 });
    return { current, gone: current === undefined ? previous?.at(revision) : undefined };
  };
  return { memory, cache, apply };
}

const seenOf = (stored: StoredObject | undefined) =>
  stored && {
    key: stored.key,
    wire: stored.wire().toString(),
    length: stored.wireLength,
    labels: stored.labels,
    fields: [node, "status.phase", "metadata.name", "metadata.namespace", "no.such"].map((field) => stored.field(field)),
    object: stored.object,
    peeked: stored.peek(),
  };

test("a cache that keeps next to nothing warm answers as one that keeps everything", () => {
  const random = seededRandom(5);
  const warm = scene(Number.POSITIVE_INFINITY);
  const cold = scene(3000);
  for (let revision = 1; revision <= 1500; revision++) {
    const name = `pod-${Math.floor(random() * 60)}`;
    const object = random() < 0.2 ? undefined : pod(name, random);
    const [mine, naive] = [cold, warm].map(({ apply }) => apply(`${prefix}default/${name}`, revision, object));
    assert.deepEqual(seenOf(mine!.gone), seenOf(naive!.gone));
    assert.deepEqual(seenOf(mine!.current), seenOf(naive!.current));
    if (revision % 50 !== 0) continue;
    const [all, expected] = [cold, warm].map(({ cache }) => cache.range(prefix).map(seenOf));
    assert.deepEqual(all, expected);
    const [then, before] = [cold, warm].map(({ cache }) => cache.rangeAt(prefix, revision - 5).map((stored) => stored.wire().toString()));
    assert.deepEqual(then, before);
    assert.ok(cold.memory.warm.bytes <= 3000);
  }
});

test("selectors ask of cold objects without parsing them", () => {
  const { cache, apply } = scene(0);
  for (let index = 0; index < 50; index++) apply(`${prefix}default/pod-${index}`, index + 1, pod(`pod-${index}`, seededRandom(index)));
  const cold = cache.range(prefix).slice(0, -1);
  for (const stored of cold) {
    if (stored.name === "pod-49") continue;
    assert.ok(stored.isKnown);
    assert.equal(stored.field(node), (stored.peek() as { spec?: { nodeName?: string } }).spec?.nodeName ?? "");
    assert.deepEqual(stored.labels, stored.peek().metadata.labels);
  }
});

test("equal labels and fields are kept once", () => {
  const { cache, apply } = scene(0);
  const same = (name: string) => ({ ...pod(name, () => 0.3), metadata: { name, namespace: "default", uid: name, labels: { app: "web" } } }) as KubeObject;
  for (const name of ["a", "b", "c"]) apply(`${prefix}default/${name}`, 1, same(name));
  const [a, b] = cache.range(prefix);
  assert.equal(a!.labels, b!.labels);
  assert.ok(Object.isFrozen(a!.labels));
});

test("a cold object that somebody still holds is not made a second time", () => {
  const { cache, apply } = scene(0);
  const key = `${prefix}default/held`;
  const { current } = apply(key, 1, pod("held", seededRandom(1)));
  const held = current!.object;
  apply(`${prefix}default/other`, 2, pod("other", seededRandom(2)));
  assert.ok(cache.get(key)!.isParsed);
  assert.equal(cache.get(key)!.peek(), held);
  assert.equal(cache.get(key)!.object, held);
  assert.ok(Object.isFrozen(held));
});

test("an object that lacks what its kind can be selected by can be read all the same", () => {
  const memory = new ObjectMemory(0);
  const codec = new ObjectCodec(
    { group: "", version: "v1", kind: "Node", selectableFields: { "spec.x": (object) => (object as never as { spec: { x: string } }).spec.x } },
    false,
    memory,
  );
  const odd = new PendingWrite(codec, "/registry/nodes/odd", deepFreeze({ kind: "Node", apiVersion: "v1", metadata: { name: "odd", uid: "" } })).committed(1);
  const { object } = new PendingWrite(codec, "/registry/nodes/b", { kind: "Node", apiVersion: "v1", metadata: { name: "b", uid: "" } }).committed(2);
  assert.equal(object.metadata.name, "b");
  assert.equal(odd.object.metadata.name, "odd");
  assert.throws(() => odd.field("spec.x"), TypeError);
});

test("objects that share who owns their fields are written as any other", () => {
  const { memory, apply } = scene(Number.POSITIVE_INFINITY);
  const codec = new ObjectCodec(pods as AnyResourceDefinition, false, memory);
  for (const subresource of ["", "status"]) {
    const object = ascii(pod("a", seededRandom(3)));
    const owned = { manager: "kubectl", apiVersion: "v1", now: 0, schema: pods.schema, ignored: noFields };
    const created = recordUpdate({ ...owned, live: undefined, object }) as ManagedFieldsEntry[];
    object.metadata.managedFields = [
      ...created,
      { ...created[0]!, ...(subresource === "" ? {} : { subresource }) },
      { manager: "other", fieldsV1: { "f:x": {} } },
    ];
    assert.notEqual(sharedFieldsText(created[0]!.fieldsV1 as object), undefined);
    const { bytes, written: { text, parts } = { text: "", parts: undefined } } = codec.encode(codec.arrange(object));
    assert.deepEqual(JSON.parse(text), { ...copyJson(object), metadata: { resourceVersion: "", ...object.metadata } });
    // What is not ASCII is found by its bytes alone.
    assert.ok(Buffer.from(text).equals(bytes));
    const { fieldSets, spec } = parts!;
    assert.deepEqual(
      fieldSets.map(({ start, end }) => text.slice(start, end)),
      object.metadata.managedFields.map(({ fieldsV1 }) => JSON.stringify(fieldsV1)),
    );
    assert.equal(`${text.slice(spec!.start, spec!.end)}}`, `"spec":${JSON.stringify(object["spec" as keyof KubeObject])}`);
    assert.deepEqual(Object.keys(JSON.parse(text)), ["kind", "apiVersion", "metadata", "spec", "status"]);
    assert.deepEqual(JSON.parse(apply(`${prefix}default/a`, 1, object).current!.wire().toString()).metadata, { ...object.metadata, resourceVersion: "1" });
  }
});

function ascii(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object).replaceAll(/[^\0-~]/gu, "?")) as KubeObject;
}

test("an object is arranged as its kind is stored, whatever the order of its keys", () => {
  const codec = new ObjectCodec(pods as AnyResourceDefinition, false, new ObjectMemory(0));
  const random = seededRandom(7);
  const shuffled = (object: object) => Object.fromEntries(Object.entries(object).sort(() => random() - 0.5));
  for (let round = 0; round < 300; round++) {
    const { metadata, ...rest } = { ...pod("a", random), ...(random() < 0.5 ? { ["__proto__"]: { odd: 1 }, zone: 1 } : {}) };
    const owned = random() < 0.5 ? { managedFields: [{ manager: "m", fieldsV1: {} }] } : {};
    const kept = random() < 0.5 ? { resourceVersion: "17" } : {};
    const object = shuffled({ ...rest, metadata: shuffled({ ...metadata, ...owned, ...kept }) }) as unknown as KubeObject;
    const before = JSON.stringify(object);
    const arranged = codec.arrange(object);
    assert.equal(JSON.stringify(arranged), JSON.stringify(naivelyArranged(object)));
    assert.equal(JSON.stringify(object), before);
    assert.ok(
      codec
        .encode(arranged)
        .bytes.subarray(0, codec.head.length)
        .every((byte, index) => byte === codec.head[index]),
    );
  }
});

function naivelyArranged(object: KubeObject): object {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _resourceVersion, managedFields, ...meta } = metadata;
  return { kind, apiVersion, metadata: { resourceVersion: "", ...meta, ...(managedFields === undefined ? {} : { managedFields }) }, ...rest };
}

test("an object's length is that of its JSON, at every revision", () => {
  const codec = new ObjectCodec(pods as AnyResourceDefinition, false, new ObjectMemory(0));
  const packed = codec.pack(codec.encode(codec.arrange(pod("a", seededRandom(3)))));
  for (const revision of [0, 1, 9, 10, 11, 99, 100, 999_999, 1_000_000, 2 ** 31, 10 ** 15, Number.MAX_SAFE_INTEGER]) {
    const stored = new StoredObject(codec, "/registry/pods/default/a", revision, packed);
    assert.equal(stored.wire().length, stored.wireLength);
    const framed = stored.wireBetween(Buffer.from("<<"), Buffer.from(">"));
    assert.equal(framed.toString(), `<<${stored.wire().toString()}>`);
    assert.equal((JSON.parse(stored.wire().toString()) as KubeObject).metadata.resourceVersion, String(revision));
  }
});
