import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { resourceQuotaErrors, resourceQuotaUpdateErrors } from "./resource-quota.validation.ts";

export const scopedResourceSelectorRequirement = message("io.k8s.api.core.v1.ScopedResourceSelectorRequirement", "A scope, and its values.", {
  scopeName: str(1, "Name of the scope.", { required: true }),
  operator: str(2, "In, NotIn, Exists or DoesNotExist.", { required: true }),
  values: list(3, "string", "Values of the scope.", { listType: "atomic" }),
});
export interface ScopedResourceSelectorRequirement extends Infer<typeof scopedResourceSelectorRequirement> {}

export const scopeSelector = message(
  "io.k8s.api.core.v1.ScopeSelector",
  "Which objects count.",
  {
    matchExpressions: list(1, scopedResourceSelectorRequirement, "Requirements, all of which hold.", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface ScopeSelector extends Infer<typeof scopeSelector> {}

export const resourceQuotaSpec = message("io.k8s.api.core.v1.ResourceQuotaSpec", "What is bounded.", {
  hard: map(1, "quantity", "Bounds by resource."),
  scopes: list(2, "string", "What the objects that count have in common.", { listType: "atomic" }),
  scopeSelector: obj(3, scopeSelector, "The same with values."),
});
export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}

export const resourceQuotaStatus = message("io.k8s.api.core.v1.ResourceQuotaStatus", "What is used of a quota.", {
  hard: map(1, "quantity", "Bounds that are enforced."),
  used: map(2, "quantity", "What is used of them."),
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
