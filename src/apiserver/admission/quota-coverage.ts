/** What may be used only where a quota says how much of it (ResourceQuotaConfiguration, apiserver.config.k8s.io/v1). */
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { matchingScopes, type ScopeRequirement } from "../../machinery/quota-scopes.ts";
import type { Usage } from "../../machinery/quota-usage.ts";

export interface LimitedResource {
  readonly apiGroup: string;
  /** Plural name, such as `persistentvolumeclaims`. */
  readonly resource: string;
  /** Parts of names of what is used, such as `gold.storageclass.storage.k8s.io/`. */
  readonly matchContains: readonly string[];
  readonly matchScopes: readonly ScopeRequirement[];
}

/** Names of what the write uses and no quota that matches it limits, in order. */
export function uncoveredResources(
  limited: readonly LimitedResource[],
  definition: AnyResourceDefinition,
  usage: Usage,
  matching: readonly ResourceQuota[],
): string[] {
  const parts = limited
    .filter(({ apiGroup, resource }) => apiGroup === definition.group && resource === definition.resource)
    .flatMap((each) => each.matchContains);
  const used = [...usage].filter(([, amount]) => amount.nanos > 0n).map(([name]) => name);
  const names = used.filter((name) => parts.some((part) => name.includes(part)));
  return names.filter((name) => !matching.some(({ spec }) => spec.hard?.[name] !== undefined)).sort();
}

/** Scopes that the object falls into and no quota of its namespace is about. */
export function uncoveredScopes(
  limited: readonly LimitedResource[],
  definition: AnyResourceDefinition,
  object: KubeObject,
  quotas: readonly ResourceQuota[],
): ScopeRequirement[] {
  const wanted = limited.flatMap(({ matchScopes }) => matchingScopes({ scopeSelector: { matchExpressions: matchScopes } }, definition, object));
  const covered = new Set(quotas.flatMap(({ spec }) => matchingScopes(spec, definition, object)).map(({ scopeName }) => scopeName));
  return wanted.filter(({ scopeName }) => !covered.has(scopeName));
}

/** `[{PriorityClass In [a b]}]`, as Go prints it. */
export function scopesText(scopes: readonly ScopeRequirement[]): string {
  return `[${scopes.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(" ")}]}`).join(" ")}]`;
}
