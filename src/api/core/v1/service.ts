import { condition, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, intOrString, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { serviceColumns } from "./service.columns.ts";
import { serviceStrategy } from "./service.strategy.ts";
import { serviceStatusErrors } from "./service.validation.ts";

export const clientIPConfig = message("io.k8s.api.core.v1.ClientIPConfig", "", {
  timeoutSeconds: int32(1, ""),
});
export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}

export const portStatus = message("io.k8s.api.core.v1.PortStatus", "", {
  port: int32(1, "", { required: true }),
  protocol: str(2, "", { required: true }),
  error: str(3, ""),
});
export interface PortStatus extends Infer<typeof portStatus> {}

export const loadBalancerIngress = message("io.k8s.api.core.v1.LoadBalancerIngress", "", {
  ip: str(1, ""),
  hostname: str(2, ""),
  ipMode: str(3, "", { enum: ["Proxy", "VIP"] }),
  ports: list(4, portStatus, "", { listType: "atomic" }),
});
export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}

export const loadBalancerStatus = message("io.k8s.api.core.v1.LoadBalancerStatus", "", {
  ingress: list(1, loadBalancerIngress, "", { listType: "atomic" }),
});
export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}

export const servicePort = message("io.k8s.api.core.v1.ServicePort", "", {
  name: str(1, ""),
  protocol: str(2, "", { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  port: int32(3, "", { required: true }),
  targetPort: intOrString(4, ""),
  nodePort: int32(5, ""),
  appProtocol: str(6, ""),
});
export interface ServicePort extends Infer<typeof servicePort> {}

export const sessionAffinityConfig = message("io.k8s.api.core.v1.SessionAffinityConfig", "", {
  clientIP: obj(1, clientIPConfig, ""),
});
export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}

export const serviceSpec = message("io.k8s.api.core.v1.ServiceSpec", "", {
  ports: list(1, servicePort, "", { listType: "map", keys: ["port", "protocol"], patch: "merge", mergeKey: "port" }),
  selector: map(2, "string", "", { mapType: "atomic" }),
  clusterIP: str(3, ""),
  type: str(4, "", { default: "ClusterIP", enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"] }),
  externalIPs: list(5, "string", "", { listType: "atomic" }),
  sessionAffinity: str(7, "", { default: "None", enum: ["ClientIP", "None"] }),
  loadBalancerIP: str(8, ""),
  loadBalancerSourceRanges: list(9, "string", "", { listType: "atomic" }),
  externalName: str(10, ""),
  externalTrafficPolicy: str(11, "", { enum: ["Cluster", "Local"] }),
  healthCheckNodePort: int32(12, ""),
  publishNotReadyAddresses: bool(13, ""),
  sessionAffinityConfig: obj(14, sessionAffinityConfig, ""),
  ipFamilyPolicy: str(17, "", { enum: ["PreferDualStack", "RequireDualStack", "SingleStack"] }),
  clusterIPs: list(18, "string", "", { listType: "atomic" }),
  ipFamilies: list(19, "string", "", { listType: "atomic", enum: ["IPv4", "IPv6"] }),
  allocateLoadBalancerNodePorts: bool(20, ""),
  loadBalancerClass: str(21, ""),
  internalTrafficPolicy: str(22, "", { enum: ["Cluster", "Local"] }),
  trafficDistribution: str(23, "", { enum: ["PreferClose", "PreferSameNode", "PreferSameZone"] }),
});
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

export const serviceStatus = message("io.k8s.api.core.v1.ServiceStatus", "", {
  loadBalancer: obj(1, loadBalancerStatus, ""),
  conditions: list(2, condition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface ServiceStatus extends Infer<typeof serviceStatus> {}

export const service = message("io.k8s.api.core.v1.Service", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, serviceSpec, "", { present: true, default: {} }),
  status: obj(3, serviceStatus, ""),
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
