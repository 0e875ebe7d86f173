/** What a Service's type asks of the allocators. */
import type { Service } from "../../api/core/v1/service.ts";

export function needsClusterIP({ spec }: Service): boolean {
  return spec.type !== "ExternalName";
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None" || spec.clusterIPs?.[0] === "None";
}

export function needsNodePorts({ spec }: Service): boolean {
  return spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

export function needsHealthCheckPort({ spec }: Service): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** Cluster IPs that the object says it has. */
export function clusterIPsOf(service: Service): string[] {
  if (!needsClusterIP(service) || isHeadless(service)) return [];
  const list = service.spec.clusterIPs ?? (service.spec.clusterIP === undefined ? [] : [service.spec.clusterIP]);
  return list.filter((ip) => ip !== "");
}

/** Node ports that the object says it has, that of the health check included. */
export function nodePortsOf(service: Service): number[] {
  const ports = (service.spec.ports ?? []).map((port) => port.nodePort ?? 0);
  return [...ports, service.spec.healthCheckNodePort ?? 0].filter((port) => port !== 0);
}
