/**
 * Acceptance of the API machinery (rows AM-01 to AM-12 and AM-24) against one control plane, by unmodified clients: the real
 * kubectl, @kubernetes/client-node, and the bytes that client-go sends. What every kind has in common is in
 * api-resources.test.ts; history that expires and many watchers at random are in src/apiserver, on a clock of their own.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AppsV1Api, CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { controllerRevision } from "../src/api/apps/v1/controller-revision.ts";
import { configMap } from "../src/api/core/v1/config-map.ts";
import { eviction } from "../src/api/policy/v1/eviction.ts";
import { deleteOptions, status } from "../src/machinery/meta.ts";
import { decodeEnvelope, decodeWatchEvent } from "../src/machinery/protobuf.ts";
import {
  type ApiScene,
  discoveryAccept,
  eventually,
  fromProtobuf,
  type Json,
  type Output,
  protobuf,
  type Stream,
  startApiScene,
  tableAccept,
  toProtobuf,
  typedAccept,
} from "./support/api-scene.ts";
import { whyNoKubectl } from "./support/cluster.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";
const apply = "application/apply-patch+yaml";

let scene: ApiScene;
before(async () => {
  scene = await startApiScene(1);
});
after(() => scene.close());

function pod(name: string, more: object = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    // Nobody runs it: no node has this label.
    spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "100m", memory: "64Mi" } } }], nodeSelector: { none: "such" }, ...more },
  };
}

function deployment(name: string, replicas = 1): Json {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i" }] } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template } };
}

async function namespace(name: string): Promise<string> {
  await scene.expect(201, "POST", "/api/v1/namespaces", { body: { metadata: { name } } });
  // Quotas and pods need it.
  await eventually(() => scene.expect(200, "GET", `/api/v1/namespaces/${name}/serviceaccounts/default`));
  return `/api/v1/namespaces/${name}`;
}

async function nextEvent(stream: Stream): Promise<Json> {
  return JSON.parse((await stream.next()).toString());
}

describe("discovery and negotiation", () => {
  for (const [groupVersion, resource] of [
    ["v1", "namespaces"],
    ["admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"],
    ["apps/v1", "deployments"],
    ["authentication.k8s.io/v1", "tokenreviews"],
    ["authorization.k8s.io/v1", "selfsubjectaccessreviews"],
    ["autoscaling/v1", "horizontalpodautoscalers"],
    ["autoscaling/v2", "horizontalpodautoscalers"],
    ["batch/v1", "jobs"],
    ["certificates.k8s.io/v1", "certificatesigningrequests"],
    ["coordination.k8s.io/v1", "leases"],
    ["discovery.k8s.io/v1", "endpointslices"],
    ["events.k8s.io/v1", "events"],
    ["flowcontrol.apiserver.k8s.io/v1", "flowschemas"],
    ["networking.k8s.io/v1", "ingresses"],
    ["node.k8s.io/v1", "runtimeclasses"],
    ["policy/v1", "poddisruptionbudgets"],
    ["resource.k8s.io/v1", "resourceclaims"],
    ["scheduling.k8s.io/v1", "priorityclasses"],
    ["storage.k8s.io/v1", "csinodes"],
  ] as const) {
    test(`AM-01: ${groupVersion} lists ${resource}`, async () => {
      const { body } = await scene.expect(200, "GET", groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`);
      assert.equal(body.groupVersion, groupVersion);
      assert.ok(body.resources.some(({ name }: Json) => name === resource));
    });
  }

  test("AM-01: every group answers with a slash at its end, and prefers a version that it has", async () => {
    const { groups } = (await scene.expect(200, "GET", "/apis/")).body;
    assert.ok(groups.length > 15);
    for (const { name } of groups) {
      const { body } = await scene.expect(200, "GET", `/apis/${name}/`);
      assert.ok(body.versions.some(({ groupVersion }: Json) => groupVersion === body.preferredVersion.groupVersion));
    }
  });

  test("AM-02: aggregated discovery says by its media type that it is", async () => {
    for (const [path, group] of [
      ["/api", undefined],
      ["/apis", "apps"],
    ] as const) {
      const { headers, body } = await scene.expect(200, "GET", path, { accept: discoveryAccept });
      assert.equal(headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
      assert.ok(body.items.some(({ metadata }: Json) => metadata.name === group));
    }
  });

  test("AM-03: the version is 1.36", async () => {
    const { body } = await scene.expect(200, "GET", "/version");
    assert.match(body.major, /^[1-9]$/);
    assert.match(body.minor, /^\d+/);
    assert.match(body.gitVersion, /^v1\.36\.\d+/);
  });

  test("AM-04: what is not stored has no table: 406, whatever the body", async () => {
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes: { verb: "get", resource: "pods" } } };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const refused = await scene.expect(406, "POST", path, { body: review, accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    assert.equal(refused.body.kind, "Status");
    await scene.expect(201, "POST", path, { body: review });
  });
});

describe("lists and watches", () => {
  test("AM-05: pages of one revision, in order, with what remains", async () => {
    const path = `${await namespace("paging")}/podtemplates`;
    const names = Array.from({ length: 400 }, (_, i) => `template-${String(i).padStart(4, "0")}`);
    const template = { template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } } };
    await Promise.all(names.map((name) => scene.expect(201, "POST", path, { body: { metadata: { name }, ...template } })));
    const found: string[] = [];
    let token = "";
    let revision: string | undefined;
    do {
      const { body } = await scene.expect(200, "GET", `${path}?limit=17${token === "" ? "" : `&continue=${encodeURIComponent(token)}`}`);
      revision ??= body.metadata.resourceVersion;
      assert.equal(body.metadata.resourceVersion, revision);
      assert.ok(body.items.length <= 17);
      found.push(...body.items.map(({ metadata }: Json) => metadata.name));
      token = body.metadata.continue ?? "";
      assert.equal(body.metadata.remainingItemCount, token === "" ? undefined : 400 - found.length);
    } while (token !== "");
    assert.deepEqual(found, names);
    assert.equal((await scene.expect(200, "GET", `${path}?limit=401`)).body.items.length, 400);
  });

  test("AM-06: an object that leaves the selection is DELETED as of that write, one that comes back ADDED", async () => {
    const labelled = (label: string) => ({ type: merge, body: { metadata: { labels: { watched: label } } } });
    const stream = await scene.open(`${maps}?watch=true&labelSelector=${encodeURIComponent("watched in (a, b)")}&allowWatchBookmarks=true&timeoutSeconds=300`);
    const created = (await scene.expect(201, "POST", maps, { body: { metadata: { name: "watched", labels: { watched: "a" } }, data: { k: "1" } } })).body;
    const left = (await scene.expect(200, "PATCH", `${maps}/watched`, labelled("c"))).body;
    await scene.expect(200, "PATCH", `${maps}/watched`, { type: merge, body: { data: { k: "2" } } });
    const back = (await scene.expect(200, "PATCH", `${maps}/watched`, labelled("b"))).body;
    // Without a resourceVersion an update is unconditional.
    const { resourceVersion: _old, ...metadata } = back.metadata;
    const updated = (await scene.expect(200, "PUT", `${maps}/watched`, { body: { ...back, metadata, data: { k: "3" } } })).body;
    await scene.expect(200, "DELETE", `${maps}/watched`);

    // A watch that names no revision is a streaming list: here its initial events are none, and end.
    assert.equal((await nextEvent(stream)).object.metadata.annotations["k8s.io/initial-events-end"], "true");
    assert.deepEqual(await nextEvent(stream), { type: "ADDED", object: created });
    const leaving = await nextEvent(stream);
    assert.deepEqual([leaving.type, leaving.object.metadata.resourceVersion], ["DELETED", left.metadata.resourceVersion]);
    assert.deepEqual(await nextEvent(stream), { type: "ADDED", object: back });
    assert.deepEqual(await nextEvent(stream), { type: "MODIFIED", object: updated });
    const gone = await nextEvent(stream);
    assert.equal(gone.type, "DELETED");
    assert.ok(BigInt(gone.object.metadata.resourceVersion) > BigInt(updated.metadata.resourceVersion));
    stream.close();

    const replay = await scene.open(`${maps}?watch=true&fieldSelector=metadata.name=watched&resourceVersion=${back.metadata.resourceVersion}`);
    assert.deepEqual(await nextEvent(replay), { type: "MODIFIED", object: updated });
    assert.deepEqual(await nextEvent(replay), gone);
    replay.close();
  });

  test("AM-06: watchers from successive revisions see one order of revisions", async () => {
    const path = `${await namespace("ordered")}/configmaps`;
    const start = (await scene.expect(200, "GET", path)).body.metadata.resourceVersion;
    const revisions: string[] = [start];
    for (let i = 0; i < 20; i++) {
      const { body } = await scene.expect(201, "POST", path, { body: { metadata: { name: `m-${i}` } } });
      revisions.push(body.metadata.resourceVersion);
    }
    await Promise.all(
      revisions.slice(0, -1).map(async (revision, index) => {
        const stream = await scene.open(`${path}?watch=true&resourceVersion=${revision}&allowWatchBookmarks=true&timeoutSeconds=300`, typedAccept);
        for (const expected of revisions.slice(index + 1)) {
          // The namespace's own kube-root-ca.crt may come in between.
          let object: Json;
          do object = fromProtobuf(configMap, decodeWatchEvent(await stream.next()).object);
          while (!object.metadata.name.startsWith("m-"));
          assert.equal(object.metadata.resourceVersion, expected);
        }
        stream.close();
      }),
    );
  });

  test("a streaming list tells what there is, then that it was all, then what changes", async () => {
    const path = `${await namespace("streamed")}/configmaps`;
    for (const name of ["a", "b"]) await scene.expect(201, "POST", path, { body: { metadata: { name, labels: { s: "1" } } } });
    const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=&labelSelector=s%3D1";
    const stream = await scene.open(`${path}?${query}&timeoutSeconds=400`, typedAccept);
    assert.equal(stream.headers["content-type"], `${protobuf};stream=watch`);
    const next = async () => {
      const { type, object } = decodeWatchEvent(await stream.next());
      return { type, ...decodeEnvelope(object), object: fromProtobuf(configMap, object) };
    };
    for (const name of ["a", "b"]) {
      const { type, object } = await next();
      assert.deepEqual([type, object.metadata.name], ["ADDED", name]);
    }
    const bookmark = await next();
    assert.deepEqual([bookmark.type, bookmark.apiVersion, bookmark.kind], ["BOOKMARK", "v1", "ConfigMap"]);
    assert.deepEqual(bookmark.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
    assert.match(bookmark.object.metadata.resourceVersion, /^[1-9]\d*$/);
    await scene.expect(200, "DELETE", `${path}/a`);
    assert.equal((await next()).type, "DELETED");
    stream.close();
  });
});

describe("objects", () => {
  test("AM-07: flow control objects have growing decimal revisions, and are gone when deleted", async () => {
    for (const [resource, kind, spec, changed] of [
      ["flowschemas", "FlowSchema", { matchingPrecedence: 9999, priorityLevelConfiguration: { name: "global-default" } }, { matchingPrecedence: 9998 }],
      [
        "prioritylevelconfigurations",
        "PriorityLevelConfiguration",
        { type: "Limited", limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } } },
        { limited: { nominalConcurrencyShares: 4 } },
      ],
    ] as const) {
      const path = `/apis/flowcontrol.apiserver.k8s.io/v1/${resource}`;
      const body = { metadata: { generateName: "e2e-", labels: { made: resource } }, spec };
      const made: Json[] = [];
      for (let i = 0; i < 3; i++) made.push((await scene.expect(201, "POST", path, { body })).body);
      const revisions = made.map(({ metadata }) => BigInt(metadata.resourceVersion));
      assert.deepEqual([...revisions].sort(), revisions);
      const one = `${path}/${made[0].metadata.name}`;
      const patched = (await scene.expect(200, "PATCH", one, { type: merge, body: { metadata: { annotations: { patched: "true" } }, spec: changed } })).body;
      assert.ok(BigInt(patched.metadata.resourceVersion) > revisions[2]!);
      const stated = (await scene.expect(200, "GET", `${one}/status`)).body;
      assert.deepEqual([stated.apiVersion, stated.kind], ["flowcontrol.apiserver.k8s.io/v1", kind]);
      const conditions = [{ type: "e2e", status: "True", reason: "r", message: "m", lastTransitionTime: "2026-01-01T00:00:00Z" }];
      await scene.expect(200, "PATCH", `${one}/status`, { type: merge, body: { status: { conditions } } });
      await scene.expect(200, "DELETE", one);
      await scene.expect(404, "GET", one);
      await scene.expect(200, "DELETE", `${path}?labelSelector=made=${resource}`);
      assert.deepEqual((await scene.expect(200, "GET", `${path}?labelSelector=made=${resource}`)).body.items, []);
    }
  });

  test("AM-08: a namespace goes in order: its pods first, the rest when they are gone", async () => {
    const path = await namespace("ordered-end");
    await scene.expect(201, "POST", `${path}/configmaps`, { body: { metadata: { name: "kept" } } });
    const held = pod("held");
    held.metadata.finalizers = ["e2e.example.com/finalizer"];
    await scene.expect(201, "POST", `${path}/pods`, { body: held });
    const { body } = await scene.expect(200, "DELETE", path);
    assert.equal(body.status.phase, "Terminating");
    await eventually(async () => {
      const { conditions = [] } = (await scene.expect(200, "GET", path)).body.status;
      assert.ok(conditions.some(({ type }: Json) => type === "NamespaceDeletionContentFailure"));
      assert.ok((await scene.expect(200, "GET", `${path}/pods/held`)).body.metadata.deletionTimestamp);
    });
    await scene.expect(200, "GET", `${path}/configmaps/kept`);
    await scene.expect(403, "POST", `${path}/configmaps`, { body: { metadata: { name: "late" } } });
    await scene.expect(200, "PATCH", `${path}/pods/held`, { type: jsonPatch, body: [{ op: "remove", path: "/metadata/finalizers" }] });
    await eventually(() => scene.expect(404, "GET", path));
  });

  test("AM-09: a namespace's labels, status and finalizers", async () => {
    const path = await namespace("lived-in");
    const before = (await scene.expect(200, "GET", path)).body;
    assert.equal(before.metadata.labels["kubernetes.io/metadata.name"], "lived-in");
    assert.deepEqual(before.spec.finalizers, ["kubernetes"]);
    const patched = (await scene.expect(200, "PATCH", path, { type: strategic, body: { metadata: { labels: { testLabel: "v" } } } })).body;
    assert.ok(BigInt(patched.metadata.resourceVersion) > BigInt(before.metadata.resourceVersion));
    const conditions = [{ type: "StatusPatch", status: "True", reason: "E2E", message: "Patched" }];
    const status = { metadata: { annotations: { patchedstatus: "true" } }, status: { conditions } };
    const stated = (await scene.expect(200, "PATCH", `${path}/status`, { type: merge, body: status })).body;
    assert.deepEqual([stated.metadata.annotations.patchedstatus, stated.status.phase], ["true", "Active"]);
    const current = (await scene.expect(200, "GET", path)).body;
    const finalized = (finalizers: string[]) => ({ body: { ...current, spec: { finalizers } } });
    const more = (await scene.expect(200, "PUT", `${path}/finalize`, finalized(["kubernetes", "e2e.example.com/fakeFinalizer"]))).body;
    assert.equal(more.spec.finalizers.length, 2);
    current.metadata.resourceVersion = more.metadata.resourceVersion;
    assert.deepEqual((await scene.expect(200, "PUT", `${path}/finalize`, finalized(["kubernetes"]))).body.spec.finalizers, ["kubernetes"]);
  });

  test("AM-10: an owner in the foreground waits for its dependents, orphans lose their reference", async () => {
    const path = await namespace("owners");
    const sets = `${path.replace("/api/v1", "/apis/apps/v1")}/replicasets`;
    const { spec, ...rest } = deployment("x", 2);
    spec.template.spec.nodeSelector = { none: "such" };
    for (const name of ["foreground", "orphan"]) {
      await scene.expect(201, "POST", sets, {
        body: {
          ...rest,
          kind: "ReplicaSet",
          metadata: { name },
          spec: { ...spec, selector: { matchLabels: { app: name } }, template: { ...spec.template, metadata: { labels: { app: name } } } },
        },
      });
      await eventually(async () => assert.equal((await scene.expect(200, "GET", `${path}/pods?labelSelector=app=${name}`)).body.items.length, 2));
    }
    const options = (propagationPolicy: string) => ({
      body: toProtobuf(deleteOptions, { apiVersion: "apps/v1", kind: "DeleteOptions", propagationPolicy }),
      type: protobuf,
      accept: typedAccept,
    });
    await scene.expect(200, "DELETE", `${sets}/foreground`, options("Foreground"));
    await scene.expect(200, "DELETE", `${sets}/orphan`, options("Orphan"));
    await eventually(() => scene.expect(404, "GET", `${sets}/foreground`));
    assert.deepEqual((await scene.expect(200, "GET", `${path}/pods?labelSelector=app=foreground`)).body.items, []);
    await eventually(() => scene.expect(404, "GET", `${sets}/orphan`));
    const { items } = (await scene.expect(200, "GET", `${path}/pods?labelSelector=app=orphan`)).body;
    assert.deepEqual(
      items.map(({ metadata }: Json) => metadata.ownerReferences ?? []),
      [[], []],
    );
  });

  test("AM-11: a quota counts what there is, refuses what is too much, and gives back", async () => {
    const path = await namespace("counted");
    const hard = { pods: "2", cpu: "150m", configmaps: "3", "requests.example.com/dongle": "1", resourcequotas: "1" };
    await scene.expect(201, "POST", `${path}/resourcequotas`, { body: { metadata: { name: "q" }, spec: { hard } } });
    const used = async () => (await scene.expect(200, "GET", `${path}/resourcequotas/q`)).body.status;
    await eventually(async () => {
      const { hard: stated, used: counted } = await used();
      assert.deepEqual(stated, hard);
      assert.deepEqual([counted.pods, counted.cpu, counted.resourcequotas], ["0", "0", "1"]);
    });
    await scene.expect(201, "POST", `${path}/pods`, { body: pod("first") });
    await eventually(async () => assert.deepEqual([(await used()).used.pods, (await used()).used.cpu], ["1", "100m"]));
    const refused = await scene.expect(403, "POST", `${path}/pods`, { body: pod("second") });
    assert.match(refused.body.message, /exceeded quota: q, requested: cpu=100m, used: cpu=100m, limited: cpu=150m/);
    const silent = await scene.expect(403, "POST", `${path}/pods`, { body: pod("third", { containers: [{ name: "c", image: "i" }] }) });
    assert.match(silent.body.message, /failed quota: q: must specify cpu/);
    await scene.expect(200, "DELETE", `${path}/pods/first`, { body: { gracePeriodSeconds: 0 } });
    await eventually(async () => assert.equal((await used()).used.pods, "0"));
  });

  test("AM-12: quotas are patched, and a status that was written over is set right", async () => {
    const path = `${await namespace("restored")}/resourcequotas`;
    await scene.expect(201, "POST", path, { body: { metadata: { name: "q", labels: { q: "1" } }, spec: { hard: { cpu: "500m", memory: "500Mi" } } } });
    const patched = await scene.expect(200, "PATCH", `${path}/q`, { type: strategic, body: { spec: { hard: { cpu: "1", memory: "1Gi" } } } });
    assert.deepEqual(patched.body.spec.hard, { cpu: "1", memory: "1Gi" });
    assert.equal((await scene.expect(200, "GET", "/api/v1/resourcequotas?labelSelector=q=1")).body.items.length, 1);
    await eventually(async () => assert.deepEqual((await scene.expect(200, "GET", `${path}/q`)).body.status.hard, { cpu: "1", memory: "1Gi" }));
    const { metadata } = patched.body;
    const stream = await scene.open(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
    const wrong = (await scene.expect(200, "PATCH", `${path}/q/status`, { type: merge, body: { status: { hard: { cpu: "2" } } } })).body;
    assert.equal(wrong.status.hard.cpu, "2");
    let event: Json;
    do event = await nextEvent(stream);
    while (event.object.metadata.resourceVersion !== wrong.metadata.resourceVersion);
    assert.equal(event.object.status.hard.cpu, "2");
    stream.close();
    await scene.expect(200, "DELETE", `${path}?labelSelector=q=1`);
    await scene.expect(404, "GET", `${path}/q`);
  });

  for (const [name, method, query, type, body, code, message] of [
    [
      "unknown and duplicate fields of JSON",
      "POST",
      "?fieldValidation=Strict&fieldManager=m",
      "application/json",
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"unknownField":1,"replicas":1,"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}',
      400,
      /strict decoding error: unknown field "spec\.unknownField", duplicate field "spec\.replicas"/,
    ],
    [
      "an unknown field of metadata",
      "POST",
      "?fieldValidation=Strict",
      "application/json",
      JSON.stringify({ ...deployment("d"), metadata: { name: "d", unknownMeta: "x" } }),
      400,
      /strict decoding error: unknown field "metadata\.unknownMeta"/,
    ],
    [
      "an unknown field of an applied object",
      "PATCH",
      "/d?fieldValidation=Strict&fieldManager=m",
      apply,
      JSON.stringify({ ...deployment("d"), spec: { ...deployment("d").spec, unknown: 1 } }),
      400,
      /\.spec\.unknown: field not declared in schema/,
    ],
    [
      "a key given twice in applied YAML",
      "PATCH",
      "/d?fieldValidation=Strict&fieldManager=m",
      apply,
      "\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  paused: true\n  paused: false\n",
      400,
      /line 8: key "paused" already set in map/,
    ],
  ] as const) {
    test(`AM-24: Strict refuses ${name}`, async () => {
      const answer = await scene.send(method, `/apis/apps/v1/namespaces/default/deployments${query}`, { body, type });
      assert.match(answer.body.message, message);
      assert.equal(answer.code, code, answer.text);
    });
  }

  test("int64 beyond 2^53 and the order of stored keys survive JSON, YAML, protobuf, patches and apply", async () => {
    const path = "/apis/apps/v1/namespaces/default/controllerrevisions";
    const large = "9223372036854775807";
    const data = '{"spec":{"z":1,"template":{"b":9007199254740993,"a":["<&>"],"$patch":"replace"}}}';
    const head = '"apiVersion":"apps/v1","kind":"ControllerRevision"';
    await scene.expect(201, "POST", path, { body: `{${head},"metadata":{"name":"large"},"revision":9007199254740993,"data":${data}}` });
    await scene.expect(200, "PATCH", `${path}/large`, { type: merge, body: `{"revision":${large}}` });
    await scene.expect(200, "PATCH", `${path}/large`, { type: strategic, body: `{"revision":9007199254740995}` });
    await scene.expect(200, "PATCH", `${path}/large`, { type: jsonPatch, body: `[{"op":"replace","path":"/revision","value":${large}}]` });
    const applied = `{${head},"metadata":{"name":"large","labels":{"a":"b"}},"revision":${large}}`;
    await scene.expect(200, "PATCH", `${path}/large?fieldManager=m&force=true`, { type: apply, body: applied });

    // Go's JSON writes <, > and & as escapes; clients compare the bytes of data.
    const escaped = data.replace("<&>", "\\u003c\\u0026\\u003e");
    const { text } = await scene.expect(200, "GET", `${path}/large`);
    assert.ok(text.includes(`"revision":${large}`), text);
    assert.ok(text.includes(escaped), text);
    assert.match((await scene.expect(200, "GET", `${path}/large`, { accept: "application/yaml" })).text, new RegExp(`^revision: ${large}$`, "m"));
    const table = (await scene.expect(200, "GET", `${path}/large`, { accept: tableAccept })).text;
    assert.ok(table.includes(large), table);
    const { bytes } = await scene.expect(200, "GET", `${path}/large`, { accept: typedAccept });
    assert.equal(fromProtobuf(controllerRevision, bytes).revision, BigInt(large));
    assert.ok(bytes.toString("utf8").includes(escaped));
    const written = await scene.expect(200, "PUT", `${path}/large`, { body: bytes, type: protobuf });
    assert.ok(written.text.includes(`"revision":${large}`) && written.text.includes(escaped), written.text);
  });

  test("an eviction in protobuf is answered in protobuf", async () => {
    await scene.expect(201, "POST", "/api/v1/namespaces/default/pods", { body: pod("evicted") });
    const body = toProtobuf(eviction, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "evicted", namespace: "default" } });
    const path = "/api/v1/namespaces/default/pods/evicted/eviction";
    const { bytes } = await scene.expect(201, "POST", path, { body, type: protobuf, accept: typedAccept });
    assert.equal(fromProtobuf(status, bytes).status, "Success");
    const again = await scene.expect(404, "POST", path, { body, type: protobuf, accept: typedAccept });
    assert.equal(fromProtobuf(status, again.bytes).reason, "NotFound");
  });
});

describe("kubectl", { skip: whyNoKubectl(), concurrency: false }, () => {
  const run = async (args: string, input?: string): Promise<Output> => {
    const output = await scene.kubectl(args.split(" "), input);
    assert.equal(output.code, 0, `kubectl ${args}: ${output.stderr}`);
    return output;
  };
  const fails = async (args: string, pattern: RegExp, input?: string) => {
    const { code, stderr } = await scene.kubectl(args.split(" "), input);
    assert.notEqual(code, 0, `kubectl ${args} succeeded`);
    assert.match(stderr, pattern);
  };
  const list = (replicas: number) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "listed" } }, deployment("listed", replicas)],
    });

  test("applies a List, and again, and changed", async () => {
    assert.equal((await run("apply -f -", list(1))).stdout, "configmap/listed created\ndeployment.apps/listed created\n");
    assert.equal((await run("apply -f -", list(1))).stdout, "configmap/listed unchanged\ndeployment.apps/listed unchanged\n");
    assert.equal((await run("apply -f -", list(0))).stdout, "configmap/listed unchanged\ndeployment.apps/listed configured\n");
  });

  test("validates strictly: objects by the server, Lists by OpenAPI in protobuf", async () => {
    const unknown = { ...deployment("strict"), spec: { ...deployment("strict").spec, foo: 1 } };
    await fails("apply --validate=strict -f -", /strict decoding error: unknown field "spec\.foo"/, JSON.stringify(unknown));
    const listed = JSON.stringify({ apiVersion: "v1", kind: "List", items: [unknown] });
    await fails("apply --validate=strict -f -", /unknown field "foo" in io\.k8s\.api\.apps\.v1\.DeploymentSpec/, listed);
    const warned = await run("create --validate=warn --dry-run=server -f -", JSON.stringify(unknown));
    assert.match(warned.stderr, /Warning: unknown field "spec\.foo"/);
  });

  test("explains kinds and fields", async () => {
    assert.match((await run("explain pod.spec --recursive")).stdout, /containers\t<\[\]Container> -required-[\s\S]*livenessProbe\t<Probe>/);
    assert.match((await run("explain deployment.spec.strategy.type")).stdout, /FIELD: type <string>\n(ENUM:[\s\S]*)?/);
    await fails("explain pod.spec.absent", /field "absent" does not exist/);
  });

  test("prints tables of objects, of status and of scale", async () => {
    assert.match((await run("get deployment listed -o wide")).stdout, /NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nlisted/);
    assert.match((await run("get deployment listed --subresource=status")).stdout, /NAME +READY/);
    assert.match((await run("get deployment listed --subresource=scale")).stdout, /NAME +DESIRED +AVAILABLE +AGE\nlisted +0 +0 /);
    await run(`patch deployment listed --subresource=scale --type=merge -p {"spec":{"replicas":2}}`);
    assert.equal((await run("get deployment listed -o jsonpath={.spec.replicas}")).stdout, "2");
    assert.match((await run("get componentstatuses")).stdout, /etcd-0 +Healthy +ok/);
  });

  test("applies on the server, meets a conflict, and forces it", async () => {
    const object = (value: string) => JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "ours" }, data: { k: value } });
    await run("apply --server-side --field-manager=one -f -", object("1"));
    await fails("apply --server-side --field-manager=two -f -", /Apply failed with 1 conflict: conflict with "one": \.data\.k/, object("2"));
    await run("apply --server-side --field-manager=two --force-conflicts -f -", object("2"));
    assert.equal((await run("get configmap ours -o jsonpath={.data.k}")).stdout, "2");
  });

  test("warns of deprecated kinds, lists resources, and deletes by label", async () => {
    assert.match((await run("get endpoints")).stderr, /Warning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice/);
    assert.match((await run("api-resources --api-group=apps -o name")).stdout, /^deployments\.apps$/m);
    await run("label configmap listed ours done=1 --overwrite");
    assert.match((await run("delete configmap -l done=1")).stdout, /"listed" deleted[\s\S]*"ours" deleted|"ours" deleted[\s\S]*"listed" deleted/);
    await run("delete deployment listed --cascade=foreground");
  });

  test("reads health and metrics", async () => {
    assert.match((await run("get --raw /readyz?verbose")).stdout, /\[\+\]etcd ok[\s\S]*readyz check passed/);
    assert.match((await run("get --raw /metrics")).stdout, /apiserver_request_total\{/);
  });
});

describe("@kubernetes/client-node", () => {
  test("creates, lists, scales and follows by an informer", async () => {
    const config = new KubeConfig();
    config.loadFromString(scene.kubeconfig);
    const core = config.makeApiClient(CoreV1Api);
    const apps = config.makeApiClient(AppsV1Api);
    const seen: string[] = [];
    const informer = makeInformer<V1ConfigMap>(
      config,
      "/api/v1/namespaces/default/configmaps",
      () => core.listNamespacedConfigMap({ namespace: "default", labelSelector: "js=1" }),
      "js=1",
    );
    informer.on("add", ({ metadata }) => seen.push(`+${metadata?.name}`));
    informer.on("update", ({ data }) => seen.push(`~${data?.["k"]}`));
    informer.on("delete", ({ metadata }) => seen.push(`-${metadata?.name}`));
    informer.on("error", () => undefined);
    await informer.start();
    await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "js", labels: { js: "1" } }, data: { k: "1" } } });
    await core.replaceNamespacedConfigMap({ name: "js", namespace: "default", body: { metadata: { name: "js", labels: { js: "1" } }, data: { k: "2" } } });
    await core.deleteNamespacedConfigMap({ name: "js", namespace: "default" });
    await eventually(async () => assert.deepEqual(seen, ["+js", "~2", "-js"]));
    await informer.stop();

    await apps.createNamespacedDeployment({ namespace: "default", body: deployment("js", 0) });
    const scale = await apps.readNamespacedDeploymentScale({ name: "js", namespace: "default" });
    assert.equal(scale.spec?.replicas ?? 0, 0);
    await apps.deleteNamespacedDeployment({ name: "js", namespace: "default" });
    await assert.rejects(core.readNamespacedPod({ name: "absent", namespace: "default" }), /404/);
  });
});
