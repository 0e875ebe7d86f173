import { sameJson } from "../../../machinery/json.ts";
import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { firstOf, text } from "../../columns.ts";
import { objectReference } from "../../core/v1/common.ts";
import { ipWarnings } from "../../ip.warnings.ts";
import { defineResource } from "../../resource.ts";
import { contentOf, prepareAll, specGeneration } from "../../strategy.ts";
import { endpointSliceAddressErrors, endpointSliceErrors, endpointSliceUpdateErrors } from "./endpoint-slice.validation.ts";

export const endpointConditions = message("io.k8s.api.discovery.v1.EndpointConditions", "EndpointConditions tell whether an endpoint takes traffic.", {
  ready: bool(1, "Whether it takes new traffic."),
  serving: bool(2, "Whether it could, deletion aside."),
  terminating: bool(3, "Whether it is being deleted."),
});
export interface EndpointConditions extends Infer<typeof endpointConditions> {}

export const forNode = message("io.k8s.api.discovery.v1.ForNode", "ForNode names a node whose clients should use an endpoint.", {
  name: str(1, "Name of the node.", { required: true }),
});
export interface ForNode extends Infer<typeof forNode> {}

export const forZone = message("io.k8s.api.discovery.v1.ForZone", "ForZone names a zone whose clients should use an endpoint.", {
  name: str(1, "Name of the zone.", { required: true }),
});
export interface ForZone extends Infer<typeof forZone> {}

export const endpointHints = message("io.k8s.api.discovery.v1.EndpointHints", "EndpointHints say who should use an endpoint.", {
  forZones: list(1, forZone, "Zones whose clients should use it, at most 8.", { listType: "atomic" }),
  forNodes: list(2, forNode, "Nodes whose clients should use it, at most 8.", { listType: "atomic" }),
});
export interface EndpointHints extends Infer<typeof endpointHints> {}

export const endpoint = message("io.k8s.api.discovery.v1.Endpoint", "Endpoint is one thing that serves.", {
  addresses: list(1, "string", "Its addresses, which lead to the same place.", { required: true, listType: "set" }),
  conditions: obj(2, endpointConditions, "Whether it takes traffic."),
  hostname: str(3, "Its host name."),
  targetRef: obj(4, objectReference, "Object that it is, usually a pod."),
  deprecatedTopology: map(5, "string", "No longer used."),
  nodeName: str(6, "Node that runs it."),
  zone: str(7, "Zone that it is in."),
  hints: obj(8, endpointHints, "Who should use it."),
});
export interface Endpoint extends Infer<typeof endpoint> {}

export const endpointPort = message(
  "io.k8s.api.discovery.v1.EndpointPort",
  "EndpointPort is one port of endpoints.",
  {
    name: str(1, "Name of the port, as in the Service.", { default: "" }),
    protocol: str(2, "TCP, UDP or SCTP.", { default: "TCP", enum: ["SCTP", "TCP", "UDP"], enumCheck: "strict" }),
    port: int32(3, "Number of the port; all of them unless set."),
    appProtocol: str(4, "Application protocol, as a hint."),
  },
  { mapType: "atomic" },
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSlice = message("io.k8s.api.discovery.v1.EndpointSlice", "An EndpointSlice lists some of the endpoints of a Service.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  endpoints: list(2, endpoint, "The endpoints.", { listType: "atomic" }),
  ports: list(3, endpointPort, "Ports of all of them.", { listType: "atomic" }),
  addressType: str(4, "IPv4, IPv6 or FQDN.", { required: true, enum: ["FQDN", "IPv4", "IPv6"] }),
});
export interface EndpointSlice extends Infer<typeof endpointSlice> {}

export const endpointSlices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  resource: "endpointslices",
  singular: "endpointslice",
  namespaced: true,
  schema: endpointSlice,
  strategy: {
    warnings: endpointSliceWarnings,
    validate: endpointSliceErrors,
    validateCreate: (slice) => endpointSliceAddressErrors(slice),
    validateUpdate: endpointSliceUpdateErrors,
    ...prepareAll<EndpointSlice>(
      { prepareForCreate: (slice) => dropTopology(slice, []), prepareForUpdate: keepTopology },
      specGeneration<EndpointSlice>((object) => [contentOf(object), object.metadata.labels ?? {}]),
    ),
  },
  columns: [
    text("AddressType", "Kind of the addresses.", (object) => object.addressType),
    text("Ports", "Ports of every endpoint.", (object) => portsText(object)),
    text("Endpoints", "Addresses of the endpoints.", (object) =>
      firstOf(
        (object.endpoints ?? []).flatMap(({ addresses }) => addresses),
        3,
        "<unset>",
      ),
    ),
  ],
});

const hostnameLabel = "kubernetes.io/hostname";

/** In v1 the node and the zone have fields of their own: their labels go, but for nodes that only a label of the stored object names. */
function dropTopology({ endpoints = [] }: EndpointSlice, stored: readonly Endpoint[]): void {
  const known = new Set(stored.map(({ deprecatedTopology }) => deprecatedTopology?.[hostnameLabel]));
  for (const { deprecatedTopology, nodeName } of endpoints) {
    if (deprecatedTopology === undefined) continue;
    delete deprecatedTopology["topology.kubernetes.io/zone"];
    const node = deprecatedTopology[hostnameLabel];
    if (node === nodeName || !known.has(node)) delete deprecatedTopology[hostnameLabel];
  }
}

function keepTopology(slice: EndpointSlice, old: EndpointSlice): void {
  if (!sameJson(slice.endpoints, old.endpoints)) dropTopology(slice, old.endpoints ?? []);
}

function portsText(object: EndpointSlice): string {
  const ports = (object.ports ?? []).map(({ name, port }) => String(port ?? name ?? "*"));
  return firstOf(ports, 3, "<unset>");
}

/** The controllers that make slices write addresses as they should be. */
const carefulManagers = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

function endpointSliceWarnings({ metadata, addressType, endpoints = [] }: EndpointSlice, old: EndpointSlice | undefined): string[] {
  const careful = carefulManagers.includes(metadata.labels?.["endpointslice.kubernetes.io/managed-by"] ?? "");
  return [
    ...(old === undefined && addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : []),
    ...(careful ? [] : endpoints.flatMap(({ addresses }, at) => addresses.flatMap((ip, index) => ipWarnings(`endpoints[${at}].addresses[${index}]`, ip)))),
  ];
}
