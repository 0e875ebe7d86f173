import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { topologySelectorTerm } from "../../core/v1/common.ts";

export const storageClass = message("io.k8s.api.storage.v1.StorageClass", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  provisioner: str(2, "", { required: true }),
  parameters: map(3, "string", ""),
  reclaimPolicy: str(4, ""),
  mountOptions: list(5, "string", "", { listType: "atomic" }),
  allowVolumeExpansion: bool(6, ""),
  volumeBindingMode: str(7, ""),
  allowedTopologies: list(8, topologySelectorTerm, "", { listType: "atomic" }),
});
export interface StorageClass extends Infer<typeof storageClass> {}
