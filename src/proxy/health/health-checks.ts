/** Which Services load balancers ask every node about, and what this node has of them. Pure. */
import type { Service } from "../../api/core/v1/service.ts";
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { isProxied, type PlanOptions } from "../plan.ts";

export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Addresses on this node that are ready: one that is terminating may serve, but is to get no new connections. */
  readonly localEndpoints: number;
}

/** By `namespace/name`. */
export function healthChecks(
  services: Iterable<Service>,
  slicesOf: (service: Service) => Iterable<EndpointSlice>,
  options: PlanOptions,
): ReadonlyMap<string, HealthCheck> {
  const checks = new Map<string, HealthCheck>();
  for (const service of services) {
    const port = checkPort(service);
    if (port === 0) continue;
    const { namespace = "", name } = service.metadata;
    checks.set(`${namespace}/${name}`, { namespace, name, port, localEndpoints: readyAddresses(slicesOf(service), options).size });
  }
  return checks;
}

function checkPort(service: Service): number {
  const { type, externalTrafficPolicy, healthCheckNodePort = 0 } = service.spec;
  return isProxied(service) && type === "LoadBalancer" && externalTrafficPolicy === "Local" ? healthCheckNodePort : 0;
}

function readyAddresses(slices: Iterable<EndpointSlice>, { nodeName, family }: PlanOptions): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const slice of slices) {
    if (slice.addressType !== `IPv${family}` || (slice.ports ?? []).length === 0) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const [address] = endpoint.addresses;
      if (address !== undefined && endpoint.nodeName === nodeName && endpoint.conditions?.ready !== false) addresses.add(address);
    }
  }
  return addresses;
}
