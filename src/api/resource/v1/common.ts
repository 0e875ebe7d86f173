import { any, bool, type Infer, int64, list, map, message, obj, str } from "../../../machinery/schema.ts";

export const celDeviceSelector = message("io.k8s.api.resource.v1.CELDeviceSelector", "CELDeviceSelector selects devices by an expression.", {
  expression: str(1, "CEL expression that must be true of the device.", { required: true }),
});
export interface CELDeviceSelector extends Infer<typeof celDeviceSelector> {}

export const capacityRequirements = message(
  "io.k8s.api.resource.v1.CapacityRequirements",
  "CapacityRequirements say how much of a device's capacity is wanted.",
  {
    requests: map(1, "quantity", "Amount by name of the capacity."),
  },
);
export interface CapacityRequirements extends Infer<typeof capacityRequirements> {}

export const opaqueDeviceConfiguration = message(
  "io.k8s.api.resource.v1.OpaqueDeviceConfiguration",
  "OpaqueDeviceConfiguration is configuration that only its driver can read.",
  {
    driver: str(1, "Driver that it is for.", { required: true }),
    parameters: any(2, "A JSON object, at most 10 KiB.", { required: true }),
  },
);
export interface OpaqueDeviceConfiguration extends Infer<typeof opaqueDeviceConfiguration> {}

export const deviceConfiguration = message("io.k8s.api.resource.v1.DeviceConfiguration", "DeviceConfiguration is configuration of devices.", {
  opaque: obj(1, opaqueDeviceConfiguration, "Configuration in the driver's own form."),
});
export interface DeviceConfiguration extends Infer<typeof deviceConfiguration> {}

export const deviceClaimConfiguration = message(
  "io.k8s.api.resource.v1.DeviceClaimConfiguration",
  "DeviceClaimConfiguration configures the devices of a claim.",
  {
    requests: list(1, "string", "Requests that it is for; all if empty.", { listType: "atomic" }),
    ...deviceConfiguration.fields,
  },
  { inline: [{ number: 2, message: deviceConfiguration }] },
);
export interface DeviceClaimConfiguration extends Infer<typeof deviceClaimConfiguration> {}

export const deviceConstraint = message(
  "io.k8s.api.resource.v1.DeviceConstraint",
  "DeviceConstraint is something that the devices of a claim must have in common, or not.",
  {
    requests: list(1, "string", "Requests that it is for; all if empty.", { listType: "atomic" }),
    matchAttribute: str(2, "Attribute that all devices must have, with the same value."),
    distinctAttribute: str(3, "Attribute that all devices must have, with different values."),
  },
);
export interface DeviceConstraint extends Infer<typeof deviceConstraint> {}

export const deviceSelector = message("io.k8s.api.resource.v1.DeviceSelector", "DeviceSelector selects devices.", {
  cel: obj(1, celDeviceSelector, "A CEL expression."),
});
export interface DeviceSelector extends Infer<typeof deviceSelector> {}

export const deviceToleration = message("io.k8s.api.resource.v1.DeviceToleration", "DeviceToleration lets a device be used in spite of taints.", {
  key: str(1, "Key of the taints; all of them if empty."),
  operator: str(2, "Equal, or Exists for any value.", { default: "Equal" }),
  value: str(3, "Value of the taints, for the operator Equal."),
  effect: str(4, "Effect of the taints; all if empty."),
  tolerationSeconds: int64(5, "How long NoExecute is tolerated; for ever unless set."),
});
export interface DeviceToleration extends Infer<typeof deviceToleration> {}

export const deviceSubRequest = message("io.k8s.api.resource.v1.DeviceSubRequest", "DeviceSubRequest is one alternative of a request.", {
  name: str(1, "Name of the alternative, unique within its request.", { required: true }),
  deviceClassName: str(2, "Class of the devices.", { required: true }),
  selectors: list(3, deviceSelector, "What the devices must satisfy, besides the class.", { listType: "atomic" }),
  allocationMode: str(4, "ExactCount, or All that match.", { default: "ExactCount", enum: ["All", "ExactCount"] }),
  count: int64(5, "How many, for the mode ExactCount; 1 unless set."),
  tolerations: list(6, deviceToleration, "Taints that the devices may have.", { listType: "atomic" }),
  capacity: obj(7, capacityRequirements, "How much of each device is wanted."),
});
export interface DeviceSubRequest extends Infer<typeof deviceSubRequest> {}

export const exactDeviceRequest = message("io.k8s.api.resource.v1.ExactDeviceRequest", "ExactDeviceRequest asks for devices of one kind.", {
  deviceClassName: str(1, "Class of the devices.", { required: true }),
  selectors: list(2, deviceSelector, "What the devices must satisfy, besides the class.", { listType: "atomic" }),
  allocationMode: str(3, "ExactCount, or All that match.", { default: "ExactCount", enum: ["All", "ExactCount"] }),
  count: int64(4, "How many, for the mode ExactCount; 1 unless set."),
  adminAccess: bool(5, "Whether the devices are wanted for administration, in use or not."),
  tolerations: list(6, deviceToleration, "Taints that the devices may have.", { listType: "atomic" }),
  capacity: obj(7, capacityRequirements, "How much of each device is wanted."),
});
export interface ExactDeviceRequest extends Infer<typeof exactDeviceRequest> {}

export const deviceRequest = message("io.k8s.api.resource.v1.DeviceRequest", "DeviceRequest asks for devices, exactly or as one of several alternatives.", {
  name: str(1, "Name of the request, for pods and constraints.", { required: true }),
  exactly: obj(2, exactDeviceRequest, "The devices; excludes firstAvailable."),
  firstAvailable: list(3, deviceSubRequest, "Alternatives, the best first; excludes exactly.", { listType: "atomic" }),
});
export interface DeviceRequest extends Infer<typeof deviceRequest> {}

export const deviceClaim = message("io.k8s.api.resource.v1.DeviceClaim", "DeviceClaim says which devices are wanted.", {
  requests: list(1, deviceRequest, "The devices, all of which must be found.", { listType: "atomic" }),
  constraints: list(2, deviceConstraint, "What they must have in common, or not.", { listType: "atomic" }),
  config: list(3, deviceClaimConfiguration, "How their drivers are to set them up.", { listType: "atomic" }),
});
export interface DeviceClaim extends Infer<typeof deviceClaim> {}

export const resourceClaimSpec = message("io.k8s.api.resource.v1.ResourceClaimSpec", "ResourceClaimSpec says what is wanted; it cannot change.", {
  devices: obj(1, deviceClaim, "Devices that are wanted."),
});
export interface ResourceClaimSpec extends Infer<typeof resourceClaimSpec> {}
