import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { ageColumn, nameColumn, text } from "../../columns.ts";
import { topologySelectorTerm } from "../../core/v1/common.ts";
import { deprecatedLabelText } from "../../core/v1/node.warnings.ts";
import { defineResource } from "../../resource.ts";
import { storageClassErrors, storageClassUpdateErrors } from "./validation.ts";

export const storageClass = message("io.k8s.api.storage.v1.StorageClass", "A StorageClass is a kind of storage that claims can ask for.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  provisioner: str(2, "Who makes the volumes.", { required: true }),
  parameters: map(3, "string", "What the provisioner is told."),
  reclaimPolicy: str(4, "What happens to a volume when its claim goes.", { default: "Delete", enum: ["Delete", "Retain"] }),
  mountOptions: list(5, "string", "Options for mounting.", { listType: "atomic" }),
  allowVolumeExpansion: bool(6, "Whether claims can grow."),
  volumeBindingMode: str(7, "Immediate, or WaitForFirstConsumer.", { default: "Immediate", enum: ["Immediate", "WaitForFirstConsumer"], enumCheck: "strict" }),
  allowedTopologies: list(8, topologySelectorTerm, "Where volumes may be.", { listType: "atomic" }),
});
export interface StorageClass extends Infer<typeof storageClass> {}

export const storageClasses = defineResource<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  resource: "storageclasses",
  singular: "storageclass",
  shortNames: ["sc"],
  namespaced: false,
  schema: storageClass,
  strategy: { warnings: topologyWarnings, validate: storageClassErrors, validateUpdate: storageClassUpdateErrors, returnsDeletedObject: true },
  ownColumns: true,
  columns: [
    { ...nameColumn, cell: (object) => (isDefault(object) ? `${object.metadata.name} (default)` : object.metadata.name) },
    text("Provisioner", "Who makes the volumes.", (object) => object.provisioner),
    text("ReclaimPolicy", "What happens to a volume when its claim goes.", (object) => object.reclaimPolicy ?? "Delete"),
    text("VolumeBindingMode", "When volumes are made and bound.", (object) => object.volumeBindingMode ?? "<unset>"),
    text("AllowVolumeExpansion", "Whether volumes can grow.", (object) => object.allowVolumeExpansion ?? false),
    ageColumn,
  ],
});

function isDefault({ metadata }: StorageClass): boolean {
  return ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"].some(
    (annotation) => metadata.annotations?.[annotation] === "true",
  );
}

function topologyWarnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, term) =>
    matchLabelExpressions.flatMap(({ key }, index) => {
      const text = deprecatedLabelText(key);
      return text === undefined ? [] : [`allowedTopologies[${term}].matchLabelExpressions[${index}]: ${text}`];
    }),
  );
}
