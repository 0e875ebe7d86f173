/** What a kubelet may do to pods. */
import { nodes } from "../../api/core/v1/node.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { sameJson } from "../../machinery/json.ts";
import { notFound } from "../../machinery/status.ts";
import { podReferences } from "../authorization/node-references.ts";
import type { AdmissionAttributes, ObjectReader } from "../contract.ts";
import { isMirrorPod, refuse } from "./plugin.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";

export async function checkPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const { subresource, operation } = attributes;
  if (subresource === "status" && operation === "UPDATE") return checkStatus(node, attributes);
  // Upstream quotes the node's name everywhere but here.
  if (subresource === "eviction" && operation === "CREATE") return checkOwnPod(node, attributes, reader, `node ${node} can only evict pods`);
  if (subresource !== "") throw refuse(attributes, `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`);
  if (operation === "CREATE") return checkMirrorPod(node, attributes, reader);
  if (operation === "DELETE") return checkOwnPod(node, attributes, reader, `node ${JSON.stringify(node)} can only delete pods`);
  throw refuse(attributes, `unexpected operation ${JSON.stringify(operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`);
}

async function checkMirrorPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const pod = attributes.object as Pod;
  const who = `node ${JSON.stringify(node)}`;
  if (!isMirrorPod(pod)) throw refuse(attributes, `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, ${who} can only create mirror pods`);
  if (pod.spec?.nodeName !== node) throw refuse(attributes, `${who} can only create pods with spec.nodeName set to itself`);
  await checkOwner(node, attributes, reader);
  if ((pod.spec.serviceAccountName ?? "") !== "") throw refuse(attributes, `${who} can not create pods that reference a service account`);
  refuseReferences(who, attributes, pod);
}

/** Mirror pods go with their Node. */
async function checkOwner(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const who = `node ${JSON.stringify(node)}`;
  const [owner, ...others] = attributes.object?.metadata.ownerReferences ?? [];
  if (others.length > 0) throw refuse(attributes, `${who} can only create pods with a single owner reference set to itself`);
  if (owner === undefined || owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    throw refuse(attributes, `${who} can only create pods with an owner reference set to itself`);
  }
  if (owner.controller !== true) throw refuse(attributes, `${who} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) throw refuse(attributes, `${who} must not set blockOwnerDeletion on an owner reference`);
  const stored = reader.get(nodes, "", node) ?? (await reader.getFresh(nodes, "", node));
  if (stored === undefined) throw notFound({ group: "", resource: "nodes" }, node);
  if (owner.uid !== stored.metadata.uid) throw refuse(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${stored.metadata.uid}`);
}

const referenceNames: Readonly<Record<string, string>> = {
  secret: "secrets",
  configmap: "configmaps",
  pvc: "persistentvolumeclaims",
  resourceclaim: "resourceclaims",
};

/** A mirror pod with a secret would let the kubelet read that secret. */
function refuseReferences(who: string, attributes: AdmissionAttributes, pod: Pod): void {
  const { [mirrorAnnotation]: _, ...annotations } = pod.metadata.annotations ?? {};
  if (pod.spec?.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.clusterTrustBundle !== undefined))) {
    throw refuse(attributes, `${who} can not create pods that reference clustertrustbundles`);
  }
  for (const reference of podReferences({ ...pod, metadata: { ...pod.metadata, annotations } })) {
    const kind = reference.slice(0, reference.indexOf(":"));
    const name = referenceNames[kind];
    if (name !== undefined) throw refuse(attributes, `${who} can not create pods that reference ${name}`);
  }
}

async function checkOwnPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader, what: string): Promise<void> {
  const { namespace, name } = attributes;
  const pod = reader.get(pods, namespace, name) ?? (await reader.getFresh(pods, namespace, name));
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  if (pod.spec?.nodeName !== node) throw refuse(attributes, `${what} with spec.nodeName set to itself`);
}

function checkStatus(node: string, attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod;
  const who = `node ${JSON.stringify(node)}`;
  if (old.spec?.nodeName !== node) throw refuse(attributes, `${who} can only update pod status for pods with spec.nodeName set to itself`);
  if (!sameJson(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) throw refuse(attributes, `${who} cannot update labels through pod status`);
  if (!sameJson(pod.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])) {
    throw refuse(attributes, `${who} cannot update resource claim statues`);
  }
  if (!sameJson(pod.status?.extendedResourceClaimStatus ?? null, old.status?.extendedResourceClaimStatus ?? null)) {
    throw refuse(attributes, `${who} cannot update extended resource claim status`);
  }
}
