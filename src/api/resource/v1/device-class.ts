import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { deviceConfiguration, deviceSelector } from "./common.ts";
import { deviceClassUpdateErrors, newDeviceClassErrors } from "./validation.ts";

export const deviceClassConfiguration = message(
  "io.k8s.api.resource.v1.DeviceClassConfiguration",
  "DeviceClassConfiguration configures the devices of a class.",
  {
    ...deviceConfiguration.fields,
  },
  { inline: [{ number: 1, message: deviceConfiguration }] },
);
export interface DeviceClassConfiguration extends Infer<typeof deviceClassConfiguration> {}

export const deviceClassSpec = message("io.k8s.api.resource.v1.DeviceClassSpec", "DeviceClassSpec says which devices a class has, and how they are set up.", {
  selectors: list(1, deviceSelector, "What the devices must satisfy.", { listType: "atomic" }),
  config: list(2, deviceClassConfiguration, "How their drivers are to set them up.", { listType: "atomic" }),
  extendedResourceName: str(4, "Name by which containers can ask for a device of the class as an extended resource."),
});
export interface DeviceClassSpec extends Infer<typeof deviceClassSpec> {}

export const deviceClass = message("io.k8s.api.resource.v1.DeviceClass", "A DeviceClass is a kind of devices that claims can ask for.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, deviceClassSpec, "The devices.", { required: true, present: true, default: {} }),
});
export interface DeviceClass extends Infer<typeof deviceClass> {}

export const deviceClasses = defineResource<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  resource: "deviceclasses",
  singular: "deviceclass",
  namespaced: false,
  schema: deviceClass,
  strategy: {
    validateCreate: newDeviceClassErrors,
    validateUpdate: deviceClassUpdateErrors,
    returnsDeletedObject: true,
    ...specGeneration<DeviceClass>(),
  },
});
