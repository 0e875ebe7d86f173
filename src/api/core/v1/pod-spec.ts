import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { affinity } from "./affinity.ts";
import { localObjectReference, resourceRequirements, toleration } from "./common.ts";
import { container, ephemeralContainer } from "./container.ts";
import { podSecurityContext } from "./security-context.ts";
import { volume } from "./volume.ts";

export const hostAlias = message("io.k8s.api.core.v1.HostAlias", "", {
  ip: str(1, "", { required: true }),
  hostnames: list(2, "string", "", { listType: "atomic" }),
});
export interface HostAlias extends Infer<typeof hostAlias> {}

export const podDNSConfigOption = message("io.k8s.api.core.v1.PodDNSConfigOption", "", {
  name: str(1, ""),
  value: str(2, ""),
});
export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}

export const podDNSConfig = message("io.k8s.api.core.v1.PodDNSConfig", "", {
  nameservers: list(1, "string", "", { listType: "atomic" }),
  searches: list(2, "string", "", { listType: "atomic" }),
  options: list(3, podDNSConfigOption, "", { listType: "atomic" }),
});
export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}

export const podOS = message("io.k8s.api.core.v1.PodOS", "", {
  name: str(1, "", { required: true }),
});
export interface PodOS extends Infer<typeof podOS> {}

export const podReadinessGate = message("io.k8s.api.core.v1.PodReadinessGate", "", {
  conditionType: str(1, "", { required: true }),
});
export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}

export const podResourceClaim = message("io.k8s.api.core.v1.PodResourceClaim", "", {
  name: str(1, "", { required: true }),
  resourceClaimName: str(3, ""),
  resourceClaimTemplateName: str(4, ""),
});
export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}

export const podSchedulingGate = message("io.k8s.api.core.v1.PodSchedulingGate", "", {
  name: str(1, "", { required: true }),
});
export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}

export const podSchedulingGroup = message("io.k8s.api.core.v1.PodSchedulingGroup", "", {
  podGroupName: str(1, ""),
});
export interface PodSchedulingGroup extends Infer<typeof podSchedulingGroup> {}

export const topologySpreadConstraint = message("io.k8s.api.core.v1.TopologySpreadConstraint", "", {
  maxSkew: int32(1, "", { required: true }),
  topologyKey: str(2, "", { required: true }),
  whenUnsatisfiable: str(3, "", { required: true, enum: ["DoNotSchedule", "ScheduleAnyway"] }),
  labelSelector: obj(4, labelSelector, ""),
  minDomains: int32(5, ""),
  nodeAffinityPolicy: str(6, "", { enum: ["Honor", "Ignore"] }),
  nodeTaintsPolicy: str(7, "", { enum: ["Honor", "Ignore"] }),
  matchLabelKeys: list(8, "string", "", { listType: "atomic" }),
});
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}

export const podSpec = message("io.k8s.api.core.v1.PodSpec", "", {
  volumes: list(1, volume, "", { listType: "map", keys: ["name"], patch: "merge,retainKeys", mergeKey: "name" }),
  containers: list(2, container, "", { required: true, listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  restartPolicy: str(3, "", { default: "Always", enum: ["Always", "OnFailure", "Never"] }),
  terminationGracePeriodSeconds: int64(4, "", { default: 30 }),
  activeDeadlineSeconds: int64(5, ""),
  dnsPolicy: str(6, "", { default: "ClusterFirst", enum: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"] }),
  nodeSelector: map(7, "string", "", { mapType: "atomic" }),
  serviceAccountName: str(8, ""),
  serviceAccount: str(9, ""),
  nodeName: str(10, ""),
  hostNetwork: bool(11, ""),
  hostPID: bool(12, ""),
  hostIPC: bool(13, ""),
  securityContext: obj(14, podSecurityContext, "", { default: {} }),
  imagePullSecrets: list(15, localObjectReference, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  hostname: str(16, ""),
  subdomain: str(17, ""),
  affinity: obj(18, affinity, ""),
  schedulerName: str(19, "", { default: "default-scheduler" }),
  initContainers: list(20, container, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  automountServiceAccountToken: bool(21, ""),
  tolerations: list(22, toleration, "", { listType: "atomic" }),
  hostAliases: list(23, hostAlias, "", { listType: "map", keys: ["ip"], patch: "merge", mergeKey: "ip" }),
  priorityClassName: str(24, ""),
  priority: int32(25, ""),
  dnsConfig: obj(26, podDNSConfig, ""),
  shareProcessNamespace: bool(27, ""),
  readinessGates: list(28, podReadinessGate, "", { listType: "atomic" }),
  runtimeClassName: str(29, ""),
  enableServiceLinks: bool(30, ""),
  preemptionPolicy: str(31, "", { enum: ["PreemptLowerPriority", "Never"] }),
  overhead: map(32, "quantity", ""),
  topologySpreadConstraints: list(33, topologySpreadConstraint, "", {
    listType: "map",
    keys: ["topologyKey", "whenUnsatisfiable"],
    patch: "merge",
    mergeKey: "topologyKey",
  }),
  ephemeralContainers: list(34, ephemeralContainer, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  setHostnameAsFQDN: bool(35, ""),
  os: obj(36, podOS, ""),
  hostUsers: bool(37, ""),
  schedulingGates: list(38, podSchedulingGate, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  resourceClaims: list(39, podResourceClaim, "", { listType: "map", keys: ["name"], patch: "merge,retainKeys", mergeKey: "name" }),
  resources: obj(40, resourceRequirements, ""),
  hostnameOverride: str(41, ""),
  schedulingGroup: obj(43, podSchedulingGroup, ""),
});
export interface PodSpec extends Infer<typeof podSpec> {}

export const podTemplateSpec = message("io.k8s.api.core.v1.PodTemplateSpec", "", {
  metadata: obj(1, objectMeta, "", { default: {} }),
  spec: obj(2, podSpec, "", { default: {} }),
});
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
