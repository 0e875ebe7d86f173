import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, map, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { volumeAttributesClassErrors, volumeAttributesClassUpdateErrors } from "./validation.ts";

export const volumeAttributesClass = message(
  "io.k8s.api.storage.v1.VolumeAttributesClass",
  "A VolumeAttributesClass is a set of parameters that volumes can change to.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    driverName: str(2, "Driver that knows the parameters.", { required: true }),
    parameters: map(3, "string", "The parameters, as the driver names them."),
  },
);
export interface VolumeAttributesClass extends Infer<typeof volumeAttributesClass> {}

export const volumeAttributesClasses = defineResource<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  resource: "volumeattributesclasses",
  singular: "volumeattributesclass",
  shortNames: ["vac"],
  namespaced: false,
  schema: volumeAttributesClass,
  strategy: { validate: volumeAttributesClassErrors, validateUpdate: volumeAttributesClassUpdateErrors, returnsDeletedObject: true },
  columns: [text("DriverName", "CSI driver of the class.", (object) => object.driverName)],
});
