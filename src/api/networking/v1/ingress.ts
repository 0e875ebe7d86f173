import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { typedLocalObjectReference } from "../../core/v1/common.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { ingressStatusErrors, ingressUpdateErrors, newIngressErrors } from "./ingress.validation.ts";
import { ingressWarnings } from "./warnings.ts";

export const serviceBackendPort = message(
  "io.k8s.api.networking.v1.ServiceBackendPort",
  "ServiceBackendPort is a port by name or by number.",
  {
    name: str(1, "Name of the port; excludes number."),
    number: int32(2, "Number of the port; excludes name."),
  },
  { mapType: "atomic" },
);
export interface ServiceBackendPort extends Infer<typeof serviceBackendPort> {}

export const ingressServiceBackend = message("io.k8s.api.networking.v1.IngressServiceBackend", "IngressServiceBackend names a port of a Service.", {
  name: str(1, "Name of the Service.", { required: true }),
  port: obj(2, serviceBackendPort, "The port."),
});
export interface IngressServiceBackend extends Infer<typeof ingressServiceBackend> {}

export const ingressBackend = message("io.k8s.api.networking.v1.IngressBackend", "IngressBackend is where requests go.", {
  resource: obj(3, typedLocalObjectReference, "Object in the same namespace; excludes service."),
  service: obj(4, ingressServiceBackend, "Service in the same namespace; excludes resource."),
});
export interface IngressBackend extends Infer<typeof ingressBackend> {}

export const httpIngressPath = message("io.k8s.api.networking.v1.HTTPIngressPath", "HTTPIngressPath leads a path to a backend.", {
  path: str(1, "Path to match; it starts with a slash."),
  backend: obj(2, ingressBackend, "Where requests go.", { required: true, default: {} }),
  pathType: str(3, "Exact, Prefix, or ImplementationSpecific: how the path is matched.", {
    required: true,
    enum: ["Exact", "ImplementationSpecific", "Prefix"],
    enumCheck: "own",
  }),
});
export interface HTTPIngressPath extends Infer<typeof httpIngressPath> {}

export const httpIngressRuleValue = message("io.k8s.api.networking.v1.HTTPIngressRuleValue", "HTTPIngressRuleValue is the list of paths of a host.", {
  paths: list(1, httpIngressPath, "The paths, each with its backend.", { required: true, listType: "atomic" }),
});
export interface HTTPIngressRuleValue extends Infer<typeof httpIngressRuleValue> {}

export const ingressRuleValue = message("io.k8s.api.networking.v1.IngressRuleValue", "IngressRuleValue is what a host serves.", {
  http: obj(1, httpIngressRuleValue, "Its paths."),
});
export interface IngressRuleValue extends Infer<typeof ingressRuleValue> {}

export const ingressRule = message(
  "io.k8s.api.networking.v1.IngressRule",
  "IngressRule is what one host serves.",
  {
    host: str(1, "Name of the host; *. stands for one label before a domain; all hosts if empty."),
    ...ingressRuleValue.fields,
  },
  { inline: [{ number: 2, message: ingressRuleValue }] },
);
export interface IngressRule extends Infer<typeof ingressRule> {}

export const ingressTLS = message("io.k8s.api.networking.v1.IngressTLS", "IngressTLS names the certificate of some hosts.", {
  hosts: list(1, "string", "Hosts in the certificate.", { listType: "atomic" }),
  secretName: str(2, "Secret with the certificate and its key."),
});
export interface IngressTLS extends Infer<typeof ingressTLS> {}

export const ingressSpec = message("io.k8s.api.networking.v1.IngressSpec", "IngressSpec says where requests from outside go.", {
  defaultBackend: obj(1, ingressBackend, "Where requests go that match no rule."),
  tls: list(2, ingressTLS, "Hosts that are served with TLS.", { listType: "atomic" }),
  rules: list(3, ingressRule, "What each host serves.", { listType: "atomic" }),
  ingressClassName: str(4, "Class that serves the ingress."),
});
export interface IngressSpec extends Infer<typeof ingressSpec> {}

export const ingressPortStatus = message("io.k8s.api.networking.v1.IngressPortStatus", "IngressPortStatus is the state of one port.", {
  port: int32(1, "Number of the port.", { required: true }),
  protocol: str(2, "TCP, UDP or SCTP.", { required: true }),
  error: str(3, "What is wrong with it."),
});
export interface IngressPortStatus extends Infer<typeof ingressPortStatus> {}

export const ingressLoadBalancerIngress = message("io.k8s.api.networking.v1.IngressLoadBalancerIngress", "IngressLoadBalancerIngress is one way in.", {
  ip: str(1, "Its address."),
  hostname: str(2, "Its host name."),
  ports: list(4, ingressPortStatus, "Its ports.", { listType: "atomic" }),
});
export interface IngressLoadBalancerIngress extends Infer<typeof ingressLoadBalancerIngress> {}

export const ingressLoadBalancerStatus = message("io.k8s.api.networking.v1.IngressLoadBalancerStatus", "IngressLoadBalancerStatus lists the ways in.", {
  ingress: list(1, ingressLoadBalancerIngress, "The ways in.", { listType: "atomic" }),
});
export interface IngressLoadBalancerStatus extends Infer<typeof ingressLoadBalancerStatus> {}

export const ingressStatus = message("io.k8s.api.networking.v1.IngressStatus", "IngressStatus is the state of an ingress.", {
  loadBalancer: obj(1, ingressLoadBalancerStatus, "Ways in."),
});
export interface IngressStatus extends Infer<typeof ingressStatus> {}

export const ingress = message("io.k8s.api.networking.v1.Ingress", "An Ingress leads requests from outside to services by host and path.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, ingressSpec, "The rules.", { present: true, default: {} }),
  status: obj(3, ingressStatus, "Addresses of the load balancer."),
});
export interface Ingress extends Infer<typeof ingress> {}

export const ingresses = defineResource<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  resource: "ingresses",
  singular: "ingress",
  shortNames: ["ing"],
  namespaced: true,
  schema: ingress,
  strategy: {
    warnings: ingressWarnings,
    validateCreate: newIngressErrors,
    validateUpdate: ingressUpdateErrors,
    ...specAndStatus<Ingress>(() => ({ loadBalancer: {} })),
  },
  columns: [
    text("Class", "Class that serves the ingress.", (object) => object.spec.ingressClassName ?? "<none>"),
    text("Hosts", "Hosts that the rules match.", (object) => hostsText(object)),
    text("Address", "Addresses of the load balancer.", (object) => addressText(object)),
    text("Ports", "Ports that are open.", (object) => ((object.spec.tls ?? []).length > 0 ? "80, 443" : "80")),
  ],
  status: statusSubresource<Ingress>({ validateUpdate: ingressStatusErrors }),
});

const maxHosts = 3;

function hostsText(object: Ingress): string {
  const rules = object.spec.rules ?? [];
  const hosts = rules.map(({ host = "" }) => host).filter((host) => host !== "");
  const shown = hosts.slice(0, maxHosts).join(",") || "*";
  // Upstream counts the rules that are left, with or without a host.
  const lastShown = rules.findIndex((_rule, index) => rules.slice(0, index + 1).filter(({ host = "" }) => host !== "").length === maxHosts);
  const more = lastShown >= 0 && lastShown < rules.length - 1;
  return more ? `${shown} + ${rules.length - maxHosts} more...` : shown;
}

function addressText(object: Ingress): string {
  const addresses = (object.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(addresses.filter((address) => address !== ""))].sort().join(",");
}
