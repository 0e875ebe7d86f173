import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { PackedBytes, type Stretch, type TextParts } from "./packed-bytes.ts";
import { SharedTexts } from "./shared-texts.ts";

const container = (name: string, token: string) => ({
  name,
  image: `registry.example/team/${name}:1.2.3`,
  env: Array.from({ length: 12 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `value ${index} of ${name}` })),
  volumeMounts: [{ name: `kube-api-access-${token}`, mountPath: "/var/run/secrets" }],
  livenessProbe: { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 },
});
const fields = (names: number) => ({ "f:spec": Object.fromEntries(Array.from({ length: names }, (_, index) => [`f:field-${index}`, {}])) });

function pod(index: number, token: string): object {
  const managedFields = [
    { manager: "kubectl", operation: "Update", time: `2026-01-01T00:00:${index}Z`, fieldsType: "FieldsV1", fieldsV1: fields(40) },
    { manager: "kubelet", operation: "Update", fieldsType: "FieldsV1", fieldsV1: fields(30), subresource: "status" },
  ];
  const spec = { containers: [container("web", token), container("sidecar", token)], restartPolicy: "Always", nodeName: `node-${index % 3}` };
  return { metadata: { name: `pod-${index}`, managedFields, uid: `uid-${index}` }, spec, status: { podIP: `10.0.0.${index}` } };
}

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

function whole(packed: PackedBytes): string {
  const written = Buffer.alloc(packed.length + 3);
  assert.equal(packed.write(written, 3), written.length);
  return written.toString("utf8", 3);
}

/** Bytes of their own: all, less those that another one has given out before. */
function ownLength(all: readonly PackedBytes[]): number {
  const seen = new Set<Buffer>();
  let length = 0;
  for (const { own, shared } of all) {
    length += own.length;
    for (const {
      shared: { bytes },
    } of shared) {
      if (!seen.has(bytes)) length += bytes.length;
      seen.add(bytes);
    }
  }
  return length;
}

test("pods of one template keep what they have in common once, whatever their names and volumes are called", () => {
  const texts = new SharedTexts();
  const all = Array.from({ length: 300 }, (_, index) => bytesOf(pod(index, (index * 7919).toString(36).padStart(5, "0"))));
  const packed = all.map((bytes) => PackedBytes.of(bytes, 2, texts));
  for (const [index, bytes] of all.entries()) assert.equal(whole(packed[index]!), bytes.toString().slice(2));
  const total = all.reduce((sum, { length }) => sum + length, 0);
  assert.ok(ownLength(packed) < total / 2, `${ownLength(packed)} of ${total} bytes`);
});

test("what is known of a text that has just been written is what its bytes would tell", () => {
  for (const withStatus of [true, false]) {
    const cut: PackedBytes[] = [];
    for (const known of [true, false]) {
      const texts = new SharedTexts();
      for (let index = 0; index < 5; index++) {
        const { status, ...rest } = pod(index, "aaaaa") as { readonly spec: object; readonly status: object };
        const object = withStatus ? { ...rest, status } : rest;
        const text = JSON.stringify(object);
        const packed = PackedBytes.of(Buffer.from(text), 2, texts, known ? { text, parts: partsOf(text, object) } : undefined);
        assert.equal(whole(packed), text.slice(2));
        if (index === 4) cut.push(packed);
      }
    }
    assert.deepEqual(cut[0], cut[1]);
    assert.ok(cut[0]!.shared.length >= 3, `${cut[0]!.shared.length} pieces`);
  }
});

function partsOf(text: string, object: object): TextParts {
  const { metadata, spec } = object as { readonly metadata: { readonly managedFields: readonly { readonly fieldsV1: object }[] }; readonly spec: object };
  const stretchOf = (part: string): Stretch => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
  const fieldSets = metadata.managedFields.map(({ fieldsV1 }) => stretchOf(JSON.stringify(fieldsV1)));
  return { fieldSets, spec: stretchOf(`"spec":${JSON.stringify(spec).slice(0, -1)}`) };
}

test("large objects are kept whole, and so are bytes that are no text", () => {
  const texts = new SharedTexts();
  const large = bytesOf({ spec: { list: Array.from({ length: 20_000 }, (_, index) => ({ index })), last: "ü" } });
  const odd = Buffer.from(Array.from({ length: 1000 }, (_, index) => index & 0xff));
  for (const bytes of [large, large, large, odd, odd, odd]) {
    const packed = PackedBytes.of(bytes, 1, texts);
    const written = Buffer.alloc(packed.length);
    packed.write(written, 0);
    assert.ok(written.equals(bytes.subarray(1)));
    assert.equal(packed.shared.length, 0);
  }
});

/** JSON of the kind that is cut, with its keys where nobody expects them. */
function oddValue(random: () => number, depth: number): unknown {
  const kinds = ["text", "fields", "spec", "status", "entry", "list", "empty"] as const;
  const kind = kinds[Math.floor(random() * kinds.length)]!;
  const inner = () => (depth > 3 ? Math.floor(random() * 3) : oddValue(random, depth + 1));
  switch (kind) {
    case "text":
      return ['"fieldsV1":{', '}],"', '},"status":{', "ключ 🙂", "x".repeat(300), '\\"'][Math.floor(random() * 6)];
    case "fields":
      return { fieldsV1: { "f:a": inner(), long: "y".repeat(Math.floor(random() * 500)) }, subresource: inner() };
    case "spec":
      return { spec: { list: [inner(), inner()], z: "z".repeat(Math.floor(random() * 600)), last: inner() }, status: { phase: inner() } };
    case "status":
      return { status: inner() };
    case "entry":
      return [
        { manager: "m", fieldsV1: { "k:{}": inner() } },
        { manager: "n", fieldsV1: {} },
      ];
    case "list":
      return Array.from({ length: Math.floor(random() * 4) }, inner);
    case "empty":
      return {};
  }
}

test("any text comes out as it went in, whatever was cut out of those before it", () => {
  const random = seededRandom(11);
  const texts = new SharedTexts();
  let met = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = round % 5 === 0 ? Buffer.from(String(JSON.stringify(oddValue(random, 0))).slice(Math.floor(random() * 20))) : bytesOf(oddValue(random, 0));
    const skip = Math.min(bytes.length, Math.floor(random() * 10));
    const copy = Buffer.from(bytes);
    for (let again = 0; again < 3; again++) assert.equal(whole(PackedBytes.of(bytes, skip, texts)), bytes.subarray(skip).toString());
    assert.ok(bytes.equals(copy), "what is packed is not changed");
    met += texts.size;
  }
  assert.ok(met > 0, "some were shared");
});

test("texts are let go of when the last object that has them goes", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const texts = new SharedTexts();
  const keep = Array.from({ length: 5 }, () => PackedBytes.of(bytesOf(pod(1, "aaaaa")), 0, texts));
  for (let index = 0; index < 500; index++) {
    const bytes = bytesOf({ spec: { unlike: `${index}`.repeat(200) } });
    for (let again = 0; again < 3; again++) PackedBytes.of(bytes, 0, texts);
    // References that were made or followed in this turn stay until it is over.
    if (index % 50 === 49) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
  }
  assert.ok(texts.size < 250, `${texts.size} texts are known`);
  // What follows one another directly is one text from the third time on.
  const [second, third] = keep.slice(3) as [PackedBytes, PackedBytes];
  assert.equal(ownLength([second, third]), ownLength([second]) + ownLength([third]) - sharedLength(second), "those in use are shared as before");
  const fresh = PackedBytes.of(bytesOf(pod(1, "aaaaa")), 0, texts);
  assert.equal(ownLength([third, fresh]), ownLength([third]) + ownLength([fresh]) - sharedLength(third));
});

function sharedLength({ shared }: PackedBytes): number {
  return shared.reduce((sum, piece) => sum + piece.shared.bytes.length, 0);
}
