/** Empty lists, empty text and odd finalizers: what a real kube-apiserver was seen to answer. Takes 1 s. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";

const group = (name: string, resource: string, namespaced = true) => `/apis/${name}/v1/${namespaced ? "namespaces/default/" : ""}${resource}`;
const core = (resource: string) => `/api/v1/namespaces/default/${resource}`;
const unqualified = "name is neither a standard finalizer name nor is it fully qualified";
const target = { kind: "Deployment", name: "x" };
const scalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
const fixed = "Forbidden: field is immutable when `immutable` is set";

type Write = [path: string, object: Record<string, unknown>];

/** Created, then merge-patched; what comes of it is a generation, fields or a message. */
const table: [name: string, create: Write, patch: Record<string, unknown> | undefined, answer: number | string | Record<string, unknown>][] = [
  [
    "policies of an autoscaler",
    [scalers, { spec: { scaleTargetRef: target, maxReplicas: 2, behavior: { scaleDown: { policies: [] } } } }],
    undefined,
    "spec.behavior.scaleDown.policies: Required value: must specify at least one Policy",
  ],
  ["binaryData of an immutable ConfigMap", [core("configmaps"), { data: { a: "b" }, immutable: true }], { binaryData: {} }, `binaryData: ${fixed}`],
  ["data of one that has none", [core("configmaps"), { immutable: true }], { data: {} }, `data: ${fixed}`],
  ["null is no change", [core("configmaps"), { immutable: true }], { data: null }, {}],
  ["data of an immutable Secret", [core("secrets"), { immutable: true }], { data: {} }, `data: ${fixed}`],
  ["rules of a NetworkPolicy", [group("networking.k8s.io", "networkpolicies"), { spec: { podSelector: {} } }], { spec: { egress: [] } }, 2],
  ["labels deep in one", [group("networking.k8s.io", "networkpolicies"), { spec: { podSelector: {} } }], { spec: { podSelector: { matchLabels: {} } } }, 2],
  ["its labels are not its spec", [group("networking.k8s.io", "networkpolicies"), { spec: { podSelector: {} } }], { metadata: { annotations: {} } }, 1],
  ["webhooks", [group("admissionregistration.k8s.io", "mutatingwebhookconfigurations", false), {}], { webhooks: [] }, 2],
  [
    "kinds compared by meaning",
    [group("networking.k8s.io", "ingresses"), { spec: { defaultBackend: { service: { name: "x", port: { number: 1 } } } } }],
    { spec: { tls: [] } },
    1,
  ],
  [
    "parameters of a StorageClass",
    [group("storage.k8s.io", "storageclasses", false), { provisioner: "a.b/c" }],
    { parameters: {} },
    "parameters: Forbidden: updates to parameters are forbidden.",
  ],
  [
    "a reclaim policy without text is one",
    [group("storage.k8s.io", "storageclasses", false), { provisioner: "a.b/c", reclaimPolicy: "" }],
    undefined,
    { reclaimPolicy: "" },
  ],
  [
    "a preemption policy is not",
    [group("scheduling.k8s.io", "priorityclasses", false), { value: 1, preemptionPolicy: "" }],
    undefined,
    "preemptionPolicy: Required value",
  ],
  [
    "finalizers of most kinds",
    [core("configmaps"), { metadata: { finalizers: ["abc"] } }],
    undefined,
    `metadata.finalizers[0]: Invalid value: "abc": ${unqualified}`,
  ],
  ["on updates too", [core("configmaps"), {}], { metadata: { finalizers: ["abc"] } }, `metadata.finalizers[0]: Invalid value: "abc": ${unqualified}`],
  ["of budgets", [group("policy", "poddisruptionbudgets"), { metadata: { finalizers: ["abc"] }, spec: { minAvailable: 1, selector: {} } }], undefined, 1],
  ["of leases", [group("coordination.k8s.io", "leases"), { metadata: { finalizers: ["abc"] } }], undefined, {}],
  ["of runtime classes", [group("node.k8s.io", "runtimeclasses", false), { metadata: { finalizers: ["abc"] }, handler: "x" }], undefined, {}],
  ["of events", [core("events"), { metadata: { finalizers: ["abc"] }, involvedObject: { namespace: "default" } }], undefined, {}],
  [
    "two that exclude each other",
    [group("coordination.k8s.io", "leases"), {}],
    { metadata: { finalizers: ["orphan", "foregroundDeletion"] } },
    'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
  ],
];

describe("what is sent empty, as upstream takes it", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene({});
  });
  after(() => scene.close());

  for (const [index, [name, [path, sketch], patch, expected]] of table.entries()) {
    test(name, async () => {
      const metadata = { name: `x${index}`, ...(sketch["metadata"] as object | undefined) };
      let answer = await scene.send("POST", path, { ...sketch, metadata });
      if (patch !== undefined) answer = await scene.send("PATCH", `${path}/x${index}`, patch, { "content-type": "application/merge-patch+json" });
      const body = answer.body as { message?: string; metadata: { generation?: number } };
      if (typeof expected === "string") assert.ok(answer.code === 422 && body.message?.endsWith(expected), `${answer.code} ${body.message}`);
      else if (typeof expected === "number") assert.equal(body.metadata.generation, expected, JSON.stringify(body));
      else assert.deepEqual({ ...body, ...expected }, body, JSON.stringify(body));
    });
  }
});
