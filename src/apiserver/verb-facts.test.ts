/** What clients learn from answers of the verbs, in the order in which they would: codes, reasons, whole messages. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";
import type { Answer } from "../testing/http2-exchange.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const pods = "/api/v1/namespaces/default/pods";
const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const budget = (name: string) => ({ metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: "e" } } } });
const budgetStatus = (disruptionsAllowed: number) => ({
  status: { observedGeneration: 1, disruptionsAllowed, desiredHealthy: 1, currentHealthy: 2, expectedPods: 2 },
});
const eviction = (name: string) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name } });
const runningPod = (name: string) => ({ metadata: { name, labels: { app: "e" } }, spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] } });
const ready = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
const cause = (text: string, retryAfter?: string) => (answer: Answer) => {
  assert.equal(answer.body.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  assert.deepEqual(answer.body.details.causes, [{ reason: "DisruptionBudget", message: text }]);
  assert.equal(answer.headers["retry-after"], retryAfter);
};
const map = (metadata: object, rest: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata, ...rest });
const merge = { "content-type": "application/merge-patch+json" };
const json = { "content-type": "application/json-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const apply = { "content-type": "application/apply-patch+yaml" };
const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const notAllowed = "the server does not allow this method on the requested resource";
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
const deployment = (spec: object) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec });
const scaleOf = (replicas: number) => ({ apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "d" }, spec: { replicas } });

const yaml = { "content-type": "application/yaml" };
const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "1" };
const doubled = (when: string) =>
  `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24`;
/** These warnings and no others. */
const warned =
  (...texts: readonly string[]) =>
  ({ headers }: Answer) =>
    assert.equal(headers["warning"], texts.map((text) => `299 - "${text.replaceAll('"', '\\"')}"`).join(", "));

/** Method, path, body, headers, code, and the message or what the body must hold. */
type Step = readonly [string, string, unknown, Record<string, string>, number, string | RegExp | ((answer: Answer) => void)];

const scenarios: Readonly<Record<string, readonly Step[]>> = {
  "list parameters": [
    ["GET", `${maps}?limit=`, undefined, {}, 400, 'strconv.ParseInt: parsing "": invalid syntax'],
    ["GET", `${maps}?limit=9223372036854775807`, undefined, {}, 200, /ConfigMapList/],
    ["GET", `${maps}?limit=9223372036854775808`, undefined, {}, 400, 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    [
      "GET",
      `${maps}?resourceVersion=abc`,
      undefined,
      {},
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    ["GET", `${maps}/a?resourceVersion=abc`, undefined, {}, 400, 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'],
    ["GET", `${maps}?fieldSelector=metadata.name%3Da/b`, undefined, {}, 200, /"items":\[\]/],
    ["GET", "/api/v1/pods?fieldSelector=spec.host%3Da,status.podIPs!%3Dx", undefined, {}, 200, /"items":\[\]/],
    [
      "GET",
      "/api/v1/watch/namespaces/default/configmaps/a?fieldSelector=metadata.name%3Db",
      undefined,
      {},
      400,
      "fieldSelector metadata.name doesn't match requested name",
    ],
    [
      "GET",
      `${maps}?includeObject=All`,
      undefined,
      table,
      400,
      "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    ],
  ],
  "methods that a path does not have": [
    ["POST", `${maps}/a`, {}, {}, 405, notAllowed],
    ["PUT", maps, {}, {}, 405, notAllowed],
    ["DELETE", "/api/v1/namespaces", undefined, {}, 405, notAllowed],
    ["OPTIONS", maps, undefined, {}, 405, notAllowed],
    ["POST", "/version", {}, {}, 405, notAllowed],
    ["DELETE", "/apis/apps/v1", undefined, {}, 405, notAllowed],
  ],
  "a uid names the object that is meant": [
    ["POST", maps, map({ name: "u" }), {}, 201, /"u"/],
    [
      "PUT",
      `${maps}/u`,
      map({ name: "u", uid: "x" }),
      {},
      409,
      /^Operation cannot be fulfilled on configmaps "u": StorageError: invalid object, Code: 4, Key: \/registry\/configmaps\/default\/u, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: [0-9a-f-]{36}$/,
    ],
    ["PUT", `${maps}/none`, map({ name: "none", uid: "x" }), {}, 409, /UID in precondition: x, UID in object meta: $/],
    ["PATCH", `${maps}/u`, { metadata: { uid: "x" } }, merge, 422, 'ConfigMap "u" is invalid: metadata.uid: Invalid value: "x": field is immutable'],
    [
      "PATCH",
      `${maps}/none?fieldManager=m`,
      map({ name: "none", uid: "x" }),
      apply,
      409,
      'Operation cannot be fulfilled on configmaps "none": uid mismatch: the provided object specified uid x, and no existing object was found',
    ],
    [
      "PATCH",
      `${maps}/u`,
      { metadata: { namespace: "other" } },
      merge,
      400,
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
  ],
  "field validation of patches": [
    ["POST", maps, map({ name: "p" }, { data: { a: "1" } }), {}, 201, /"p"/],
    [
      "PATCH",
      `${maps}/p`,
      [{ op: "add", path: "/data/b", value: "2", foo: 1 }],
      json,
      200,
      ({ headers }) => assert.equal(headers["warning"], '299 - "json patch unknown field \\"[0].foo\\""'),
    ],
    [
      "PATCH",
      `${maps}/p?fieldValidation=Strict`,
      '[{"op":"test","op":"add","path":"/data/b","value":"2"}]',
      json,
      422,
      /: strict decoding error: json patch duplicate field "\[0\]\.op"$/,
    ],
    [
      "PATCH",
      `${maps}/p?fieldValidation=Strict`,
      '{"foo":{"a":1,"a":2}}',
      merge,
      422,
      /: strict decoding error: duplicate field "foo\.a", unknown field "foo"$/,
    ],
    [
      "PATCH",
      `${maps}/p`,
      { zoo: 1, metadata: { bar: 2 } },
      merge,
      200,
      ({ headers }) => assert.equal(headers["warning"], '299 - "unknown field \\"metadata.bar\\"", 299 - "unknown field \\"zoo\\""'),
    ],
    ["PATCH", `${maps}/p`, { kind: "Pod" }, merge, 422, /: no kind "Pod" is registered/],
    ["PATCH", `${maps}/p`, [{ op: "remove", path: "/kind" }], json, 422, /: Object 'Kind' is missing in '\{/],
    ["PATCH", `${maps}/p`, { kind: "Pod" }, strategic, 200, /"kind":"ConfigMap"/],
    ["POST", deployments, deployment({ selector: { matchLabels: { a: "b" } }, template }), {}, 201, /"d"/],
    [
      "PATCH",
      `${deployments}/d`,
      { spec: { replicas: "x" } },
      strategic,
      422,
      ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32',
    ],
    ["PATCH", `${deployments}/d`, { metadata: { labels: { a: 1 } } }, strategic, 422, /: cannot convert int64 to string$/],
    ["PATCH", `${deployments}/d`, { spec: { template: { spec: { containers: {} } } } }, strategic, 422, /: cannot restore slice from map$/],
    ["PATCH", `${deployments}/d`, { spec: { template: [] } }, strategic, 422, /: cannot restore struct from: slice$/],
    ["PATCH", `${deployments}/d`, { spec: { selector: { matchLabels: "a" } } }, strategic, 422, /: cannot restore map from string$/],
    [
      "PATCH",
      `${deployments}/d?fieldValidation=Strict`,
      { spec: { foo: 1 }, bar: 2 },
      strategic,
      422,
      ' "" is invalid: patch: Invalid value: "map[bar:2 spec:map[foo:1]]": strict decoding error: unknown field "bar", unknown field "spec.foo"',
    ],
  ],
  "keys given twice in YAML": [
    [
      "POST",
      `${maps}?fieldValidation=Strict`,
      "kind: ConfigMap\nmetadata:\n  name: x\n  name: twice\nzoo: 1\nfoo: 1\nfoo: 1\n",
      yaml,
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "name" already set in map\n  line 7: key "foo" already set in map, unknown field "foo", unknown field "zoo"',
    ],
    [
      "POST",
      maps,
      "kind: ConfigMap\nmetadata:\n  name: x\n  name: twice\nfoo: 1\nfoo: 1\n",
      yaml,
      201,
      warned('line 4: key "name" already set in map', 'line 6: key "foo" already set in map', 'unknown field "foo"'),
    ],
    [
      "PATCH",
      `${maps}/twice?fieldManager=m&fieldValidation=Strict`,
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},\n"data":{"a":"1",\n"a":"2"},"data":{}}',
      apply,
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key "a" already set in map\n  line 3: key "data" already set in map',
    ],
    [
      "PATCH",
      `${maps}/twice?fieldManager=m`,
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata: {a: '1', a: '2'}\n",
      apply,
      200,
      warned('line 4: key "a" already set in map'),
    ],
  ],
  "owners given twice": [
    ["POST", maps, map({ name: "o", ownerReferences: [owner, owner] }), {}, 201, warned(doubled(""))],
    ["PUT", `${maps}/o`, map({ name: "o", ownerReferences: [owner, owner] }), {}, 200, warned(doubled(""))],
    ["PATCH", `${maps}/o`, { metadata: { ownerReferences: [owner, owner] } }, merge, 200, warned(doubled(" after mutating admission happens"))],
  ],
  "configurations that cannot be applied": [
    ["PATCH", `${maps}/x?fieldManager=m`, { apiVersion: "v1", kind: "ConfigMap" }, apply, 400, /name must be provided$/],
    ["PATCH", `${maps}/x?fieldManager=m`, "", apply, 400, "invalid object type: /, Kind="],
    ["PATCH", `${maps}/x?fieldManager=m`, "a: [", apply, 400, /^error decoding YAML: error converting YAML to JSON: yaml: line 1: /],
    [
      "PATCH",
      `${maps}/x?fieldManager=m`,
      "[]",
      apply,
      400,
      "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
    ],
    [
      "PATCH",
      `${maps}/x?fieldManager=m&fieldValidation=Strict`,
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nfoo: 1\nfoo: 2\n",
      apply,
      400,
      /\.foo: field not declared in schema$/,
    ],
  ],
  "what a write of /status leaves alone": [
    [
      "PATCH",
      `${deployments}/d/status?fieldManager=reporter`,
      { ...deployment({ replicas: 9 }), metadata: { name: "d", labels: { of: "status" }, annotations: { seen: "yes" } }, status: { replicas: 1 } },
      apply,
      200,
      ({ body: { metadata, spec, status } }) => {
        assert.deepEqual([metadata.labels, metadata.annotations, spec.replicas, status.replicas], [undefined, { seen: "yes" }, 1, 1]);
        const { fieldsV1 } = metadata.managedFields.find(({ manager }: { manager: string }) => manager === "reporter");
        assert.deepEqual(fieldsV1, { "f:metadata": { "f:annotations": { "f:seen": {} } }, "f:status": { "f:replicas": {} } });
      },
    ],
    ["PUT", "/apis/networking.k8s.io/v1/ipaddresses/10.0.0.9", { metadata: { name: "10.0.0.9" }, spec: {} }, {}, 404, /not found$/],
  ],
  "apply of a Scale": [
    ["PATCH", `${deployments}/d?fieldManager=owner`, deployment({ replicas: 2 }), { ...apply }, 409, /^Apply failed with 1 conflict: /],
    ["PATCH", `${deployments}/d?fieldManager=owner&force=true`, deployment({ replicas: 2 }), apply, 200, /"replicas":2/],
    ["PATCH", `${deployments}/d/scale?fieldManager=scaler`, scaleOf(5), apply, 409, 'Apply failed with 1 conflict: conflict with "owner": .spec.replicas'],
    ["PATCH", `${deployments}/d/scale?fieldManager=scaler&force=true`, scaleOf(5), apply, 200, /"spec":\{"replicas":5\}/],
    [
      "GET",
      `${deployments}/d`,
      undefined,
      {},
      200,
      ({ body }) => {
        const owners = body.metadata.managedFields.filter(({ fieldsV1 }: { fieldsV1: Record<string, object> }) =>
          JSON.stringify(fieldsV1["f:spec"] ?? {}).includes("f:replicas"),
        );
        const [{ manager, operation, apiVersion, subresource }] = owners;
        assert.deepEqual([owners.length, manager, operation, apiVersion, subresource], [1, "scaler", "Apply", "apps/v1", "scale"]);
      },
    ],
    ["PATCH", `${deployments}/d/scale?fieldManager=scaler`, scaleOf(6), apply, 200, /"spec":\{"replicas":6\}/],
    ["PATCH", `${deployments}/d/scale?fieldManager=scaler`, { ...scaleOf(6), foo: 1 }, apply, 400, /\.foo: field not declared in schema$/],
    [
      "PATCH",
      `${deployments}/d?fieldManager=owner`,
      deployment({ replicas: 2 }),
      apply,
      409,
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale": .spec.replicas',
    ],
  ],
  "answers of DELETE": [
    ["POST", maps, map({ name: "gone" }), {}, 201, /"gone"/],
    [
      "DELETE",
      `${maps}/gone`,
      { preconditions: { uid: "x" } },
      {},
      409,
      /^Operation cannot be fulfilled on ConfigMap "gone": the UID in the precondition \(x\) does not match the UID in record/,
    ],
    ["DELETE", `${maps}/gone`, { propagationPolicy: "Foreground" }, {}, 200, /"finalizers":\["foregroundDeletion"\]/],
    ["DELETE", `${maps}/gone`, { propagationPolicy: "Orphan" }, {}, 200, /"finalizers":\["orphan"\]/],
    ["DELETE", `${maps}/gone`, { orphanDependents: false }, {}, 200, ({ body }) => assert.deepEqual([body.status, "code" in body], ["Success", false])],
    ["POST", maps, map({ name: "held", finalizers: ["example.com/hold"] }), {}, 201, /"held"/],
    ["DELETE", `${maps}/held`, { orphanDependents: false }, {}, 202, /"deletionTimestamp"/],
  ],
  "a new object's system fields are nobody's, but for a generation that its kind does not count": [
    [
      "POST",
      maps,
      map({ name: "s", uid: "x", generation: 5, deletionTimestamp: "2000-01-01T00:00:00Z" }),
      {},
      201,
      ({ body }) => assert.deepEqual([body.metadata.managedFields, body.metadata.deletionTimestamp, body.metadata.generation], [undefined, undefined, 5]),
    ],
  ],
  "a lease that exists is not replaced unseen": [
    [
      "PUT",
      "/apis/coordination.k8s.io/v1/namespaces/default/leases/l",
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } },
      {},
      201,
      /"l"/,
    ],
    [
      "PUT",
      "/apis/coordination.k8s.io/v1/namespaces/default/leases/l",
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } },
      {},
      422,
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    ],
  ],
  "evictions and budgets": [
    ["POST", pods, runningPod("e1"), {}, 201, /e1/],
    ["PATCH", `${pods}/e1/status`, ready, merge, 200, /e1/],
    ["POST", budgets, budget("b"), {}, 201, /"b"/],
    ["POST", `${pods}/e1/eviction`, eviction("e1"), {}, 429, cause("The disruption budget b is still being processed by the server.", "10")],
    ["PATCH", `${budgets}/b/status`, budgetStatus(0), merge, 200, /"b"/],
    ["POST", `${pods}/e1/eviction`, eviction("e1"), {}, 429, cause("The disruption budget b needs 1 healthy pods and has 2 currently")],
    ["PATCH", `${budgets}/b/status`, budgetStatus(-1), merge, 422, /status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0/],
    ["PATCH", `${budgets}/b/status`, budgetStatus(1), merge, 200, /"b"/],
    ["POST", budgets, budget("b2"), {}, 201, /"b2"/],
    [
      "POST",
      `${pods}/e1/eviction`,
      eviction("e1"),
      {},
      500,
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    ],
    ["DELETE", `${budgets}/b2`, undefined, {}, 200, /Success/],
    ["POST", `${pods}/e1/eviction?dryRun=All`, eviction("e1"), {}, 201, /Success/],
    ["POST", `${pods}/e1/eviction`, eviction("e1"), {}, 201, /Success/],
    [
      "GET",
      `${budgets}/b`,
      undefined,
      {},
      200,
      ({ body: { status } }) => {
        assert.deepEqual([status.disruptionsAllowed, Object.keys(status.disruptedPods)], [0, ["e1"]]);
        const [{ type, status: state, reason }] = status.conditions;
        assert.deepEqual([type, state, reason], ["DisruptionAllowed", "False", "InsufficientPods"]);
      },
    ],
  ],
  "a pod deleted at once says when and with what grace": [
    ["POST", pods, runningPod("now"), {}, 201, /now/],
    [
      "DELETE",
      `${pods}/now?gracePeriodSeconds=0`,
      undefined,
      {},
      200,
      ({ body: { metadata } }) => assert.deepEqual([typeof metadata.deletionTimestamp, metadata.deletionGracePeriodSeconds], ["string", 0]),
    ],
    ["GET", `${pods}/now`, undefined, {}, 404, /not found$/],
  ],
  evictions: [
    [
      "POST",
      pods,
      { apiVersion: "v1", kind: "Pod", metadata: { name: "e" }, spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] } },
      {},
      201,
      /"e"/,
    ],
    ["POST", `${pods}/e/eviction`, { apiVersion: "policy/v1", kind: "Eviction" }, {}, 400, "name in URL does not match name in Eviction object"],
    [
      "POST",
      `${pods}/e/eviction?dryRun=All`,
      { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "e" }, deleteOptions: { dryRun: ["x"] } },
      {},
      400,
      "Non-matching dry-run options in request and content: [All] and [x]",
    ],
    ["POST", `${pods}/e/eviction?dryRun=All`, { apiVersion: "policy/v1beta1", kind: "Eviction", metadata: { name: "e" } }, {}, 201, /"Success"/],
  ],
};

describe("facts of the verbs", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene();
  });
  after(() => scene.close());
  for (const [name, steps] of Object.entries(scenarios)) test(name, async () => run(scene, steps));

  test("a watch from a revision still to come shows what comes after it, one from none ends its initial events", async () => {
    const { metadata } = (await scene.send("POST", maps, map({ name: "before" }))).body;
    const ahead = scene.get(`${maps}?watch=true&resourceVersion=${Number(metadata.resourceVersion) + 1}&timeoutSeconds=1`);
    const legacy = scene.get(`${maps}?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dbefore&timeoutSeconds=1`);
    await scene.get(`${maps}/before`);
    await scene.send("POST", maps, map({ name: "skipped" }));
    await scene.send("POST", maps, map({ name: "seen" }));
    assert.deepEqual(eventsOf(await ahead), ["ADDED seen"]);
    const [first, end] = eventsOf(await legacy);
    assert.deepEqual([first, end], ["ADDED before", 'BOOKMARK {"k8s.io/initial-events-end":"true"}']);
    const paged = await scene.get(`${maps}?watch=true&continue=x`);
    assert.match(paged.body.message, /resourceVersionMatch is forbidden when continue is provided$/);
  });

  test("a watch whose revision is gone, or not there yet, begins and says so", async () => {
    const watch = `${maps}?watch=true&resourceVersion=999999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
    const protobuf = { accept: "application/vnd.kubernetes.protobuf" };
    const [ahead, framed] = await Promise.all([scene.get(watch), scene.get(watch, protobuf)]);
    assert.equal(ahead.code, 200);
    const { type, object } = ahead.body;
    assert.deepEqual([type, object.code, object.reason, object.details.causes[0].reason], ["ERROR", 504, "Timeout", "ResourceVersionTooLarge"]);
    assert.match(framed.text, /ERROR[\s\S]*Too large resource version/);
  });
});

function eventsOf({ text }: Answer): string[] {
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return events.map(({ type, object: { metadata } }) => `${type} ${metadata.name ?? JSON.stringify(metadata.annotations)}`);
}

async function run(scene: HttpScene, steps: readonly Step[]): Promise<void> {
  for (const [method, path, body, headers, code, expected] of steps) {
    const answer = await scene.send(method, path, body, headers);
    const what = `${method} ${path}: ${answer.text.slice(0, 500)}`;
    assert.equal(answer.code, code, what);
    if (typeof expected === "function") expected(answer);
    else if (typeof expected === "string") assert.equal(answer.body.message, expected, what);
    else assert.match(code < 300 ? answer.text : answer.body.message, expected, what);
  }
}
