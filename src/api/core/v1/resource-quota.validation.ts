import { joined, none } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { eachEntry } from "../../validation.ts";
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from "./resource-quota.ts";
import { isQuotaResource, quantityErrors, quotaResourceNameErrors } from "./validation/resources.ts";

const podScopes = ["Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"];
const bestEffort = "BestEffort";
const claimScopes = ["VolumeAttributesClass"];
const allScopes = [...podScopes, bestEffort, ...claimScopes];
const conflicting = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

type ResourceList = Readonly<Record<string, string>> | undefined;

export function resourceQuotaErrors({ spec, status }: ResourceQuota): readonly FieldError[] {
  return joined(
    amountErrors("spec.hard", spec.hard),
    scopeErrors(spec),
    selectorErrors(spec),
    amountErrors("status.hard", status?.hard),
    amountErrors("status.used", status?.used),
  );
}

function amountErrors(path: string, list: ResourceList): readonly FieldError[] {
  return eachEntry(list, path, (amount, at, name) => joined(quotaResourceNameErrors(at, name), quantityErrors(at, name, amount)));
}

function scopeErrors(spec: ResourceQuotaSpec): readonly FieldError[] {
  const { scopes = [] } = spec;
  const path = "spec.scopes";
  return joined(
    scopes.flatMap((scope) =>
      joined(
        allScopes.includes(scope) ? none : [fieldError.invalid(path, scopes, "unsupported scope")],
        misfits(spec, scope).map(() => fieldError.invalid(path, scopes, "unsupported scope applied to resource")),
      ),
    ),
    conflictErrors(path, scopes, scopes),
  );
}

/** Resources that the scope says nothing of. */
function misfits({ hard }: ResourceQuotaSpec, scope: string): string[] {
  return Object.keys(hard ?? {})
    .sort()
    .filter((name) => isQuotaResource(name) && !isScoped(scope, name));
}

const computeNames = [
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
];

function isScoped(scope: string, name: string): boolean {
  if (scope === bestEffort) return name === "pods";
  if (claimScopes.includes(scope)) return name === "persistentvolumeclaims" || name === "requests.storage";
  return !podScopes.includes(scope) || name === "pods" || computeNames.includes(name);
}

function conflictErrors(path: string, used: readonly string[], shown: readonly string[]): readonly FieldError[] {
  return conflicting.filter((pair) => pair.every((scope) => used.includes(scope))).map(() => fieldError.invalid(path, shown, "conflicting scopes"));
}

const existenceMessage =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function selectorErrors(spec: ResourceQuotaSpec): readonly FieldError[] {
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  const path = "spec.scopeSelector.matchExpressions";
  const names = requirements.map(({ scopeName }) => scopeName);
  return joined(
    requirements.flatMap((requirement) => requirementErrors(path, spec, requirement)),
    conflictErrors(path, names, spec.scopes ?? []),
  );
}

function requirementErrors(
  path: string,
  spec: ResourceQuotaSpec,
  { scopeName = "", operator = "", values = [] }: Partial<ScopedResourceSelectorRequirement>,
): readonly FieldError[] {
  const errors = allScopes.includes(scopeName) ? [] : [fieldError.invalid(`${path}.scopeName`, scopeName, "unsupported scope")];
  errors.push(...misfits(spec, scopeName).map(() => fieldError.invalid(path, spec.scopeSelector, "unsupported scope applied to resource")));
  const hasValues = scopeName === "PriorityClass" || claimScopes.includes(scopeName);
  if (!hasValues && allScopes.includes(scopeName) && operator !== "Exists") errors.push(fieldError.invalid(`${path}.operator`, operator, existenceMessage));
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0)
      errors.push(fieldError.required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0)
      errors.push(fieldError.invalid(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, "not a valid selector operator"));
  return errors;
}

export function resourceQuotaUpdateErrors({ spec }: ResourceQuota, old: ResourceQuota): readonly FieldError[] {
  const [now, before] = [new Set(spec.scopes), new Set(old.spec.scopes)];
  return now.symmetricDifference(before).size === 0 ? [] : [fieldError.invalid("spec.scopes", spec.scopes, "field is immutable")];
}
