import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { configMap } from "../../api/core/v1/config-map.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { service } from "../../api/core/v1/service.ts";
import { deepFreeze, seeded } from "../patches/testing.ts";
import { int32, list, type MessageSchema, map, message, obj, str } from "../schema.ts";
import { StatusError } from "../status.ts";
import { type ApplyRequest, apply } from "./apply.ts";
import type { Entries } from "./entries.ts";
import { type FieldSet, hasPath } from "./field-set.ts";
import { recordUpdate, withManagedFields } from "./update.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read merged objects of many kinds
type Any = any;

/** One object, applied to and updated by several managers, a second apart. */
class Live {
  object: Any;
  changed = false;
  #now = Date.UTC(2026, 0, 1);
  readonly #kind: { schema: MessageSchema | undefined; apiVersion: string; kind: string };

  constructor(schema: MessageSchema | undefined, apiVersion: string, kind: string) {
    this.#kind = { schema, apiVersion, kind };
  }

  apply(manager: string, configuration: object, options: Partial<ApplyRequest> = {}): this {
    const applied = deepFreeze({ apiVersion: this.#kind.apiVersion, kind: this.#kind.kind, ...configuration });
    const result = apply({ ...this.#kind, live: this.object, applied, manager, force: false, now: this.#tick(), ...options });
    this.object = deepFreeze(result.object);
    this.changed = result.changed;
    return this;
  }

  update(manager: string, change: (object: Any) => object): this {
    const object = change(this.object ?? { apiVersion: this.#kind.apiVersion, kind: this.#kind.kind, metadata: { name: "x", uid: "1" } });
    const entries = recordUpdate({ ...this.#kind, live: this.object, object, manager, now: this.#tick() });
    this.object = deepFreeze(withManagedFields(object, entries));
    return this;
  }

  get entries(): Entries {
    return this.object.metadata.managedFields ?? [];
  }

  owners(...path: string[]): string[] {
    return this.entries.filter(({ fieldsV1 }) => hasPath(fieldsV1 as FieldSet, path)).map(({ manager, operation }) => `${manager} ${operation}`);
  }

  #tick(): number {
    this.#now += 1000;
    return this.#now;
  }
}

function refusal(action: () => unknown): StatusError["status"] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error.status;
  }
  throw new assert.AssertionError({ message: "not refused" });
}

const named = { metadata: { name: "x", namespace: "default" } };
const newMap = () => new Live(configMap, "v1", "ConfigMap");
const newDeployment = () => new Live(deployment, "apps/v1", "Deployment");
const withReplicas = (replicas: number) => ({ ...named, spec: { replicas } });
const scale = (replicas: number) => (object: Any) => ({ ...object, spec: { ...object.spec, replicas } });

test("create by apply: leaves, map keys and list elements are owned; identity is not", () => {
  const live = newDeployment().apply("a", {
    metadata: { name: "x", namespace: "default", labels: { app: "web" } },
    spec: { template: { spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] } } },
  });
  assert.deepEqual(live.entries, [
    {
      manager: "a",
      operation: "Apply",
      apiVersion: "apps/v1",
      time: "2026-01-01T00:00:01Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { "f:app": {} } },
        "f:spec": {
          "f:template": {
            "f:spec": {
              "f:containers": {
                'k:{"name":"c"}': {
                  ".": {},
                  "f:image": {},
                  "f:name": {},
                  "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
                },
              },
            },
          },
        },
      },
    },
  ]);
});

test("conflict: message, causes and code as Kubernetes gives them", () => {
  const live = newDeployment().apply("a", withReplicas(1)).update("kubectl-edit", scale(3));
  assert.deepEqual(
    refusal(() => live.apply("a", withReplicas(2))),
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
      reason: "Conflict",
      details: { causes: [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl-edit" using apps/v1', field: ".spec.replicas" }] },
      code: 409,
    },
  );
});

test("several conflicts are grouped by manager; appliers are named without a version", () => {
  const container = (image: string) => ({ ...named, spec: { replicas: image.length, template: { spec: { containers: [{ name: "c", image }] } } } });
  const live = newDeployment().apply("b", container("x")).update("hpa", scale(9));
  assert.equal(
    refusal(() => live.apply("a", container("yy"))).message,
    'Apply failed with 2 conflicts: conflicts with "b":\n- .spec.template.spec.containers[name="c"].image\nconflicts with "hpa" using apps/v1:\n- .spec.replicas',
  );
});

test("force takes the field over", () => {
  const live = newDeployment().apply("a", withReplicas(1)).update("hpa", scale(3)).apply("a", withReplicas(2), { force: true });
  assert.equal(live.object.spec.replicas, 2);
  assert.deepEqual(live.owners("f:spec", "f:replicas"), ["a Apply"]);
});

test("the same value is shared, not a conflict; the second owner has no time, for nothing changed", () => {
  const live = newDeployment().apply("a", withReplicas(1)).apply("b", withReplicas(1));
  assert.deepEqual(live.owners("f:spec", "f:replicas").sort(), ["a Apply", "b Apply"]);
  assert.equal(live.changed, false);
  live.apply("a", named);
  assert.equal(live.object.spec.replicas, 1, "b still wants it");
  live.apply("b", named);
  assert.equal(live.object.spec, undefined);
});

test("a field that its only owner applies no more goes; what others own stays", () => {
  const live = newMap()
    .apply("a", { ...named, data: { x: "1", y: "1" } })
    .update("u", (object) => ({ ...object, data: { ...object.data, z: "1" } }))
    .apply("a", { ...named, data: { y: "1" } });
  assert.deepEqual(live.object.data, { y: "1", z: "1" });
  live.apply("a", named);
  assert.deepEqual(live.object.data, { z: "1" });
  assert.deepEqual(live.owners("f:data", "f:z"), ["u Update"]);
});

test("a value changed by an update stays when its applier lets go of it", () => {
  const live = newDeployment().apply("a", withReplicas(1)).update("hpa", scale(5)).apply("a", named);
  assert.equal(live.object.spec.replicas, 5);
});

test("applying the same again changes nothing, the time included", () => {
  const configuration = { ...named, spec: { replicas: 2, template: { spec: { containers: [{ name: "c", image: "i" }] } } } };
  const live = newDeployment().apply("a", configuration);
  const before = live.object;
  live.apply("a", configuration);
  assert.equal(live.changed, false);
  assert.deepEqual(live.object, before);
});

test("elements of keyed lists: merged, added where applied, removed by their owner", () => {
  const spec = (...names: string[]) => ({ ...named, spec: { containers: names.map((name) => ({ name, image: "i" })) } });
  const names = (live: Live) => live.object.spec.containers.map(({ name }: { name: string }) => name);
  const live = new Live(pod, "v1", "Pod").apply("a", spec("web", "log")).apply("mesh", spec("proxy"));
  assert.deepEqual(names(live), ["web", "log", "proxy"]);
  assert.deepEqual(names(live.apply("a", spec("new", "web"))), ["new", "web", "proxy"]);
  assert.deepEqual(names(live.apply("mesh", named)), ["new", "web"]);
});

test("an element that another manager added a field to stays with that field and its key", () => {
  const live = new Live(pod, "v1", "Pod")
    .apply("a", { ...named, spec: { containers: [{ name: "c", image: "i" }] } })
    .apply("b", { ...named, spec: { containers: [{ name: "c", tty: true }] } })
    .apply("a", named);
  assert.deepEqual(live.object.spec.containers, [{ name: "c", tty: true }]);
});

test("sets merge value by value; atomic lists and structs have one owner", () => {
  const finalizers = (...values: string[]) => ({ metadata: { ...named.metadata, finalizers: values } });
  const live = newMap().apply("a", finalizers("x.io/a")).apply("b", finalizers("x.io/b"));
  assert.deepEqual(live.object.metadata.finalizers, ["x.io/a", "x.io/b"]);
  assert.deepEqual(live.apply("a", named).object.metadata.finalizers, ["x.io/b"]);
  const selector = (app: string) => ({ ...named, spec: { selector: { app } } });
  const atomic = new Live(service, "v1", "Service").apply("a", selector("x"));
  assert.match(refusal(() => atomic.apply("b", selector("y"))).message ?? "", /conflict with "a": \.spec\.selector$/);
  const matchLabels = newDeployment().apply("a", { ...named, spec: { selector: { matchLabels: { app: "x" } } } });
  assert.deepEqual(matchLabels.owners("f:spec", "f:selector"), ["a Apply"]);
});

test("what was there before the first apply belongs to before-first-apply", () => {
  const live = newDeployment();
  live.object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x", uid: "1" }, spec: { replicas: 3 } };
  assert.match(refusal(() => live.apply("a", withReplicas(1))).message ?? "", /conflict with "before-first-apply" using apps\/v1: \.spec\.replicas/);
  live.apply("a", { metadata: { name: "x", labels: { l: "1" } } });
  assert.deepEqual(live.owners("f:spec", "f:replicas"), ["before-first-apply Update"]);
});

test("kubectl moves from client-side to server-side apply without conflicts over what it applied", () => {
  const annotation = "kubectl.kubernetes.io/last-applied-configuration";
  const configuration = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" }, spec: { replicas: 1, paused: true } };
  const live = newDeployment().update("kubectl-client-side-apply", (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { [annotation]: JSON.stringify(configuration) } },
    spec: configuration.spec,
  }));
  assert.equal(refusal(() => live.apply("other", withReplicas(2))).code, 409);
  live.apply("kubectl", { metadata: { name: "x" }, spec: { replicas: 2, paused: true } });
  assert.equal(live.object.spec.replicas, 2);
  assert.equal(
    live.object.metadata.annotations[annotation],
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"paused":true,"replicas":2}}\n',
  );
  live.update("hpa", scale(7));
  assert.match(refusal(() => live.apply("kubectl", withReplicas(2))).message ?? "", /"hpa"/);
});

test("a null clears a leaf and leaves other owners' lists and maps alone", () => {
  const live = newDeployment().update("u", (object) => ({ ...object, metadata: { ...object.metadata, labels: { a: "1" } }, spec: { paused: true } }));
  live.apply("a", { metadata: { name: "x", labels: null }, spec: { paused: null } }, { force: true });
  assert.deepEqual(live.object.metadata.labels, { a: "1" });
  assert.equal("paused" in live.object.spec, false);
});

test("status claimed on the main resource is not owned", () => {
  const live = new Live(pod, "v1", "Pod").apply("a", { ...named, status: { phase: "Running" } }, { ignored: { "f:status": {} } });
  assert.deepEqual(live.entries, []);
});

test("an entry of a subresource is its own", () => {
  const live = new Live(pod, "v1", "Pod").apply("a", { ...named, spec: { hostNetwork: true } });
  live.apply("a", { ...named, status: { phase: "Running" } }, { subresource: "status" });
  assert.deepEqual(
    live.entries.map(({ subresource, fieldsV1 }) => [subresource, fieldsV1]),
    [
      [undefined, { "f:spec": { "f:hostNetwork": {} } }],
      ["status", { "f:status": { "f:phase": {} } }],
    ],
  );
  assert.match(
    refusal(() => live.apply("b", { ...named, status: { phase: "Failed" } }, { subresource: "status" })).message ?? "",
    /conflict with "a" with subresource "status": \.status\.phase/,
  );
});

const gvk = "apps/v1, Kind=Deployment";
const refused: [string, object, string][] = [
  ["unknown field", { spec: { foo: 1 } }, `failed to create typed patch object (default/x; ${gvk}): .spec.foo: field not declared in schema`],
  [
    "unknown metadata",
    { metadata: { ...named.metadata, unknownMeta: "x" } },
    `failed to create typed patch object (default/x; ${gvk}): .metadata.unknownMeta: field not declared in schema`,
  ],
  [
    "wrong scalar",
    { spec: { replicas: "3" } },
    `failed to create typed patch object (default/x; ${gvk}): .spec.replicas: expected numeric (int or float), got string`,
  ],
  [
    "number for text",
    { metadata: { ...named.metadata, labels: { a: 587 } } },
    `failed to create typed patch object (default/x; ${gvk}): .metadata.labels.a: expected string, got &value.valueUnstructured{Value:587}`,
  ],
  ["text for boolean", { spec: { paused: "yes" } }, `failed to create typed patch object (default/x; ${gvk}): .spec.paused: expected boolean, got &{yes}`],
  [
    "object for list",
    { spec: { template: { spec: { containers: { a: 1 } } } } },
    `failed to create typed patch object (default/x; ${gvk}): .spec.template.spec.containers: expected list, got &{map[a:1]}`,
  ],
  [
    "duplicate keys",
    { spec: { template: { spec: { containers: [{ name: "c" }, { name: "c" }] } } } },
    `failed to create typed patch object (default/x; ${gvk}): .spec.template.spec.containers: duplicate entries for key [name="c"]`,
  ],
  [
    "missing key",
    { spec: { template: { spec: { containers: [{ image: "i" }] } } } },
    `failed to create typed patch object (default/x; ${gvk}): .spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`,
  ],
  [
    "several errors",
    { spec: { replicas: true, paused: 1 } },
    `failed to create typed patch object (default/x; ${gvk}): errors:\n  .spec.replicas: expected numeric (int or float), got bool\n  .spec.paused: expected boolean, got &{1}`,
  ],
  ["managed fields", { metadata: { ...named.metadata, managedFields: [] } }, "metadata.managedFields must be nil"],
  ["another kind", { kind: "Service" }, "invalid object type: apps/v1, Kind=Service"],
];

for (const [name, configuration, text] of refused) {
  test(`apply refuses with 400: ${name}`, () => {
    const status = refusal(() => newDeployment().apply("a", { ...named, ...configuration }));
    assert.deepEqual([status.code, status.reason, status.message], [400, "BadRequest", text]);
  });
}

test("core kinds print their group as nothing", () => {
  assert.match(
    refusal(() => new Live(service, "v1", "Service").apply("a", { ...named, spec: { topologyKeys: [] } })).message ?? "",
    /\(default\/x; \/v1, Kind=Service\): \.spec\.topologyKeys: field not declared/,
  );
});

test("without a schema: objects merge, lists are owned as a whole", () => {
  const live = new Live(undefined, "example.com/v1", "Foo")
    .apply("a", { ...named, spec: { list: [1], m: { x: 1 } } })
    .apply("b", { ...named, spec: { m: { y: 2 } } });
  assert.deepEqual(live.object.spec, { list: [1], m: { x: 1, y: 2 } });
  assert.match(refusal(() => live.apply("b", { ...named, spec: { list: [2] } })).message ?? "", /conflict with "a": \.spec\.list/);
  assert.deepEqual(live.apply("a", named).object.spec, { m: { y: 2 } });
});

/* ---- property: against one owner table a leaf ---- */

const item = message("x.Item", "", { name: str(1, ""), a: int32(2, ""), b: int32(3, "") });
const spec = message("x.Spec", "", {
  a: int32(1, ""),
  m: map(2, "string", ""),
  items: list(3, item, "", { listType: "map", keys: ["name"] }),
  set: list(4, "string", "", { listType: "set" }),
});
const kind = message("x.Kind", "", { apiVersion: str(0, ""), kind: str(0, ""), metadata: map(1, { ...item, name: "x.Meta" }, ""), spec: obj(2, spec, "") });

type Leaves = ReadonlyMap<string, string>;

/** A configuration as its claims: one for each leaf, map key and list element. */
function claims(spec: Any): Leaves {
  const result = new Map<string, string>();
  if (spec.a !== undefined) result.set("a", String(spec.a));
  for (const [key, value] of Object.entries(spec.m ?? {})) result.set(`m/${key}`, String(value));
  for (const value of spec.set ?? []) result.set(`set/${value}`, "");
  for (const { name, ...fields } of spec.items ?? []) {
    result.set(`items/${name}`, "");
    for (const [key, value] of Object.entries(fields)) result.set(`items/${name}/${key}`, String(value));
  }
  return result;
}

function randomSpec(random: (bound: number) => number): object {
  const some = (names: string[]) => names.filter(() => random(2) === 0);
  const value = () => random(2);
  return {
    ...(random(2) === 0 ? {} : { a: value() }),
    ...(random(3) === 0 ? {} : { m: Object.fromEntries(some(["x", "y", "z"]).map((key) => [key, String(value())])) }),
    ...(random(3) === 0
      ? {}
      : { items: some(["p", "q", "r"]).map((name) => ({ name, ...Object.fromEntries(some(["a", "b"]).map((key) => [key, value()])) })) }),
    ...(random(3) === 0 ? {} : { set: some(["s", "t"]) }),
  };
}

test("property: forced applies of several managers leave the union of their last wishes, latest wins", () => {
  const random = seeded(2026);
  for (let round = 0; round < 300; round++) {
    let live: object | undefined;
    const wishes = new Map<string, Map<string, string>>();
    for (let step = 0; step < 8; step++) {
      const manager = "abc"[random(3)] as string;
      const wish = randomSpec(random);
      const applied = deepFreeze({ apiVersion: "x/v1", kind: "Kind", spec: wish });
      const request = { schema: kind, apiVersion: "x/v1", kind: "Kind", live, applied, manager, force: true, now: step * 1000 };
      const object = deepFreeze(apply(request).object);
      assert.equal(apply({ ...request, live: object }).changed, false, "idempotent");
      live = object;
      const claimed = claims(wish);
      for (const [other, leaves] of wishes) if (other !== manager) for (const [path, value] of claimed) if (leaves.get(path) !== value) leaves.delete(path);
      wishes.set(manager, new Map(claimed));
      const expected = new Map([...wishes.values()].flatMap((leaves) => [...leaves]));
      const actual = new Map(claims((object as Any).spec ?? {}));
      assert.deepEqual([...actual].sort(), [...expected].sort(), JSON.stringify({ round, step, wish }));
    }
  }
});
