import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenRequest } from "../../api/authentication/v1/token-request.ts";
import { leases } from "../../api/coordination/v1/lease.ts";
import { type Node, nodes } from "../../api/core/v1/node.ts";
import { persistentVolumes } from "../../api/core/v1/persistent-volume.ts";
import { persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import { resourceSlices } from "../../api/resource/v1/resource-slice.ts";
import { csiDrivers } from "../../api/storage/v1/csi-driver.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import type { Authorizer } from "../contract.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf, type Write } from "./fixtures.ts";
import { nodeRestriction } from "./node-restriction.ts";

const user = { name: "system:node:n1", groups: ["system:nodes"] };
const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: "uid-n1", controller: true };
const mirror = { annotations: { "kubernetes.io/config.mirror": "x" }, ownerReferences: [owner] };
const audienceVolume = {
  name: "t",
  projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }, { serviceAccountToken: { path: "api" } }] },
};
const reader = new FakeReader().put(
  pods,
  testPod("mine", "shop", {
    nodeName: "n1",
    volumes: [audienceVolume, { name: "data", persistentVolumeClaim: { claimName: "data" } }, { name: "scratch", ephemeral: {} }],
  }),
  testPod("theirs", "shop", { nodeName: "n2" }),
);
reader.put(nodes, object<Node>("Node", "n1", ""));
for (const [claim, volume, driver] of [
  ["data", "pv1", "disk.example.com"],
  ["mine-scratch", "pv2", "fast.example.com"],
] as const) {
  reader.put(persistentVolumeClaims, object("PersistentVolumeClaim", claim, "shop", { spec: { volumeName: volume } } as object));
  reader.put(persistentVolumes, object("PersistentVolume", volume, "", { spec: { csi: { driver, volumeHandle: "h" } } } as object));
  reader.put(csiDrivers, object("CSIDriver", driver, "", { spec: { tokenRequests: [{ audience: `for-${driver}` }] } } as object));
}

/** Lets n1 ask for one audience more. */
const authorizer: Authorizer = {
  authorize: ({ verb, resource, name, namespace }) => ({
    decision: [verb, resource, name, namespace].join(" ") === "request-serviceaccounts-token-audience registry default shop" ? "allow" : "noOpinion",
    reason: "",
  }),
};
const plugin = nodeRestriction(reader, authorizer);

function node(name: string, labels: Record<string, string> = {}, spec: Node["spec"] = {}): Node {
  return object<Node>("Node", name, "", { metadata: { labels }, spec });
}

test("a kubelet writes its own Node, and not what steers pods", async () => {
  const cases: [string, Write, string][] = [
    ["create", { definition: nodes, object: node("n1", { "kubernetes.io/hostname": "n1", "acme.com/rack": "7" }) }, ""],
    ["another", { definition: nodes, object: node("n2") }, 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"'],
    ["status", { definition: nodes, subresource: "status", object: node("n1"), oldObject: node("n1") }, ""],
    [
      "labels of another",
      { definition: nodes, object: node("n2", { "kubernetes.io/role": "x" }) },
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    ],
    [
      "labels on create",
      { definition: nodes, object: node("n1", { "node-restriction.kubernetes.io/pci": "1", "kubernetes.io/role": "x" }) },
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: kubernetes.io/role, node-restriction.kubernetes.io/pci',
    ],
    [
      "labels on update",
      { definition: nodes, object: node("n1", { "node.kubernetes.io/x": "1", "node-restriction.kubernetes.io/a": "1" }), oldObject: node("n1") },
      'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/a',
    ],
    [
      "taints",
      { definition: nodes, object: node("n1", {}, { taints: [] }), oldObject: node("n1", {}, { taints: [{ key: "a", effect: "NoSchedule" }] }) },
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    ],
    [
      "delete another",
      { definition: nodes, operation: "DELETE", name: "n2", object: undefined },
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    ],
  ];
  for (const [name, write, expected] of cases) assert.equal(await refusalOf(plugin, { ...write, user }), expected, name);
  assert.equal(await refusalOf(plugin, { definition: nodes, object: node("n2") }), "");
});

test("a kubelet makes mirror pods only, and touches pods of its own node only", async () => {
  const own = testPod("m", "kube-system", { nodeName: "n1" });
  const mine = testPod("mine", "shop", { nodeName: "n1" });
  const ownStatus = { definition: pods, subresource: "status", oldObject: mine };
  const cases: [string, Write, string][] = [
    ["mirror", { definition: pods, object: { ...own, metadata: { ...own.metadata, ...mirror } } }, ""],
    ["plain pod", { definition: pods, object: own }, 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods'],
    [
      "mirror of another node",
      { definition: pods, object: { ...testPod("m", "kube-system", { nodeName: "n2" }), metadata: { ...own.metadata, ...mirror } } },
      'node "n1" can only create pods with spec.nodeName set to itself',
    ],
    [
      "mirror with a secret",
      {
        definition: pods,
        object: {
          ...testPod("m", "kube-system", { nodeName: "n1", volumes: [{ name: "s", secret: { secretName: "x" } }] }),
          metadata: { ...own.metadata, ...mirror },
        },
      },
      'node "n1" can not create pods that reference secrets',
    ],
    ...(
      [
        [[], 'node "n1" can only create pods with an owner reference set to itself'],
        [[owner, owner], 'node "n1" can only create pods with a single owner reference set to itself'],
        [[{ ...owner, name: "n2" }], 'node "n1" can only create pods with an owner reference set to itself'],
        [[{ ...owner, controller: false }], 'node "n1" can only create pods with a controller owner reference set to itself'],
        [[{ ...owner, blockOwnerDeletion: true }], 'node "n1" must not set blockOwnerDeletion on an owner reference'],
        [[{ ...owner, uid: "older" }], "node n1 UID mismatch: expected older got uid-n1"],
      ] as const
    ).map(([ownerReferences, reason]): [string, Write, string] => [
      `mirror owned by ${JSON.stringify(ownerReferences)}`,
      { definition: pods, object: { ...own, metadata: { ...own.metadata, ...mirror, ownerReferences: [...ownerReferences] } } },
      reason,
    ]),
    ["delete own", { definition: pods, operation: "DELETE", namespace: "shop", name: "mine", object: undefined }, ""],
    [
      "delete theirs",
      { definition: pods, operation: "DELETE", namespace: "shop", name: "theirs", object: undefined },
      'node "n1" can only delete pods with spec.nodeName set to itself',
    ],
    [
      "update",
      { definition: pods, object: testPod("mine", "shop"), oldObject: testPod("mine", "shop") },
      'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
    ],
    [
      "status",
      { definition: pods, subresource: "status", object: testPod("mine", "shop", { nodeName: "n1" }), oldObject: testPod("mine", "shop", { nodeName: "n1" }) },
      "",
    ],
    [
      "status of theirs",
      { definition: pods, subresource: "status", object: testPod("x", "shop", { nodeName: "n2" }), oldObject: testPod("x", "shop", { nodeName: "n2" }) },
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    ],
    [
      "status with a claim",
      { ...ownStatus, object: { ...mine, status: { resourceClaimStatuses: [{ name: "a", resourceClaimName: "b" }] } } },
      'node "n1" cannot update resource claim statues',
    ],
    [
      "status with a claim for extended resources",
      { ...ownStatus, object: { ...mine, status: { extendedResourceClaimStatus: { requestMappings: [], resourceClaimName: "b" } } } },
      'node "n1" cannot update extended resource claim status',
    ],
    [
      "evict theirs",
      { definition: pods, operation: "CREATE", subresource: "eviction", namespace: "shop", name: "theirs", object: object("Eviction", "theirs", "shop") },
      "node n1 can only evict pods with spec.nodeName set to itself",
    ],
    [
      "binding",
      { definition: pods, operation: "CREATE", subresource: "binding", namespace: "shop", name: "mine", object: object("Binding", "mine", "shop") },
      "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
    ],
  ];
  for (const [name, write, reason] of cases) {
    const message = await refusalOf(plugin, { ...write, user });
    assert.equal(message.replace(/^pods "[^"]*" is forbidden: /, ""), reason, name);
  }
});

test("tokens only for pods of the node and for audiences they name", async () => {
  const token = (name: string, uid: string | undefined, audiences: string[]) =>
    ({
      definition: serviceAccounts,
      operation: "CREATE",
      subresource: "token",
      namespace: "shop",
      name: "default",
      user,
      object: object<TokenRequest>("TokenRequest", "default", "shop", {
        spec: { audiences, ...(name === "" ? {} : { boundObjectRef: { kind: "Pod", apiVersion: "v1", name, ...(uid === undefined ? {} : { uid }) } }) },
      }),
    }) as Write;
  const cases: [Write, string][] = [
    [token("mine", "uid-mine", []), ""],
    [token("mine", "uid-mine", ["vault"]), ""],
    [token("mine", "uid-mine", ["for-disk.example.com"]), ""],
    [token("mine", "uid-mine", ["for-fast.example.com"]), ""],
    [token("mine", "uid-mine", ["registry"]), ""],
    [token("mine", "uid-mine", ["vault", "registry"]), "node may only request 0 or 1 audiences"],
    [
      token("mine", "uid-mine", ["other"]),
      'audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
    ],
    [token("", undefined, []), "node requested token not bound to a pod"],
    [token("mine", undefined, []), "node requested token with a pod binding without a uid"],
    [token("theirs", "uid-theirs", []), "node requested token bound to a pod scheduled on a different node"],
  ];
  for (const [write, reason] of cases) assert.equal((await refusalOf(plugin, write)).replace('serviceaccounts "default" is forbidden: ', ""), reason);
  assert.match(await refusalOf(plugin, token("mine", "older", [])), /does not match the UID in record/);
});

test("leases, slices and claims: the node's own, and status only", async () => {
  const lease = (name: string, namespace: string): Write => ({ definition: leases, object: object("Lease", name, namespace), user });
  assert.equal(await refusalOf(plugin, lease("n1", "kube-node-lease")), "");
  assert.match(await refusalOf(plugin, lease("n2", "kube-node-lease")), /can only access node lease with the same name as the requesting node$/);
  assert.match(await refusalOf(plugin, lease("n1", "kube-system")), /can only access leases in the "kube-node-lease" system namespace$/);
  const slice = (nodeName: string): Write => ({ definition: resourceSlices, object: object("ResourceSlice", "s", "", { spec: { nodeName } } as object), user });
  assert.equal(await refusalOf(plugin, slice("n1")), "");
  assert.match(await refusalOf(plugin, slice("n2")), /can only create ResourceSlice with the same NodeName as the requesting node$/);
  const claim = (status: object, spec: object = {}) => object("PersistentVolumeClaim", "d", "shop", { spec, status } as object);
  const write = { definition: persistentVolumeClaims, subresource: "status", user };
  assert.equal(await refusalOf(plugin, { ...write, object: claim({ capacity: { storage: "2Gi" } }), oldObject: claim({}) }), "");
  assert.match(await refusalOf(plugin, { ...write, object: claim({ phase: "Lost" }), oldObject: claim({}) }), /is not allowed to update fields other than/);
});
