import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { nodeColumns } from "./node.columns.ts";
import { nodeStrategy } from "./node.strategy.ts";
import { nodeUpdateErrors } from "./node.validation.ts";

export const attachedVolume = message("io.k8s.api.core.v1.AttachedVolume", "", {
  name: str(1, "", { required: true }),
  devicePath: str(2, "", { required: true }),
});
export interface AttachedVolume extends Infer<typeof attachedVolume> {}

export const configMapNodeConfigSource = message("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "", {
  namespace: str(1, "", { required: true }),
  name: str(2, "", { required: true }),
  uid: str(3, ""),
  resourceVersion: str(4, ""),
  kubeletConfigKey: str(5, "", { required: true }),
});
export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}

export const containerImage = message("io.k8s.api.core.v1.ContainerImage", "", {
  names: list(1, "string", "", { listType: "atomic" }),
  sizeBytes: int64(2, ""),
});
export interface ContainerImage extends Infer<typeof containerImage> {}

export const daemonEndpoint = message("io.k8s.api.core.v1.DaemonEndpoint", "", {
  Port: int32(1, "", { required: true }),
});
export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}

export const nodeConfigSource = message("io.k8s.api.core.v1.NodeConfigSource", "", {
  configMap: obj(2, configMapNodeConfigSource, ""),
});
export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}

export const taint = message("io.k8s.api.core.v1.Taint", "", {
  key: str(1, "", { required: true }),
  value: str(2, ""),
  effect: str(3, "", { required: true, enum: ["NoSchedule", "PreferNoSchedule", "NoExecute"] }),
  timeAdded: time(4, ""),
});
export interface Taint extends Infer<typeof taint> {}

export const nodeSpec = message("io.k8s.api.core.v1.NodeSpec", "", {
  podCIDR: str(1, ""),
  externalID: str(2, ""),
  providerID: str(3, ""),
  unschedulable: bool(4, ""),
  taints: list(5, taint, "", { listType: "atomic" }),
  configSource: obj(6, nodeConfigSource, ""),
  podCIDRs: list(7, "string", "", { listType: "set", patch: "merge" }),
});
export interface NodeSpec extends Infer<typeof nodeSpec> {}

export const nodeAddress = message("io.k8s.api.core.v1.NodeAddress", "", {
  type: str(1, "", { required: true }),
  address: str(2, "", { required: true }),
});
export interface NodeAddress extends Infer<typeof nodeAddress> {}

export const nodeCondition = message("io.k8s.api.core.v1.NodeCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  lastHeartbeatTime: time(3, ""),
  lastTransitionTime: time(4, ""),
  reason: str(5, ""),
  message: str(6, ""),
});
export interface NodeCondition extends Infer<typeof nodeCondition> {}

export const nodeConfigStatus = message("io.k8s.api.core.v1.NodeConfigStatus", "", {
  assigned: obj(1, nodeConfigSource, ""),
  active: obj(2, nodeConfigSource, ""),
  lastKnownGood: obj(3, nodeConfigSource, ""),
  error: str(4, ""),
});
export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}

export const nodeDaemonEndpoints = message("io.k8s.api.core.v1.NodeDaemonEndpoints", "", {
  kubeletEndpoint: obj(1, daemonEndpoint, ""),
});
export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}

export const nodeFeatures = message("io.k8s.api.core.v1.NodeFeatures", "", {
  supplementalGroupsPolicy: bool(1, ""),
});
export interface NodeFeatures extends Infer<typeof nodeFeatures> {}

export const nodeRuntimeHandlerFeatures = message("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", "", {
  recursiveReadOnlyMounts: bool(1, ""),
  userNamespaces: bool(2, ""),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}

export const nodeRuntimeHandler = message("io.k8s.api.core.v1.NodeRuntimeHandler", "", {
  name: str(1, ""),
  features: obj(2, nodeRuntimeHandlerFeatures, ""),
});
export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}

export const nodeSwapStatus = message("io.k8s.api.core.v1.NodeSwapStatus", "", {
  capacity: int64(1, ""),
});
export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}

export const nodeSystemInfo = message("io.k8s.api.core.v1.NodeSystemInfo", "", {
  machineID: str(1, "", { required: true }),
  systemUUID: str(2, "", { required: true }),
  bootID: str(3, "", { required: true }),
  kernelVersion: str(4, "", { required: true }),
  osImage: str(5, "", { required: true }),
  containerRuntimeVersion: str(6, "", { required: true }),
  kubeletVersion: str(7, "", { required: true }),
  kubeProxyVersion: str(8, "", { required: true }),
  operatingSystem: str(9, "", { required: true }),
  architecture: str(10, "", { required: true }),
  swap: obj(11, nodeSwapStatus, ""),
});
export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}

export const nodeStatus = message("io.k8s.api.core.v1.NodeStatus", "", {
  capacity: map(1, "quantity", ""),
  allocatable: map(2, "quantity", ""),
  phase: str(3, ""),
  conditions: list(4, nodeCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  addresses: list(5, nodeAddress, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  daemonEndpoints: obj(6, nodeDaemonEndpoints, ""),
  nodeInfo: obj(7, nodeSystemInfo, ""),
  images: list(8, containerImage, "", { listType: "atomic" }),
  volumesInUse: list(9, "string", "", { listType: "atomic" }),
  volumesAttached: list(10, attachedVolume, "", { listType: "atomic" }),
  config: obj(11, nodeConfigStatus, ""),
  runtimeHandlers: list(12, nodeRuntimeHandler, "", { listType: "atomic" }),
  features: obj(13, nodeFeatures, ""),
  declaredFeatures: list(14, "string", "", { listType: "atomic" }),
});
export interface NodeStatus extends Infer<typeof nodeStatus> {}

export const node = message("io.k8s.api.core.v1.Node", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, nodeSpec, "", { present: true, default: {} }),
  status: obj(3, nodeStatus, ""),
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
  status: statusSubresource<Node>({ validateUpdate: nodeUpdateErrors }),
  otherSubresources: { proxy: { group: "", version: "v1", kind: "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] } },
});
