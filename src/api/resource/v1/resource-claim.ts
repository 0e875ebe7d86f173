import { condition, objectMeta } from "../../../machinery/meta.ts";
import { any, bool, type Infer, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { nodeSelector } from "../../core/v1/common.ts";
import { defineResource, type StrategyContext } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { deviceID, resourceClaimStatusErrors } from "./claim-status.validation.ts";
import { deviceConfiguration, deviceToleration, resourceClaimSpec } from "./common.ts";
import { defaultDeviceClaim } from "./defaults.ts";
import { newResourceClaimErrors, resourceClaimUpdateErrors } from "./validation.ts";

export const networkDeviceData = message("io.k8s.api.resource.v1.NetworkDeviceData", "NetworkDeviceData tells of a network interface.", {
  interfaceName: str(1, "Name of the interface in the pod."),
  ips: list(2, "string", "Its addresses, with the length of their networks.", { listType: "atomic" }),
  hardwareAddress: str(3, "Its MAC address."),
});
export interface NetworkDeviceData extends Infer<typeof networkDeviceData> {}

export const allocatedDeviceStatus = message(
  "io.k8s.api.resource.v1.AllocatedDeviceStatus",
  "AllocatedDeviceStatus is what a driver says of a device in use.",
  {
    driver: str(1, "Driver of the device.", { required: true }),
    pool: str(2, "Pool of the device.", { required: true }),
    device: str(3, "Name of the device in its pool.", { required: true }),
    conditions: list(4, condition, "The state of the device.", { listType: "map", keys: ["type"] }),
    data: any(5, "More of it, in the driver's own form."),
    networkData: obj(6, networkDeviceData, "What to know of it as a network interface."),
    shareID: str(7, "Which share of the device, where several use it."),
  },
);
export interface AllocatedDeviceStatus extends Infer<typeof allocatedDeviceStatus> {}

export const deviceAllocationConfiguration = message(
  "io.k8s.api.resource.v1.DeviceAllocationConfiguration",
  "DeviceAllocationConfiguration is configuration that came with an allocation.",
  {
    source: str(1, "FromClass or FromClaim: where it comes from.", { required: true }),
    requests: list(2, "string", "Requests that it is for; all if empty.", { listType: "atomic" }),
    ...deviceConfiguration.fields,
  },
  { inline: [{ number: 3, message: deviceConfiguration }] },
);
export interface DeviceAllocationConfiguration extends Infer<typeof deviceAllocationConfiguration> {}

export const deviceRequestAllocationResult = message(
  "io.k8s.api.resource.v1.DeviceRequestAllocationResult",
  "DeviceRequestAllocationResult is one device for one request.",
  {
    request: str(1, "Request, or request/alternative.", { required: true }),
    driver: str(2, "Driver of the device.", { required: true }),
    pool: str(3, "Pool of the device.", { required: true }),
    device: str(4, "Name of the device in its pool.", { required: true }),
    adminAccess: bool(5, "Whether it was given for administration."),
    tolerations: list(6, deviceToleration, "Taints that are tolerated.", { listType: "atomic" }),
    bindingConditions: list(7, "string", "Conditions of the device that binding waits for.", { listType: "atomic" }),
    bindingFailureConditions: list(8, "string", "Conditions of the device that make binding fail.", { listType: "atomic" }),
    shareID: str(9, "Which share of the device, where several use it."),
    consumedCapacity: map(10, "quantity", "How much of its capacity was given, by name."),
  },
);
export interface DeviceRequestAllocationResult extends Infer<typeof deviceRequestAllocationResult> {}

export const deviceAllocationResult = message("io.k8s.api.resource.v1.DeviceAllocationResult", "DeviceAllocationResult lists the devices of an allocation.", {
  results: list(1, deviceRequestAllocationResult, "The devices.", { listType: "atomic" }),
  config: list(2, deviceAllocationConfiguration, "How they are to be set up: of the class first, then of the claim.", { listType: "atomic" }),
});
export interface DeviceAllocationResult extends Infer<typeof deviceAllocationResult> {}

export const allocationResult = message("io.k8s.api.resource.v1.AllocationResult", "AllocationResult is what a claim was given.", {
  devices: obj(1, deviceAllocationResult, "The devices."),
  nodeSelector: obj(3, nodeSelector, "Nodes where they can be used; all if not set."),
  allocationTimestamp: time(5, "When they were given."),
});
export interface AllocationResult extends Infer<typeof allocationResult> {}

export const resourceClaimConsumerReference = message(
  "io.k8s.api.resource.v1.ResourceClaimConsumerReference",
  "ResourceClaimConsumerReference names one who uses a claim.",
  {
    apiGroup: str(1, "Group of the consumer; the core group if empty."),
    resource: str(3, "Resource of the consumer, such as pods.", { required: true }),
    name: str(4, "Name of the consumer.", { required: true }),
    uid: str(5, "Identity of the consumer.", { required: true }),
  },
);
export interface ResourceClaimConsumerReference extends Infer<typeof resourceClaimConsumerReference> {}

export const resourceClaimStatus = message("io.k8s.api.resource.v1.ResourceClaimStatus", "ResourceClaimStatus says what a claim was given, and who uses it.", {
  allocation: obj(1, allocationResult, "What it was given; absent until then."),
  reservedFor: list(2, resourceClaimConsumerReference, "Who may use it now, at most 256.", { listType: "map", keys: ["uid"], patch: "merge", mergeKey: "uid" }),
  devices: list(4, allocatedDeviceStatus, "What drivers say of the devices.", { listType: "map", keys: ["driver", "device", "pool", "shareID"] }),
});
export interface ResourceClaimStatus extends Infer<typeof resourceClaimStatus> {}

export const resourceClaim = message("io.k8s.api.resource.v1.ResourceClaim", "A ResourceClaim asks for devices, and holds them for its pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, resourceClaimSpec, "What is wanted; it cannot change.", { required: true, present: true, default: {} }),
  status: obj(3, resourceClaimStatus, "What was given, and who uses it."),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

const statusView = statusSubresource<ResourceClaim>({ meta: "kept", validateUpdate: resourceClaimStatusErrors });

/** What drivers say of devices goes with their allocation. */
function prepareStatus(claim: ResourceClaim, old: ResourceClaim, context: StrategyContext): void {
  statusView.prepareForUpdate(claim, old, context);
  const { status } = claim;
  if (status?.devices === undefined) return;
  const results = (of: ResourceClaim) => (of.status?.allocation?.devices?.results ?? []).map(({ driver, pool, device }) => deviceID({ driver, pool, device }));
  const kept = new Set(results(claim));
  const gone = new Set(results(old).filter((id) => !kept.has(id)));
  const devices = status.devices.filter(({ driver, pool, device }) => !gone.has(deviceID({ driver, pool, device })));
  if (devices.length > 0) status.devices = devices;
  else delete status.devices;
}

export const resourceClaims = defineResource<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  resource: "resourceclaims",
  singular: "resourceclaim",
  namespaced: true,
  schema: resourceClaim,
  strategy: {
    validateCreate: newResourceClaimErrors,
    validateUpdate: resourceClaimUpdateErrors,
    returnsDeletedObject: true,
    defaults: ({ spec }) => defaultDeviceClaim(spec.devices),
    ...ownedStatus<ResourceClaim>(() => ({})),
  },
  columns: [text("State", "Whether devices are allocated and in use.", (object) => stateText(object))],
  status: { ...statusView, prepareForUpdate: prepareStatus },
});

function stateText({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  if (metadata.deletionTimestamp !== undefined) states.push("deleted");
  if (status?.allocation === undefined) {
    if (metadata.deletionTimestamp === undefined) states.push("pending");
    return states.join(",");
  }
  states.push("allocated", (status.reservedFor ?? []).length > 0 ? "reserved" : "");
  return states.filter((state) => state !== "").join(",");
}
