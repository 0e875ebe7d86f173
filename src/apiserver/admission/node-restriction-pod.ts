/** What a kubelet may do to pods and ask for in their names. */
import type { TokenRequest } from "../../api/authentication/v1/token-request.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { type CSIDriver, csiDrivers } from "../../api/storage/v1/csi-driver.ts";
import { sameJson } from "../../machinery/json.ts";
import { conflict, notFound } from "../../machinery/status.ts";
import { podReferences } from "../authorization/node-references.ts";
import type { AdmissionAttributes, ObjectReader } from "../contract.ts";
import { isMirrorPod, refuse } from "./plugin.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";

export async function checkPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const { subresource, operation } = attributes;
  if (subresource === "status" && operation === "UPDATE") return checkStatus(node, attributes);
  if (subresource === "eviction" && operation === "CREATE") return checkOwnPod(node, attributes, reader, "evict pods");
  if (subresource !== "") throw refuse(attributes, `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`);
  if (operation === "CREATE") return checkMirrorPod(node, attributes);
  if (operation === "DELETE") return checkOwnPod(node, attributes, reader, "delete pods");
  throw refuse(attributes, `unexpected operation ${JSON.stringify(operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`);
}

function checkMirrorPod(node: string, attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod;
  const who = `node ${JSON.stringify(node)}`;
  if (!isMirrorPod(pod)) throw refuse(attributes, `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, ${who} can only create mirror pods`);
  if (pod.spec?.nodeName !== node) throw refuse(attributes, `${who} can only create pods with spec.nodeName set to itself`);
  const [owner, ...others] = pod.metadata.ownerReferences ?? [];
  if (others.length > 0) throw refuse(attributes, `${who} can only create pods with a single owner reference set to itself`);
  if (owner !== undefined && (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)) {
    throw refuse(attributes, `${who} can only create pods with an owner reference set to itself`);
  }
  if (owner?.controller !== true && owner !== undefined)
    throw refuse(attributes, `${who} can only create pods with a controller owner reference set to itself`);
  if (owner?.blockOwnerDeletion === true) throw refuse(attributes, `${who} must not set blockOwnerDeletion on an owner reference`);
  if ((pod.spec.serviceAccountName ?? "") !== "") throw refuse(attributes, `${who} can not create pods that reference a service account`);
  refuseReferences(who, attributes, pod);
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
  if (pod.spec?.nodeName !== node) throw refuse(attributes, `node ${JSON.stringify(node)} can only ${what} with spec.nodeName set to itself`);
}

function checkStatus(node: string, attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod;
  const who = `node ${JSON.stringify(node)}`;
  if (old.spec?.nodeName !== node) throw refuse(attributes, `${who} can only update pod status for pods with spec.nodeName set to itself`);
  if (!sameJson(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) throw refuse(attributes, `${who} cannot update labels through pod status`);
  if (!sameJson(pod.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])) {
    throw refuse(attributes, `${who} cannot update resource claim statuses`);
  }
}

/** A kubelet gets tokens for the pods it runs and for audiences these pods name (KEP-4412). */
export async function checkToken(attributes: AdmissionAttributes, node: string, reader: ObjectReader): Promise<void> {
  if (attributes.subresource !== "token" || attributes.operation !== "CREATE") return;
  const { spec } = attributes.object as TokenRequest;
  const reference = spec?.boundObjectRef;
  const { namespace } = attributes;
  if (reference === undefined || reference.kind !== "Pod" || (reference.name ?? "") === "") throw refuse(attributes, "node requested token not bound to a pod");
  if ((reference.uid ?? "") === "") throw refuse(attributes, "node requested token with a pod binding without a uid");
  const name = reference.name ?? "";
  const pod = reader.get(pods, namespace, name) ?? (await reader.getFresh(pods, namespace, name));
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  if (pod.metadata.uid !== reference.uid) {
    throw conflict(
      { group: "", resource: "Pod" },
      name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) throw refuse(attributes, "node requested token bound to a pod scheduled on a different node");
  const allowed = tokenAudiences(pod, reader);
  for (const audience of spec.audiences ?? []) {
    if (!allowed.has(audience)) throw refuse(attributes, `audience ${JSON.stringify(audience)} not found in pod spec volume`);
  }
}

/** Audiences of projected tokens and of the CSI drivers that mount for the pod. */
function tokenAudiences(pod: Pod, reader: ObjectReader): Set<string> {
  const audiences = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    for (const source of volume.projected?.sources ?? [])
      if (source.serviceAccountToken !== undefined) audiences.add(source.serviceAccountToken.audience ?? "");
    if (volume.csi === undefined) continue;
    const driver: CSIDriver | undefined = reader.get(csiDrivers, "", volume.csi.driver);
    for (const request of driver?.spec.tokenRequests ?? []) audiences.add(request.audience);
  }
  return audiences;
}
