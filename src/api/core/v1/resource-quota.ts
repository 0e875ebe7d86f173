import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { resourceQuotaErrors, resourceQuotaUpdateErrors } from "./resource-quota.validation.ts";

export const scopedResourceSelectorRequirement = message(
  "io.k8s.api.core.v1.ScopedResourceSelectorRequirement",
  "",
  {
    scopeName: str(1, "", { required: true }),
    operator: str(2, "", { required: true }),
    values: list(3, "string", "", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface ScopedResourceSelectorRequirement extends Infer<typeof scopedResourceSelectorRequirement> {}

export const scopeSelector = message(
  "io.k8s.api.core.v1.ScopeSelector",
  "",
  {
    matchExpressions: list(1, scopedResourceSelectorRequirement, "", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface ScopeSelector extends Infer<typeof scopeSelector> {}

export const resourceQuotaSpec = message("io.k8s.api.core.v1.ResourceQuotaSpec", "", {
  hard: map(1, "quantity", ""),
  scopes: list(2, "string", "", { listType: "atomic" }),
  scopeSelector: obj(3, scopeSelector, ""),
});
export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}

export const resourceQuotaStatus = message("io.k8s.api.core.v1.ResourceQuotaStatus", "", {
  hard: map(1, "quantity", ""),
  used: map(2, "quantity", ""),
});
export interface ResourceQuotaStatus extends Infer<typeof resourceQuotaStatus> {}

export const resourceQuota = message("io.k8s.api.core.v1.ResourceQuota", "A ResourceQuota bounds what a namespace may use altogether.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, resourceQuotaSpec, "The bounds.", { present: true, default: {} }),
  status: obj(3, resourceQuotaStatus, "The use."),
});
export interface ResourceQuota extends Infer<typeof resourceQuota> {}

export const resourceQuotas = defineResource<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  resource: "resourcequotas",
  singular: "resourcequota",
  shortNames: ["quota"],
  namespaced: true,
  schema: resourceQuota,
  strategy: { validate: resourceQuotaErrors, validateUpdate: resourceQuotaUpdateErrors, returnsDeletedObject: true, ...ownedStatus<ResourceQuota>(() => ({})) },
  columns: [
    text("Request", "Use and limit of counts and requests.", (object) => quotaText(object, (resource) => !resource.startsWith("limits."))),
    text("Limit", "Use and limit of container limits.", (object) => quotaText(object, (resource) => resource.startsWith("limits."))),
  ],
  status: statusSubresource<ResourceQuota>(),
});

function quotaText(object: ResourceQuota, wanted: (resource: string) => boolean): string {
  const { hard = {}, used = {} } = object.status ?? {};
  return Object.keys(hard)
    .filter(wanted)
    .sort()
    .map((resource) => `${resource}: ${used[resource] ?? "0"}/${hard[resource] ?? "0"}`)
    .join(", ");
}
