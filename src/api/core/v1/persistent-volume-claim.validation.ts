import { joined, none } from "../../../machinery/joined.ts";
import { copyJson, sameJson } from "../../../machinery/json.ts";
import { compareQuantities, parseQuantity } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { jsonDiff } from "../../diff.ts";
import { eachEntry, immutable } from "../../validation.ts";
import type { PersistentVolumeClaimSpec } from "./common.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import { claimResourceKeyErrors, claimSpecErrors } from "./validation/claims.ts";
import { basicQuantityErrors } from "./validation/resources.ts";

export function persistentVolumeClaimErrors({ spec }: PersistentVolumeClaim, old?: PersistentVolumeClaim): readonly FieldError[] {
  return claimSpecErrors("spec", spec, old?.spec);
}

const immutableMessage = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export function persistentVolumeClaimUpdateErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): readonly FieldError[] {
  const [now, before] = [fixedPart(claim, old), copyJson(old.spec)];
  // The volume controller binds a claim once, by naming the volume.
  if (!before.volumeName && now.volumeName !== undefined) before.volumeName = now.volumeName;
  return joined(
    sameJson(now, before) ? none : [fieldError.forbidden("spec", `${immutableMessage}\n${jsonDiff(before, now)}`)],
    shrinkErrors(claim, old),
    immutable("volumeMode", claim.spec.volumeMode, old.spec.volumeMode),
    attributesErrors(claim.spec, old.spec),
  );
}

/** The new spec, with what a bound claim may change taken back. */
function fixedPart(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const spec = copyJson(claim.spec);
  if (old.spec.storageClassName === undefined) delete spec.storageClassName;
  if (claim.status?.phase !== "Bound") return spec;
  const storage = old.spec.resources?.requests?.["storage"];
  if (spec.resources?.requests !== undefined && storage !== undefined) spec.resources.requests["storage"] = storage;
  if (spec.volumeAttributesClassName !== undefined) {
    if (old.spec.volumeAttributesClassName === undefined) delete spec.volumeAttributesClassName;
    else spec.volumeAttributesClassName = old.spec.volumeAttributesClassName;
  }
  return spec;
}

/** A request may come back down after a failed expansion, but not to what the volume already has. */
function shrinkErrors({ spec }: PersistentVolumeClaim, old: PersistentVolumeClaim): readonly FieldError[] {
  const [size, before, actual] = [spec.resources?.requests?.["storage"], old.spec.resources?.requests?.["storage"], old.status?.capacity?.["storage"]];
  if (size === undefined || before === undefined || compare(size, before) >= 0) return [];
  if (actual !== undefined && compare(size, actual) > 0) return [];
  return [fieldError.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")];
}

const compare = (a: string, b: string) => compareQuantities(parseQuantity(a), parseQuantity(b));

function attributesErrors(
  { volumeAttributesClassName: now }: PersistentVolumeClaimSpec,
  { volumeAttributesClassName: before }: PersistentVolumeClaimSpec,
): readonly FieldError[] {
  if (before === undefined || before === now) return [];
  const path = "spec.volumeAttributesClassName";
  if (now === undefined) return [fieldError.forbidden(path, "update from non-nil value to nil is forbidden")];
  return now === "" ? [fieldError.forbidden(path, "update from non-nil value to an empty string is forbidden")] : [];
}

const resizeStates = ["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress", "NodeResizeInfeasible"];

export function persistentVolumeClaimStatusErrors({ status }: PersistentVolumeClaim): readonly FieldError[] {
  return joined(
    eachEntry(status?.capacity, "status.capacity", basicQuantityErrors),
    eachEntry(status?.allocatedResourceStatuses, "status.allocatedResourceStatus", (state, _path, name) =>
      joined(
        claimResourceKeyErrors("status.allocatedResourceStatus", name),
        resizeStates.includes(state) ? none : [fieldError.notSupported("status.allocatedResourceStatus", name, [...resizeStates].sort())],
      ),
    ),
    eachEntry(status?.allocatedResources, "status.allocatedResources", (value, path, name) =>
      joined(claimResourceKeyErrors("status.allocatedResources", name), basicQuantityErrors(value, path)),
    ),
  );
}
