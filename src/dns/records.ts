/**
 * What the cluster's own zone answers: the DNS specification for Services and Pods (Kubernetes DNS-Based Service
 * Discovery 1.1.0), as a function from a question and a view of the cluster to records.
 */
import { isIP } from "node:net";
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import { addressFromReverseName, dashedAddress } from "./addresses.ts";

export type DnsRecord =
  | { readonly type: "A" | "AAAA" | "PTR" | "CNAME"; readonly name: string; readonly data: string }
  | {
      readonly type: "SRV";
      readonly name: string;
      readonly data: { readonly port: number; readonly target: string; readonly priority: number; readonly weight: number };
    }
  | { readonly type: "TXT"; readonly name: string; readonly data: string };

/** What the records are made of; the live one reads informers. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  hasNamespace(namespace: string): boolean;
  slices(namespace: string, service: string): Iterable<EndpointSlice>;
  serviceByClusterIP(address: string): Service | undefined;
  /** Slices of headless services with an endpoint at this address. */
  slicesByAddress(address: string): Iterable<EndpointSlice>;
}

export type Answer =
  /** `records` may be empty: the name exists, but has no record of this type. */
  | { readonly type: "found"; readonly records: readonly DnsRecord[] }
  | { readonly type: "noSuchName" }
  /** Not in the cluster's zones: ask somebody else. */
  | { readonly type: "notOurs" };

const notFound: Answer = { type: "noSuchName" };
const serviceNameLabel = "kubernetes.io/service-name";
/** The version of the specification these answers follow, at dns-version.DOMAIN. */
const schemaVersion = "1.1.0";

/** `name` without the trailing dot, in any case; `domain` is the cluster domain. */
export function answer(name: string, type: string, domain: string, view: ClusterView): Answer {
  const lower = name.toLowerCase();
  if (lower.endsWith(".in-addr.arpa") || lower.endsWith(".ip6.arpa")) return reverse(lower, name, type, domain, view);
  if (lower === domain) return found();
  if (!lower.endsWith(`.${domain}`)) return { type: "notOurs" };
  const labels = lower.slice(0, -domain.length - 1).split(".");
  if (lower === `dns-version.${domain}`) return found(...(type === "TXT" ? [{ type: "TXT" as const, name, data: schemaVersion }] : []));
  const kind = labels.at(-1);
  if (kind === "svc") return serviceAnswer(labels.slice(0, -1), name, type, domain, view);
  if (kind === "pod") return podAnswer(labels.slice(0, -1), name, type, view);
  return notFound;
}

function found(...records: DnsRecord[]): Answer {
  return { type: "found", records };
}

/** `[endpoint or _port._protocol] service namespace`. */
function serviceAnswer(labels: readonly string[], name: string, type: string, domain: string, view: ClusterView): Answer {
  const namespace = labels.at(-1);
  if (namespace === undefined) return found();
  const serviceName = labels.at(-2);
  // The namespace's own name exists, so that resolvers do not take what is below it for missing.
  if (serviceName === undefined) return view.hasNamespace(namespace) ? found() : notFound;
  const service = view.service(namespace, serviceName);
  if (service === undefined) return notFound;
  const rest = labels.slice(0, -2);
  const base = `${serviceName}.${namespace}.svc.${domain}`;
  if (service.spec.type === "ExternalName") return rest.length > 0 ? notFound : found({ type: "CNAME", name, data: service.spec.externalName ?? "" });
  if (rest.length === 0) return addressRecords(name, type, serviceAddresses(service, view));
  if (rest.length === 2 && rest[0]?.startsWith("_") && rest[1]?.startsWith("_"))
    return srvRecords(rest[0].slice(1), rest[1].slice(1), name, type, base, service, view);
  if (rest.length === 1 && isHeadless(service)) {
    const addresses = headlessEndpoints(service, view)
      .filter((endpoint) => endpoint.name === rest[0])
      .map((endpoint) => endpoint.address);
    return addresses.length === 0 ? notFound : addressRecords(name, type, addresses);
  }
  return notFound;
}

function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === "None";
}

function serviceAddresses(service: Service, view: ClusterView): string[] {
  if (isHeadless(service)) return headlessEndpoints(service, view).map((endpoint) => endpoint.address);
  return service.spec.clusterIPs ?? (service.spec.clusterIP === undefined ? [] : [service.spec.clusterIP]);
}

/** A headless service without a ready endpoint exists all the same (NODATA), as CoreDNS answers NXDOMAIN only for missing ones. */
function addressRecords(name: string, type: string, addresses: readonly string[]): Answer {
  const version = type === "A" ? 4 : type === "AAAA" ? 6 : 0;
  const unique = [...new Set(addresses)].filter((address) => isIP(address) === version);
  return found(...unique.map((data): DnsRecord => ({ type: type as "A" | "AAAA", name, data })));
}

interface HeadlessEndpoint {
  /** Its host name, or the address in dashes. */
  readonly name: string;
  readonly address: string;
  readonly ports: NonNullable<EndpointSlice["ports"]>;
}

function headlessEndpoints(service: Service, view: ClusterView): HeadlessEndpoint[] {
  const { name, namespace = "" } = service.metadata;
  const endpoints: HeadlessEndpoint[] = [];
  for (const slice of view.slices(namespace, name)) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const address of endpoint.addresses) endpoints.push({ name: endpoint.hostname || dashedAddress(address), address, ports: slice.ports ?? [] });
    }
  }
  return endpoints;
}

/** `_port._protocol`: of a ClusterIP service one record, of a headless one a record for each endpoint. */
function srvRecords(port: string, protocol: string, name: string, type: string, base: string, service: Service, view: ClusterView): Answer {
  const records: DnsRecord[] = [];
  const add = (target: string, number: number) => {
    records.push({ type: "SRV", name, data: { port: number, target, priority: 0, weight: 100 } });
  };
  const matches = (candidate: { name?: string; protocol?: string }) => candidate.name === port && (candidate.protocol ?? "TCP").toLowerCase() === protocol;
  if (isHeadless(service)) {
    for (const endpoint of headlessEndpoints(service, view))
      for (const each of endpoint.ports) if (matches(each) && each.port !== undefined) add(`${endpoint.name}.${base}`, each.port);
  } else {
    for (const each of service.spec.ports ?? []) if (matches(each)) add(base, each.port);
  }
  if (records.length === 0) return notFound;
  return found(...(type === "SRV" ? records : []));
}

/** `1-2-3-4.namespace.pod`: an address in dashes stands for itself, in namespaces that exist. */
function podAnswer(labels: readonly string[], name: string, type: string, view: ClusterView): Answer {
  const [dashed, namespace, ...more] = labels;
  if (namespace === undefined) return dashed === undefined || view.hasNamespace(dashed) ? found() : notFound;
  if (more.length > 0 || dashed === undefined || !view.hasNamespace(namespace)) return notFound;
  const address = [dashed.replaceAll("-", "."), dashed.replaceAll("-", ":")].find((text) => isIP(text) !== 0);
  return address === undefined ? notFound : addressRecords(name, type, [address]);
}

/** PTR for cluster IPs and for endpoints of headless services. Other addresses may be known outside. */
function reverse(lower: string, name: string, type: string, domain: string, view: ClusterView): Answer {
  const address = addressFromReverseName(lower);
  if (address === undefined) return { type: "notOurs" };
  const targets = new Set<string>();
  const service = view.serviceByClusterIP(address);
  if (service !== undefined) targets.add(`${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`);
  for (const slice of view.slicesByAddress(address)) {
    const { namespace, labels } = slice.metadata;
    for (const endpoint of slice.endpoints ?? []) {
      if (!endpoint.addresses.includes(address) || endpoint.conditions?.ready === false) continue;
      targets.add(`${endpoint.hostname || dashedAddress(address)}.${labels?.[serviceNameLabel]}.${namespace}.svc.${domain}`);
    }
  }
  if (targets.size === 0) return { type: "notOurs" };
  return found(...(type === "PTR" ? [...targets].map((data): DnsRecord => ({ type: "PTR", name, data })) : []));
}
