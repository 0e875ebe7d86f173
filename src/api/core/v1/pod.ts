import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { eviction } from "../../policy/v1/eviction.ts";
import { defineResource } from "../../resource.ts";
import { binding } from "./binding.ts";
import { resourceRequirements } from "./common.ts";
import { podColumns } from "./pod.columns.ts";
import { ephemeralContainersSubresource, podStatusSubresource, podStrategy, resizeSubresource } from "./pod.strategy.ts";
import { podSpec } from "./pod-spec.ts";

export const containerExtendedResourceRequest = message(
  "io.k8s.api.core.v1.ContainerExtendedResourceRequest",
  "Which request of a claim serves an extended resource of a container.",
  {
    containerName: str(1, "Name of the container.", { required: true }),
    resourceName: str(2, "Name of the extended resource.", { required: true }),
    requestName: str(3, "Name of the request in the claim.", { required: true }),
  },
);
export interface ContainerExtendedResourceRequest extends Infer<typeof containerExtendedResourceRequest> {}

export const containerStateRunning = message("io.k8s.api.core.v1.ContainerStateRunning", "A container that runs.", {
  startedAt: time(1, "When it was last started."),
});
export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}

export const containerStateTerminated = message("io.k8s.api.core.v1.ContainerStateTerminated", "A container that has ended.", {
  exitCode: int32(1, "Exit status of its last run.", { required: true }),
  signal: int32(2, "Signal that ended it."),
  reason: str(3, "Why it ended, in one word."),
  message: str(4, "Why it ended, in a sentence."),
  startedAt: time(5, "When that run began."),
  finishedAt: time(6, "When that run ended."),
  containerID: str(7, "Container of that run, as type://id."),
});
export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}

export const containerStateWaiting = message("io.k8s.api.core.v1.ContainerStateWaiting", "A container that does not run yet.", {
  reason: str(1, "Why it waits, in one word."),
  message: str(2, "Why it waits, in a sentence."),
});
export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}

export const containerState = message("io.k8s.api.core.v1.ContainerState", "ContainerState is one of waiting, running and terminated.", {
  waiting: obj(1, containerStateWaiting, "It waits to start."),
  running: obj(2, containerStateRunning, "It runs."),
  terminated: obj(3, containerStateTerminated, "It has ended."),
});
export interface ContainerState extends Infer<typeof containerState> {}

export const linuxContainerUser = message("io.k8s.api.core.v1.LinuxContainerUser", "Who the first process of a container runs as on Linux.", {
  uid: int64(1, "User id.", { required: true }),
  gid: int64(2, "Primary group id.", { required: true }),
  supplementalGroups: list(3, "int64", "Further group ids.", { listType: "atomic" }),
});
export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}

export const containerUser = message("io.k8s.api.core.v1.ContainerUser", "Who the first process of a container runs as.", {
  linux: obj(1, linuxContainerUser, "Identity on Linux."),
});
export interface ContainerUser extends Infer<typeof containerUser> {}

export const resourceHealth = message("io.k8s.api.core.v1.ResourceHealth", "How well one device is.", {
  resourceID: str(1, "Id of the device, unique within its resource.", { required: true }),
  health: str(2, "Healthy, Unhealthy or Unknown."),
  message: str(6, "More about its health."),
});
export interface ResourceHealth extends Infer<typeof resourceHealth> {}

export const resourceStatus = message("io.k8s.api.core.v1.ResourceStatus", "How well the devices of one resource are.", {
  name: str(1, "Name of the resource.", { required: true }),
  resources: list(2, resourceHealth, "Health of each device.", { listType: "map", keys: ["resourceID"] }),
});
export interface ResourceStatus extends Infer<typeof resourceStatus> {}

export const imageVolumeStatus = message("io.k8s.api.core.v1.ImageVolumeStatus", "What an image volume holds.", {
  imageRef: str(1, "Digest of the image that is mounted.", { required: true }),
});
export interface ImageVolumeStatus extends Infer<typeof imageVolumeStatus> {}

export const volumeStatus = message("io.k8s.api.core.v1.VolumeStatus", "State of a volume as mounted.", {
  image: obj(1, imageVolumeStatus, "State of an image volume."),
});
export interface VolumeStatus extends Infer<typeof volumeStatus> {}

export const volumeMountStatus = message("io.k8s.api.core.v1.VolumeMountStatus", "State of a mount in a container.", {
  name: str(1, "Name of the volume.", { required: true }),
  mountPath: str(2, "Where it is mounted.", { required: true }),
  readOnly: bool(3, "Whether it cannot be written."),
  recursiveReadOnly: str(4, "Whether mounts below it cannot be written either: Disabled or Enabled."),
  volumeStatus: obj(5, volumeStatus, "State of the volume."),
});
export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}

export const containerStatus = message("io.k8s.api.core.v1.ContainerStatus", "ContainerStatus is what is known of a container.", {
  name: str(1, "Name of the container.", { required: true }),
  state: obj(2, containerState, "What it does now."),
  lastState: obj(3, containerState, "How its last run ended."),
  ready: bool(4, "Whether it passes its readiness probe.", { required: true }),
  restartCount: int32(5, "How often it was started again.", { required: true }),
  image: str(6, "Image that it runs.", { required: true }),
  imageID: str(7, "Digest of the image.", { required: true }),
  containerID: str(8, "Id in the form TYPE://ID."),
  started: bool(9, "Whether it has passed its startup probe."),
  allocatedResources: map(10, "quantity", "Resources that the node has set aside."),
  resources: obj(11, resourceRequirements, "Resources that are in force."),
  volumeMounts: list(12, volumeMountStatus, "How its volumes are mounted.", { listType: "map", keys: ["mountPath"], patch: "merge", mergeKey: "mountPath" }),
  user: obj(13, containerUser, "User and groups of its first process."),
  allocatedResourcesStatus: list(14, resourceStatus, "Health of its devices.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  stopSignal: str(15, "Signal that asks it to stop."),
});
export interface ContainerStatus extends Infer<typeof containerStatus> {}

export const hostIP = message("io.k8s.api.core.v1.HostIP", "An address of a node.", {
  ip: str(1, "The address.", { required: true }),
});
export interface HostIP extends Infer<typeof hostIP> {}

export const nodeAllocatableResourceClaimStatus = message(
  "io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus",
  "What a claim takes of the resources a node can allocate.",
  {
    resourceClaimName: str(1, "Name of the claim.", { required: true }),
    containers: list(2, "string", "Containers that use it.", { listType: "set" }),
    resources: map(3, "quantity", "Amounts by name of the resource.", { required: true }),
  },
);
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof nodeAllocatableResourceClaimStatus> {}

export const podCondition = message("io.k8s.api.core.v1.PodCondition", "PodCondition tells one aspect of a pod's state.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastProbeTime: time(3, "When the condition was last checked."),
  lastTransitionTime: time(4, "When the status last changed."),
  reason: str(5, "Why the status is what it is, in one word."),
  message: str(6, "The same for people."),
  observedGeneration: int64(7, "Generation of the pod that the condition is about."),
});
export interface PodCondition extends Infer<typeof podCondition> {}

export const podExtendedResourceClaimStatus = message(
  "io.k8s.api.core.v1.PodExtendedResourceClaimStatus",
  "The claim made for the extended resources of a pod.",
  {
    requestMappings: list(1, containerExtendedResourceRequest, "Which request serves which container.", { required: true, listType: "atomic" }),
    resourceClaimName: str(2, "Name of the claim.", { required: true }),
  },
);
export interface PodExtendedResourceClaimStatus extends Infer<typeof podExtendedResourceClaimStatus> {}

export const podIP = message("io.k8s.api.core.v1.PodIP", "An address of a pod.", {
  ip: str(1, "The address.", { required: true }),
});
export interface PodIP extends Infer<typeof podIP> {}

export const podResourceClaimStatus = message("io.k8s.api.core.v1.PodResourceClaimStatus", "The claim made from a template for a pod.", {
  name: str(1, "Name of the claim within the pod.", { required: true }),
  resourceClaimName: str(2, "Name of the ResourceClaim; none when none was needed."),
});
export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}

export const podStatus = message("io.k8s.api.core.v1.PodStatus", "PodStatus is what is known of a pod, as reported by its node.", {
  phase: str(1, "Where the pod is in its life: Pending, Running, Succeeded, Failed or Unknown."),
  conditions: list(2, podCondition, "Conditions of the pod, such as Ready and PodScheduled.", {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    mergeKey: "type",
  }),
  message: str(3, "Why the pod is in this state, for people."),
  reason: str(4, "Why the pod is in this state, in one word."),
  hostIP: str(5, "Address of the pod's node."),
  podIP: str(6, "First address of the pod."),
  startTime: time(7, "When the node took the pod up, before images were pulled."),
  containerStatuses: list(8, containerStatus, "States of the main containers.", { listType: "atomic" }),
  qosClass: str(9, "Quality of service, from the resources requested: Guaranteed, Burstable or BestEffort."),
  initContainerStatuses: list(10, containerStatus, "States of the init containers.", { listType: "atomic" }),
  nominatedNodeName: str(11, "Node where the pod is to run once preempted pods are gone."),
  podIPs: list(12, podIP, "Addresses of the pod, one of each family at most.", { listType: "map", keys: ["ip"], patch: "merge", mergeKey: "ip" }),
  ephemeralContainerStatuses: list(13, containerStatus, "States of the ephemeral containers.", { listType: "atomic" }),
  resize: str(14, "State of a resize; conditions tell it now."),
  resourceClaimStatuses: list(15, podResourceClaimStatus, "Names of the ResourceClaims that were made for the pod.", {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    mergeKey: "name",
  }),
  hostIPs: list(16, hostIP, "Addresses of the pod's node.", { listType: "atomic", patch: "merge", mergeKey: "ip" }),
  observedGeneration: int64(17, "Generation of the pod that this status is about."),
  extendedResourceClaimStatus: obj(18, podExtendedResourceClaimStatus, "Claim that was made for extended resources of the pod."),
  allocatedResources: map(19, "quantity", "Resources that the node has set aside for the pod."),
  resources: obj(20, resourceRequirements, "Resources that are in force for the pod."),
  nodeAllocatableResourceClaimStatuses: list(21, nodeAllocatableResourceClaimStatus, "Resources of the node that come by claims.", { listType: "atomic" }),
});
export interface PodStatus extends Infer<typeof podStatus> {}

export const pod = message("io.k8s.api.core.v1.Pod", "A Pod is a group of containers that run together on one node and share its network and volumes.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, podSpec, "What the pod is to run, and how.", { present: true, default: {} }),
  status: obj(3, podStatus, "What the node last reported of the pod."),
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
    // What the oldest clients ask for; and what upstream lets pass, but never fills in.
    "spec.host": (object) => object.spec.nodeName ?? "",
    "status.podIPs": () => "",
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
