import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { persistentVolumeClaimSpec } from "./common.ts";

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

export const persistentVolumeClaim = message("io.k8s.api.core.v1.PersistentVolumeClaim", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, persistentVolumeClaimSpec, "", { present: true }),
  status: obj(3, persistentVolumeClaimStatus, ""),
});
export interface PersistentVolumeClaim extends Infer<typeof persistentVolumeClaim> {}
