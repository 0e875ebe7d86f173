import { timeText } from "../../../machinery/time.ts";
import type { ObjectSubresource, Strategy } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import type { PersistentVolume } from "./persistent-volume.ts";
import { persistentVolumeErrors, persistentVolumeUpdateErrors } from "./persistent-volume.validation.ts";
import { persistentVolumeWarnings } from "./volume.warnings.ts";

const status = ownedStatus<PersistentVolume>(() => ({ phase: "Pending" }));
const statusView = statusSubresource<PersistentVolume>();

export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  ...status,
  defaults: (volume) => {
    volume.status = { ...volume.status, phase: volume.status?.phase || "Pending" };
  },
  returnsDeletedObject: true,
  warnings: persistentVolumeWarnings,
  validate: (volume, _context, old) => persistentVolumeErrors(volume, old),
  validateUpdate: persistentVolumeUpdateErrors,
  prepareForCreate: (volume, context) => {
    volume.status = { phase: "Pending", lastPhaseTransitionTime: timeText(context.now) };
  },
};

/** The server dates changes of phase itself, unless the controller says when (KEP-3762). */
export const persistentVolumeStatus: ObjectSubresource<PersistentVolume> = {
  ...statusView,
  prepareForUpdate: (volume, old, context) => {
    statusView.prepareForUpdate(volume, old, context);
    if (volume.status === undefined || volume.status.phase === old.status?.phase) return;
    if (volume.status.lastPhaseTransitionTime === old.status?.lastPhaseTransitionTime) volume.status.lastPhaseTransitionTime = timeText(context.now);
  },
};
