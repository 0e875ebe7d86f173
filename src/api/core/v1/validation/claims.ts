/** The spec of a PersistentVolumeClaim, wherever it stands: claims, templates of stateful sets, ephemeral volumes. */

import { joined, none } from "../../../../machinery/joined.ts";
import { sameJson } from "../../../../machinery/json.ts";
import { dns1123SubdomainErrors, qualifiedNameErrors } from "../../../../machinery/names.ts";
import { parseQuantity } from "../../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { label, matches, optional, ratchetedSelector, required } from "../../../validation.ts";
import type { PersistentVolumeClaimSpec, TypedObjectReference } from "../common.ts";

export function claimSpecErrors(path: string, spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): readonly FieldError[] {
  return joined(
    accessModeErrors(path, spec.accessModes ?? []),
    ratchetedSelector(`${path}.selector`, spec.selector, old?.selector),
    storageErrors(path, spec.resources?.requests?.["storage"]),
    spec.storageClassName ? matches(`${path}.storageClassName`, spec.storageClassName, dns1123SubdomainErrors) : none,
    spec.volumeAttributesClassName ? matches(`${path}.volumeAttributesClassName`, spec.volumeAttributesClassName, dns1123SubdomainErrors) : none,
    optional(spec.dataSource, (source) => dataSourceErrors(`${path}.dataSource`, source)),
    optional(spec.dataSourceRef, (source) => joined(dataSourceErrors(`${path}.dataSourceRef`, source), referenceNamespaceErrors(path, source))),
    sameSourceErrors(path, spec),
  );
}

function accessModeErrors(path: string, modes: readonly string[]): readonly FieldError[] {
  if (modes.length === 0) return [fieldError.required(`${path}.accessModes`, "at least 1 access mode is required")];
  return accessModesErrors(`${path}.accessModes`, modes);
}

const supportedModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

export function accessModesErrors(path: string, modes: readonly string[]): readonly FieldError[] {
  const unknown = modes.filter((mode) => !supportedModes.includes(mode)).map((mode) => fieldError.notSupported(path, mode, supportedModes));
  return joined(unknown, exclusiveModeErrors(path, modes));
}

/** One pod at a time excludes every other way to share. */
function exclusiveModeErrors(path: string, modes: readonly string[]): readonly FieldError[] {
  if (!modes.includes("ReadWriteOncePod") || modes.length === 1) return [];
  return [fieldError.forbidden(path, "may not use ReadWriteOncePod with other access modes")];
}

function storageErrors(path: string, storage: string | undefined): readonly FieldError[] {
  const at = `${path}.resources[storage]`;
  if (storage === undefined) return [fieldError.required(at)];
  return parseQuantity(storage).nanos <= 0n ? [fieldError.invalid(at, storage, "must be greater than zero")] : [];
}

/** Core objects that claims can be filled from: claims only. */
function dataSourceErrors(path: string, { apiGroup = "", kind, name }: TypedObjectReference): readonly FieldError[] {
  const errors = [...required(`${path}.name`, name), ...required(`${path}.kind`, kind)];
  if (apiGroup === "" && kind !== "PersistentVolumeClaim")
    errors.push(fieldError.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup !== "") errors.push(...matches(`${path}.apiGroup`, apiGroup, dns1123SubdomainErrors));
  return errors;
}

function referenceNamespaceErrors(path: string, { namespace }: TypedObjectReference): readonly FieldError[] {
  return namespace ? label(`${path}.dataSourceRef.namespace`, namespace) : [];
}

function sameSourceErrors(path: string, { dataSource, dataSourceRef }: PersistentVolumeClaimSpec): readonly FieldError[] {
  if (dataSourceRef?.namespace) {
    return dataSource === undefined ? [] : [fieldError.invalid(path, "dataSource", "may not be specified when dataSourceRef.namespace is specified")];
  }
  if (dataSource === undefined || dataSourceRef === undefined || sameJson(dataSource, dataSourceRef)) return [];
  return [fieldError.invalid(path, "dataSource", "must match dataSourceRef")];
}

export function claimResourceKeyErrors(path: string, name: string): readonly FieldError[] {
  const errors = matches(path, name, qualifiedNameErrors);
  const native = !name.includes("/") || name.includes("kubernetes.io/");
  return errors.length === 0 && native && name !== "storage" ? [fieldError.notSupported(path, name, ["storage"])] : errors;
}
