import assert from "node:assert/strict";
import { test } from "node:test";
import { type PersistentVolume, persistentVolumes } from "../../api/core/v1/persistent-volume.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { type ResourceSlice, resourceSlices } from "../../api/resource/v1/resource-slice.ts";
import { type VolumeAttachment, volumeAttachments } from "../../api/storage/v1/volume-attachment.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import type { AuthorizationAttributes } from "../contract.ts";
import { NodeAuthorizer } from "./node.ts";

const webPod = testPod("web", "shop", {
  nodeName: "n1",
  serviceAccountName: "robot",
  imagePullSecrets: [{ name: "pull" }],
  containers: [
    { name: "a", env: [{ name: "X", valueFrom: { secretKeyRef: { name: "env", key: "k" } } }], envFrom: [{ configMapRef: { name: "all" } }] },
    { name: "b" },
  ],
  initContainers: [{ name: "i", envFrom: [{ secretRef: { name: "init" } }] }],
  volumes: [
    { name: "s", secret: { secretName: "vol" } },
    { name: "c", configMap: { name: "conf" } },
    { name: "p", projected: { sources: [{ secret: { name: "proj" } }, { configMap: { name: "kube-root-ca.crt" } }] } },
    { name: "d", persistentVolumeClaim: { claimName: "data" } },
    { name: "e", ephemeral: {} },
  ],
});

function setup() {
  const reader = new FakeReader()
    .put(pods, webPod, testPod("lonely", "shop", { volumes: [{ name: "x", secret: { secretName: "unscheduled" } }] }))
    .put(pods, {
      ...webPod,
      metadata: { ...webPod.metadata, name: "mirror", annotations: { "kubernetes.io/config.mirror": "x" } },
      spec: { containers: [], nodeName: "n1", imagePullSecrets: [{ name: "mirrored" }] },
    })
    .put(
      persistentVolumes,
      object<PersistentVolume>("PersistentVolume", "pv-data", "", {
        spec: {
          claimRef: { namespace: "shop", name: "data" },
          csi: { driver: "d", volumeHandle: "h", nodeStageSecretRef: { name: "stage", namespace: "storage" } },
        },
      }),
    )
    .put(volumeAttachments, object<VolumeAttachment>("VolumeAttachment", "va1", "", { spec: { attacher: "d", nodeName: "n1", source: {} } }))
    .put(
      resourceSlices,
      object<ResourceSlice>("ResourceSlice", "slice1", "", {
        spec: { driver: "d", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, nodeName: "n1" },
      }),
    );
  return { reader, node: new NodeAuthorizer(reader, new AbortController().signal) };
}

/** `verb group|resource[|subresource] [namespace]/[name] [the spec.nodeName it is narrowed to]`. */
function ask(node: string, question: string): AuthorizationAttributes {
  const [verb = "", what = "", where = "", narrowed] = question.split(" ");
  const [group = "", resource = "", subresource = ""] = what.split("|");
  const [namespace = "", name = ""] = where.split("/");
  const user = { name: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] };
  const base = { user, verb, isResourceRequest: true, group, version: "v1", resource, subresource, namespace, name, path: "" };
  return narrowed === undefined ? base : { ...base, fieldSelector: [{ key: "spec.nodeName", operator: "In", values: [narrowed] }] };
}

test("a node may read what its pods need and write what is its own", () => {
  const { node } = setup();
  const related = "no relationship found between node 'n1' and this object";
  const cases: [string, string][] = [
    ...["pull", "env", "init", "vol", "proj"].map((name): [string, string] => [`get |secrets shop/${name}`, "allow"]),
    ["get |secrets storage/stage", "allow"],
    ["get |secrets shop/unscheduled", related],
    ["get |secrets shop/mirrored", related],
    ["get |secrets other/vol", related],
    ["list |secrets shop/", "No Object name found"],
    ["watch |secrets shop/vol", "allow"],
    ["delete |secrets shop/vol", "can only read resources of this type"],
    ["get |configmaps shop/kube-root-ca.crt", "allow"],
    ["get |configmaps shop/all", "allow"],
    ["get |configmaps shop/else", related],
    ["get |persistentvolumeclaims shop/data", "allow"],
    ["get |persistentvolumeclaims shop/web-e", "allow"],
    ["patch |persistentvolumeclaims|status shop/data", "allow"],
    ["update |persistentvolumeclaims shop/data", "can only get individual resources of this type"],
    ["get |persistentvolumes /pv-data", "allow"],
    ["get |persistentvolumes /pv-other", related],
    ["create |serviceaccounts|token shop/robot", "allow"],
    ["create |serviceaccounts|token shop/default", related],
    ["get storage.k8s.io|volumeattachments /va1", "allow"],
    ["get storage.k8s.io|volumeattachments /va2", related],
    ["get coordination.k8s.io|leases kube-node-lease/n1", "allow"],
    ["update coordination.k8s.io|leases kube-node-lease/n2", "can only access node lease with the same name as the requesting node"],
    ["get coordination.k8s.io|leases kube-system/n1", 'can only access leases in the "kube-node-lease" system namespace'],
    ["create coordination.k8s.io|leases kube-node-lease/", "allow"],
    ["get storage.k8s.io|csinodes /n1", "allow"],
    ["get storage.k8s.io|csinodes /n2", "can only access CSINode with the same name as the requesting node"],
    ["delete resource.k8s.io|resourceslices /slice1", "allow"],
    ["create resource.k8s.io|resourceslices /", "allow"],
    ["get |nodes /n1", "allow"],
    ["get |nodes /n2", "node 'n1' cannot read 'n2', only its own Node object"],
    ["list |nodes /", "node 'n1' cannot read all nodes, only its own Node object"],
    ["watch |nodes /n1", "allow"],
    ["patch |nodes|status /n1", "allow"],
    ["delete |nodes /n1", ""],
    ["get |pods shop/web", "allow"],
    ["get |pods shop/lonely", related],
    ["list |pods /", "can only list/watch pods with spec.nodeName field selector"],
    ["list |pods / n1", "allow"],
    ["watch |pods / n1", "allow"],
    ["list |pods / n2", "can only list/watch pods with spec.nodeName field selector"],
    ["watch resource.k8s.io|resourceslices / n1", "allow"],
    ["deletecollection resource.k8s.io|resourceslices / n2", "can only list/watch/deletecollection resourceslices with spec.nodeName field selector"],
    ["patch |pods|status shop/web", "allow"],
    ["create |pods|eviction shop/web", "allow"],
    ["list |services /", "allow"],
    ["create |events shop/", "allow"],
    ["create apps|deployments shop/", ""],
  ];
  for (const [question, expected] of cases) {
    const { decision, reason } = node.authorize(ask("n1", question));
    assert.equal(decision === "allow" ? "allow" : reason, expected, question);
  }
});

test("other nodes and other users get nothing from the graph", () => {
  const { node } = setup();
  assert.equal(node.authorize(ask("n2", "get |secrets shop/vol")).decision, "noOpinion");
  assert.equal(node.authorize(ask("n2", "delete resource.k8s.io|resourceslices /slice1")).decision, "noOpinion");
  const impostor = { ...ask("n1", "get |secrets shop/vol"), user: { name: "system:node:n1", groups: [] } };
  assert.deepEqual(node.authorize(impostor), { decision: "noOpinion", reason: "" });
});

test("rights come and go with the pod", () => {
  const { node, reader } = setup();
  const question = ask("n1", "get |configmaps shop/kube-root-ca.crt");
  reader.put(pods, { ...webPod, metadata: { ...webPod.metadata, name: "twin" } });
  reader.remove(pods, "shop/web");
  assert.equal(node.authorize(question).decision, "allow");
  reader.put(pods, { ...webPod, metadata: { ...webPod.metadata, name: "twin" }, spec: { containers: [], nodeName: "n1" } });
  assert.equal(node.authorize(question).decision, "noOpinion");
  assert.equal(node.authorize(ask("n1", "get |secrets storage/stage")).decision, "noOpinion");
});
