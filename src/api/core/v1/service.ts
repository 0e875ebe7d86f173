import { condition, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, intOrString, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { ipFamilies, ipFamilyPolicies } from "./enums.ts";
import { serviceColumns } from "./service.columns.ts";
import { serviceStrategy } from "./service.strategy.ts";
import { serviceStatusErrors } from "./service.validation.ts";

export const clientIPConfig = message("io.k8s.api.core.v1.ClientIPConfig", "How clients are told apart by address.", {
  timeoutSeconds: int32(1, "How long a client stays with a pod, in seconds, at most a day."),
});
export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}

export const portStatus = message("io.k8s.api.core.v1.PortStatus", "State of a port of a load balancer.", {
  port: int32(1, "Number of the port.", { required: true }),
  protocol: str(2, "TCP, UDP or SCTP.", { required: true }),
  error: str(3, "What is wrong with it, in one word."),
});
export interface PortStatus extends Infer<typeof portStatus> {}

export const loadBalancerIngress = message("io.k8s.api.core.v1.LoadBalancerIngress", "A point where a load balancer takes traffic.", {
  ip: str(1, "Its address."),
  hostname: str(2, "Its name."),
  ipMode: str(3, "Whether traffic arrives with its address (VIP) or that of a node (Proxy).", { enum: ["Proxy", "VIP"], enumCheck: "strict" }),
  ports: list(4, portStatus, "State of its ports.", { listType: "atomic" }),
});
export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}

export const loadBalancerStatus = message("io.k8s.api.core.v1.LoadBalancerStatus", "State of a load balancer.", {
  ingress: list(1, loadBalancerIngress, "Where it takes traffic.", { listType: "atomic" }),
});
export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}

export const servicePort = message("io.k8s.api.core.v1.ServicePort", "ServicePort is one port of a service.", {
  name: str(1, "Name of the port; needed when there are several."),
  protocol: str(2, "TCP, UDP or SCTP.", { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  port: int32(3, "Port of the service.", { required: true }),
  targetPort: intOrString(4, "Port of the pods, by number or name; the same number unless set."),
  nodePort: int32(5, "Port of every node."),
  appProtocol: str(6, "Application protocol, as a hint."),
});
export interface ServicePort extends Infer<typeof servicePort> {}

export const sessionAffinityConfig = message("io.k8s.api.core.v1.SessionAffinityConfig", "How clients stay with a pod.", {
  clientIP: obj(1, clientIPConfig, "By address."),
});
export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}

export const serviceSpec = message("io.k8s.api.core.v1.ServiceSpec", "ServiceSpec says which pods a service leads to and how.", {
  ports: list(1, servicePort, "Ports of the service.", { listType: "map", keys: ["port", "protocol"], patch: "merge", mergeKey: "port" }),
  selector: map(2, "string", "Labels of the pods behind the service; without it the endpoints are somebody else's.", { mapType: "atomic" }),
  clusterIP: str(3, "First address inside the cluster; None for a service without one."),
  type: str(4, "ClusterIP, NodePort, LoadBalancer or ExternalName.", { default: "ClusterIP", enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"] }),
  externalIPs: list(5, "string", "Further addresses that nodes accept traffic for.", { listType: "atomic" }),
  sessionAffinity: str(7, "ClientIP keeps a client with one pod, None does not.", { default: "None", enum: ["ClientIP", "None"] }),
  loadBalancerIP: str(8, "Address asked of the load balancer; deprecated."),
  loadBalancerSourceRanges: list(9, "string", "Clients that the load balancer lets through.", { listType: "atomic" }),
  externalName: str(10, "Name that the service is an alias for."),
  externalTrafficPolicy: str(11, "Local leads traffic from outside only to pods of the node it reached, Cluster to all.", { enum: ["Cluster", "Local"] }),
  healthCheckNodePort: int32(12, "Port of nodes that tells whether they have pods of the service."),
  publishNotReadyAddresses: bool(13, "Whether pods count that are not ready."),
  sessionAffinityConfig: obj(14, sessionAffinityConfig, "Settings of session affinity."),
  ipFamilyPolicy: str(17, "SingleStack, PreferDualStack or RequireDualStack.", { enum: ipFamilyPolicies, enumCheck: "own" }),
  clusterIPs: list(18, "string", "Addresses inside the cluster, one of each family at most.", { listType: "atomic" }),
  ipFamilies: list(19, "string", "Families of the addresses.", { listType: "atomic", enum: ipFamilies, enumCheck: "own" }),
  allocateLoadBalancerNodePorts: bool(20, "Whether a load balancer gets node ports."),
  loadBalancerClass: str(21, "Implementation of the load balancer."),
  internalTrafficPolicy: str(22, "Local leads traffic from inside only to pods of its own node, Cluster to all.", {
    enum: ["Cluster", "Local"],
    enumCheck: "strict",
  }),
  trafficDistribution: str(23, "Preference among the pods, such as those of the same zone.", {
    enum: ["PreferClose", "PreferSameNode", "PreferSameZone"],
    enumCheck: "strict",
  }),
});
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

export const serviceStatus = message("io.k8s.api.core.v1.ServiceStatus", "ServiceStatus tells where a service can be reached.", {
  loadBalancer: obj(1, loadBalancerStatus, "What the load balancer has set up."),
  conditions: list(2, condition, "State of the service.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface ServiceStatus extends Infer<typeof serviceStatus> {}

export const service = message("io.k8s.api.core.v1.Service", "A Service is a stable address for a changing set of pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, serviceSpec, "Which pods, on which ports and how they are reached.", { present: true, default: {} }),
  status: obj(3, serviceStatus, "Addresses of the load balancer."),
});
export interface Service extends Infer<typeof service> {}

export const services = defineResource<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  resource: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  schema: service,
  strategy: serviceStrategy,
  ownColumns: true,
  columns: serviceColumns,
  selectableFields: {
    "spec.clusterIP": (object) => object.spec.clusterIP ?? "",
    "spec.type": (object) => object.spec.type ?? "",
  },
  status: statusSubresource<Service>({ validateUpdate: serviceStatusErrors }),
  otherSubresources: { proxy: { group: "", version: "v1", kind: "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] } },
});
