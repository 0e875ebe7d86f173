import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import protobuf from "protobufjs";
import { deployment } from "../api/apps/v1/deployment.ts";
import { pod } from "../api/core/v1/pod.ts";
import { service } from "../api/core/v1/service.ts";
import { referenceFolder } from "../testing/reference.ts";
import { DecodeError, decodeValue } from "./decode.ts";
import { allSchemas, randomObject, seeded } from "./fake-objects.ts";
import { stringifyJson } from "./json-codec.ts";
import { deleteOptions, objectMeta, status } from "./meta.ts";
import { pointerTable } from "./pointers.ts";
import { decodeMessage, encodeMessage } from "./protobuf/messages.ts";
import { decodeEnvelope, decodeProtobuf, decodeWatchEvent, encodeList, encodeListItem, encodeProtobuf, encodeWatchFrame, isProtobuf } from "./protobuf.ts";
import type { MessageSchema } from "./schema.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("every schema of src/api survives the wire", async () => {
  const schemas = await allSchemas();
  assert.ok(schemas.size > 300, `only ${schemas.size} schemas found`);
  for (const [name, schema] of schemas) {
    const random = seeded(name.length * 7919 + 1);
    for (let i = 0; i < 3; i++) {
      const object = randomObject(schema, random, 4);
      const decoded = decodeMessage(schema, encodeMessage(schema, object));
      assert.deepEqual(decoded, object, name);
      // And what comes off the wire is what JSON gives.
      assert.equal(stringifyJson(sorted(decodeValue(schema, object, "Strict").object)), stringifyJson(sorted(decoded)), name);
    }
  }
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

test("the table of pointers names fields that exist, all optional scalars", async () => {
  const schemas = await allSchemas();
  const wrong: string[] = [];
  // The definitions of custom resources may come later than this table.
  const optional = new Set(["CustomResourceDefinitionVersion", "CustomResourceSubresourceScale", "JSONSchemaProps", "ValidationRule"]);
  for (const [name, fields] of pointerTable) {
    const matching = [...schemas.values()].filter((schema) => schema.name === name || schema.name.endsWith(`.${name}`));
    if (matching.length === 0 && optional.has(name)) continue;
    for (const field of fields) {
      if (!matching.some((schema) => schema.fields[field]?.kind === "scalar")) wrong.push(`${name}.${field}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("the envelope is magic, type, raw bytes", () => {
  const encoded = encodeProtobuf(pod, { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } });
  assert.deepEqual(Buffer.from(encoded), bytes("6b387300 0a09 0a027631 1203506f64 1205 0a03 0a0161 1a00 2200"));
  assert.equal(isProtobuf(encoded), true);
  const envelope = decodeEnvelope(encoded);
  assert.deepEqual(
    { ...envelope, raw: Buffer.from(envelope.raw).toString("hex") },
    {
      apiVersion: "v1",
      kind: "Pod",
      raw: "0a030a0161",
      contentEncoding: "",
      contentType: "",
    },
  );
  assert.deepEqual(decodeProtobuf(pod, envelope), { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } });
});

test("what Go writes for zero values reads as absence, explicit zeros of pointers stay", () => {
  const wire = (schema: MessageSchema, object: object) => decodeMessage(schema, encodeMessage(schema, object));
  assert.deepEqual(
    wire(pod, { spec: { hostNetwork: false, nodeName: "", priority: 0, terminationGracePeriodSeconds: 0, containers: [{ name: "", image: "" }] } }),
    {
      spec: { priority: 0, terminationGracePeriodSeconds: 0, containers: [{ name: "" }] },
    },
  );
  assert.deepEqual(wire(deployment, { spec: { replicas: 0, paused: false, minReadySeconds: 0 } }), { spec: { replicas: 0 } });
  assert.deepEqual(wire(service, { spec: { ports: [{ port: 80, targetPort: 0 }] } }), { spec: { ports: [{ port: 80 }] } });
  assert.deepEqual(wire(deleteOptions, { gracePeriodSeconds: 0, propagationPolicy: "Orphan" }), { gracePeriodSeconds: 0, propagationPolicy: "Orphan" });
  // Go's zero time is an empty message, as is ours for year 1.
  assert.deepEqual(decodeMessage(objectMeta, bytes("4200")), {});
  assert.deepEqual(wire(objectMeta, { creationTimestamp: "0001-01-01T00:00:00Z" }), {});
});

test("known bytes", () => {
  const table: [MessageSchema, object, string][] = [
    [objectMeta, { creationTimestamp: "1970-01-01T00:00:01Z" }, "4204 08011000"],
    [objectMeta, { labels: { b: "2", a: "1" } }, "5a06 0a0161 120131 5a06 0a0162 120132"],
    [status, { code: -1 }, "30ffffffffffffffffff01"],
  ];
  for (const [schema, object, hex] of table) assert.equal(Buffer.from(encodeMessage(schema, object)).toString("hex"), hex.replaceAll(" ", ""));
});

test("lists join items that are encoded already", () => {
  const items = [{ metadata: { name: "a" } }, { metadata: { name: "b" } }];
  const list = encodeList(
    "v1",
    "PodList",
    { resourceVersion: "7" },
    items.map((item) => encodeListItem(pod, item)),
  );
  const envelope = decodeEnvelope(list);
  assert.equal(envelope.kind, "PodList");
  assert.equal(Buffer.from(envelope.raw).toString("hex"), "0a03120137" + "12050a030a0161" + "12050a030a0162");
});

test("watch events are framed by their length", () => {
  const object = encodeProtobuf(pod, { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } });
  const frame = encodeWatchFrame("ADDED", object);
  assert.equal(new DataView(frame.buffer, frame.byteOffset).getUint32(0), frame.length - 4);
  const event = decodeWatchEvent(frame.subarray(4));
  assert.equal(event.type, "ADDED");
  assert.deepEqual(Buffer.from(event.object), Buffer.from(object));
});

test("broken bytes are a decode error, never a crash", () => {
  assert.throws(() => decodeEnvelope(new Uint8Array()), new DecodeError("empty data"));
  assert.throws(() => decodeEnvelope(bytes("7b7d")), /^DecodeError: provided data does not appear to be a protobuf message/);
  const random = seeded(11);
  const good = encodeProtobuf(pod, { apiVersion: "v1", kind: "Pod", ...randomObject(pod, random, 4) });
  for (let i = 0; i < 3000; i++) {
    const broken = Buffer.from(good.subarray(0, 4 + random(good.length - 4)));
    for (let n = random(3); n > 0; n--) broken[4 + random(Math.max(1, broken.length - 4))] = random(256);
    try {
      decodeProtobuf(pod, decodeEnvelope(broken));
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  }
});

/* ---- a second reader: protobufjs with types made from the reference table ---- */

const reference = new URL("protobuf.tsv", referenceFolder);

test("a generic protobuf reader understands every message", { skip: existsSync(reference) ? false : "no reference table here" }, async () => {
  const root = referenceRoot();
  let compared = 0;
  for (const [name, schema] of await allSchemas()) {
    const type = root.lookup(name.replace("io.k8s.", "k8s.")) as protobuf.Type | null;
    if (type === null) continue;
    const random = seeded(name.length);
    const object = randomObject(schema, random, 3);
    const seen = type.toObject(type.decode(encodeMessage(schema, object)), { longs: Number, bytes: String });
    const inline = new Map(schema.inline.map(({ number, message }) => [number, message]));
    const embedded = Object.values(type.fields)
      .filter((field) => inline.has(field.id))
      .map((field) => field.name);
    const names = new Set(Object.keys(seen).filter((key) => !embedded.includes(key)));
    for (const field of embedded) for (const key of namesBelow(seen[field] as object | undefined, inline.get(type.fields[field]!.id)!)) names.add(key);
    // Protobuf spells some names in other case.
    const plain = (keys: Iterable<string>) => [...keys].map((key) => key.toLowerCase()).sort();
    assert.deepEqual(plain(names), plain(Object.keys(object)), name);
    compared++;
  }
  assert.ok(compared > 300, `only ${compared} messages compared`);
});

function referenceRoot(): protobuf.Root {
  const root = new protobuf.Root();
  const typeOf = (pkg: string, name: string): protobuf.Type => {
    const namespace = root.define(`k8s.${pkg}`);
    const known = namespace.get(name);
    if (known !== null) return known as protobuf.Type;
    const type = new protobuf.Type(name);
    namespace.add(type);
    return type;
  };
  for (const line of readFileSync(reference, "utf8").trim().split("\n").slice(1)) {
    const [pkg, message, number, label, type, field] = line.split("\t") as [string, string, string, string, string, string];
    const map = /^map<string, (.*)>$/.exec(type);
    const value = map === null ? type : map[1]!;
    const dot = value.lastIndexOf(".");
    // Messages without fields have no line of their own.
    if (dot < 0 && /^[A-Z]/.test(value)) typeOf(pkg, value);
    const full = dot < 0 ? value : `.k8s.${value}`;
    typeOf(pkg, message).add(
      map === null ? new protobuf.Field(field, Number(number), full, label) : new protobuf.MapField(field, Number(number), "string", full),
    );
  }
  return root.resolveAll() as protobuf.Root;
}

/** Fields of an embedded message, through further embedding. */
function namesBelow(seen: object | undefined, schema: MessageSchema): string[] {
  return Object.entries(seen ?? {}).flatMap(([key, value]) => (key in schema.fields ? [key] : Object.keys(value as object)));
}
