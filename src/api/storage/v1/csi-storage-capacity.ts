import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, quantity, str } from "../../../machinery/schema.ts";
import { nameColumn, text } from "../../columns.ts";
import { nodeLabelSelectorWarnings } from "../../core/v1/node.warnings.ts";
import { defineResource } from "../../resource.ts";
import { csiStorageCapacityUpdateErrors, newCSIStorageCapacityErrors } from "./validation.ts";

export const csiStorageCapacity = message(
  "io.k8s.api.storage.v1.CSIStorageCapacity",
  "A CSIStorageCapacity says how much room a class has in one part of the cluster.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    nodeTopology: obj(2, labelSelector, "Labels of the nodes that can use it; none if not set."),
    storageClassName: str(3, "Class that the volumes would be of.", { required: true }),
    capacity: quantity(4, "Room that there is."),
    maximumVolumeSize: quantity(5, "Largest volume that could be made."),
  },
);
export interface CSIStorageCapacity extends Infer<typeof csiStorageCapacity> {}

export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  resource: "csistoragecapacities",
  singular: "csistoragecapacity",
  namespaced: true,
  schema: csiStorageCapacity,
  strategy: {
    warnings: ({ nodeTopology }) => nodeLabelSelectorWarnings(nodeTopology, "nodeTopology"),
    validateCreate: newCSIStorageCapacityErrors,
    validateUpdate: csiStorageCapacityUpdateErrors,
    allowUnconditionalUpdate: false,
  },
  ownColumns: true,
  columns: [
    nameColumn,
    text("StorageClassName", "Class that the capacity is for.", (object) => object.storageClassName),
    text("Capacity", "Free capacity.", (object) => object.capacity ?? "<unset>"),
  ],
});
