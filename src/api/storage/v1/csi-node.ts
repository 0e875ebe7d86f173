import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { csiNodeErrors, csiNodeUpdateErrors } from "./validation.ts";

export const volumeNodeResources = message("io.k8s.api.storage.v1.VolumeNodeResources", "", {
  count: int32(1, ""),
});
export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}

export const csiNodeDriver = message("io.k8s.api.storage.v1.CSINodeDriver", "", {
  name: str(1, "", { required: true }),
  nodeID: str(2, "", { required: true }),
  topologyKeys: list(3, "string", "", { listType: "atomic" }),
  allocatable: obj(4, volumeNodeResources, ""),
});
export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}

export const csiNodeSpec = message("io.k8s.api.storage.v1.CSINodeSpec", "", {
  drivers: list(1, csiNodeDriver, "", { required: true, listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}

export const csiNode = message("io.k8s.api.storage.v1.CSINode", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, csiNodeSpec, "", { required: true, present: true, default: {} }),
});
export interface CSINode extends Infer<typeof csiNode> {}

export const csiNodes = defineResource<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  resource: "csinodes",
  singular: "csinode",
  namespaced: false,
  schema: csiNode,
  strategy: { validate: csiNodeErrors, validateUpdate: csiNodeUpdateErrors, returnsDeletedObject: true, allowUnconditionalUpdate: false },
  columns: [integer("Drivers", "Number of CSI drivers on the node.", (object) => (object.spec.drivers ?? []).length)],
});
