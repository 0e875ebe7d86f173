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

export const networkDeviceData = message("io.k8s.api.resource.v1.NetworkDeviceData", "", {
  interfaceName: str(1, ""),
  ips: list(2, "string", "", { listType: "atomic" }),
  hardwareAddress: str(3, ""),
});
export interface NetworkDeviceData extends Infer<typeof networkDeviceData> {}

export const allocatedDeviceStatus = message("io.k8s.api.resource.v1.AllocatedDeviceStatus", "", {
  driver: str(1, "", { required: true }),
  pool: str(2, "", { required: true }),
  device: str(3, "", { required: true }),
  conditions: list(4, condition, "", { listType: "map", keys: ["type"] }),
  data: any(5, ""),
  networkData: obj(6, networkDeviceData, ""),
  shareID: str(7, ""),
});
export interface AllocatedDeviceStatus extends Infer<typeof allocatedDeviceStatus> {}

export const deviceAllocationConfiguration = message(
  "io.k8s.api.resource.v1.DeviceAllocationConfiguration",
  "",
  {
    source: str(1, "", { required: true }),
    requests: list(2, "string", "", { listType: "atomic" }),
    ...deviceConfiguration.fields,
  },
  { inline: [{ number: 3, message: deviceConfiguration }] },
);
export interface DeviceAllocationConfiguration extends Infer<typeof deviceAllocationConfiguration> {}

export const deviceRequestAllocationResult = message("io.k8s.api.resource.v1.DeviceRequestAllocationResult", "", {
  request: str(1, "", { required: true }),
  driver: str(2, "", { required: true }),
  pool: str(3, "", { required: true }),
  device: str(4, "", { required: true }),
  adminAccess: bool(5, ""),
  tolerations: list(6, deviceToleration, "", { listType: "atomic" }),
  bindingConditions: list(7, "string", "", { listType: "atomic" }),
  bindingFailureConditions: list(8, "string", "", { listType: "atomic" }),
  shareID: str(9, ""),
  consumedCapacity: map(10, "quantity", ""),
});
export interface DeviceRequestAllocationResult extends Infer<typeof deviceRequestAllocationResult> {}

export const deviceAllocationResult = message("io.k8s.api.resource.v1.DeviceAllocationResult", "", {
  results: list(1, deviceRequestAllocationResult, "", { listType: "atomic" }),
  config: list(2, deviceAllocationConfiguration, "", { listType: "atomic" }),
});
export interface DeviceAllocationResult extends Infer<typeof deviceAllocationResult> {}

export const allocationResult = message("io.k8s.api.resource.v1.AllocationResult", "", {
  devices: obj(1, deviceAllocationResult, ""),
  nodeSelector: obj(3, nodeSelector, ""),
  allocationTimestamp: time(5, ""),
});
export interface AllocationResult extends Infer<typeof allocationResult> {}

export const resourceClaimConsumerReference = message("io.k8s.api.resource.v1.ResourceClaimConsumerReference", "", {
  apiGroup: str(1, ""),
  resource: str(3, "", { required: true }),
  name: str(4, "", { required: true }),
  uid: str(5, "", { required: true }),
});
export interface ResourceClaimConsumerReference extends Infer<typeof resourceClaimConsumerReference> {}

export const resourceClaimStatus = message("io.k8s.api.resource.v1.ResourceClaimStatus", "", {
  allocation: obj(1, allocationResult, ""),
  reservedFor: list(2, resourceClaimConsumerReference, "", { listType: "map", keys: ["uid"], patch: "merge", mergeKey: "uid" }),
  devices: list(4, allocatedDeviceStatus, "", { listType: "map", keys: ["driver", "device", "pool", "shareID"] }),
});
export interface ResourceClaimStatus extends Infer<typeof resourceClaimStatus> {}

export const resourceClaim = message("io.k8s.api.resource.v1.ResourceClaim", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, resourceClaimSpec, "", { required: true, present: true, default: {} }),
  status: obj(3, resourceClaimStatus, ""),
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
