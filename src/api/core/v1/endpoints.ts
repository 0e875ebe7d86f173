import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { firstOf, text } from "../../columns.ts";
import { ipWarnings } from "../../ip.warnings.ts";
import { defineResource } from "../../resource.ts";
import { objectReference } from "./common.ts";
import { endpointsAddressErrors, endpointsErrors } from "./endpoints.validation.ts";

export const endpointAddress = message(
  "io.k8s.api.core.v1.EndpointAddress",
  "EndpointAddress is one address.",
  {
    ip: str(1, "The address.", { required: true }),
    targetRef: obj(2, objectReference, "Object that has the address."),
    hostname: str(3, "Host name of the endpoint."),
    nodeName: str(4, "Node that runs it."),
  },
  { mapType: "atomic" },
);
export interface EndpointAddress extends Infer<typeof endpointAddress> {}

export const endpointPort = message(
  "io.k8s.api.core.v1.EndpointPort",
  "EndpointPort is one port of endpoints.",
  {
    name: str(1, "Name of the port, as in the Service."),
    port: int32(2, "Number of the port.", { required: true }),
    protocol: str(3, "TCP, UDP or SCTP.", { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
    appProtocol: str(4, "Application protocol, as a hint."),
  },
  { mapType: "atomic" },
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSubset = message("io.k8s.api.core.v1.EndpointSubset", "EndpointSubset is a set of addresses with the same ports.", {
  addresses: list(1, endpointAddress, "Addresses that are ready.", { listType: "atomic" }),
  notReadyAddresses: list(2, endpointAddress, "Addresses that are not.", { listType: "atomic" }),
  ports: list(3, endpointPort, "Ports of all of them.", { listType: "atomic" }),
});
export interface EndpointSubset extends Infer<typeof endpointSubset> {}

export const endpointsSchema = message("io.k8s.api.core.v1.Endpoints", "Endpoints lists the addresses behind a Service; EndpointSlice is its successor.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  subsets: list(2, endpointSubset, "Sets of addresses that have the same ports.", { listType: "atomic" }),
});
export interface Endpoints extends Infer<typeof endpointsSchema> {}

export const endpoints = defineResource<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  resource: "endpoints",
  singular: "endpoints",
  shortNames: ["ep"],
  namespaced: true,
  deprecated: { since: "v1.33", replacement: "discovery.k8s.io/v1 EndpointSlice" },
  schema: endpointsSchema,
  strategy: {
    warnings: addressWarnings,
    validate: endpointsErrors,
    validateCreate: (object) => endpointsAddressErrors(object),
    validateUpdate: endpointsAddressErrors,
    allowCreateOnUpdate: true,
  },
  columns: [text("Endpoints", "Addresses and ports behind the Service.", (object) => firstOf(readyAddresses(object), 3))],
});

function readyAddresses(object: Endpoints): string[] {
  return (object.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.flatMap((port) => addresses.map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port.port}` : `${ip}:${port.port}`))),
  );
}

function addressWarnings({ subsets = [] }: Endpoints): string[] {
  return subsets.flatMap((subset, at) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((field) =>
      (subset[field] ?? []).flatMap(({ ip }, index) => ipWarnings(`subsets[${at}].${field}[${index}].ip`, ip)),
    ),
  );
}
