/** The scale subresource: autoscaling/v1 Scale over a few paths of the object. */
import { type Scale, scale as scaleSchema } from "../../api/autoscaling/v1/scale.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { FieldValidation } from "../../machinery/decode.ts";
import { copyJson } from "../../machinery/json.ts";
import { apply } from "../../machinery/managed-fields/apply.ts";
import type { FieldSet } from "../../machinery/managed-fields/field-set.ts";
import { fromScaleEntries, toScaleEntries } from "../../machinery/managed-fields/scale-fields.ts";
import { managedFieldsOf, withManagedFields } from "../../machinery/managed-fields/update.ts";
import { apiVersionOf, type KubeObject } from "../../machinery/object.ts";
import { fieldError, invalid, notFound } from "../../machinery/status.ts";
import { configuration, reportDuplicate } from "./apply.ts";
import { type Body, decodeBody, decodePatched } from "./decode.ts";
import { type PatchBody, patchedBy } from "./patch.ts";
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
  return writeScale(context, request, { meansUid: true, from: () => wanted });
}

export function patchScale(context: RegistryContext, request: WriteRequest, body: PatchBody): Promise<Scale> {
  const { definition } = request.resource;
  if (body.type === "apply") return writeScale(context, request, { recorded: true, from: (existing) => appliedScale(context, request, existing, body) });
  return writeScale(context, request, {
    from: (existing) => {
      const patched = patchedBy(scaleSchema, getScale(definition, existing), body);
      return decodePatched(patched, { schema: scaleSchema, gvk, validation: body.validation, warn: request.warn }) as Scale;
    },
  });
}

/** Server-side apply of the Scale. Its managedFields are those that the object is to have. */
function appliedScale(context: RegistryContext, request: WriteRequest, existing: KubeObject, { patch, force, validation, yamlDuplicate }: PatchBody): Scale {
  const { definition } = request.resource;
  const replicas = fieldSetOf(definition.scale!.specReplicas);
  const entries = existing.metadata.managedFields ?? [];
  const scale = getScale(definition, existing);
  const { object } = apply({
    schema: scaleSchema,
    live: withManagedFields(scale, toScaleEntries(entries, replicas)),
    applied: configuration(patch),
    manager: request.fieldManager,
    force,
    apiVersion: apiVersionOf(gvk),
    kind: gvk.kind,
    subresource: "scale",
    now: context.clock.now(),
    ignored: { "f:status": {} },
  });
  reportDuplicate(request, validation, yamlDuplicate);
  const options = { schema: scaleSchema, gvk, validation: "Ignore" as const, warn: request.warn };
  const merged = decodePatched({ value: object, problems: [], shown: () => JSON.stringify(object) }, options) as Scale;
  const scaled = managedFieldsOf(object) ?? [];
  return withManagedFields(merged, fromScaleEntries(entries, scaled, replicas, apiVersionOf(definition)));
}

interface ScaleChange {
  readonly meansUid?: boolean;
  /** The Scale brings the object's managedFields. */
  readonly recorded?: boolean;
  from(existing: KubeObject): Scale;
}

async function writeScale(context: RegistryContext, request: WriteRequest, { from, ...how }: ScaleChange): Promise<Scale> {
  const { definition, groupResource } = request.resource;
  const { object } = await changeObject(context, request, {
    ...how,
    mayCreate: false,
    next: (existing) => {
      if (existing === undefined) throw notFound(groupResource, request.name);
      const wanted = from(existing);
      checkScale(wanted, request.name);
      const next = copyJson(existing);
      setNumber(next, definition.scale!.specReplicas, wanted.spec?.replicas ?? 0);
      next.metadata.resourceVersion = wanted.metadata.resourceVersion ?? "";
      if (how.recorded === true && wanted.metadata.managedFields !== undefined) next.metadata.managedFields = wanted.metadata.managedFields;
      if ((wanted.metadata.uid ?? "") !== "") next.metadata.uid = wanted.metadata.uid;
      // Whoever names another object, or none, is told so where all writes are.
      next.metadata.name = wanted.metadata.name ?? "";
      if (wanted.metadata.namespace) next.metadata.namespace = wanted.metadata.namespace;
      return next;
    },
  });
  return getScale(definition, object instanceof StoredObject ? object.object : object);
}

/** `spec.replicas` as a set of that one field. */
function fieldSetOf(path: string): FieldSet {
  return path.split(".").reduceRight<FieldSet>((below, part) => ({ [`f:${part}`]: below }), {});
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
