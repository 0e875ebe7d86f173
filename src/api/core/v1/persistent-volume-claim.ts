import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { accessModesText, ageColumn, nameColumn, text, wide } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { persistentVolumeClaimSpec } from "./common.ts";
import { persistentVolumeClaimStrategy } from "./persistent-volume-claim.strategy.ts";
import { persistentVolumeClaimStatusErrors } from "./persistent-volume-claim.validation.ts";

export const modifyVolumeStatus = message("io.k8s.api.core.v1.ModifyVolumeStatus", "How far a change of attributes is.", {
  targetVolumeAttributesClassName: str(1, "Class that the volume is to get."),
  status: str(2, "Pending, InProgress or Infeasible.", { required: true }),
});
export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}

export const persistentVolumeClaimCondition = message("io.k8s.api.core.v1.PersistentVolumeClaimCondition", "One aspect of the state of a claim.", {
  type: str(1, "Which condition it is, such as Resizing.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastProbeTime: time(3, "When it was last looked at."),
  lastTransitionTime: time(4, "When the status last changed."),
  reason: str(5, "Why, in one word."),
  message: str(6, "The same for people."),
});
export interface PersistentVolumeClaimCondition extends Infer<typeof persistentVolumeClaimCondition> {}

export const persistentVolumeClaimStatus = message("io.k8s.api.core.v1.PersistentVolumeClaimStatus", "What a claim was given.", {
  phase: str(1, "Pending, Bound or Lost."),
  accessModes: list(2, "string", "Ways in which the volume can be mounted.", { listType: "atomic" }),
  capacity: map(3, "quantity", "Size of the volume."),
  conditions: list(4, persistentVolumeClaimCondition, "How far a change of size is.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  allocatedResources: map(5, "quantity", "Size that the volume grows to."),
  allocatedResourceStatuses: map(7, "string", "How far that growth is, by resource.", { mapType: "granular" }),
  currentVolumeAttributesClassName: str(8, "VolumeAttributesClass that the volume has."),
  modifyVolumeStatus: obj(9, modifyVolumeStatus, "How far a change of that class is."),
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
