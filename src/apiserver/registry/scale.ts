/** The scale subresource: autoscaling/v1 Scale over a few paths of the object. */
import { type Scale, scale as scaleSchema } from "../../api/autoscaling/v1/scale.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { FieldValidation } from "../../machinery/decode.ts";
import { copyJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { applyJsonPatch } from "../../machinery/patches/json-patch.ts";
import { applyMergePatch } from "../../machinery/patches/merge-patch.ts";
import { applyStrategicMergePatch } from "../../machinery/patches/strategic-merge.ts";
import { fieldError, invalid, notFound } from "../../machinery/status.ts";
import { type Body, decodeBody, decodePatched } from "./decode.ts";
import type { PatchBody } from "./patch.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { StoredObject } from "./stored-object.ts";
import { changeObject } from "./update.ts";

const gvk = { group: "autoscaling", version: "v1", kind: "Scale" };

export function getScale(definition: AnyResourceDefinition, object: KubeObject): Scale {
  const { scale } = definition;
  if (scale === undefined) throw new Error(`cannot scale ${definition.kind}: it has no scale subresource`);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicasSpec(numberAt(object, scale.specReplicas)),
    status: { replicas: numberAt(object, scale.statusReplicas) ?? 0, selector: scale.selector(object) },
  };
}

export async function updateScale(context: RegistryContext, request: WriteRequest, body: Body, validation: FieldValidation): Promise<Scale> {
  const wanted = decodeBody(body, { schema: scaleSchema, gvk, validation, warn: request.warn }) as Scale;
  return writeScale(context, request, () => wanted);
}

export function patchScale(context: RegistryContext, request: WriteRequest, body: PatchBody): Promise<Scale> {
  const { definition } = request.resource;
  return writeScale(context, request, (existing) => {
    const patched = patchedScale(getScale(definition, existing), body);
    return decodePatched(patched, { schema: scaleSchema, gvk, validation: body.validation, warn: request.warn }, body.duplicates) as Scale;
  });
}

function patchedScale(current: Scale, { type, patch }: PatchBody): unknown {
  if (type === "json") return applyJsonPatch(current, patch);
  if (type === "strategic") return applyStrategicMergePatch(scaleSchema, current, patch);
  return applyMergePatch(current, patch);
}

async function writeScale(context: RegistryContext, request: WriteRequest, wantedFrom: (existing: KubeObject) => Scale): Promise<Scale> {
  const { definition, groupResource } = request.resource;
  const { object } = await changeObject(context, request, {
    mayCreate: false,
    next: (existing) => {
      if (existing === undefined) throw notFound(groupResource, request.name);
      const wanted = wantedFrom(existing);
      checkScale(wanted, request.name);
      const next = copyJson(existing);
      setNumber(next, definition.scale!.specReplicas, wanted.spec?.replicas ?? 0);
      next.metadata.resourceVersion = wanted.metadata.resourceVersion ?? "";
      if ((wanted.metadata.uid ?? "") !== "") next.metadata.uid = wanted.metadata.uid;
      if ((wanted.metadata.name ?? "") !== "") next.metadata.name = wanted.metadata.name;
      return next;
    },
  });
  return getScale(definition, object instanceof StoredObject ? object.object : object);
}

function checkScale(scale: Scale, name: string): void {
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return;
  throw invalid("autoscaling", "Scale", name, [fieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
}

function replicasSpec(replicas: number | undefined): Scale["spec"] {
  return replicas === undefined ? {} : { replicas };
}

function numberAt(object: KubeObject, path: string): number | undefined {
  let value: unknown = object;
  for (const part of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === "number" ? value : undefined;
}

function setNumber(object: KubeObject, path: string, value: number): void {
  const parts = path.split(".");
  const last = parts.pop()!;
  let parent = object as unknown as Record<string, unknown>;
  for (const part of parts) {
    parent[part] ??= {};
    parent = parent[part] as Record<string, unknown>;
  }
  parent[last] = value;
}
