import { ageColumn, formatLabels, nameColumn, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { Service, ServicePort } from "./service.ts";

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  text("Type", "How the service is reached.", (object) => object.spec.type ?? ""),
  text("Cluster-IP", "Address inside the cluster.", (object) => object.spec.clusterIP || "<none>"),
  text("External-IP", "Addresses outside the cluster.", externalAddresses),
  text("Port(s)", "Ports, node ports and protocols.", (object) => (object.spec.ports ?? []).map(portText).join(",") || "<none>"),
  ageColumn,
  wide(text("Selector", "Labels of the pods behind the service.", (object) => formatLabels(object.spec.selector))),
];

function portText({ port, nodePort = 0, protocol = "TCP" }: ServicePort): string {
  return nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function externalAddresses(object: Service): string {
  const { type, externalIPs = [], externalName = "" } = object.spec;
  switch (type) {
    case "ExternalName":
      return externalName;
    case "LoadBalancer":
      return [...loadBalancerAddresses(object), ...externalIPs].join(",") || "<pending>";
    case "ClusterIP":
    case "NodePort":
      return externalIPs.join(",") || "<none>";
    default:
      return "<unknown>";
  }
}

function loadBalancerAddresses(object: Service): string[] {
  const addresses = (object.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(addresses.filter((address) => address !== ""))].sort();
}
