import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { configMap } from "../../api/core/v1/config-map.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { copyJson } from "../json.ts";
import { deepFreeze, randomJson, seeded } from "../patches/testing.ts";
import { atomOf } from "./atoms.ts";
import { compareObjects } from "./compare.ts";
import type { Entries } from "./entries.ts";
import { type FieldSet, pathsOf } from "./field-set.ts";
import { managerName } from "./manager-name.ts";
import { recordUpdate, type UpdateRecord, withManagedFields } from "./update.ts";

const start = Date.UTC(2026, 0, 1);
const second = (n: number) => start + n * 1000;

/** One object through a history of writes. */
function history(schema: UpdateRecord["schema"], apiVersion: string) {
  let live: object | undefined;
  let now = start;
  return {
    write(manager: string, object: object, options: Partial<UpdateRecord> = {}): Entries {
      const entries = recordUpdate({ schema, apiVersion, live, object: deepFreeze(object), manager, now, ...options });
      live = deepFreeze(withManagedFields(object, entries));
      now += 1000;
      return entries ?? [];
    },
    get live() {
      return live;
    },
  };
}

const summary = (entries: Entries) =>
  entries.map(({ manager, operation, time, subresource, fieldsV1 }) => [manager, operation, time?.slice(17, 19), subresource ?? "", fieldsV1]);

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", uid: "1", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", labels: { app: "web" } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "nginx", image: "nginx:1", ports: [{ containerPort: 80, protocol: "TCP" }], resources: {} }], securityContext: {} },
    },
  },
};

test("create: the fields of a deployment as Kubernetes records them", () => {
  const [entry, ...rest] = history(deployment, "apps/v1").write("kubectl-create", web);
  assert.deepEqual(rest, []);
  assert.deepEqual(entry, {
    manager: "kubectl-create",
    operation: "Update",
    apiVersion: "apps/v1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
      "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
        "f:template": {
          "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
          "f:spec": {
            "f:containers": {
              'k:{"name":"nginx"}': {
                ".": {},
                "f:image": {},
                "f:name": {},
                "f:ports": { ".": {}, 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} } },
                "f:resources": {},
              },
            },
            "f:securityContext": {},
          },
        },
      },
    },
  });
});

test("an update takes over what it changes, and only that", () => {
  const object = history(deployment, "apps/v1");
  object.write("kubectl", web);
  const entries = object.write("hpa", { ...web, spec: { ...web.spec, replicas: 5 } });
  assert.deepEqual(
    entries.map(({ manager, time }) => [manager, time]),
    [
      ["kubectl", "2026-01-01T00:00:00Z"],
      ["hpa", "2026-01-01T00:00:01Z"],
    ],
  );
  assert.deepEqual(entries[1]?.fieldsV1, { "f:spec": { "f:replicas": {} } });
  assert.equal(
    pathsOf(entries[0]?.fieldsV1 as FieldSet).some((path) => path.join() === "f:spec,f:replicas"),
    false,
  );
});

test("no change leaves the entries as they are, by reference", () => {
  const object = history(deployment, "apps/v1");
  object.write("kubectl", web);
  const before = (object.live as { metadata: { managedFields: Entries } }).metadata.managedFields;
  assert.equal(object.write("other", copyJson(web)), before);
  assert.equal(object.write("other", copyJson({ ...web, metadata: { ...web.metadata, resourceVersion: "7" } })), before);
});

const map = (data: Record<string, string>, metadata: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", ...metadata }, data });

test("the same manager's changes gather in one entry with the latest time", () => {
  const object = history(configMap, "v1");
  object.write("a", map({ x: "1" }));
  assert.deepEqual(summary(object.write("a", map({ x: "1", y: "1" }))), [["a", "Update", "01", "", { "f:data": { ".": {}, "f:x": {}, "f:y": {} } }]]);
});

test("an entry that loses its last field goes", () => {
  const object = history(configMap, "v1");
  object.write("a", map({ x: "1" }));
  object.write("b", map({ x: "1", y: "1" }));
  assert.deepEqual(summary(object.write("c", map({ x: "1", y: "2" }))), [
    ["a", "Update", "00", "", { "f:data": { ".": {}, "f:x": {} } }],
    ["c", "Update", "02", "", { "f:data": { "f:y": {} } }],
  ]);
});

test("removed fields leave every entry", () => {
  const object = history(configMap, "v1");
  object.write("a", map({ x: "1" }));
  object.write("b", map({ x: "1", y: "1" }));
  assert.deepEqual(summary(object.write("c", map({ x: "1" }))), [["a", "Update", "00", "", { "f:data": { ".": {}, "f:x": {} } }]]);
});

test("keys that objects inherit are keys like any other", () => {
  const object = history(configMap, "v1");
  object.write("a", map({ x: "1" }));
  assert.deepEqual(summary(object.write("b", map({ x: "1", constructor: "1" })))[1]?.[4], { "f:data": { "f:constructor": {} } });
  assert.equal(object.write("c", map({ x: "1" })).length, 1);
});

test("a subresource has entries of its own and keeps the stored entries, whatever the client sent", () => {
  const object = history(pod, "v1");
  const spec = { containers: [{ name: "a" }] };
  object.write("kubelet", { kind: "Pod", spec });
  const sent = { kind: "Pod", metadata: { managedFields: [] }, spec, status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
  assert.deepEqual(summary(object.write("kubelet", sent, { subresource: "status" }))[1], [
    "kubelet",
    "Update",
    "01",
    "status",
    {
      "f:status": {
        "f:conditions": { ".": {}, 'k:{"type":"Ready"}': { ".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {} } },
        "f:phase": {},
      },
    },
  ]);
});

test("ignored fields are nobody's", () => {
  const ignored = { "f:status": {} };
  const entries = history(pod, "v1").write("a", { spec: { hostNetwork: true }, status: { phase: "Running" } }, { ignored });
  assert.deepEqual(entries[0]?.fieldsV1, { "f:spec": { "f:hostNetwork": {} } });
});

test("a client can correct the entries, and reset them; an untracked object stays untracked", () => {
  const object = history(configMap, "v1");
  object.write("a", map({ x: "1" }));
  const renamed = [{ manager: "z", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { "f:data": { "f:x": {} }, "q:unknown": {} } }];
  assert.deepEqual(summary(object.write("b", map({ x: "1" }, { managedFields: renamed }))), [["z", "Update", undefined, "", { "f:data": { "f:x": {} } }]]);
  const invalid = [{ manager: "y", operation: "Spam", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }];
  assert.equal(object.write("b", map({ x: "1" }, { managedFields: invalid }))[0]?.manager, "z");
  assert.deepEqual(object.write("b", map({ x: "1" }, { managedFields: [{}] })), []);
  assert.deepEqual(object.write("b", map({ x: "2" })), []);
});

test("at most ten update entries: the oldest of a version go into ancient-changes", () => {
  const object = history(configMap, "v1");
  const data: Record<string, string> = {};
  let entries: Entries = [];
  for (let i = 0; i < 14; i++) {
    data[`k${String(i).padStart(2, "0")}`] = "1";
    entries = object.write(`m${String(i).padStart(2, "0")}`, map({ ...data }));
  }
  assert.equal(entries.length, 10);
  assert.deepEqual(summary(entries)[0], [
    "ancient-changes",
    "Update",
    "04",
    "",
    { "f:data": { ".": {}, "f:k00": {}, "f:k01": {}, "f:k02": {}, "f:k03": {}, "f:k04": {} } },
  ]);
  assert.deepEqual(
    entries.slice(1).map(({ manager }) => manager),
    ["m05", "m06", "m07", "m08", "m09", "m10", "m11", "m12", "m13"],
  );
});

test("an object that no longer fits its schema keeps its owners", () => {
  const managedFields = [{ manager: "a", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { "f:spec": {} } }];
  const live = { metadata: { uid: "1", managedFields }, spec: { containers: [{ image: "x" }] } };
  const object = { metadata: { uid: "1" }, spec: { containers: [{ image: "y" }] } };
  assert.equal(recordUpdate({ schema: pod, apiVersion: "v1", live, object, manager: "b", now: second(1) }), managedFields);
});

test("without a schema, objects are granular and lists are owned as a whole", () => {
  const object = history(undefined, "example.com/v1");
  const entries = object.write("a", {
    apiVersion: "example.com/v1",
    kind: "Foo",
    metadata: { name: "f", uid: "1" },
    spec: { list: [1, 2], map: { x: { y: true } } },
  });
  assert.deepEqual(entries[0]?.fieldsV1, { "f:spec": { ".": {}, "f:list": {}, "f:map": { ".": {}, "f:x": { ".": {}, "f:y": {} } } } });
});

test("manager names: the parameter, or the user agent up to the slash", () => {
  assert.equal(managerName("mine", "kubectl/v1.36.0"), "mine");
  assert.equal(managerName("", "kube-controller-manager/v1.36.0 (linux/amd64) kubernetes/abc"), "kube-controller-manager");
  assert.equal(managerName(undefined, undefined), "unknown");
  assert.equal(managerName(undefined, "\u0007bell/1"), "bell");
  assert.equal(managerName(undefined, `${"é".repeat(100)}/1`), "é".repeat(64));
});

/* ---- oracle: leaves of both objects as flat maps ---- */

function flat(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    into.set(path, "object");
    for (const [key, item] of Object.entries(value)) flat(item, `${path}/f:${key}`, into);
  } else into.set(path, JSON.stringify(value));
  return into;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return value ?? 0;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNulls(item)]));
}

test("property: a deduced comparison finds exactly the paths that differ", () => {
  const random = seeded(555);
  for (let round = 0; round < 1000; round++) {
    const before = deepFreeze({ r: withoutNulls(randomJson(random, 3)), same: { a: 1 } });
    const after = deepFreeze({ r: withoutNulls(randomJson(random, 3)), same: { a: 1 } });
    const old = flat(before, "", new Map());
    const now = flat(after, "", new Map());
    // A value that turns from object to something else, or back, counts as one change: the oracle leaves these out.
    if ([...old].some(([path, text]) => now.has(path) && text !== now.get(path) && [text, now.get(path)].some((t) => t === "object" || t === "{}"))) continue;
    const { changed, removed } = compareObjects(atomOf(undefined), before, after);
    const texts = (set: FieldSet) =>
      pathsOf(set)
        .map((path) => `/${path.join("/")}`)
        .sort();
    assert.deepEqual(
      texts(changed),
      [...now]
        .filter(([path, text]) => old.get(path) !== text)
        .map(([path]) => path)
        .sort(),
    );
    assert.deepEqual(texts(removed), [...old.keys()].filter((path) => !now.has(path)).sort());
  }
});
