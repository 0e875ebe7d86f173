/** What Endpoints and EndpointSlices have in common: which pods of a Service are endpoints, at which ports. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import { isTerminal, isTerminating } from "../shared/pod-state.ts";

export type AddressType = "IPv4" | "IPv6";

export interface ResolvedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export const headlessLabel = "service.kubernetes.io/headless";

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === "None";
}

/** Pods that have an address and have not ended. Terminating ones count where clients may drain them. */
export function mayBeEndpoint(pod: Pod, includeTerminating: boolean): boolean {
  if (isTerminal(pod) || (pod.status?.podIP ?? "") === "") return false;
  return includeTerminating || !isTerminating(pod);
}

/** The ports that this pod offers for the Service; a named port the pod lacks is left out. */
export function resolvePorts(service: Service, pod: Pod): ResolvedPort[] {
  const resolved: ResolvedPort[] = [];
  for (const { name = "", protocol = "TCP", port, targetPort, appProtocol } of service.spec.ports ?? []) {
    const number = findPort(pod, targetPort ?? port, protocol);
    if (number !== undefined) resolved.push({ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return resolved;
}

function findPort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === "number") return target;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find((port) => port.name === target && (port.protocol ?? "TCP") === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

export function addressTypeOf(ip: string): AddressType {
  return ip.includes(":") ? "IPv6" : "IPv4";
}

export function addressesOf(pod: Pod, type: AddressType): string[] {
  const all = pod.status?.podIPs?.map((item) => item.ip) ?? [pod.status?.podIP ?? ""];
  return all.filter((ip) => ip !== "" && addressTypeOf(ip) === type);
}

/** DNS gives the pod a name of its own under the Service that its subdomain names. */
export function hostnameOf(service: Service, pod: Pod): string | undefined {
  const { hostname = "", subdomain } = pod.spec;
  return hostname !== "" && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

export function podReference(pod: Pod): { kind: string; namespace: string; name: string; uid: string } {
  return { kind: "Pod", namespace: pod.metadata.namespace ?? "", name: pod.metadata.name, uid: pod.metadata.uid };
}

/** A change of these, or of labels, can change what a Service's endpoints look like; kubelets report much else. */
export function endpointFacts(pod: Pod): unknown {
  const { metadata, spec, status } = pod;
  const ready = status?.conditions?.find((condition) => condition.type === "Ready")?.status;
  const { phase, podIP, podIPs } = status ?? {};
  return [metadata.labels, metadata.deletionTimestamp, spec.nodeName, spec.hostname, spec.subdomain, phase, podIP, podIPs, ready];
}
