/**
 * How pods reach the API server: Service default/kubernetes, its EndpointSlice and its Endpoints. The API server
 * writes them itself, because no selector could.
 */
import { type Endpoints, endpoints } from "../../api/core/v1/endpoints.ts";
import { type Service, services } from "../../api/core/v1/service.ts";
import { type EndpointSlice, endpointSlices } from "../../api/discovery/v1/endpoint-slice.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { addressFamily, firstAddress, parseCidr } from "../allocation/ip-range.ts";
import type { Write } from "./reconcile-rbac.ts";

export interface KubernetesServiceOptions {
  /** Service ranges, the primary one first; the Service takes the first address of each family's first range. */
  readonly serviceCIDRs: readonly string[];
  /** Where every API server of the cluster can be reached, all of one family. */
  readonly addresses: readonly string[];
  /** Port of those addresses. */
  readonly port: number;
}

const name = "kubernetes";
const namespace = "default";
const labels = { component: "apiserver", provider: "kubernetes" };
const portName = "https";

export interface KubernetesServiceState {
  readonly service: Service | undefined;
  readonly slice: EndpointSlice | undefined;
  readonly endpoints: Endpoints | undefined;
}

export function planKubernetesService(options: KubernetesServiceOptions, state: KubernetesServiceState): Write[] {
  const service = planObject(services, state.service, serviceOf(options, state.service));
  const reachable = { ...options, addresses: options.addresses.filter((address) => !isLocal(address)) };
  // A server that listens on loopback only has no endpoint that pods could use, and no EndpointSlice may name it.
  if (reachable.addresses.length === 0) return service;
  return [
    ...service,
    ...planObject(endpointSlices, state.slice, sliceOf(reachable, state.slice)),
    ...planObject(endpoints, state.endpoints, endpointsOf(reachable, state.endpoints)),
  ];
}

/** Loopback, unspecified and link-local addresses: validation refuses them in endpoints. */
function isLocal(address: string): boolean {
  return /^(127\.|0\.0\.0\.0$|169\.254\.|::1?$|fe[89ab])/i.test(address);
}

function planObject<T extends KubeObject>(resource: Write["resource"], found: T | undefined, wanted: T): Write[] {
  if (found === undefined) return [{ verb: "create", resource, object: wanted }];
  return sameJson(found, wanted) ? [] : [{ verb: "update", resource, object: wanted }];
}

/** An existing Service keeps its cluster IP: clients may hold it. */
function serviceOf({ serviceCIDRs, port }: KubernetesServiceOptions, found: Service | undefined): Service {
  const ports = [{ name: portName, protocol: "TCP", port: 443, targetPort: port }];
  if (found !== undefined) return { ...found, metadata: withLabels(found.metadata, labels), spec: { ...found.spec, ports: keepNodePorts(ports, found) } };
  const [primary] = serviceCIDRs;
  if (primary === undefined) throw new Error("cannot write service default/kubernetes: no service CIDR is configured");
  const clusterIP = firstAddress(parseCidr(primary));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels } as unknown as Service["metadata"],
    spec: {
      type: "ClusterIP",
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: [addressFamily(clusterIP)],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ports,
    },
  };
}

/** Whoever made the Service a NodePort one keeps the port. */
function keepNodePorts(ports: NonNullable<Service["spec"]["ports"]>, found: Service): NonNullable<Service["spec"]["ports"]> {
  const nodePort = found.spec.ports?.find((port) => port.name === portName)?.nodePort;
  return nodePort === undefined ? ports : ports.map((port) => ({ ...port, nodePort }));
}

function sliceOf({ addresses, port }: KubernetesServiceOptions, found: EndpointSlice | undefined): EndpointSlice {
  const base = found ?? {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace } as unknown as EndpointSlice["metadata"],
    addressType: addressFamily(addresses[0] ?? ""),
  };
  return {
    ...base,
    metadata: withLabels(base.metadata, { "kubernetes.io/service-name": name }),
    endpoints: [...addresses].sort().map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: portName, port, protocol: "TCP" }],
  };
}

function endpointsOf({ addresses, port }: KubernetesServiceOptions, found: Endpoints | undefined): Endpoints {
  const base = found ?? { apiVersion: "v1", kind: "Endpoints", metadata: { name, namespace } as unknown as Endpoints["metadata"] };
  return {
    ...base,
    metadata: withLabels(base.metadata, { "endpointslice.kubernetes.io/skip-mirror": "true" }),
    subsets: [{ addresses: [...addresses].sort().map((ip) => ({ ip })), ports: [{ name: portName, port, protocol: "TCP" }] }],
  };
}

function withLabels<M extends KubeObject["metadata"]>(metadata: M, wanted: Readonly<Record<string, string>>): M {
  return { ...metadata, labels: { ...metadata.labels, ...wanted } };
}
