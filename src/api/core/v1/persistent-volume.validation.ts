import { copyJson, sameJson } from "../../../machinery/json.ts";
import { dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { immutable, matches, required, setFields } from "../../validation.ts";
import { type PersistentVolumeSpec, persistentVolumeSource } from "./common.ts";
import type { PersistentVolume } from "./persistent-volume.ts";
import { exclusiveModeErrors } from "./validation/claims.ts";
import { legacySourceErrors } from "./validation/legacy-volumes.ts";
import { noBackstepsErrors } from "./validation/paths.ts";
import { resourceListErrors, resourceNameErrors } from "./validation/resources.ts";
import { nodeSelectorErrors } from "./validation/scheduling.ts";

const sourceTypes = Object.keys(persistentVolumeSource.fields);

export function persistentVolumeErrors({ metadata, spec }: PersistentVolume): FieldError[] {
  return persistentVolumeSpecErrors("spec", spec, metadata.name);
}

export function persistentVolumeSpecErrors(path: string, spec: PersistentVolumeSpec, _name: string): FieldError[] {
  const modes = spec.accessModes ?? [];
  return [
    ...(modes.length === 0 ? [fieldError.required(`${path}.accessModes`)] : exclusiveModeErrors(`${path}.accessModes`, modes)),
    ...capacityErrors(`${path}.capacity`, spec.capacity ?? {}),
    ...required(`${path}.persistentVolumeReclaimPolicy`, spec.persistentVolumeReclaimPolicy),
    ...affinityErrors(`${path}.nodeAffinity`, spec),
    ...sourceErrors(path, spec),
    ...recycleErrors(path, spec),
    ...(spec.storageClassName ? matches(`${path}.storageClassName`, spec.storageClassName, dns1123SubdomainErrors) : []),
    ...attributesErrors(`${path}.volumeAttributesClassName`, spec),
  ];
}

function capacityErrors(path: string, capacity: Readonly<Record<string, string>>): FieldError[] {
  if (Object.keys(capacity).length === 0) return [fieldError.required(path)];
  const storage = capacity["storage"];
  if (storage === undefined || Object.keys(capacity).length > 1) return [fieldError.notSupported(path, capacity, ["storage"])];
  const errors = resourceListErrors(path, capacity, resourceNameErrors);
  if (parseQuantity(storage).nanos <= 0n) errors.push(fieldError.invalid(`${path}[storage]`, storage, "must be greater than zero"));
  return errors;
}

function affinityErrors(path: string, { nodeAffinity, local }: PersistentVolumeSpec): FieldError[] {
  if (nodeAffinity === undefined) return local === undefined ? [] : [fieldError.required(path, "Local volume requires node affinity")];
  if (nodeAffinity.required === undefined) return [fieldError.required(`${path}.required`, "must specify required node constraints")];
  return nodeSelectorErrors(`${path}.required`, nodeAffinity.required);
}

function sourceErrors(path: string, spec: PersistentVolumeSpec): FieldError[] {
  const [first, ...more] = setFields(spec, sourceTypes);
  if (first === undefined) return [fieldError.required(path, "must specify a volume type")];
  const own = first === "hostPath" ? hostPathErrors(`${path}.hostPath`, spec) : legacySourceErrors(`${path}.${first}`, spec, first);
  const handle = first === "csi" ? required(`${path}.csi.volumeHandle`, spec.csi?.volumeHandle) : [];
  return [...own, ...handle, ...more.map((type) => fieldError.forbidden(`${path}.${type}`, "may not specify more than 1 volume type"))];
}

function hostPathErrors(path: string, { hostPath }: PersistentVolumeSpec): FieldError[] {
  return hostPath?.path ? noBackstepsErrors(`${path}.path`, hostPath.path) : [fieldError.required(`${path}.path`)];
}

/** Recycling means removing every file: not on the root of a machine. */
function recycleErrors(path: string, { hostPath, persistentVolumeReclaimPolicy }: PersistentVolumeSpec): FieldError[] {
  if (hostPath === undefined || persistentVolumeReclaimPolicy !== "Recycle") return [];
  const isRoot = /^\/+(\.\/?)*$/.test(hostPath.path ?? "");
  return isRoot ? [fieldError.forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")] : [];
}

function attributesErrors(path: string, { volumeAttributesClassName, csi }: PersistentVolumeSpec): FieldError[] {
  if (volumeAttributesClassName === undefined) return [];
  if (volumeAttributesClassName === "") return [fieldError.required(path, "an empty string is disallowed")];
  const errors = matches(path, volumeAttributesClassName, dns1123SubdomainErrors);
  if (csi === undefined)
    errors.push(fieldError.required(path.replace("volumeAttributesClassName", "csi"), "has to be specified when using volumeAttributesClassName"));
  return errors;
}

export function persistentVolumeUpdateErrors({ spec }: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  if (!sameJson(sourceOf(spec), sourceOf(old.spec))) {
    errors.push(fieldError.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"));
  }
  errors.push(...immutable("volumeMode", spec.volumeMode, old.spec.volumeMode));
  if (old.spec.nodeAffinity !== undefined && !sameJson(spec.nodeAffinity, old.spec.nodeAffinity)) {
    errors.push(fieldError.invalid("spec.nodeAffinity", spec.nodeAffinity, "field is immutable, except for updating from beta label to GA"));
  }
  return errors;
}

/** What the volume is, but for the secret that growing it takes. */
function sourceOf(spec: PersistentVolumeSpec): object {
  const source = Object.fromEntries(Object.entries(copyJson(spec)).filter(([field]) => sourceTypes.includes(field)));
  const csi = source["csi"] as { controllerExpandSecretRef?: unknown } | undefined;
  if (csi !== undefined) delete csi.controllerExpandSecretRef;
  return source;
}
