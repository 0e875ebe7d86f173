/** Which objects a quota is about (ResourceQuotaScope). */
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../../api/core/v1/resource-quota.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";

/** A quota with scopes is about pods (and claims, by their attributes class); other objects never match it. */
export function quotaMatches(quota: ResourceQuota, definition: AnyResourceDefinition, object: KubeObject): boolean {
  return requirementsOf(quota).every((requirement) => scopeMatches(requirement, definition, object));
}

function requirementsOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

function scopeMatches(requirement: ScopedResourceSelectorRequirement, { group, resource }: AnyResourceDefinition, object: KubeObject): boolean {
  if (group !== "") return false;
  if (resource === "pods") return podMatches(requirement, object as Pod);
  if (resource !== "persistentvolumeclaims" || requirement.scopeName !== "VolumeAttributesClass") return false;
  const claim = object as PersistentVolumeClaim;
  return valueMatches(requirement, claim.spec?.volumeAttributesClassName ?? "");
}

function podMatches(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  const spec = pod.spec as PodSpec;
  switch (requirement.scopeName) {
    case "Terminating":
      return spec.activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return spec.activeDeadlineSeconds === undefined;
    case "BestEffort":
      return isBestEffort(spec);
    case "NotBestEffort":
      return !isBestEffort(spec);
    case "PriorityClass":
      return valueMatches(requirement, spec.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return crossesNamespaces(spec);
    default:
      return false;
  }
}

function valueMatches({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string): boolean {
  switch (operator) {
    case "In":
      return values.includes(value);
    case "NotIn":
      return !values.includes(value);
    case "DoesNotExist":
      return value === "";
    default:
      return value !== "";
  }
}

/** No request or limit of cpu or memory anywhere (QoS class BestEffort). */
function isBestEffort(spec: PodSpec): boolean {
  const all = [spec.resources, ...[...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources)];
  return !all.some((resources) => [resources?.requests, resources?.limits].some((list) => isSet(list?.["cpu"]) || isSet(list?.["memory"])));
}

function isSet(quantity: string | undefined): boolean {
  return quantity !== undefined && !/^0+(\.0*)?[a-zA-Z]*$/.test(quantity);
}

function crossesNamespaces({ affinity }: PodSpec): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((part) => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined);
}
