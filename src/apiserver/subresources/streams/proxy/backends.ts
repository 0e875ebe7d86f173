/** Which address a proxy request goes to. */
import { type Pod, pods } from "../../../../api/core/v1/pod.ts";
import { type Service, services } from "../../../../api/core/v1/service.ts";
import { type Endpoint, type EndpointSlice, endpointSlices } from "../../../../api/discovery/v1/endpoint-slice.ts";
import type { Random } from "../../../../machinery/clock.ts";
import { badRequest, notFound, serviceUnavailable } from "../../../../machinery/status.ts";
import type { ObjectReader } from "../../../contract.ts";
import { isProxyable } from "./proxyable.ts";
import { type Backend, type ProxyTarget, parseTarget, portNumber } from "./target.ts";

const serviceNameLabel = "kubernetes.io/service-name";

export async function podBackend(reader: ObjectReader, namespace: string, id: string): Promise<Backend> {
  const target = parseTarget(id);
  if (target === undefined) throw badRequest(`invalid pod request ${JSON.stringify(id)}`);
  const pod = await reader.getFresh(pods, namespace, target.name);
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, target.name);
  const host = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? "";
  if (!isProxyable(host)) throw badRequest("address not allowed");
  return { scheme: target.scheme, host, port: podPort(pod, target) };
}

/** Without a port: the first that any container declares, else the scheme's own. Names are those of container ports. */
export function podPort(pod: Pod, { scheme, port }: ProxyTarget): number {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  if (port === "") return ports[0]?.containerPort ?? (scheme === "https" ? 443 : 80);
  const found = portNumber(port) ?? ports.find((candidate) => candidate.name === port)?.containerPort;
  if (found === undefined) throw badRequest(`no port ${JSON.stringify(port)} in pod ${JSON.stringify(pod.metadata.name)}`);
  return found;
}

export async function serviceBackend(reader: ObjectReader, random: Random, namespace: string, id: string): Promise<Backend> {
  const target = parseTarget(id);
  if (target === undefined) throw badRequest(`invalid service request ${JSON.stringify(id)}`);
  const service = await reader.getFresh(services, namespace, target.name);
  if (service === undefined) throw notFound({ group: "", resource: "services" }, target.name);
  const portName = servicePortName(service, target.port);
  const candidates = readyBackends(slicesOf(reader, namespace, target.name), portName);
  const chosen = candidates[Math.floor(random() * candidates.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service "${target.name}"`);
  return { scheme: target.scheme, ...chosen };
}

/** Endpoints know ports by name; a number means the service's own port. */
export function servicePortName(service: Service, port: string): string {
  const number = /^[-+]?[0-9]+$/.test(port) ? Number(port) : undefined;
  if (number === undefined) return port;
  const found = (service.spec?.ports ?? []).find((candidate) => candidate.port === number);
  if (found === undefined) throw serviceUnavailable(`no service port ${number} found for service "${service.metadata.name}"`);
  return found.name ?? "";
}

function* slicesOf(reader: ObjectReader, namespace: string, service: string): Generator<EndpointSlice> {
  for (const slice of reader.list(endpointSlices, namespace)) if (slice.metadata.labels?.[serviceNameLabel] === service) yield slice;
}

export function readyBackends(slices: Iterable<EndpointSlice>, portName: string): { host: string; port: number }[] {
  const found: { host: string; port: number }[] = [];
  for (const slice of slices) {
    if (slice.addressType === "FQDN") continue;
    const port = (slice.ports ?? []).find((candidate) => (candidate.name ?? "") === portName)?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) found.push(...addressesOf(endpoint).map((host) => ({ host, port })));
  }
  return found;
}

function addressesOf({ addresses, conditions }: Endpoint): readonly string[] {
  return conditions?.ready === false ? [] : addresses.slice(0, 1).filter(isProxyable);
}
