import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { service } from "../../api/core/v1/service.ts";
import { message, str } from "../schema.ts";
import { StatusError } from "../status.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";
import { deepFreeze, randomJson, seeded } from "./testing.ts";

function podWith(containers: unknown[], rest: object = {}) {
  return { spec: { containers, ...rest } };
}

function merged(document: object, patch: object) {
  return applyStrategicMergePatch(pod, deepFreeze(document), deepFreeze(patch)) as ReturnType<typeof podWith>;
}

/** Names of a list's elements, after a patch of containers. */
function order(live: string[], patch: object): string[] {
  const result = merged(podWith(live.map((name) => ({ name, image: "old" }))), { spec: patch });
  return (result.spec.containers as { name: string }[]).map(({ name }) => name);
}

const orders: [string, string[], object, string[]][] = [
  ["a new element comes first (AP-06)", ["webserver"], { containers: [{ name: "pause" }] }, ["pause", "webserver"]],
  ["a changed element keeps its place", ["a", "b", "c"], { containers: [{ name: "b", image: "new" }] }, ["a", "b", "c"]],
  ["changed elements take the order of the patch", ["a", "b", "c"], { containers: [{ name: "c" }, { name: "a" }] }, ["b", "c", "a"]],
  ["new beside changed", ["a", "b"], { containers: [{ name: "b" }, { name: "x" }] }, ["a", "b", "x"]],
  ["$setElementOrder rules", ["a", "b"], { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] }, ["b", "a"]],
  [
    "$setElementOrder with an addition",
    ["a", "b"],
    { "$setElementOrder/containers": [{ name: "a" }, { name: "x" }, { name: "b" }], containers: [{ name: "x" }] },
    ["a", "x", "b"],
  ],
  [
    "server-only elements keep their place",
    ["a", "sidecar", "b"],
    { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "a", image: "new" }] },
    ["sidecar", "b", "a"],
  ],
  ["$patch: delete", ["a", "b"], { containers: [{ name: "a", $patch: "delete" }] }, ["b"]],
  ["$patch: delete of what is not there", ["a"], { containers: [{ name: "z", $patch: "delete" }] }, ["a"]],
  ["$patch: replace of the list", ["a", "b"], { containers: [{ $patch: "replace" }, { name: "c" }] }, ["c"]],
];

for (const [name, live, patch, expected] of orders) {
  test(`order of merged lists: ${name}`, () => assert.deepEqual(order(live, patch), expected));
}

const cases: [string, object, object, object][] = [
  [
    "fields of matching elements merge",
    podWith([{ name: "a", image: "1", tty: true }]),
    podWith([{ name: "a", image: "2" }]),
    podWith([{ name: "a", image: "2", tty: true }]),
  ],
  ["null deletes", { metadata: { labels: { a: "1", b: "2" } } }, { metadata: { labels: { a: null } } }, { metadata: { labels: { b: "2" } } }],
  ["null of an absent field does nothing", { spec: {} }, { spec: { hostNetwork: null } }, { spec: {} }],
  ["nulls do not enter new objects", {}, { spec: { securityContext: { runAsUser: null, fsGroup: 1 } } }, { spec: { securityContext: { fsGroup: 1 } } }],
  [
    "atomic lists are replaced",
    { spec: { tolerations: [{ key: "a" }] } },
    { spec: { tolerations: [{ key: "b" }] } },
    { spec: { tolerations: [{ key: "b" }] } },
  ],
  ["lists of scalars merge", { metadata: { finalizers: ["a", "b"] } }, { metadata: { finalizers: ["c", "b"] } }, { metadata: { finalizers: ["c", "a", "b"] } }],
  [
    "$deleteFromPrimitiveList",
    { metadata: { finalizers: ["a", "b"] } },
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
    { metadata: { finalizers: ["b"] } },
  ],
  [
    "$patch: replace of an object",
    { spec: { nodeSelector: { a: "1" }, x: 1 } },
    { spec: { nodeSelector: { $patch: "replace", b: "2" } } },
    { spec: { nodeSelector: { b: "2" }, x: 1 } },
  ],
  [
    "$patch: delete of an object",
    { spec: { securityContext: { runAsUser: 1 } } },
    { spec: { securityContext: { $patch: "delete" } } },
    { spec: { securityContext: {} } },
  ],
  [
    "$retainKeys clears the other members of a one-of",
    { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
    { spec: { volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] } },
    { spec: { volumes: [{ name: "v", configMap: { name: "c" } }] } },
  ],
  [
    "a second owner is added by uid",
    { metadata: { ownerReferences: [{ uid: "1" }] } },
    { metadata: { ownerReferences: [{ uid: "2" }] } },
    { metadata: { ownerReferences: [{ uid: "2" }, { uid: "1" }] } },
  ],
  ["unknown fields: maps merge, lists replace", { x: { a: 1, l: [1] } }, { x: { b: 2, l: [2] } }, { x: { a: 1, b: 2, l: [2] } }],
  ["a key of a map may begin with a dollar", { metadata: {} }, { metadata: { annotations: { $ref: "x" } } }, { metadata: { annotations: { $ref: "x" } } }],
  ["directives do not enter new lists", { spec: {} }, podWith([{ name: "a", $patch: "delete" }, { name: "b" }]), podWith([{ name: "b" }])],
];

for (const [name, document, patch, expected] of cases) {
  test(`strategic merge: ${name}`, () => assert.deepEqual(merged(document, patch), expected));
}

test("lists of nested kinds merge by their own keys", () => {
  const live = { spec: { ports: [{ port: 80, nodePort: 30000 }] } };
  const result = applyStrategicMergePatch(service, deepFreeze(live), { spec: { ports: [{ port: 80, targetPort: 8080 }] } });
  assert.deepEqual(result, { spec: { ports: [{ port: 80, nodePort: 30000, targetPort: 8080 }] } });
  const template = { spec: { template: { spec: { containers: [{ name: "a", image: "1" }] } } } };
  const next = applyStrategicMergePatch(deployment, deepFreeze(template), {
    spec: { replicas: 3, template: { spec: { containers: [{ name: "a", image: "2" }] } } },
  });
  assert.deepEqual(next, { spec: { replicas: 3, template: { spec: { containers: [{ name: "a", image: "2" }] } } } });
});

test("a field with strategy replace takes the patch's object", () => {
  const inner = message("x.Inner", "", { a: str(1, ""), b: str(2, "") });
  const outer = message("x.Outer", "", { inner: { kind: "message", message: () => inner, number: 1, doc: "", options: { patch: "replace" } } });
  assert.deepEqual(applyStrategicMergePatch(outer, { inner: { a: "1" } }, { inner: { b: "2" } }), { inner: { b: "2" } });
});

const errors: [string, object, object, number, RegExp][] = [
  ["element without merge key", podWith([{ name: "a" }]), podWith([{ image: "x" }]), 400, /map: map\[image:x\] does not contain declared merge key: name/],
  ["unknown directive", podWith([{ name: "a" }]), { spec: { $patch: "spam" } }, 400, /unknown patch type: spam in map: map\[\$patch:spam\]/],
  ["element types differ", podWith([{ name: "a" }]), podWith(["x"]), 400, /list element types are not identical/],
  ["list of lists", podWith([{ name: "a" }]), podWith([[]]), 422, /the server rejected our request/],
  ["patch outside $retainKeys", { spec: { strategy: {} } }, { spec: { $retainKeys: ["a"], b: 1 } }, 400, /^invalid patch format of retainKeys$/],
  ["$patch: merge", { spec: { strategy: {} } }, { spec: { $patch: "merge" } }, 400, /^unknown patch type: merge in map: /],
  [
    "elements missing from $setElementOrder",
    podWith([{ name: "a" }]),
    { spec: { "$setElementOrder/containers": [{ name: "a" }], containers: [{ name: "b" }] } },
    400,
    /The order in patch list:\n\[map\[name:b\]\]\n doesn't match \$setElementOrder list:\n\[map\[name:a\]\]/,
  ],
  ["order that is no list", podWith([{ name: "a" }]), { spec: { "$setElementOrder/containers": {} } }, 400, /setElementOrder/],
  ["deletions that are no list", { metadata: {} }, { metadata: { "$deleteFromPrimitiveList/finalizers": "a" } }, 400, /primitive list/],
];

for (const [name, document, patch, code, text] of errors) {
  test(`strategic merge refuses: ${name}`, () => {
    assert.throws(
      () => merged(document, patch),
      (error) => error instanceof StatusError && error.code === code && text.test(error.message),
    );
  });
}

test("a patch that is no object is a bad request", () => {
  assert.throws(() => applyStrategicMergePatch(pod, {}, []), { name: "StatusError", message: /cannot unmarshal array/ });
});

function containsList(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(containsList);
}

test("property: without schema and directives it is a merge patch", () => {
  const random = seeded(42);
  for (let round = 0; round < 1000; round++) {
    const document = deepFreeze({ a: randomJson(random, 4) });
    const patch = deepFreeze({ a: randomJson(random, 4) });
    if (containsList(patch)) continue; // nulls inside lists differ
    assert.deepEqual(applyStrategicMergePatch(undefined, document, patch), applyMergePatch(document, patch));
  }
});

test("property: patched elements stand in patch order, others in live order, none is lost", () => {
  const random = seeded(7);
  const names = ["a", "b", "c", "d", "e", "f"];
  const pick = () => names.filter(() => random(2) === 0).sort(() => random(3) - 1);
  for (let round = 0; round < 500; round++) {
    const live = pick();
    const patch = pick();
    const result = order(live, { containers: patch.map((name) => ({ name })) });
    assert.deepEqual([...result].sort(), [...new Set([...live, ...patch])].sort());
    assert.deepEqual(
      result.filter((name) => patch.includes(name)),
      patch,
    );
    assert.deepEqual(
      result.filter((name) => !patch.includes(name)),
      live.filter((name) => !patch.includes(name)),
    );
  }
});
