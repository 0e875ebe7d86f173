/** Which objects a quota is about (ResourceQuotaScope). */
import type { KubeObject } from "./object.ts";
import type { CountedResource } from "./quota-usage.ts";

/** core/v1 ScopedResourceSelectorRequirement. */
export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface ScopesLike {
  readonly scopes?: readonly string[];
  readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
}

interface ResourcesLike {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

interface AffinityTermLike {
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: object;
}

interface PodAffinityLike {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly AffinityTermLike[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly podAffinityTerm: AffinityTermLike }[];
}

interface PodSpecLike {
  readonly activeDeadlineSeconds?: number;
  readonly priorityClassName?: string;
  readonly resources?: ResourcesLike;
  readonly containers: readonly { readonly resources?: ResourcesLike }[];
  readonly initContainers?: readonly { readonly resources?: ResourcesLike }[];
  readonly affinity?: { readonly podAffinity?: PodAffinityLike; readonly podAntiAffinity?: PodAffinityLike };
}

/** A quota with scopes is about pods (and claims, by their attributes class); other objects never match it. */
export function quotaMatches({ spec }: { readonly spec: ScopesLike }, definition: CountedResource, object: KubeObject): boolean {
  return requirementsOf(spec).every((requirement) => scopeMatches(requirement, definition, object));
}

/** Those of the scopes that the object falls into. */
export function matchingScopes(scopes: ScopesLike, definition: CountedResource, object: KubeObject): ScopeRequirement[] {
  return requirementsOf(scopes).filter((requirement) => scopeMatches(requirement, definition, object));
}

function requirementsOf({ scopes = [], scopeSelector }: ScopesLike): ScopeRequirement[] {
  const plain = scopes.map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(scopeSelector?.matchExpressions ?? [])];
}

function scopeMatches(requirement: ScopeRequirement, { group, resource }: CountedResource, object: KubeObject): boolean {
  if (group !== "") return false;
  if (resource === "pods") return podMatches(requirement, (object as KubeObject & { spec: PodSpecLike }).spec);
  if (resource !== "persistentvolumeclaims" || requirement.scopeName !== "VolumeAttributesClass") return false;
  const names = attributesClasses(object as KubeObject & ClaimLike);
  return names.length === 0 ? valueMatches(requirement, "") : names.some((name) => valueMatches(requirement, name));
}

interface ClaimLike {
  readonly spec?: { readonly volumeAttributesClassName?: string };
  readonly status?: {
    readonly currentVolumeAttributesClassName?: string;
    readonly modifyVolumeStatus?: { readonly targetVolumeAttributesClassName?: string };
  };
}

/** A claim counts for the class it has, the one it asks for and the one it is on its way to. */
function attributesClasses({ spec, status }: ClaimLike): string[] {
  const names = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return names.filter((name) => name !== undefined && name !== "") as string[];
}

function podMatches(requirement: ScopeRequirement, spec: PodSpecLike): boolean {
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

function valueMatches({ operator, values = [] }: ScopeRequirement, value: string): boolean {
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
function isBestEffort(spec: PodSpecLike): boolean {
  const all = [spec.resources, ...[...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources)];
  return !all.some((resources) => [resources?.requests, resources?.limits].some((list) => isSet(list?.["cpu"]) || isSet(list?.["memory"])));
}

function isSet(quantity: string | undefined): boolean {
  return quantity !== undefined && !/^0+(\.0*)?[a-zA-Z]*$/.test(quantity);
}

function crossesNamespaces({ affinity }: PodSpecLike): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((part) => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined);
}
