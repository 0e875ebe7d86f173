import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int64, list, map, message, obj, quantity, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { nodeSelector } from "../../core/v1/common.ts";
import { defineResource } from "../../resource.ts";
import { prepareAll, specGeneration } from "../../strategy.ts";
import { completeNew, completeUpdated } from "./resource-slice.strategy.ts";
import { newResourceSliceErrors, resourceSliceUpdateErrors } from "./resource-slice.validation.ts";

export const capacityRequestPolicyRange = message("io.k8s.api.resource.v1.CapacityRequestPolicyRange", "CapacityRequestPolicyRange is a range of amounts.", {
  min: quantity(1, "The least.", { required: true }),
  max: quantity(2, "The most; the whole capacity unless set."),
  step: quantity(3, "What amounts differ by, counted from the least."),
});
export interface CapacityRequestPolicyRange extends Infer<typeof capacityRequestPolicyRange> {}

export const capacityRequestPolicy = message(
  "io.k8s.api.resource.v1.CapacityRequestPolicy",
  "CapacityRequestPolicy says how much of a capacity one request may take.",
  {
    default: quantity(1, "What requests take that ask for none."),
    validValues: list(3, "quantity", "Amounts that can be taken, in rising order; excludes validRange.", { listType: "atomic" }),
    validRange: obj(4, capacityRequestPolicyRange, "Range of amounts; excludes validValues."),
  },
);
export interface CapacityRequestPolicy extends Infer<typeof capacityRequestPolicy> {}

export const counter = message("io.k8s.api.resource.v1.Counter", "Counter is an amount that devices share.", {
  value: quantity(1, "How much there is, or is taken.", { required: true }),
});
export interface Counter extends Infer<typeof counter> {}

export const counterSet = message("io.k8s.api.resource.v1.CounterSet", "CounterSet is a group of amounts that devices share.", {
  name: str(1, "Name of the group, unique within its pool.", { required: true }),
  counters: map(2, counter, "The amounts, by name.", { required: true }),
});
export interface CounterSet extends Infer<typeof counterSet> {}

export const deviceAttribute = message("io.k8s.api.resource.v1.DeviceAttribute", "DeviceAttribute is one thing known of a device: exactly one field is set.", {
  int: int64(2, "A number."),
  bool: bool(3, "True or false."),
  string: str(4, "Text of at most 64 bytes."),
  version: str(5, "A version as of semver.org."),
  ints: list(6, "int64", "Several numbers.", { listType: "atomic" }),
  bools: list(7, "bool", "Several truths.", { listType: "atomic" }),
  strings: list(8, "string", "Several texts.", { listType: "atomic" }),
  versions: list(9, "string", "Several versions.", { listType: "atomic" }),
});
export interface DeviceAttribute extends Infer<typeof deviceAttribute> {}

export const deviceCapacity = message("io.k8s.api.resource.v1.DeviceCapacity", "DeviceCapacity is an amount that a device has.", {
  value: quantity(1, "How much.", { required: true }),
  requestPolicy: obj(2, capacityRequestPolicy, "How much of it one request may take, where several may use the device."),
});
export interface DeviceCapacity extends Infer<typeof deviceCapacity> {}

export const deviceCounterConsumption = message(
  "io.k8s.api.resource.v1.DeviceCounterConsumption",
  "DeviceCounterConsumption is what a device takes of shared amounts.",
  {
    counterSet: str(1, "Group of the amounts.", { required: true }),
    counters: map(2, counter, "What it takes, by name.", { required: true }),
  },
);
export interface DeviceCounterConsumption extends Infer<typeof deviceCounterConsumption> {}

export const deviceTaint = message("io.k8s.api.resource.v1.DeviceTaint", "DeviceTaint keeps claims away from a device unless they tolerate it.", {
  key: str(1, "Key of the taint.", { required: true }),
  value: str(2, "Value of the taint."),
  effect: str(3, "NoSchedule, NoExecute, or None to tell only.", { required: true }),
  timeAdded: time(4, "When it was added."),
});
export interface DeviceTaint extends Infer<typeof deviceTaint> {}

export const nodeAllocatableResourceMapping = message(
  "io.k8s.api.resource.v1.NodeAllocatableResourceMapping",
  "NodeAllocatableResourceMapping says what a device takes of a node's own resources.",
  {
    capacityKey: str(1, "Capacity of the device that the amount follows."),
    allocationMultiplier: quantity(2, "Amount for each unit or device."),
  },
);
export interface NodeAllocatableResourceMapping extends Infer<typeof nodeAllocatableResourceMapping> {}

export const device = message("io.k8s.api.resource.v1.Device", "Device is one thing that can be given to a claim.", {
  name: str(1, "Name of the device, unique within its pool.", { required: true }),
  attributes: map(2, deviceAttribute, "What is known of it, by name."),
  capacity: map(3, deviceCapacity, "Amounts that it has, by name."),
  consumesCounters: list(4, deviceCounterConsumption, "What it takes of amounts shared with other devices.", { listType: "atomic" }),
  nodeName: str(5, "Node that has it, where the slice leaves that to devices."),
  nodeSelector: obj(6, nodeSelector, "Nodes that can use it, where the slice leaves that to devices."),
  allNodes: bool(7, "Whether all nodes can use it, where the slice leaves that to devices."),
  taints: list(8, deviceTaint, "What keeps claims away from it.", { listType: "atomic" }),
  bindsToNode: bool(9, "Whether an allocation ties the claim to the node it was made for."),
  bindingConditions: list(10, "string", "Conditions that binding of pods waits for.", { listType: "atomic" }),
  bindingFailureConditions: list(11, "string", "Conditions that make binding of pods fail.", { listType: "atomic" }),
  allowMultipleAllocations: bool(12, "Whether several requests may share it."),
  nodeAllocatableResourceMappings: map(13, nodeAllocatableResourceMapping, "What it takes of the node's own resources, by name."),
});
export interface Device extends Infer<typeof device> {}

export const resourcePool = message("io.k8s.api.resource.v1.ResourcePool", "ResourcePool says what pool a slice is part of.", {
  name: str(1, "Name of the pool, often that of the node.", { required: true }),
  generation: int64(2, "Version of the pool; slices of older ones are ignored.", { required: true }),
  resourceSliceCount: int64(3, "Number of slices that make the pool complete.", { required: true }),
});
export interface ResourcePool extends Infer<typeof resourcePool> {}

export const resourceSliceSpec = message("io.k8s.api.resource.v1.ResourceSliceSpec", "ResourceSliceSpec lists devices, and says who can use them.", {
  driver: str(1, "Driver of the devices.", { required: true }),
  pool: obj(2, resourcePool, "Pool that the slice is part of.", { required: true, default: {} }),
  nodeName: str(3, "Node that has the devices."),
  nodeSelector: obj(4, nodeSelector, "Nodes that can use the devices."),
  allNodes: bool(5, "Whether all nodes can use the devices."),
  devices: list(6, device, "The devices, at most 128.", { listType: "atomic" }),
  perDeviceNodeSelection: bool(7, "Whether each device says for itself which nodes can use it."),
  sharedCounters: list(8, counterSet, "Amounts that devices of the pool share.", { listType: "atomic" }),
});
export interface ResourceSliceSpec extends Infer<typeof resourceSliceSpec> {}

export const resourceSlice = message("io.k8s.api.resource.v1.ResourceSlice", "A ResourceSlice lists some of the devices of a driver.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, resourceSliceSpec, "The devices.", { required: true, present: true, default: {} }),
});
export interface ResourceSlice extends Infer<typeof resourceSlice> {}

export const resourceSlices = defineResource<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  resource: "resourceslices",
  singular: "resourceslice",
  namespaced: false,
  schema: resourceSlice,
  strategy: {
    validateCreate: newResourceSliceErrors,
    validateUpdate: resourceSliceUpdateErrors,
    warnings: resourceSliceWarnings,
    returnsDeletedObject: true,
    ...prepareAll<ResourceSlice>({ prepareForCreate: completeNew, prepareForUpdate: completeUpdated }, specGeneration<ResourceSlice>()),
  },
  columns: [
    text("Node", "Node that has the devices.", (object) => (object.spec.nodeName ?? "") || "<unset>"),
    text("Driver", "Driver of the devices.", (object) => object.spec.driver),
    text("Pool", "Pool that the devices belong to.", (object) => object.spec.pool.name),
  ],
  selectableFields: {
    "spec.nodeName": (object) => object.spec.nodeName ?? "",
    "spec.driver": (object) => object.spec.driver,
  },
});

function resourceSliceWarnings({ spec: { driver = "" } }: ResourceSlice): string[] {
  if (driver === driver.toLowerCase()) return [];
  return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
}
