import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str, time } from "../../../machinery/schema.ts";
import { persistentVolumeSpec } from "./common.ts";

export const persistentVolumeStatus = message("io.k8s.api.core.v1.PersistentVolumeStatus", "", {
  phase: str(1, ""),
  message: str(2, ""),
  reason: str(3, ""),
  lastPhaseTransitionTime: time(4, ""),
});
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

export const persistentVolume = message("io.k8s.api.core.v1.PersistentVolume", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, persistentVolumeSpec, "", { present: true }),
  status: obj(3, persistentVolumeStatus, ""),
});
export interface PersistentVolume extends Infer<typeof persistentVolume> {}
