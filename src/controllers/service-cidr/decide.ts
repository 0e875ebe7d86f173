/** When a range of cluster IPs may go (KEP-1880): not before every address given from it lies in another range too. */
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import type { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts";
import { type Cidr, cidrContains, parseCidr, parseIp } from "../../machinery/ip.ts";
import { timeMs } from "../../machinery/time.ts";

export const finalizer = "networking.k8s.io/service-cidr-finalizer";

export type ServiceCIDRDecision =
  | { readonly do: "nothing" }
  | { readonly do: "protect" }
  | { readonly do: "release" }
  /** API servers that have not seen the deletion yet may still give addresses out. */
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "report"; readonly status: "True" | "False"; readonly reason: string; readonly message: string };

const graceMs = 10_000;

/** `others` are the other ranges, those being deleted included; `addresses` those of the allocator. */
export function decideServiceCIDR(range: ServiceCIDR, others: Iterable<ServiceCIDR>, addresses: Iterable<IPAddress>, nowMs: number): ServiceCIDRDecision {
  const { finalizers = [], deletionTimestamp } = range.metadata;
  if (deletionTimestamp === undefined) {
    if (!finalizers.includes(finalizer)) return { do: "protect" };
    return report(range, "True", "", "Kubernetes Service CIDR is ready");
  }
  if (!finalizers.includes(finalizer)) return { do: "nothing" };
  if (isNeeded(range, others, addresses)) {
    return report(range, "False", "Terminating", "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR");
  }
  const leftMs = (timeMs(deletionTimestamp) ?? 0) + graceMs - nowMs;
  return leftMs > 0 ? { do: "wait", ms: leftMs } : { do: "release" };
}

function report(range: ServiceCIDR, status: "True" | "False", reason: string, message: string): ServiceCIDRDecision {
  const ready = range.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === status && ready.reason === reason ? { do: "nothing" } : { do: "report", status, reason, message };
}

function isNeeded(range: ServiceCIDR, others: Iterable<ServiceCIDR>, addresses: Iterable<IPAddress>): boolean {
  const staying = [...others].filter(({ metadata }) => metadata.deletionTimestamp === undefined).flatMap(cidrsOf);
  const alone = cidrsOf(range).filter((cidr) => !staying.some((other) => other.prefix <= cidr.prefix && cidrContains(other, cidr)));
  for (const { metadata } of addresses) {
    const ip = parseIp(metadata.name);
    if (ip !== undefined && alone.some((cidr) => cidrContains(cidr, ip)) && !staying.some((other) => cidrContains(other, ip))) return true;
  }
  return false;
}

export function cidrsOf({ spec }: ServiceCIDR): Cidr[] {
  return (spec.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);
}
