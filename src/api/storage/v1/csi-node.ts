import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { csiNodeErrors, csiNodeUpdateErrors } from "./validation.ts";

export const volumeNodeResources = message("io.k8s.api.storage.v1.VolumeNodeResources", "VolumeNodeResources are limits of volumes on a node.", {
  count: int32(1, "Most volumes of the driver at a time; no limit unless set."),
});
export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}

export const csiNodeDriver = message("io.k8s.api.storage.v1.CSINodeDriver", "CSINodeDriver is one driver on one node.", {
  name: str(1, "Name of the driver.", { required: true }),
  nodeID: str(2, "Name of the node as the driver knows it.", { required: true }),
  topologyKeys: list(3, "string", "Labels of nodes that tell where volumes can be used.", { listType: "atomic" }),
  allocatable: obj(4, volumeNodeResources, "How many volumes the node takes."),
});
export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}

export const csiNodeSpec = message("io.k8s.api.storage.v1.CSINodeSpec", "CSINodeSpec lists the drivers of a node.", {
  drivers: list(1, csiNodeDriver, "The drivers.", { required: true, listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}

export const csiNode = message("io.k8s.api.storage.v1.CSINode", "A CSINode lists the storage drivers of a node.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, csiNodeSpec, "The drivers.", { required: true, present: true, default: {} }),
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
