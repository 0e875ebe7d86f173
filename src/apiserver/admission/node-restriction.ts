/**
 * NodeRestriction: a kubelet writes its own Node, and things that belong to pods bound to it. The Node authorizer has
 * decided by names already; this looks at what is written.
 */
import { type CertificateSigningRequest, certificateSigningRequests } from "../../api/certificates/v1/certificate-signing-request.ts";
import { leases } from "../../api/coordination/v1/lease.ts";
import { nodes } from "../../api/core/v1/node.ts";
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import { type ResourceSlice, resourceSlices } from "../../api/resource/v1/resource-slice.ts";
import { csiNodes } from "../../api/storage/v1/csi-node.ts";
import { sameJson } from "../../machinery/json.ts";
import { nodeOf } from "../authentication/groups.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, ObjectReader } from "../contract.ts";
import { requestedCommonNames } from "./certificate-request.ts";
import { checkNode } from "./node-restriction-node.ts";
import { checkPod } from "./node-restriction-pod.ts";
import { checkToken } from "./node-restriction-token.ts";
import { isSame, refuse } from "./plugin.ts";

const restricted = [nodes, pods, persistentVolumeClaims, serviceAccounts, leases, csiNodes, resourceSlices, certificateSigningRequests];

/** `authorizer` is asked for audiences of tokens that no pod names. */
export function nodeRestriction(reader: ObjectReader, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    handles: (operation, definition) => operation !== "CONNECT" && restricted.some((wanted) => isSame(definition, wanted)),
    async admit(attributes) {
      const node = nodeOf(attributes.user);
      if (node === undefined) return;
      if (node === "") throw refuse(attributes, `could not determine node from user ${JSON.stringify(attributes.user.name)}`);
      await check(node, attributes, reader, authorizer);
    },
  };
}

async function check(node: string, attributes: AdmissionAttributes, reader: ObjectReader, authorizer: Authorizer): Promise<void> {
  const { definition } = attributes;
  if (isSame(definition, nodes)) return checkNode(node, attributes);
  if (isSame(definition, pods)) return checkPod(node, attributes, reader);
  if (isSame(definition, serviceAccounts)) return checkToken(attributes, node, reader, authorizer);
  if (isSame(definition, persistentVolumeClaims)) return checkClaim(node, attributes);
  if (isSame(definition, leases)) return checkLease(node, attributes);
  if (isSame(definition, csiNodes)) return checkOwnName(node, attributes, "can only access CSINode with the same name as the requesting node");
  if (isSame(definition, resourceSlices)) return checkSlice(node, attributes, reader);
  return checkSigningRequest(attributes);
}

/** Only what a kubelet reports after growing a volume. */
function checkClaim(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource } = attributes;
  if (subresource !== "status") throw refuse(attributes, "may only update PVC status");
  if (operation !== "UPDATE") throw refuse(attributes, `unexpected operation ${JSON.stringify(operation)}`);
  const stripped = (claim: PersistentVolumeClaim): unknown => {
    const { capacity: _c, conditions: _o, allocatedResources: _a, allocatedResourceStatuses: _s, ...status } = claim.status ?? {};
    const { managedFields: _m, resourceVersion: _r, ...metadata } = claim.metadata;
    return { metadata, spec: claim.spec, status };
  };
  if (!sameJson(stripped(attributes.object as PersistentVolumeClaim), stripped(attributes.oldObject as PersistentVolumeClaim))) {
    throw refuse(attributes, `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`);
  }
}

function checkLease(node: string, attributes: AdmissionAttributes): void {
  if (attributes.namespace !== "kube-node-lease") throw refuse(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  checkOwnName(node, attributes, "can only access node lease with the same name as the requesting node");
}

function checkOwnName(node: string, attributes: AdmissionAttributes, message: string): void {
  const name = attributes.operation === "CREATE" ? attributes.object?.metadata.name : attributes.name;
  if (name !== node) throw refuse(attributes, message);
}

async function checkSlice(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  if (attributes.operation === "CREATE") {
    const slice = attributes.object as ResourceSlice;
    if (slice.spec?.nodeName !== node) throw refuse(attributes, "can only create ResourceSlice with the same NodeName as the requesting node");
    return;
  }
  const stored = (attributes.oldObject as ResourceSlice | undefined) ?? (await reader.getFresh(resourceSlices, "", attributes.name));
  if (stored !== undefined && stored.spec?.nodeName !== node) {
    throw refuse(attributes, `can only ${attributes.operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`);
  }
}

const kubeletSigners = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kubelet-serving"];

/** A node asks for certificates in its own name only. */
function checkSigningRequest(attributes: AdmissionAttributes): void {
  if (attributes.operation !== "CREATE" || attributes.subresource !== "") return;
  const { spec } = attributes.object as CertificateSigningRequest;
  if (!kubeletSigners.includes(spec.signerName)) return;
  const names = requestedCommonNames(spec.request);
  if (names.length !== 1 || names[0] !== attributes.user.name) throw refuse(attributes, `can only create a node CSR with CN=${attributes.user.name}`);
}
