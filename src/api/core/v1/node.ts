import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { taintEffects } from "./enums.ts";
import { nodeColumns } from "./node.columns.ts";
import { nodeStatusView, nodeStrategy } from "./node.strategy.ts";

export const attachedVolume = message("io.k8s.api.core.v1.AttachedVolume", "A volume that is attached to a node.", {
  name: str(1, "Name of the volume.", { required: true }),
  devicePath: str(2, "Path of its device.", { required: true }),
});
export interface AttachedVolume extends Infer<typeof attachedVolume> {}

export const configMapNodeConfigSource = message("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "No longer used.", {
  namespace: str(1, "Namespace of the ConfigMap.", { required: true }),
  name: str(2, "Name of the ConfigMap.", { required: true }),
  uid: str(3, "UID of the ConfigMap."),
  resourceVersion: str(4, "Version of the ConfigMap."),
  kubeletConfigKey: str(5, "Key of the configuration.", { required: true }),
});
export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}

export const containerImage = message("io.k8s.api.core.v1.ContainerImage", "An image on a node.", {
  names: list(1, "string", "Names of the image.", { listType: "atomic" }),
  sizeBytes: int64(2, "Size of the image, in bytes."),
});
export interface ContainerImage extends Infer<typeof containerImage> {}

export const daemonEndpoint = message("io.k8s.api.core.v1.DaemonEndpoint", "Where a daemon listens.", {
  Port: int32(1, "Port number.", { required: true }),
});
export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}

export const nodeConfigSource = message("io.k8s.api.core.v1.NodeConfigSource", "No longer used.", {
  configMap: obj(2, configMapNodeConfigSource, "ConfigMap with the configuration."),
});
export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}

export const taint = message("io.k8s.api.core.v1.Taint", "Taint keeps pods away from a node unless they tolerate it.", {
  key: str(1, "Key of the taint.", { required: true }),
  value: str(2, "Value of the taint."),
  effect: str(3, "NoSchedule, PreferNoSchedule or NoExecute.", { required: true, enum: taintEffects, enumCheck: "own" }),
  timeAdded: time(4, "When the taint was added."),
});
export interface Taint extends Infer<typeof taint> {}

export const nodeSpec = message("io.k8s.api.core.v1.NodeSpec", "NodeSpec is what administrators and controllers say of a node.", {
  podCIDR: str(1, "First range of addresses for the node's pods."),
  externalID: str(2, "No longer used."),
  providerID: str(3, "Id of the machine with its cloud, in the form PROVIDER://ID."),
  unschedulable: bool(4, "Whether no new pods are placed here."),
  taints: list(5, taint, "Marks that keep pods away unless they tolerate them.", { listType: "atomic" }),
  configSource: obj(6, nodeConfigSource, "No longer used."),
  podCIDRs: list(7, "string", "Ranges of addresses for the node's pods, one of each family at most.", { listType: "set", patch: "merge" }),
});
export interface NodeSpec extends Infer<typeof nodeSpec> {}

export const nodeAddress = message("io.k8s.api.core.v1.NodeAddress", "NodeAddress is one address of a node.", {
  type: str(1, "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.", { required: true }),
  address: str(2, "The address.", { required: true }),
});
export interface NodeAddress extends Infer<typeof nodeAddress> {}

export const nodeCondition = message("io.k8s.api.core.v1.NodeCondition", "NodeCondition tells one aspect of a node's state.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastHeartbeatTime: time(3, "When the kubelet last reported it."),
  lastTransitionTime: time(4, "When the status last changed."),
  reason: str(5, "Why, in one word."),
  message: str(6, "The same for people."),
});
export interface NodeCondition extends Infer<typeof nodeCondition> {}

export const nodeConfigStatus = message("io.k8s.api.core.v1.NodeConfigStatus", "No longer used.", {
  assigned: obj(1, nodeConfigSource, "Configuration that the node is to use."),
  active: obj(2, nodeConfigSource, "Configuration that the node uses."),
  lastKnownGood: obj(3, nodeConfigSource, "Configuration to fall back to."),
  error: str(4, "What is wrong with the assigned one."),
});
export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}

export const nodeDaemonEndpoints = message("io.k8s.api.core.v1.NodeDaemonEndpoints", "Where the daemons of a node listen.", {
  kubeletEndpoint: obj(1, daemonEndpoint, "Where the kubelet listens."),
});
export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}

export const nodeFeatures = message("io.k8s.api.core.v1.NodeFeatures", "What kubelet and runtime can do.", {
  supplementalGroupsPolicy: bool(1, "Whether pods can say which supplemental groups count."),
});
export interface NodeFeatures extends Infer<typeof nodeFeatures> {}

export const nodeRuntimeHandlerFeatures = message("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", "What a handler of the runtime can do.", {
  recursiveReadOnlyMounts: bool(1, "Whether mounts below a read-only one can be read-only too."),
  userNamespaces: bool(2, "Whether pods can have user namespaces, volumes included."),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}

export const nodeRuntimeHandler = message("io.k8s.api.core.v1.NodeRuntimeHandler", "A handler of the container runtime.", {
  name: str(1, "Name of the handler; empty for the default one."),
  features: obj(2, nodeRuntimeHandlerFeatures, "What it can do."),
});
export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}

export const nodeSwapStatus = message("io.k8s.api.core.v1.NodeSwapStatus", "Swap of a node.", {
  capacity: int64(1, "Size of the swap, in bytes."),
});
export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}

export const nodeSystemInfo = message("io.k8s.api.core.v1.NodeSystemInfo", "Versions and ids of a node.", {
  machineID: str(1, "Id of the installed system.", { required: true }),
  systemUUID: str(2, "Id of the machine.", { required: true }),
  bootID: str(3, "Id of this boot.", { required: true }),
  kernelVersion: str(4, "Version of the kernel.", { required: true }),
  osImage: str(5, "Name of the operating system, with its version.", { required: true }),
  containerRuntimeVersion: str(6, "Container runtime and its version.", { required: true }),
  kubeletVersion: str(7, "Version of the kubelet.", { required: true }),
  kubeProxyVersion: str(8, "No longer used.", { required: true }),
  operatingSystem: str(9, "Operating system.", { required: true }),
  architecture: str(10, "Architecture of the processor.", { required: true }),
  swap: obj(11, nodeSwapStatus, "Swap of the node."),
});
export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}

export const nodeStatus = message("io.k8s.api.core.v1.NodeStatus", "NodeStatus is what the kubelet reports of its node.", {
  capacity: map(1, "quantity", "Resources of the machine."),
  allocatable: map(2, "quantity", "Resources for pods."),
  phase: str(3, "No longer used."),
  conditions: list(4, nodeCondition, "Conditions of the node, such as Ready and MemoryPressure.", {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    mergeKey: "type",
  }),
  addresses: list(5, nodeAddress, "Host names and addresses of the node.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  daemonEndpoints: obj(6, nodeDaemonEndpoints, "Port of the kubelet."),
  nodeInfo: obj(7, nodeSystemInfo, "Versions and ids of the node's software."),
  images: list(8, containerImage, "Images on the node.", { listType: "atomic" }),
  volumesInUse: list(9, "string", "Attachable volumes that are mounted here.", { listType: "atomic" }),
  volumesAttached: list(10, attachedVolume, "Volumes that are attached to the node.", { listType: "atomic" }),
  config: obj(11, nodeConfigStatus, "No longer used."),
  runtimeHandlers: list(12, nodeRuntimeHandler, "Handlers of the container runtime and what they can do.", { listType: "atomic" }),
  features: obj(13, nodeFeatures, "What the kubelet and runtime can do."),
  declaredFeatures: list(14, "string", "Features that the kubelet declares.", { listType: "atomic" }),
});
export interface NodeStatus extends Infer<typeof nodeStatus> {}

export const node = message("io.k8s.api.core.v1.Node", "A Node is a machine that runs pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, nodeSpec, "What administrators and controllers say of the node.", { present: true, default: {} }),
  status: obj(3, nodeStatus, "What the kubelet last reported."),
});
export interface Node extends Infer<typeof node> {}

export const nodes = defineResource<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  resource: "nodes",
  singular: "node",
  shortNames: ["no"],
  namespaced: false,
  schema: node,
  strategy: nodeStrategy,
  ownColumns: true,
  columns: nodeColumns,
  selectableFields: { "spec.unschedulable": (object) => String(object.spec.unschedulable ?? false) },
  status: nodeStatusView,
  otherSubresources: { proxy: { group: "", version: "v1", kind: "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] } },
});
