/** ipFamilies and ipFamilyPolicy of a Service: what is asked for, what the cluster has, what follows (KEP-563). */
import type { Service } from "../../api/core/v1/service.ts";
import { serviceClusterIPErrors } from "../../api/core/v1/service.validation.ts";
import { type FieldError, fieldError } from "../../machinery/status.ts";
import { addressFamily, type Family } from "./ip-range.ts";
import { isHeadless, needsClusterIP } from "./service-kind.ts";

/**
 * Fills both fields in place. `families` are those of the cluster, its own first. Returns errors instead of guessing
 * where the request cannot be met.
 */
export function setFamilies(service: Service, old: Service | undefined, families: readonly Family[]): readonly FieldError[] {
  if (!needsClusterIP(service)) return [];
  const before = old !== undefined && needsClusterIP(old) ? old : undefined;
  if (before !== undefined) keepFamilies(service, before);
  if (before !== undefined && isUntouchedPreference(service, before)) return [];
  const { spec } = service;
  const free = isHeadless(service) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= free ? "RequireDualStack" : "SingleStack";
  const malformed = serviceClusterIPErrors(service);
  if (malformed.length > 0) return malformed;
  const errors = [...(before === undefined ? [] : releaseErrors(service, before)), ...policyErrors(service), ...inferFamilies(service, families)];
  if (errors.length > 0) return errors;
  // Whoever writes the endpoints decides on the families: both are possible, whatever the cluster has.
  if (free) spec.ipFamilies = completed(service, families[0] ?? "IPv4", true);
  else errors.push(...clusterErrors(service, families));
  if (!free && errors.length === 0) spec.ipFamilies = completed(service, families[0] ?? "IPv4", families.length > 1);
  return errors;
}

/** A write that does not speak of families keeps them; one that goes to a single stack drops the second of each. */
function keepFamilies({ spec }: Service, old: Service): void {
  if (spec.ipFamilyPolicy === undefined && old.spec.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.spec.ipFamilyPolicy;
  if ((spec.ipFamilies ?? []).length === 0 && old.spec.ipFamilies !== undefined) spec.ipFamilies = [...old.spec.ipFamilies];
  if (spec.ipFamilyPolicy !== "SingleStack") return;
  if (sameList(spec.clusterIPs, old.spec.clusterIPs) && spec.clusterIPs !== undefined) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
  if (sameList(spec.ipFamilies, old.spec.ipFamilies) && spec.ipFamilies !== undefined) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
}

/** A cluster that becomes dual-stack, or stops being it, leaves Services alone that only prefer two stacks. */
function isUntouchedPreference({ spec }: Service, old: Service): boolean {
  const prefers = (policy: string | undefined): boolean => policy === "PreferDualStack";
  if (spec.type !== old.spec.type || !prefers(spec.ipFamilyPolicy) || !prefers(old.spec.ipFamilyPolicy)) return false;
  return sameList(spec.clusterIPs, old.spec.clusterIPs) && sameList(spec.ipFamilies, old.spec.ipFamilies);
}

/** The second address goes with a change of the policy, not by being left out. */
function releaseErrors({ spec }: Service, old: Service): readonly FieldError[] {
  if (spec.ipFamilyPolicy === "SingleStack") return [];
  const reduced = (field: "clusterIPs" | "ipFamilies"): boolean => {
    const now = spec[field] ?? [];
    return now.length > 0 && now.length < (old.spec[field] ?? []).length;
  };
  return [
    ...(reduced("clusterIPs") ? [policyError(spec, "must be 'SingleStack' to release the secondary cluster IP")] : []),
    ...(reduced("ipFamilies") ? [policyError(spec, "must be 'SingleStack' to release the secondary IP family")] : []),
  ];
}

function policyErrors({ spec }: Service): readonly FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const text = (what: string): string => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return [
    ...(spec.clusterIPs?.length === 2 ? [policyError(spec, text("cluster IPs"))] : []),
    ...(spec.ipFamilies?.length === 2 ? [policyError(spec, text("IP families"))] : []),
  ];
}

function policyError({ ipFamilyPolicy }: Service["spec"], detail: string): FieldError {
  return fieldError.invalid("spec.ipFamilyPolicy", ipFamilyPolicy, detail);
}

/** Families that addresses name without saying so. */
function inferFamilies(service: Service, families: readonly Family[]): readonly FieldError[] {
  const { spec } = service;
  const asked = [...(spec.ipFamilies ?? [])];
  const errors: FieldError[] = [];
  for (const [index, ip] of (isHeadless(service) ? [] : (spec.clusterIPs ?? [])).entries()) {
    if (index < asked.length) continue;
    const family = addressFamily(ip);
    if (families.includes(family)) asked.push(family);
    else errors.push(fieldError.invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`));
  }
  if (asked.length > 0) spec.ipFamilies = asked;
  return errors;
}

function clusterErrors({ spec }: Service, families: readonly Family[]): readonly FieldError[] {
  const demanded = spec.ipFamilyPolicy === "RequireDualStack" && families.length < 2;
  const missing = (spec.ipFamilies ?? []).flatMap((family, index) =>
    families.includes(family as Family) ? [] : [fieldError.invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster")],
  );
  return [...(demanded ? [policyError(spec, "this cluster is not configured for dual-stack services")] : []), ...missing];
}

function completed({ spec }: Service, own: Family, dual: boolean): string[] {
  const [first = own, ...more] = spec.ipFamilies ?? [];
  if (more.length > 0 || spec.ipFamilyPolicy === "SingleStack" || !dual) return [first, ...more];
  return [first, first === "IPv4" ? "IPv6" : "IPv4"];
}

function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
