/** Endpoints subsets: addresses by the ports they offer, in a canonical order (core/v1 Endpoints, endpoints.RepackSubsets). */
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "../../api/core/v1/endpoints.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import { isReady } from "../shared/pod-state.ts";
import { addressesOf, addressTypeOf, hostnameOf, isHeadless, mayBeEndpoint, podReference, resolvePorts } from "./pod-endpoint.ts";

interface Member {
  readonly address: EndpointAddress;
  readonly ready: boolean;
  readonly ports: readonly EndpointPort[];
}

/** Endpoints hold one family only: the Service's first. */
export function subsetsOf(service: Service, pods: Iterable<Pod>): EndpointSubset[] {
  const members: Member[] = [];
  for (const pod of pods) {
    const member = memberOf(service, pod);
    if (member !== undefined) members.push(member);
  }
  return repack(members);
}

function memberOf(service: Service, pod: Pod): Member | undefined {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  if (!mayBeEndpoint(pod, publishAll)) return undefined;
  const family = service.spec.ipFamilies?.[0] ?? addressTypeOf(service.spec.clusterIP ?? "");
  const [ip] = addressesOf(pod, family === "IPv6" ? "IPv6" : "IPv4");
  if (ip === undefined) return undefined;
  const ports = resolvePorts(service, pod).map(({ name, ...port }) => (name === "" ? port : { name, ...port }));
  if (ports.length === 0 && !(isHeadless(service) && (service.spec.ports ?? []).length === 0)) return undefined;
  const hostname = hostnameOf(service, pod);
  const address: EndpointAddress = {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: podReference(pod),
  };
  return { address, ready: publishAll || isReady(pod), ports };
}

function repack(members: readonly Member[]): EndpointSubset[] {
  const byPorts = new Map<string, { ports: EndpointPort[]; members: Member[] }>();
  for (const member of members) {
    const ports = [...member.ports].sort(comparePorts);
    const key = JSON.stringify(ports);
    const group = byPorts.get(key) ?? { ports, members: [] };
    group.members.push(member);
    byPorts.set(key, group);
  }
  const groups = [...byPorts].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([, group]) => subset(group.ports, group.members));
}

function subset(ports: EndpointPort[], members: readonly Member[]): EndpointSubset {
  const addresses = (ready: boolean) =>
    members
      .filter((member) => member.ready === ready)
      .map((member) => member.address)
      .sort(compareAddresses);
  const [ready, notReady] = [addresses(true), addresses(false)];
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  };
}

function comparePorts(a: EndpointPort, b: EndpointPort): number {
  const text = (port: EndpointPort) => `${port.name ?? ""}/${port.protocol ?? ""}/${String(port.port).padStart(5, "0")}`;
  return text(a) < text(b) ? -1 : 1;
}

function compareAddresses(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip === b.ip ? ((a.targetRef?.uid ?? "") < (b.targetRef?.uid ?? "") ? -1 : 1) : a.ip < b.ip ? -1 : 1;
}

export const overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";
const capacity = 1000;

/** At most 1000 addresses, ready ones first; what was cut off is told by an annotation. */
export function truncate(subsets: Endpoints["subsets"] & object): { readonly subsets: EndpointSubset[]; readonly truncated: boolean } {
  const count = (field: "addresses" | "notReadyAddresses") => subsets.reduce((sum, item) => sum + (item[field]?.length ?? 0), 0);
  if (count("addresses") + count("notReadyAddresses") <= capacity) return { subsets, truncated: false };
  let left = capacity;
  const ready = subsets.map((item) => {
    const kept = (item.addresses ?? []).slice(0, left);
    left -= kept.length;
    return kept;
  });
  const cut = subsets.map((item, index) => {
    const kept = (item.notReadyAddresses ?? []).slice(0, left);
    left -= kept.length;
    const { addresses: _, notReadyAddresses: __, ...rest } = item;
    return { ...rest, ...(ready[index]!.length === 0 ? {} : { addresses: ready[index]! }), ...(kept.length === 0 ? {} : { notReadyAddresses: kept }) };
  });
  return { subsets: cut.filter((item) => item.addresses !== undefined || item.notReadyAddresses !== undefined), truncated: true };
}
