/** Managed fields of writes: who set what. Recorded before admission, as in Kubernetes: what plugins add is nobody's. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { type ApplyRequest, apply } from "../../machinery/managed-fields/apply.ts";
import { emptySet, type FieldSet } from "../../machinery/managed-fields/field-set.ts";
import { managerName } from "../../machinery/managed-fields/manager-name.ts";
import { recordUpdate } from "../../machinery/managed-fields/update.ts";
import type { ManagedFieldsEntry } from "../../machinery/meta.ts";
import { apiVersionOf, type KubeObject } from "../../machinery/object.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { subresourceOf } from "./write-steps.ts";

/** Sets `object`'s managedFields to what they are after this write; `live` is undefined for a new object. */
export function recordFields(context: RegistryContext, request: WriteRequest, live: KubeObject | undefined, object: KubeObject): void {
  const { definition } = request.resource;
  const { ignored, only } = ownable(definition, request.subresource);
  const entries = recordUpdate({
    schema: definition.schema,
    live,
    object,
    manager: managerName(request.fieldManager, undefined),
    apiVersion: apiVersionOf(definition),
    subresource: request.subresource,
    now: context.clock.now(),
    ignored,
    only,
  });
  if (entries !== undefined) object.metadata.managedFields = entries as ManagedFieldsEntry[];
  else if (object.metadata.managedFields !== undefined) delete object.metadata.managedFields;
}

/** What a configuration makes of an object; parts are shared with both. Throws 400 and 409. */
export function applyFields(context: RegistryContext, request: WriteRequest, live: KubeObject | undefined, applied: unknown, force: boolean): object {
  const { definition } = request.resource;
  const asked: ApplyRequest = {
    schema: definition.schema,
    live,
    applied,
    manager: request.fieldManager,
    force,
    apiVersion: apiVersionOf(definition),
    kind: definition.kind,
    subresource: request.subresource,
    now: context.clock.now(),
    ...ownable(definition, request.subresource),
  };
  return apply(asked).object;
}

const statusFields: FieldSet = { "f:status": {} };
const specFields: FieldSet = { "f:spec": {} };

type Ownable = Pick<ApplyRequest, "ignored" | "only">;

const all: Ownable = { ignored: emptySet };
const allButStatus: Ownable = { ignored: statusFields };

/** What an endpoint lets its writers change. */
function ownable(definition: AnyResourceDefinition, name: string): Ownable {
  if (name === "") return definition.status === undefined ? all : allButStatus;
  const subresource = subresourceOf(definition, name);
  return { ignored: subresource?.resetFields ?? (name === "status" ? specFields : emptySet), only: subresource?.ownedFields };
}
