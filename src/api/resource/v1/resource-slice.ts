import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int64, list, map, message, obj, quantity, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { nodeSelector } from "../../core/v1/common.ts";
import { defineResource } from "../../resource.ts";
import { prepareAll, specGeneration } from "../../strategy.ts";
import { completeNew, completeUpdated } from "./resource-slice.strategy.ts";
import { newResourceSliceErrors, resourceSliceUpdateErrors } from "./resource-slice.validation.ts";

export const capacityRequestPolicyRange = message("io.k8s.api.resource.v1.CapacityRequestPolicyRange", "", {
  min: quantity(1, "", { required: true }),
  max: quantity(2, ""),
  step: quantity(3, ""),
});
export interface CapacityRequestPolicyRange extends Infer<typeof capacityRequestPolicyRange> {}

export const capacityRequestPolicy = message("io.k8s.api.resource.v1.CapacityRequestPolicy", "", {
  default: quantity(1, ""),
  validValues: list(3, "quantity", "", { listType: "atomic" }),
  validRange: obj(4, capacityRequestPolicyRange, ""),
});
export interface CapacityRequestPolicy extends Infer<typeof capacityRequestPolicy> {}

export const counter = message("io.k8s.api.resource.v1.Counter", "", {
  value: quantity(1, "", { required: true }),
});
export interface Counter extends Infer<typeof counter> {}

export const counterSet = message("io.k8s.api.resource.v1.CounterSet", "", {
  name: str(1, "", { required: true }),
  counters: map(2, counter, "", { required: true }),
});
export interface CounterSet extends Infer<typeof counterSet> {}

export const deviceAttribute = message("io.k8s.api.resource.v1.DeviceAttribute", "", {
  int: int64(2, ""),
  bool: bool(3, ""),
  string: str(4, ""),
  version: str(5, ""),
  ints: list(6, "int64", "", { listType: "atomic" }),
  bools: list(7, "bool", "", { listType: "atomic" }),
  strings: list(8, "string", "", { listType: "atomic" }),
  versions: list(9, "string", "", { listType: "atomic" }),
});
export interface DeviceAttribute extends Infer<typeof deviceAttribute> {}

export const deviceCapacity = message("io.k8s.api.resource.v1.DeviceCapacity", "", {
  value: quantity(1, "", { required: true }),
  requestPolicy: obj(2, capacityRequestPolicy, ""),
});
export interface DeviceCapacity extends Infer<typeof deviceCapacity> {}

export const deviceCounterConsumption = message("io.k8s.api.resource.v1.DeviceCounterConsumption", "", {
  counterSet: str(1, "", { required: true }),
  counters: map(2, counter, "", { required: true }),
});
export interface DeviceCounterConsumption extends Infer<typeof deviceCounterConsumption> {}

export const deviceTaint = message("io.k8s.api.resource.v1.DeviceTaint", "", {
  key: str(1, "", { required: true }),
  value: str(2, ""),
  effect: str(3, "", { required: true }),
  timeAdded: time(4, ""),
});
export interface DeviceTaint extends Infer<typeof deviceTaint> {}

export const nodeAllocatableResourceMapping = message("io.k8s.api.resource.v1.NodeAllocatableResourceMapping", "", {
  capacityKey: str(1, ""),
  allocationMultiplier: quantity(2, ""),
});
export interface NodeAllocatableResourceMapping extends Infer<typeof nodeAllocatableResourceMapping> {}

export const device = message("io.k8s.api.resource.v1.Device", "", {
  name: str(1, "", { required: true }),
  attributes: map(2, deviceAttribute, ""),
  capacity: map(3, deviceCapacity, ""),
  consumesCounters: list(4, deviceCounterConsumption, "", { listType: "atomic" }),
  nodeName: str(5, ""),
  nodeSelector: obj(6, nodeSelector, ""),
  allNodes: bool(7, ""),
  taints: list(8, deviceTaint, "", { listType: "atomic" }),
  bindsToNode: bool(9, ""),
  bindingConditions: list(10, "string", "", { listType: "atomic" }),
  bindingFailureConditions: list(11, "string", "", { listType: "atomic" }),
  allowMultipleAllocations: bool(12, ""),
  nodeAllocatableResourceMappings: map(13, nodeAllocatableResourceMapping, ""),
});
export interface Device extends Infer<typeof device> {}

export const resourcePool = message("io.k8s.api.resource.v1.ResourcePool", "", {
  name: str(1, "", { required: true }),
  generation: int64(2, "", { required: true }),
  resourceSliceCount: int64(3, "", { required: true }),
});
export interface ResourcePool extends Infer<typeof resourcePool> {}

export const resourceSliceSpec = message("io.k8s.api.resource.v1.ResourceSliceSpec", "", {
  driver: str(1, "", { required: true }),
  pool: obj(2, resourcePool, "", { required: true, default: {} }),
  nodeName: str(3, ""),
  nodeSelector: obj(4, nodeSelector, ""),
  allNodes: bool(5, ""),
  devices: list(6, device, "", { listType: "atomic" }),
  perDeviceNodeSelection: bool(7, ""),
  sharedCounters: list(8, counterSet, "", { listType: "atomic" }),
});
export interface ResourceSliceSpec extends Infer<typeof resourceSliceSpec> {}

export const resourceSlice = message("io.k8s.api.resource.v1.ResourceSlice", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, resourceSliceSpec, "", { required: true, present: true, default: {} }),
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
