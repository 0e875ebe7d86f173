/** ipFamilies and ipFamilyPolicy of a Service: what is asked for, what the cluster has, what follows (KEP-563). */
import type { Service } from "../../api/core/v1/service.ts";
import { type FieldError, fieldError } from "../../machinery/status.ts";
import { addressFamily, type Family, parseAddress } from "./ip-range.ts";
import { isHeadless, needsClusterIP } from "./service-kind.ts";

/**
 * Fills both fields in place. `families` are those of the cluster, its own first. Returns errors instead of guessing
 * where the request cannot be met.
 */
export function setFamilies(service: Service, old: Service | undefined, families: readonly Family[]): FieldError[] {
  const { spec } = service;
  if (!needsClusterIP(service)) return [];
  if (old !== undefined && needsClusterIP(old)) keepFamilies(service, old);
  const addresses = isHeadless(service) ? [] : (spec.clusterIPs ?? []).filter((ip) => parseAddress(ip) !== undefined);
  const asked = [...(spec.ipFamilies ?? [])] as Family[];
  for (const [index, ip] of addresses.entries()) {
    const family = addressFamily(ip);
    if (asked[index] === undefined) asked[index] = family;
    else if (asked[index] !== family)
      return [fieldError.invalid(`spec.ipFamilies[${index}]`, asked[index], `expected "${family}" to match "spec.clusterIPs[${index}]"`)];
  }
  if (isHeadless(service) && Object.keys(spec.selector ?? {}).length === 0) return setSelectorless(service, asked, families);
  const missing = asked.flatMap((family, index) =>
    families.includes(family) ? [] : [fieldError.invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster")],
  );
  if (missing.length > 0) return missing;
  spec.ipFamilyPolicy ??= "SingleStack";
  if (spec.ipFamilyPolicy === "SingleStack" && asked.length > 1) {
    return [
      fieldError.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, "must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified"),
    ];
  }
  if (spec.ipFamilyPolicy === "RequireDualStack" && families.length < 2) {
    return [fieldError.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, "this cluster is not configured for dual-stack services")];
  }
  const wanted = spec.ipFamilyPolicy === "SingleStack" ? 1 : families.length;
  spec.ipFamilies = completed(asked, families).slice(0, Math.max(wanted, 1));
  return [];
}

/** A write that does not speak of families keeps them; one that goes to a single stack drops the second. */
function keepFamilies({ spec }: Service, old: Service): void {
  if (spec.ipFamilyPolicy === undefined && old.spec.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.spec.ipFamilyPolicy;
  if ((spec.ipFamilies ?? []).length === 0 && old.spec.ipFamilies !== undefined) spec.ipFamilies = [...old.spec.ipFamilies];
  const downgraded = spec.ipFamilyPolicy === "SingleStack" && old.spec.ipFamilyPolicy !== "SingleStack";
  if (!downgraded) return;
  spec.ipFamilies = (spec.ipFamilies ?? []).slice(0, 1);
  if (spec.clusterIPs !== undefined) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
}

/** Whoever writes the endpoints decides on the families: both are possible, whatever the cluster has. */
function setSelectorless({ spec }: Service, asked: readonly Family[], families: readonly Family[]): FieldError[] {
  spec.ipFamilyPolicy ??= asked.length === 1 ? "SingleStack" : "RequireDualStack";
  const all = completed(asked, [...families, families[0] === "IPv6" ? "IPv4" : "IPv6"]);
  spec.ipFamilies = spec.ipFamilyPolicy === "SingleStack" ? all.slice(0, 1) : all;
  return [];
}

function completed(asked: readonly Family[], families: readonly Family[]): Family[] {
  return [...new Set([...asked, ...families])];
}
