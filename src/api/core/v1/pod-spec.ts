import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { affinity } from "./affinity.ts";
import { localObjectReference, resourceRequirements, toleration } from "./common.ts";
import { container, ephemeralContainer } from "./container.ts";
import { podSecurityContext } from "./security-context.ts";
import { volume } from "./volume.ts";

export const hostAlias = message("io.k8s.api.core.v1.HostAlias", "An entry of a pod's hosts file.", {
  ip: str(1, "The address.", { required: true }),
  hostnames: list(2, "string", "Names of that address.", { listType: "atomic" }),
});
export interface HostAlias extends Infer<typeof hostAlias> {}

export const podDNSConfigOption = message("io.k8s.api.core.v1.PodDNSConfigOption", "An option of the resolver.", {
  name: str(1, "Name of the option."),
  value: str(2, "Value of the option."),
});
export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}

export const podDNSConfig = message("io.k8s.api.core.v1.PodDNSConfig", "What the resolver of a pod is told beyond its policy.", {
  nameservers: list(1, "string", "Addresses of name servers, after those of the policy.", { listType: "atomic" }),
  searches: list(2, "string", "Domains to search, after those of the policy.", { listType: "atomic" }),
  options: list(3, podDNSConfigOption, "Options, over those of the policy.", { listType: "atomic" }),
});
export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}

export const podOS = message("io.k8s.api.core.v1.PodOS", "The operating system of a pod.", {
  name: str(1, "linux or windows.", { required: true }),
});
export interface PodOS extends Infer<typeof podOS> {}

export const podReadinessGate = message("io.k8s.api.core.v1.PodReadinessGate", "A condition that has to be true for a pod to be ready.", {
  conditionType: str(1, "Type of a condition of the pod.", { required: true }),
});
export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}

export const podResourceClaim = message("io.k8s.api.core.v1.PodResourceClaim", "A claim that containers of a pod refer to.", {
  name: str(1, "Name within the pod.", { required: true }),
  resourceClaimName: str(3, "Name of a ResourceClaim in the namespace."),
  resourceClaimTemplateName: str(4, "Name of a template that a claim is made from."),
});
export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}

export const podSchedulingGate = message("io.k8s.api.core.v1.PodSchedulingGate", "Something that keeps a pod from being scheduled.", {
  name: str(1, "Name of the gate.", { required: true }),
});
export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}

export const podSchedulingGroup = message("io.k8s.api.core.v1.PodSchedulingGroup", "The group a pod is scheduled with.", {
  podGroupName: str(1, "Name of the PodGroup."),
});
export interface PodSchedulingGroup extends Infer<typeof podSchedulingGroup> {}

export const topologySpreadConstraint = message("io.k8s.api.core.v1.TopologySpreadConstraint", "TopologySpreadConstraint says how evenly pods are spread.", {
  maxSkew: int32(1, "By how many pods domains may differ.", { required: true }),
  topologyKey: str(2, "Label of nodes that tells domains apart.", { required: true }),
  whenUnsatisfiable: str(3, "DoNotSchedule or ScheduleAnyway.", { required: true, enum: ["DoNotSchedule", "ScheduleAnyway"] }),
  labelSelector: obj(4, labelSelector, "Pods that are counted."),
  minDomains: int32(5, "How many domains there should be at least."),
  nodeAffinityPolicy: str(6, "Whether nodes that the pod cannot use count.", { enum: ["Honor", "Ignore"], enumCheck: "strict" }),
  nodeTaintsPolicy: str(7, "Whether nodes with taints count.", { enum: ["Honor", "Ignore"], enumCheck: "strict" }),
  matchLabelKeys: list(8, "string", "Labels whose values are taken from the pod itself.", { listType: "atomic" }),
});
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}

export const podSpec = message("io.k8s.api.core.v1.PodSpec", "PodSpec says what a pod runs and under which conditions.", {
  volumes: list(1, volume, "Volumes that the containers of the pod can mount.", {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    mergeKey: "name",
  }),
  containers: list(2, container, "Containers of the pod; there is at least one, and they cannot be added or removed later.", {
    required: true,
    listType: "map",
    keys: ["name"],
    patch: "merge",
    mergeKey: "name",
  }),
  restartPolicy: str(3, "When containers are started again after they end: Always, OnFailure or Never.", {
    default: "Always",
    enum: ["Always", "OnFailure", "Never"],
  }),
  terminationGracePeriodSeconds: int64(4, "Seconds between the signal to stop and the kill.", { default: 30 }),
  activeDeadlineSeconds: int64(5, "Seconds after which the pod is ended, counted from its start."),
  dnsPolicy: str(6, "Where the containers' resolv.conf comes from: ClusterFirst, ClusterFirstWithHostNet, Default or None.", {
    default: "ClusterFirst",
    enum: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
  }),
  nodeSelector: map(7, "string", "Labels that a node must have to run the pod.", { mapType: "atomic" }),
  serviceAccountName: str(8, "ServiceAccount that the pod acts as."),
  serviceAccount: str(9, "Older name of serviceAccountName."),
  nodeName: str(10, "Node that runs the pod; set by the scheduler."),
  hostNetwork: bool(11, "Whether the pod uses the node's network directly."),
  hostPID: bool(12, "Whether the pod sees the node's processes."),
  hostIPC: bool(13, "Whether the pod shares the node's interprocess communication."),
  securityContext: obj(14, podSecurityContext, "Security settings that hold for the whole pod.", { default: {} }),
  imagePullSecrets: list(15, localObjectReference, "Secrets of the namespace with credentials for image registries.", {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    mergeKey: "name",
  }),
  hostname: str(16, "Host name of the pod; its own name unless set."),
  subdomain: str(17, "Subdomain for the pod's fully qualified host name."),
  affinity: obj(18, affinity, "Rules on which nodes and beside which pods this pod should run."),
  schedulerName: str(19, "Scheduler that places the pod.", { default: "default-scheduler" }),
  initContainers: list(20, container, "Containers that run one after the other before the main ones start; with restartPolicy Always they keep running.", {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    mergeKey: "name",
  }),
  automountServiceAccountToken: bool(21, "Whether a token of the service account is mounted into the containers."),
  tolerations: list(22, toleration, "Taints of nodes that do not keep this pod away.", { listType: "atomic" }),
  hostAliases: list(23, hostAlias, "Lines to add to the pod's /etc/hosts.", { listType: "map", keys: ["ip"], patch: "merge", mergeKey: "ip" }),
  priorityClassName: str(24, "PriorityClass that says how important the pod is."),
  priority: int32(25, "Priority as a number; filled in from the class."),
  dnsConfig: obj(26, podDNSConfig, "DNS settings merged with those of dnsPolicy."),
  shareProcessNamespace: bool(27, "Whether the containers of the pod see each other's processes."),
  readinessGates: list(28, podReadinessGate, "Further conditions that must be true before the pod counts as ready.", { listType: "atomic" }),
  runtimeClassName: str(29, "RuntimeClass that the containers run under."),
  enableServiceLinks: bool(30, "Whether variables name the services of the namespace."),
  preemptionPolicy: str(31, "Whether the pod may make room for itself by preempting others.", { enum: ["PreemptLowerPriority", "Never"] }),
  overhead: map(32, "quantity", "Resources that running the pod takes beyond its containers'."),
  topologySpreadConstraints: list(33, topologySpreadConstraint, "How pods of a kind should be spread over zones, nodes or other domains.", {
    listType: "map",
    keys: ["topologyKey", "whenUnsatisfiable"],
    patch: "merge",
    mergeKey: "topologyKey",
  }),
  ephemeralContainers: list(34, ephemeralContainer, "Containers added to the running pod for debugging.", {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    mergeKey: "name",
  }),
  setHostnameAsFQDN: bool(35, "Whether the pod's host name is its fully qualified name."),
  os: obj(36, podOS, "Operating system that the containers need."),
  hostUsers: bool(37, "Whether the pod uses the node's user namespace."),
  schedulingGates: list(38, podSchedulingGate, "While there are any, the scheduler leaves the pod alone.", {
    listType: "map",
    keys: ["name"],
    patch: "merge",
    mergeKey: "name",
  }),
  resourceClaims: list(39, podResourceClaim, "ResourceClaims that must be allocated before the pod starts.", {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    mergeKey: "name",
  }),
  resources: obj(40, resourceRequirements, "Resources of the pod as a whole."),
  hostnameOverride: str(41, "Host name to use inside the pod instead of the one derived from its name."),
  schedulingGroup: obj(43, podSchedulingGroup, "Group of pods that this one is scheduled with."),
});
export interface PodSpec extends Infer<typeof podSpec> {}

export const podTemplateSpec = message("io.k8s.api.core.v1.PodTemplateSpec", "PodTemplateSpec describes pods that a controller makes.", {
  metadata: obj(1, objectMeta, "Metadata of the pods.", { default: {} }),
  spec: obj(2, podSpec, "Spec of the pods.", { default: {} }),
});
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
