/** What binding does to the world: one write at a time. Whatever comes next follows from what that write changed. */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import { sameJson } from "../../machinery/json.ts";
import { bindCompleted, boundByController } from "./storage.ts";

export type Write =
  | { readonly action: "updateVolume" | "updateVolumeStatus"; readonly object: PersistentVolume }
  | { readonly action: "updateClaim" | "updateClaimStatus"; readonly object: PersistentVolumeClaim };

export interface Notice {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Nothing of either: all is as it should be. The notice is about the object that was decided on. */
export interface Decision {
  readonly write?: Write;
  readonly notice?: Notice;
}

export function decision(write: Write | undefined, notice?: Notice): Decision {
  return { ...(write === undefined ? {} : { write }), ...(notice === undefined ? {} : { notice }) };
}

export function warning(reason: string, message: string): Notice {
  return { type: "Warning", reason, message };
}

export function normal(reason: string, message: string): Notice {
  return { type: "Normal", reason, message };
}

/** undefined: the volume is in that phase already. */
export function volumePhase(volume: PersistentVolume, phase: string, message = ""): Write | undefined {
  const { status = {} } = volume;
  if (status.phase === phase && (message === "" || status.message === message)) return undefined;
  // A user's message on a phase that stays is not ours to clear, one of another phase is.
  const { message: _, reason: __, ...rest } = status;
  return { action: "updateVolumeStatus", object: { ...volume, status: { ...rest, phase, ...(message === "" ? {} : { message }) } } };
}

/** A claim that is not bound has neither capacity nor modes. */
export function claimPhase(claim: PersistentVolumeClaim, phase: "Pending" | "Lost"): Write | undefined {
  const { accessModes: _, capacity: __, ...rest } = claim.status ?? {};
  const status = { ...rest, phase };
  return sameJson(claim.status ?? {}, status) ? undefined : { action: "updateClaimStatus", object: { ...claim, status } };
}

/** What is missing for the two to belong to one another, in this order: volume, its phase, claim, its status. */
export function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Write | undefined {
  return bindVolume(claim, volume) ?? volumePhase(volume, "Bound") ?? bindClaim(claim, volume) ?? claimBound(claim, volume);
}

function bindVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): Write | undefined {
  const { claimRef } = volume.spec;
  const { name, namespace = "", uid, resourceVersion } = claim.metadata;
  const isReserved = claimRef?.name === name && claimRef.namespace === namespace;
  if (isReserved && claimRef.uid === uid) return undefined;
  const reference = { kind: "PersistentVolumeClaim", apiVersion: "v1", name, namespace, uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const annotations = isReserved ? volume.metadata.annotations : { ...volume.metadata.annotations, [boundByController]: "yes" };
  const metadata = { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) };
  return { action: "updateVolume", object: { ...volume, metadata, spec: { ...volume.spec, claimRef: reference } } };
}

function bindClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): Write | undefined {
  const named = claim.spec.volumeName === volume.metadata.name;
  if (named && claim.metadata.annotations?.[bindCompleted] !== undefined) return undefined;
  const annotations = { ...claim.metadata.annotations, ...(named ? {} : { [boundByController]: "yes" }), [bindCompleted]: "yes" };
  const spec = { ...claim.spec, volumeName: volume.metadata.name };
  return { action: "updateClaim", object: { ...claim, metadata: { ...claim.metadata, annotations }, spec } };
}

/** Capacity is told once, when the claim becomes bound: later it is the resizer's to change. */
function claimBound(claim: PersistentVolumeClaim, volume: PersistentVolume): Write | undefined {
  const { accessModes = [], capacity = {}, volumeAttributesClassName } = volume.spec;
  const wasBound = claim.status?.phase === "Bound" && claim.status.capacity !== undefined;
  const status = {
    ...claim.status,
    phase: "Bound",
    accessModes: [...accessModes],
    capacity: wasBound ? claim.status?.capacity : { ...capacity },
    ...(wasBound || volumeAttributesClassName === undefined ? {} : { currentVolumeAttributesClassName: volumeAttributesClassName }),
  } as NonNullable<PersistentVolumeClaim["status"]>;
  return sameJson(claim.status ?? {}, status) ? undefined : { action: "updateClaimStatus", object: { ...claim, status } };
}
