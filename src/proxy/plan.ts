/**
 * The planner: Services and EndpointSlices in, for each service port the addresses it answers on and the endpoints it
 * leads to out. Pure, and the same for every backend; backends only turn plans into rules.
 */
import { isIP } from "node:net";
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";

export type Protocol = "tcp" | "udp" | "sctp";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One port of one Service, as seen from one node. All lists are sorted, so that equal plans compare equal. */
export interface ServicePortPlan {
  /** `namespace/name:port`, for people. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIPs: readonly string[];
  /** External IPs and load balancer addresses. */
  readonly externalIPs: readonly string[];
  /** 0 for none. */
  readonly nodePort: number;
  /** Seconds that a client stays with its endpoint; 0 for no affinity. */
  readonly affinitySeconds: number;
  /** For traffic from inside the cluster. */
  readonly internal: readonly Endpoint[];
  /** For traffic to external addresses and node ports. */
  readonly external: readonly Endpoint[];
  /** externalTrafficPolicy Local: sources are kept. */
  readonly externalLocal: boolean;
  /** Some node has endpoints: where policy Local leaves none to this one, packets are dropped; else they are refused. */
  readonly elsewhere: boolean;
  /** CIDRs that may use load balancer addresses; empty for all. */
  readonly sourceRanges: readonly string[];
}

export interface PlanOptions {
  readonly nodeName: string;
  readonly family: 4 | 6;
}

/** Services that another proxy implements carry this label (KEP-2447). */
const otherProxyLabel = "service.kubernetes.io/service-proxy-name";
const headlessLabel = "service.kubernetes.io/headless";
const defaultAffinitySeconds = 10_800;

export function planServices(services: Iterable<Service>, slicesOf: (service: Service) => Iterable<EndpointSlice>, options: PlanOptions): ServicePortPlan[] {
  const plans: ServicePortPlan[] = [];
  for (const service of services) if (isProxied(service)) plans.push(...planService(service, [...slicesOf(service)], options));
  return plans.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Whether this proxy is to make rules for it. */
export function isProxied(service: Service): boolean {
  const { type, clusterIP } = service.spec;
  const labels = service.metadata.labels ?? {};
  if (labels[otherProxyLabel] !== undefined || labels[headlessLabel] !== undefined) return false;
  return type !== "ExternalName" && clusterIP !== undefined && clusterIP !== "" && clusterIP !== "None";
}

function planService(service: Service, slices: readonly EndpointSlice[], options: PlanOptions): ServicePortPlan[] {
  const { spec, metadata } = service;
  const ofFamily = (addresses: readonly (string | undefined)[]) =>
    [...new Set(addresses.filter((address): address is string => isIP(address ?? "") === options.family))].sort();
  const clusterIPs = ofFamily(spec.clusterIPs ?? [spec.clusterIP]);
  if (clusterIPs.length === 0) return [];
  const balancers = (service.status?.loadBalancer?.ingress ?? []).filter((ingress) => ingress.ipMode !== "Proxy").map((ingress) => ingress.ip);
  const externalLocal = spec.externalTrafficPolicy === "Local" && spec.type !== "ClusterIP";
  const affinitySeconds = spec.sessionAffinity === "ClientIP" ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds) : 0;
  return (spec.ports ?? []).map((port) => {
    const candidates = candidatesFor(port.name ?? "", slices, options);
    const local = candidates.filter((candidate) => candidate.nodeName === options.nodeName);
    return {
      id: `${metadata.namespace}/${metadata.name}:${port.name ?? port.port}`,
      protocol: (port.protocol ?? "TCP").toLowerCase() as Protocol,
      port: port.port,
      clusterIPs,
      externalIPs: ofFamily([...(spec.externalIPs ?? []), ...balancers]),
      nodePort: port.nodePort ?? 0,
      affinitySeconds,
      internal: usable(spec.internalTrafficPolicy === "Local" ? local : candidates),
      external: usable(externalLocal ? local : candidates),
      externalLocal,
      elsewhere: usable(candidates).length > 0,
      sourceRanges: (spec.loadBalancerSourceRanges ?? [])
        .map((range) => range.trim())
        .filter((range) => isIP(range.split("/")[0] ?? "") === options.family)
        .sort(),
    };
  });
}

interface Candidate extends Endpoint {
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  /** Still answers while it terminates. */
  readonly serving: boolean;
}

function candidatesFor(portName: string, slices: readonly EndpointSlice[], { family }: PlanOptions): Candidate[] {
  const candidates: Candidate[] = [];
  for (const slice of slices) {
    if (slice.addressType !== `IPv${family}`) continue;
    const port = slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      const [address] = addresses;
      if (address === undefined) continue;
      // Absent means ready. Terminating endpoints are ready only where publishNotReadyAddresses asks for it.
      const ready = conditions?.ready !== false;
      const serving = conditions?.terminating === true && conditions.serving === true;
      candidates.push({ address, port, nodeName, ready, serving });
    }
  }
  return candidates;
}

/** Ready endpoints; where there is none, those that still serve while terminating (KEP-1669), so that no traffic is lost. */
function usable(candidates: readonly Candidate[]): Endpoint[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.serving);
  const unique = new Map(chosen.map(({ address, port }) => [`${address} ${port}`, { address, port }]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}
