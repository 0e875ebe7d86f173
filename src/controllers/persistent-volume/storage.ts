/** Words and questions of claims and volumes that binding is about. */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { StorageClass } from "../../api/storage/v1/storage-class.ts";
import { parseQuantity, type Quantity } from "../../machinery/quantity.ts";

export const bindCompleted = "pv.kubernetes.io/bind-completed";
/** On a volume or claim whose reference to the other was set here, not by a user: it may be taken back here. */
export const boundByController = "pv.kubernetes.io/bound-by-controller";
export const provisionedBy = "pv.kubernetes.io/provisioned-by";
export const storageProvisioner = "volume.kubernetes.io/storage-provisioner";
export const betaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
/** Set by the scheduler on a claim whose first consumer has a node. */
export const selectedNode = "volume.kubernetes.io/selected-node";
const classAnnotation = "volume.beta.kubernetes.io/storage-class";
const defaultClassAnnotations = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/** "" for none: such claims and volumes find one another. */
export function classOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string {
  return metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? "";
}

/** A claim that says nothing about its class, unlike one that wants none: it gets the default class as soon as there is one. */
export function hasNoClassSaid({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[classAnnotation] === undefined && spec.storageClassName === undefined;
}

/** Of several defaults the newest, then the first by name. */
export function defaultClass(classes: Iterable<StorageClass>): StorageClass | undefined {
  const defaults = [...classes].filter(({ metadata }) => defaultClassAnnotations.some((name) => metadata.annotations?.[name] === "true"));
  const born = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? "";
  return defaults.sort((a, b) => (born(a) === born(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : born(a) > born(b) ? -1 : 1))[0];
}

export function requestedSize({ spec }: PersistentVolumeClaim): Quantity {
  return parseQuantity(spec.resources?.requests?.["storage"] ?? "0");
}

export function sizeOf({ spec }: PersistentVolume): Quantity {
  return parseQuantity(spec.capacity?.["storage"] ?? "0");
}

/** The volume is meant for this very claim: by a user, who cannot know the uid, or by a finished binding. */
export function refersTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? "") === "" || claimRef.uid === metadata.uid;
}

export function sameMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem");
}

export function hasAccessModes({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode));
}

export function sameAttributesClass({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "");
}

/** Why a volume that a claim names cannot be its; undefined when it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (requestedSize(claim).nanos > sizeOf(volume).nanos) return "requested PV is too small";
  if (classOf(volume) !== classOf(claim)) return "storageClassName does not match";
  if (!sameAttributesClass(volume, claim)) return "volumeAttributesClassName does not match";
  if (!sameMode(volume, claim)) return "incompatible volumeMode";
  return hasAccessModes(volume, claim) ? undefined : "incompatible accessMode";
}
