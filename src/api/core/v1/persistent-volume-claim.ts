import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { accessModesText, ageColumn, nameColumn, text, wide } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { persistentVolumeClaimSpec } from "./common.ts";
import { persistentVolumeClaimStrategy } from "./persistent-volume-claim.strategy.ts";
import { persistentVolumeClaimStatusErrors } from "./persistent-volume-claim.validation.ts";

export const modifyVolumeStatus = message("io.k8s.api.core.v1.ModifyVolumeStatus", "", {
  targetVolumeAttributesClassName: str(1, ""),
  status: str(2, "", { required: true }),
});
export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}

export const persistentVolumeClaimCondition = message("io.k8s.api.core.v1.PersistentVolumeClaimCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  lastProbeTime: time(3, ""),
  lastTransitionTime: time(4, ""),
  reason: str(5, ""),
  message: str(6, ""),
});
export interface PersistentVolumeClaimCondition extends Infer<typeof persistentVolumeClaimCondition> {}

export const persistentVolumeClaimStatus = message("io.k8s.api.core.v1.PersistentVolumeClaimStatus", "", {
  phase: str(1, ""),
  accessModes: list(2, "string", "", { listType: "atomic" }),
  capacity: map(3, "quantity", ""),
  conditions: list(4, persistentVolumeClaimCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  allocatedResources: map(5, "quantity", ""),
  allocatedResourceStatuses: map(7, "string", "", { mapType: "granular" }),
  currentVolumeAttributesClassName: str(8, ""),
  modifyVolumeStatus: obj(9, modifyVolumeStatus, ""),
});
export interface PersistentVolumeClaimStatus extends Infer<typeof persistentVolumeClaimStatus> {}

export const persistentVolumeClaim = message("io.k8s.api.core.v1.PersistentVolumeClaim", "A PersistentVolumeClaim asks for storage.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, persistentVolumeClaimSpec, "What is asked for.", { present: true, default: {} }),
  status: obj(3, persistentVolumeClaimStatus, "What was given."),
});
export interface PersistentVolumeClaim extends Infer<typeof persistentVolumeClaim> {}

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  resource: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  shortNames: ["pvc"],
  namespaced: true,
  schema: persistentVolumeClaim,
  strategy: persistentVolumeClaimStrategy,
  columns: [
    nameColumn,
    text("Status", "Phase of the claim.", (object) => (object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? "") : "Terminating")),
    text("Volume", "Volume that the claim is bound to.", (object) => object.spec.volumeName ?? ""),
    text("Capacity", "Size of the bound volume.", (object) => (isBound(object) ? (object.status?.capacity?.["storage"] ?? "0") : "")),
    text("Access Modes", "How the bound volume can be mounted.", (object) => (isBound(object) ? accessModesText(object.status?.accessModes) : "")),
    text("StorageClass", "Class that the claim asks for.", (object) => object.spec.storageClassName ?? ""),
    text("VolumeAttributesClass", "Attributes class that the claim asks for.", (object) => object.spec.volumeAttributesClassName ?? "<unset>"),
    ageColumn,
    wide(text("VolumeMode", "Filesystem or Block.", (object) => object.spec.volumeMode ?? "<unset>")),
  ],
  ownColumns: true,
  status: statusSubresource<PersistentVolumeClaim>({ validateUpdate: persistentVolumeClaimStatusErrors }),
});

function isBound(object: PersistentVolumeClaim): boolean {
  return (object.spec.volumeName ?? "") !== "";
}
