import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str, time } from "../../../machinery/schema.ts";
import { accessModesText, ageColumn, nameColumn, text, wide } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { persistentVolumeSpec } from "./common.ts";
import { persistentVolumeStrategy, persistentVolumeStatus as statusView } from "./persistent-volume.strategy.ts";

export const persistentVolumeStatus = message("io.k8s.api.core.v1.PersistentVolumeStatus", "Whether a volume is free, bound or released.", {
  phase: str(1, "Pending, Available, Bound, Released or Failed."),
  message: str(2, "Why the volume is in its phase, for people."),
  reason: str(3, "Why, in one word."),
  lastPhaseTransitionTime: time(4, "When the phase last changed."),
});
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

export const persistentVolume = message("io.k8s.api.core.v1.PersistentVolume", "A PersistentVolume is storage of the cluster that a claim can be bound to.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, persistentVolumeSpec, "What the storage is.", { present: true, default: {} }),
  status: obj(3, persistentVolumeStatus, "Whether it is free, bound or released."),
});
export interface PersistentVolume extends Infer<typeof persistentVolume> {}

export const persistentVolumes = defineResource<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  resource: "persistentvolumes",
  singular: "persistentvolume",
  shortNames: ["pv"],
  namespaced: false,
  schema: persistentVolume,
  strategy: persistentVolumeStrategy,
  columns: [
    nameColumn,
    text("Capacity", "Size of the volume.", (object) => object.spec.capacity?.["storage"] ?? ""),
    text("Access Modes", "How the volume can be mounted.", (object) => accessModesText(object.spec.accessModes)),
    text("Reclaim Policy", "What happens to the volume when its claim goes.", (object) => object.spec.persistentVolumeReclaimPolicy ?? ""),
    text("Status", "Phase of the volume.", (object) => (object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? "") : "Terminating")),
    text("Claim", "Claim that the volume is bound to.", (object) => claimText(object)),
    text("StorageClass", "Class of the volume.", (object) => object.spec.storageClassName ?? ""),
    text("VolumeAttributesClass", "Attributes class of the volume.", (object) => object.spec.volumeAttributesClassName ?? "<unset>"),
    text("Reason", "Why the volume is in its phase.", (object) => object.status?.reason ?? ""),
    ageColumn,
    wide(text("VolumeMode", "Filesystem or Block.", (object) => object.spec.volumeMode ?? "<unset>")),
  ],
  ownColumns: true,
  status: statusView,
});

function claimText(object: PersistentVolume): string {
  const claim = object.spec.claimRef;
  return claim === undefined ? "" : `${claim.namespace ?? ""}/${claim.name ?? ""}`;
}
