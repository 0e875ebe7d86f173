/**
 * UDP has no connections that end: the kernel goes on translating a flow to where its first packet went. Flows to
 * endpoints that are no longer wanted are forgotten, so that the next packet finds a new one.
 */
import type { ServicePortPlan } from "./plan.ts";

/** Arguments for `conntrack -D`, one list a flow filter. */
export function staleFlows(before: readonly ServicePortPlan[], after: readonly ServicePortPlan[]): string[][] {
  const now = new Map(after.filter((plan) => plan.protocol === "udp").map((plan) => [plan.id, plan]));
  const filters: string[][] = [];
  for (const plan of before) {
    if (plan.protocol === "udp") filters.push(...staleOf(plan, now.get(plan.id)));
  }
  // A service that had no endpoint may have flows that were refused or went nowhere.
  const had = new Map(before.map((plan) => [plan.id, plan]));
  for (const plan of now.values()) if (plan.internal.length > 0 && (had.get(plan.id)?.internal.length ?? 0) === 0) filters.push(...allFlows(plan));
  return filters;
}

function staleOf(old: ServicePortPlan, current: ServicePortPlan | undefined): string[][] {
  if (current === undefined) return allFlows(old);
  const kept = new Set([...current.internal, ...current.external].map((endpoint) => endpoint.address));
  const gone = new Set([...old.internal, ...old.external].map((endpoint) => endpoint.address).filter((address) => !kept.has(address)));
  const moved = old.clusterIPs.filter((address) => !current.clusterIPs.includes(address)).map((address) => ["--orig-dst", address]);
  const byEndpoint = [...gone].flatMap((address) => [
    ...old.clusterIPs.concat(old.externalIPs).map((destination) => ["--orig-dst", destination, "--dst-nat", address]),
    ...(old.nodePort > 0 ? [["--orig-port-dst", String(old.nodePort), "--dst-nat", address]] : []),
  ]);
  return [...moved, ...byEndpoint].map((filter) => ["-p", "udp", ...filter]);
}

function allFlows(plan: ServicePortPlan): string[][] {
  const filters = [...plan.clusterIPs, ...plan.externalIPs].map((address) => ["--orig-dst", address, "--orig-port-dst", String(plan.port)]);
  if (plan.nodePort > 0) filters.push(["--orig-port-dst", String(plan.nodePort)]);
  return filters.map((filter) => ["-p", "udp", ...filter]);
}
