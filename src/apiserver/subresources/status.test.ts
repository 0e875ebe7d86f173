/**
 * /status of every kind that has it: spec and generation stay whatever is sent, metadata as the kind has it, who writes
 * owns the status and no more, and whoever is late or means another object is refused. Takes 2 s.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { examples } from "../../api/examples.ts";
import { allDefinitions } from "../../api/index.ts";
import { apiVersionOf } from "../../machinery/object.ts";
import { type FullServer, startFullServer } from "../../testing/api-server/full-server.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { silentLogger } from "../../testing/silent-logger.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are read as the JSON they are
type Json = any;

interface Facts {
  /** What a controller of the kind may write. */
  readonly status: object;
  /** Parts of the metadata that /status leaves as they were; the others it writes (labels, annotations, finalizers). */
  readonly kept?: readonly string[];
}

const all = ["labels", "annotations", "finalizers", "ownerReferences"];
const condition = { type: "Tested", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "Test", message: "m" };
const conditions = { conditions: [condition] };

/** By `group/resource`, as the status strategies of v1.36 have it. */
const facts: Readonly<Record<string, Facts>> = {
  "/namespaces": { status: { phase: "Active", conditions: [{ ...condition, type: "NamespaceContentRemaining" }] } },
  "/nodes": { status: { capacity: { cpu: "3" } } },
  "/persistentvolumeclaims": { status: { phase: "Bound" } },
  "/persistentvolumes": { status: { phase: "Available" } },
  "/pods": { status: { phase: "Running", qosClass: "BestEffort" }, kept: ["ownerReferences"] },
  "/replicationcontrollers": { status: { replicas: 2, readyReplicas: 1 } },
  "/resourcequotas": { status: { hard: { pods: "10" }, used: { pods: "3" } } },
  "/services": { status: { loadBalancer: {}, ...conditions } },
  "admissionregistration.k8s.io/validatingadmissionpolicies": { status: { observedGeneration: 1 }, kept: all },
  "apps/daemonsets": { status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1 } },
  "apps/deployments": { status: { replicas: 2, updatedReplicas: 1 }, kept: ["labels"] },
  "apps/replicasets": { status: { replicas: 2, readyReplicas: 1 } },
  "apps/statefulsets": { status: { replicas: 2, readyReplicas: 1, availableReplicas: 0 } },
  "autoscaling/horizontalpodautoscalers": { status: { currentReplicas: 1, desiredReplicas: 2 } },
  "batch/cronjobs": { status: { lastScheduleTime: "2026-01-01T00:00:00Z" } },
  "batch/jobs": { status: { active: 1 } },
  "certificates.k8s.io/certificatesigningrequests": { status: { conditions: [{ ...condition, lastUpdateTime: "2026-01-01T00:00:00Z" }] } },
  "flowcontrol.apiserver.k8s.io/flowschemas": { status: conditions, kept: all },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": { status: conditions, kept: all },
  "networking.k8s.io/ingresses": { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } },
  "networking.k8s.io/servicecidrs": { status: conditions, kept: all },
  "policy/poddisruptionbudgets": { status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } },
  "resource.k8s.io/resourceclaims": { status: { allocation: { devices: {} } }, kept: all },
  "storage.k8s.io/volumeattachments": { status: { attached: true }, kept: all },
};

const definitions = allDefinitions.filter(({ status, virtual }) => status !== undefined && virtual !== true);

test("every kind with a status is looked at", () => {
  assert.deepEqual([...new Set(definitions.map(({ group, resource }) => `${group}/${resource}`))].sort(), Object.keys(facts).sort());
});

describe("/status", () => {
  let server: FullServer;
  before(async () => {
    server = await startFullServer({ logger: silentLogger, random: seededRandom(1) });
  });
  after(async () => {
    await server.close();
  });

  const merge = "application/merge-patch+json";
  async function send(method: string, url: string, body?: object, type = "application/json"): Promise<{ code: number; body: Json }> {
    const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": type }) };
    const exchange = await server.exchange({ method, url, headers, ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }) });
    return { code: exchange.code, body: JSON.parse(exchange.text) };
  }

  const sent = {
    labels: { sent: "label" },
    annotations: { sent: "annotation" },
    finalizers: ["example.com/sent"],
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "owner" }],
  };

  for (const definition of definitions) {
    const { group, version, resource, kind, namespaced } = definition;
    const { status, kept = [] } = facts[`${group}/${resource}`]!;
    const collection = `${group === "" ? "/api" : `/apis/${group}`}/${version}${namespaced ? "/namespaces/default" : ""}/${resource}`;
    const qualified = group === "" ? resource : `${resource}.${group}`;

    test(`of a ${kind} (${apiVersionOf(definition)})`, async () => {
      const name = `s-${version}`;
      const made = await send("POST", collection, {
        apiVersion: apiVersionOf(definition),
        kind,
        ...(examples[`${group}/${resource}`] as object),
        metadata: { name },
      });
      assert.equal(made.code, 201, made.body.message);
      const path = `${collection}/${name}`;
      const before = (await send("GET", path)).body;
      const { generation, uid, creationTimestamp, resourceVersion } = before.metadata;

      // What is not the status's own is not written.
      const other = { ...before, spec: {}, status, metadata: { ...before.metadata, ...sent, generation: 99, creationTimestamp: "2020-01-01T00:00:00Z" } };
      const written = await send("PUT", `${path}/status?fieldManager=writer`, other);
      assert.equal(written.code, 200, written.body.message);
      const { metadata } = written.body;
      assert.deepEqual(written.body.spec, before.spec);
      assert.deepEqual({ ...written.body.status, ...status }, written.body.status);
      assert.deepEqual([metadata.generation, metadata.uid, metadata.creationTimestamp], [generation, uid, creationTimestamp]);
      for (const field of all as (keyof typeof sent)[]) {
        if (kept.includes(field)) assert.deepEqual(metadata[field], before.metadata[field], field);
        // Namespaces and daemon sets have labels and annotations that nobody takes from them.
        else if (Array.isArray(sent[field])) assert.deepEqual(metadata[field], sent[field]);
        else assert.deepEqual(metadata[field], { ...metadata[field], ...sent[field] });
      }
      if (kind === "DaemonSet") assert.equal(metadata.annotations["deprecated.daemonset.template.generation"], "1");
      const owned = metadata.managedFields.find(({ manager }: Json) => manager === "writer");
      assert.equal(owned.subresource, "status");
      assert.deepEqual(Object.keys(owned.fieldsV1).sort(), kept.length === all.length ? ["f:status"] : ["f:metadata", "f:status"]);
      for (const field of kept) assert.equal(owned.fieldsV1["f:metadata"]?.[`f:${field}`], undefined, field);
      assert.deepEqual((await send("GET", `${path}/status`)).body, (await send("GET", path)).body);

      // A spec alone is no change at all; a late writer and one who means another are refused.
      const spec = await send("PATCH", `${path}/status`, { spec: { nothing: "x" } }, merge);
      assert.deepEqual([spec.code, spec.body.metadata.resourceVersion], [200, metadata.resourceVersion]);
      const late = await send("PUT", `${path}/status`, { ...other, metadata: { ...other.metadata, resourceVersion } });
      const changed = "the object has been modified; please apply your changes to the latest version and try again";
      assert.deepEqual([late.code, late.body.message], [409, `Operation cannot be fulfilled on ${qualified} "${name}": ${changed}`]);
      const latePatch = await send("PATCH", `${path}/status`, { metadata: { resourceVersion }, status }, merge);
      assert.deepEqual([latePatch.code, latePatch.body.message], [409, late.body.message]);
      const misled = await send("PUT", `${path}/status`, { ...other, metadata: { ...other.metadata, name: "other", resourceVersion: undefined } });
      assert.deepEqual([misled.code, misled.body.message], [400, `the name of the object (other) does not match the name on the URL (${name})`]);
      const recreated = await send("PUT", `${path}/status`, { ...other, metadata: { ...other.metadata, uid: "other", resourceVersion: undefined } });
      assert.equal(recreated.code, 409, recreated.body.message);
      const absent = await send("PATCH", `${collection}/none/status`, { status }, merge);
      assert.deepEqual([absent.code, absent.body.message], [404, `${qualified} "none" not found`]);
      assert.deepEqual([(await send("POST", `${path}/status`, other)).code, (await send("DELETE", `${path}/status`)).code], [405, 405]);

      // The object itself does not take a status.
      const plain = await send("PATCH", `${path}?fieldManager=plain`, { metadata: { annotations: { plain: "x" } }, status: conditions }, merge);
      assert.equal(plain.code, 200, plain.body.message);
      if (resource !== "nodes") assert.deepEqual(plain.body.status, written.body.status);
      const plainFields = plain.body.metadata.managedFields.find(({ manager }: Json) => manager === "plain");
      assert.deepEqual([plainFields.subresource, Object.keys(plainFields.fieldsV1)], [undefined, ["f:metadata"]]);

      // Applied, it belongs to whom applies.
      const applied = { apiVersion: apiVersionOf(definition), kind, metadata: { name }, spec: before.spec, status };
      const apply = await send("PATCH", `${path}/status?fieldManager=applier&force=true`, applied, "application/apply-patch+yaml");
      assert.equal(apply.code, 200, apply.body.message);
      const own = apply.body.metadata.managedFields.find(({ manager }: Json) => manager === "applier");
      assert.deepEqual([own.operation, own.subresource, Object.keys(own.fieldsV1)], ["Apply", "status", ["f:status"]]);
      assert.deepEqual([apply.body.spec, apply.body.metadata.generation], [before.spec, plain.body.metadata.generation]);
    });
  }

  test("is written though the spec was stored under other rules", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const resources = { requests: { cpu: "1m" } };
    assert.equal((await send("POST", pods, { metadata: { name: "old-rules" }, spec: { containers: [{ name: "c", image: "i", resources }] } })).code, 201);
    const key = "/registry/pods/default/old-rules";
    const { kvs } = await server.store.range({ start: key });
    const value = Buffer.from(Buffer.from(kvs[0]!.value).toString().replace('"dnsPolicy":"ClusterFirst"', '"dnsPolicy":""'));
    await server.store.txn({ compare: [], success: [{ type: "put", key, value }], failure: [] });
    const inSpec = await send("PATCH", `${pods}/old-rules`, { spec: { activeDeadlineSeconds: 0 } }, merge);
    assert.equal(inSpec.code, 422);
    const wrong = await send("PATCH", `${pods}/old-rules/status`, { status: { podIPs: [{ ip: "x" }] } }, merge);
    assert.equal(wrong.code, 422);
    const { code, body } = await send("PATCH", `${pods}/old-rules/status`, { status: { phase: "Running" } }, merge);
    assert.deepEqual([code, body.status.phase], [200, "Running"], body.message);
  });
});
