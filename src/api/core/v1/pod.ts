import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { eviction } from "../../policy/v1/eviction.ts";
import { defineResource } from "../../resource.ts";
import { binding } from "./binding.ts";
import { resourceRequirements } from "./common.ts";
import { podColumns } from "./pod.columns.ts";
import { ephemeralContainersSubresource, podStatusSubresource, podStrategy, resizeSubresource } from "./pod.strategy.ts";
import { podSpec } from "./pod-spec.ts";

export const containerExtendedResourceRequest = message("io.k8s.api.core.v1.ContainerExtendedResourceRequest", "", {
  containerName: str(1, "", { required: true }),
  resourceName: str(2, "", { required: true }),
  requestName: str(3, "", { required: true }),
});
export interface ContainerExtendedResourceRequest extends Infer<typeof containerExtendedResourceRequest> {}

export const containerStateRunning = message("io.k8s.api.core.v1.ContainerStateRunning", "", {
  startedAt: time(1, ""),
});
export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}

export const containerStateTerminated = message("io.k8s.api.core.v1.ContainerStateTerminated", "", {
  exitCode: int32(1, "", { required: true }),
  signal: int32(2, ""),
  reason: str(3, ""),
  message: str(4, ""),
  startedAt: time(5, ""),
  finishedAt: time(6, ""),
  containerID: str(7, ""),
});
export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}

export const containerStateWaiting = message("io.k8s.api.core.v1.ContainerStateWaiting", "", {
  reason: str(1, ""),
  message: str(2, ""),
});
export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}

export const containerState = message("io.k8s.api.core.v1.ContainerState", "", {
  waiting: obj(1, containerStateWaiting, ""),
  running: obj(2, containerStateRunning, ""),
  terminated: obj(3, containerStateTerminated, ""),
});
export interface ContainerState extends Infer<typeof containerState> {}

export const linuxContainerUser = message("io.k8s.api.core.v1.LinuxContainerUser", "", {
  uid: int64(1, "", { required: true }),
  gid: int64(2, "", { required: true }),
  supplementalGroups: list(3, "int64", "", { listType: "atomic" }),
});
export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}

export const containerUser = message("io.k8s.api.core.v1.ContainerUser", "", {
  linux: obj(1, linuxContainerUser, ""),
});
export interface ContainerUser extends Infer<typeof containerUser> {}

export const resourceHealth = message("io.k8s.api.core.v1.ResourceHealth", "", {
  resourceID: str(1, "", { required: true }),
  health: str(2, ""),
  message: str(6, ""),
});
export interface ResourceHealth extends Infer<typeof resourceHealth> {}

export const resourceStatus = message("io.k8s.api.core.v1.ResourceStatus", "", {
  name: str(1, "", { required: true }),
  resources: list(2, resourceHealth, "", { listType: "map", keys: ["resourceID"] }),
});
export interface ResourceStatus extends Infer<typeof resourceStatus> {}

export const imageVolumeStatus = message("io.k8s.api.core.v1.ImageVolumeStatus", "", {
  imageRef: str(1, "", { required: true }),
});
export interface ImageVolumeStatus extends Infer<typeof imageVolumeStatus> {}

export const volumeStatus = message("io.k8s.api.core.v1.VolumeStatus", "", {
  image: obj(1, imageVolumeStatus, ""),
});
export interface VolumeStatus extends Infer<typeof volumeStatus> {}

export const volumeMountStatus = message("io.k8s.api.core.v1.VolumeMountStatus", "", {
  name: str(1, "", { required: true }),
  mountPath: str(2, "", { required: true }),
  readOnly: bool(3, ""),
  recursiveReadOnly: str(4, ""),
  volumeStatus: obj(5, volumeStatus, ""),
});
export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}

export const containerStatus = message("io.k8s.api.core.v1.ContainerStatus", "", {
  name: str(1, "", { required: true }),
  state: obj(2, containerState, ""),
  lastState: obj(3, containerState, ""),
  ready: bool(4, "", { required: true }),
  restartCount: int32(5, "", { required: true }),
  image: str(6, "", { required: true }),
  imageID: str(7, "", { required: true }),
  containerID: str(8, ""),
  started: bool(9, ""),
  allocatedResources: map(10, "quantity", ""),
  resources: obj(11, resourceRequirements, ""),
  volumeMounts: list(12, volumeMountStatus, "", { listType: "map", keys: ["mountPath"], patch: "merge", mergeKey: "mountPath" }),
  user: obj(13, containerUser, ""),
  allocatedResourcesStatus: list(14, resourceStatus, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  stopSignal: str(15, ""),
});
export interface ContainerStatus extends Infer<typeof containerStatus> {}

export const hostIP = message("io.k8s.api.core.v1.HostIP", "", {
  ip: str(1, "", { required: true }),
});
export interface HostIP extends Infer<typeof hostIP> {}

export const nodeAllocatableResourceClaimStatus = message("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", "", {
  resourceClaimName: str(1, "", { required: true }),
  containers: list(2, "string", "", { listType: "set" }),
  resources: map(3, "quantity", "", { required: true }),
});
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof nodeAllocatableResourceClaimStatus> {}

export const podCondition = message("io.k8s.api.core.v1.PodCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  lastProbeTime: time(3, ""),
  lastTransitionTime: time(4, ""),
  reason: str(5, ""),
  message: str(6, ""),
  observedGeneration: int64(7, ""),
});
export interface PodCondition extends Infer<typeof podCondition> {}

export const podExtendedResourceClaimStatus = message("io.k8s.api.core.v1.PodExtendedResourceClaimStatus", "", {
  requestMappings: list(1, containerExtendedResourceRequest, "", { required: true, listType: "atomic" }),
  resourceClaimName: str(2, "", { required: true }),
});
export interface PodExtendedResourceClaimStatus extends Infer<typeof podExtendedResourceClaimStatus> {}

export const podIP = message("io.k8s.api.core.v1.PodIP", "", {
  ip: str(1, "", { required: true }),
});
export interface PodIP extends Infer<typeof podIP> {}

export const podResourceClaimStatus = message("io.k8s.api.core.v1.PodResourceClaimStatus", "", {
  name: str(1, "", { required: true }),
  resourceClaimName: str(2, ""),
});
export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}

export const podStatus = message("io.k8s.api.core.v1.PodStatus", "", {
  phase: str(1, ""),
  conditions: list(2, podCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  message: str(3, ""),
  reason: str(4, ""),
  hostIP: str(5, ""),
  podIP: str(6, ""),
  startTime: time(7, ""),
  containerStatuses: list(8, containerStatus, "", { listType: "atomic" }),
  qosClass: str(9, ""),
  initContainerStatuses: list(10, containerStatus, "", { listType: "atomic" }),
  nominatedNodeName: str(11, ""),
  podIPs: list(12, podIP, "", { listType: "map", keys: ["ip"], patch: "merge", mergeKey: "ip" }),
  ephemeralContainerStatuses: list(13, containerStatus, "", { listType: "atomic" }),
  resize: str(14, ""),
  resourceClaimStatuses: list(15, podResourceClaimStatus, "", {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    mergeKey: "name",
  }),
  hostIPs: list(16, hostIP, "", { listType: "atomic", patch: "merge", mergeKey: "ip" }),
  observedGeneration: int64(17, ""),
  extendedResourceClaimStatus: obj(18, podExtendedResourceClaimStatus, ""),
  allocatedResources: map(19, "quantity", ""),
  resources: obj(20, resourceRequirements, ""),
  nodeAllocatableResourceClaimStatuses: list(21, nodeAllocatableResourceClaimStatus, "", { listType: "atomic" }),
});
export interface PodStatus extends Infer<typeof podStatus> {}

export const pod = message("io.k8s.api.core.v1.Pod", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, podSpec, "", { present: true, default: {} }),
  status: obj(3, podStatus, ""),
});
export interface Pod extends Infer<typeof pod> {}

export const pods = defineResource<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  schema: pod,
  strategy: podStrategy,
  ownColumns: true,
  columns: podColumns,
  selectableFields: {
    "spec.nodeName": (object) => object.spec.nodeName ?? "",
    "spec.restartPolicy": (object) => object.spec.restartPolicy ?? "",
    "spec.schedulerName": (object) => object.spec.schedulerName ?? "",
    "spec.serviceAccountName": (object) => object.spec.serviceAccountName ?? "",
    "spec.hostNetwork": (object) => String(object.spec.hostNetwork ?? false),
    "status.phase": (object) => object.status?.phase ?? "",
    "status.podIP": (object) => object.status?.podIPs?.[0]?.ip ?? object.status?.podIP ?? "",
    "status.nominatedNodeName": (object) => object.status?.nominatedNodeName ?? "",
  },
  status: podStatusSubresource,
  subresources: { ephemeralcontainers: ephemeralContainersSubresource, resize: resizeSubresource },
  otherSubresources: {
    attach: { group: "", version: "v1", kind: "PodAttachOptions", verbs: ["create", "get"] },
    binding: { group: "", version: "v1", kind: "Binding", verbs: ["create"], schema: binding },
    eviction: { group: "policy", version: "v1", kind: "Eviction", verbs: ["create"], schema: eviction },
    exec: { group: "", version: "v1", kind: "PodExecOptions", verbs: ["create", "get"] },
    log: { group: "", version: "v1", kind: "Pod", verbs: ["get"] },
    portforward: { group: "", version: "v1", kind: "PodPortForwardOptions", verbs: ["create", "get"] },
    proxy: { group: "", version: "v1", kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
  },
});
