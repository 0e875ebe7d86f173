import { any, bool, type Infer, int64, list, map, message, obj, str } from "../../../machinery/schema.ts";

export const celDeviceSelector = message("io.k8s.api.resource.v1.CELDeviceSelector", "", {
  expression: str(1, "", { required: true }),
});
export interface CELDeviceSelector extends Infer<typeof celDeviceSelector> {}

export const capacityRequirements = message("io.k8s.api.resource.v1.CapacityRequirements", "", {
  requests: map(1, "quantity", ""),
});
export interface CapacityRequirements extends Infer<typeof capacityRequirements> {}

export const opaqueDeviceConfiguration = message("io.k8s.api.resource.v1.OpaqueDeviceConfiguration", "", {
  driver: str(1, "", { required: true }),
  parameters: any(2, "", { required: true }),
});
export interface OpaqueDeviceConfiguration extends Infer<typeof opaqueDeviceConfiguration> {}

export const deviceConfiguration = message("io.k8s.api.resource.v1.DeviceConfiguration", "", {
  opaque: obj(1, opaqueDeviceConfiguration, ""),
});
export interface DeviceConfiguration extends Infer<typeof deviceConfiguration> {}

export const deviceClaimConfiguration = message(
  "io.k8s.api.resource.v1.DeviceClaimConfiguration",
  "",
  {
    requests: list(1, "string", "", { listType: "atomic" }),
    ...deviceConfiguration.fields,
  },
  { inline: [{ number: 2, message: deviceConfiguration }] },
);
export interface DeviceClaimConfiguration extends Infer<typeof deviceClaimConfiguration> {}

export const deviceConstraint = message("io.k8s.api.resource.v1.DeviceConstraint", "", {
  requests: list(1, "string", "", { listType: "atomic" }),
  matchAttribute: str(2, ""),
  distinctAttribute: str(3, ""),
});
export interface DeviceConstraint extends Infer<typeof deviceConstraint> {}

export const deviceSelector = message("io.k8s.api.resource.v1.DeviceSelector", "", {
  cel: obj(1, celDeviceSelector, ""),
});
export interface DeviceSelector extends Infer<typeof deviceSelector> {}

export const deviceToleration = message("io.k8s.api.resource.v1.DeviceToleration", "", {
  key: str(1, ""),
  operator: str(2, "", { default: "Equal" }),
  value: str(3, ""),
  effect: str(4, ""),
  tolerationSeconds: int64(5, ""),
});
export interface DeviceToleration extends Infer<typeof deviceToleration> {}

export const deviceSubRequest = message("io.k8s.api.resource.v1.DeviceSubRequest", "", {
  name: str(1, "", { required: true }),
  deviceClassName: str(2, "", { required: true }),
  selectors: list(3, deviceSelector, "", { listType: "atomic" }),
  allocationMode: str(4, "", { default: "ExactCount", enum: ["All", "ExactCount"] }),
  count: int64(5, ""),
  tolerations: list(6, deviceToleration, "", { listType: "atomic" }),
  capacity: obj(7, capacityRequirements, ""),
});
export interface DeviceSubRequest extends Infer<typeof deviceSubRequest> {}

export const exactDeviceRequest = message("io.k8s.api.resource.v1.ExactDeviceRequest", "", {
  deviceClassName: str(1, "", { required: true }),
  selectors: list(2, deviceSelector, "", { listType: "atomic" }),
  allocationMode: str(3, "", { default: "ExactCount", enum: ["All", "ExactCount"] }),
  count: int64(4, ""),
  adminAccess: bool(5, ""),
  tolerations: list(6, deviceToleration, "", { listType: "atomic" }),
  capacity: obj(7, capacityRequirements, ""),
});
export interface ExactDeviceRequest extends Infer<typeof exactDeviceRequest> {}

export const deviceRequest = message("io.k8s.api.resource.v1.DeviceRequest", "", {
  name: str(1, "", { required: true }),
  exactly: obj(2, exactDeviceRequest, ""),
  firstAvailable: list(3, deviceSubRequest, "", { listType: "atomic" }),
});
export interface DeviceRequest extends Infer<typeof deviceRequest> {}

export const deviceClaim = message("io.k8s.api.resource.v1.DeviceClaim", "", {
  requests: list(1, deviceRequest, "", { listType: "atomic" }),
  constraints: list(2, deviceConstraint, "", { listType: "atomic" }),
  config: list(3, deviceClaimConfiguration, "", { listType: "atomic" }),
});
export interface DeviceClaim extends Infer<typeof deviceClaim> {}

export const resourceClaimSpec = message("io.k8s.api.resource.v1.ResourceClaimSpec", "", {
  devices: obj(1, deviceClaim, ""),
});
export interface ResourceClaimSpec extends Infer<typeof resourceClaimSpec> {}
