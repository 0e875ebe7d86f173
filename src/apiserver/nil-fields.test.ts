/** Nulls, zeros and empty structs that clients of upstream see, however they ask. Takes 1 s. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parseYaml } from "../machinery/yaml-codec.ts";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";

const roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
const events = "/api/v1/namespaces/default/events";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const replicaSets = "/apis/apps/v1/namespaces/default/replicasets";
const mergePatch = { "content-type": "application/merge-patch+json" };
const jsonPatch = { "content-type": "application/json-patch+json" };

describe("fields that hold nothing, as clients see them", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene({});
    assert.equal((await scene.send("POST", roles, { metadata: { name: "none" } })).code, 201);
  });
  after(() => scene.close());

  const reads: [name: string, path: string, accept?: string][] = [
    ["one", `${roles}/none`],
    ["pretty", `${roles}/none?pretty=true`],
    ["as YAML", `${roles}/none`, "application/yaml"],
    ["a list", roles],
    ["a pretty list", `${roles}?pretty=true`],
  ];
  for (const [name, path, accept] of reads) {
    test(`a list without omitempty is null: ${name}`, async () => {
      const answer = await scene.get(path, accept === undefined ? {} : { accept });
      const body = (accept === undefined ? answer.body : parseYaml(answer.bytes.toString())) as { rules?: null; items?: { rules?: null }[] };
      assert.equal((body.items?.[0] ?? body).rules, null);
    });
  }

  test("of a dry run, and of what is patched to be empty", async () => {
    const dry = await scene.send("POST", `${roles}?dryRun=All`, { metadata: { name: "dry" }, rules: [] });
    assert.equal((dry.body as { rules?: unknown }).rules, null);
    const patched = await scene.send("PATCH", `${roles}/none`, { rules: [] }, mergePatch);
    assert.equal((patched.body as { rules?: unknown }).rules, null);
  });

  test("what is seen can be tested and taken away", async () => {
    const patch = [
      { op: "test", path: "/rules", value: null },
      { op: "remove", path: "/rules" },
    ];
    assert.equal((await scene.send("PATCH", `${roles}/none`, patch, jsonPatch)).code, 200);
  });

  test("an object that is written back as it was seen has not changed", async () => {
    const seen = (await scene.get(`${roles}/none`)).body as { metadata: { resourceVersion: string } };
    const written = (await scene.send("PUT", `${roles}/none`, seen)).body as { metadata: { resourceVersion: string } };
    assert.equal(written.metadata.resourceVersion, seen.metadata.resourceVersion);
  });

  test("an event in both groups", async () => {
    const metadata = { name: "e", namespace: "default" };
    const { body } = await scene.send("POST", events, { metadata, involvedObject: { namespace: "default", name: "x" } });
    const { metadata: _metadata, ...fields } = body as Record<string, unknown>;
    assert.deepEqual(fields, {
      kind: "Event",
      apiVersion: "v1",
      involvedObject: { namespace: "default", name: "x" },
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: "",
      reportingInstance: "",
    });
    const newer = (await scene.get("/apis/events.k8s.io/v1/namespaces/default/events/e")).body as Record<string, unknown>;
    const { metadata: _same, ...others } = newer;
    assert.deepEqual(others, {
      kind: "Event",
      apiVersion: "events.k8s.io/v1",
      eventTime: null,
      regarding: { namespace: "default", name: "x" },
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
    });
  });

  test("a status: counts without omitempty are there, others only if they count", async () => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { selector: { matchLabels: { a: "b" } }, template };
    for (const [path, status, expected] of [
      [deployments, { replicas: 0, readyReplicas: 0, conditions: [] }, {}],
      [
        deployments,
        { replicas: 2, conditions: [{ type: "A", status: "True" }] },
        { replicas: 2, conditions: [{ type: "A", status: "True", lastUpdateTime: null, lastTransitionTime: null }] },
      ],
      [replicaSets, { readyReplicas: 0 }, { replicas: 0 }],
    ] as const) {
      await scene.send("POST", path, { metadata: { name: "s" }, spec });
      const current = (await scene.get(`${path}/s`)).body as object;
      const { body, code } = await scene.send("PUT", `${path}/s/status`, { ...current, status });
      assert.equal(code, 200, JSON.stringify(body));
      assert.deepEqual((body as { status?: unknown }).status, expected);
    }
  });

  test("watchers see them too", async () => {
    const { bytes } = await scene.get(`${roles}?watch=true&timeoutSeconds=1`);
    assert.match(bytes.toString(), /"rules":null/);
  });
});
