/** pkg/apis/storage/validation. */
import { canonicalJson, sameJson } from "../../../machinery/json.ts";
import { dns1123SubdomainErrors, qualifiedNameErrors } from "../../../machinery/names.ts";
import { validateLabelKey } from "../../../machinery/object-meta.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { csiDriverNameErrors } from "../../core/v1/validation/legacy-volumes.ts";
import { duplicates, each, immutable, matches, nonNegative, required } from "../../validation.ts";
import type { CSIDriver } from "./csi-driver.ts";
import type { CSINode, CSINodeDriver } from "./csi-node.ts";
import type { CSIStorageCapacity } from "./csi-storage-capacity.ts";
import type { StorageClass } from "./storage-class.ts";
import type { VolumeAttachment, VolumeError } from "./volume-attachment.ts";
import type { VolumeAttributesClass } from "./volume-attributes-class.ts";

const maxParametersBytes = 256 * 1024;
const maxParameters = 512;
const maxMetadataBytes = 256 * 1024;
const maxMessageBytes = 1024;

type Parameters = Readonly<Record<string, string>> | undefined;

export function storageClassErrors(storageClass: StorageClass): FieldError[] {
  const { provisioner = "", parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  return [
    ...(provisioner === "" ? [fieldError.required("provisioner", "")] : matches("provisioner", provisioner.toLowerCase(), qualifiedNameErrors)),
    ...parameterErrors("parameters", parameters, true),
    ...required("reclaimPolicy", reclaimPolicy),
    ...required("volumeBindingMode", volumeBindingMode),
    ...topologyErrors("allowedTopologies", allowedTopologies),
  ];
}

function parameterErrors(path: string, parameters: Parameters, allowEmpty: boolean): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > maxParameters) return [fieldError.tooLong(`Provisioner Parameters`, maxParameters)];
  const errors = entries.filter(([key]) => key === "").map(([key]) => fieldError.invalid(path, key, "field can not be empty."));
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (bytes > maxParametersBytes) errors.push(fieldError.tooLong(path, maxParametersBytes));
  if (!allowEmpty && entries.length === 0) errors.push(fieldError.required(path, "must contain at least one key/value pair"));
  return errors;
}

function topologyErrors(path: string, terms: StorageClass["allowedTopologies"]): FieldError[] {
  const seen = new Set<string>();
  return each(terms, path, (term, at) => {
    const expressions = `${at}.matchLabelExpressions`;
    const errors = each(term.matchLabelExpressions, expressions, ({ key, values = [] }, index) => [
      ...(values.length === 0 ? [fieldError.required(`${index}.values`)] : []),
      ...duplicates(
        values,
        `${index}.values`,
        (value) => value,
        (place, value) => fieldError.duplicate(place, value),
      ),
      ...validateLabelKey(key ?? "", `${index}.key`),
    ]);
    const keys = duplicates(
      term.matchLabelExpressions,
      expressions,
      ({ key }) => key,
      (place, _item, key) => fieldError.duplicate(`${place}.key`, key),
    );
    const text = canonicalJson(term);
    const repeated = seen.has(text) ? [fieldError.duplicate(`${at}.matchLabelExpressions`, "")] : [];
    seen.add(text);
    return [...errors, ...keys, ...repeated];
  });
}

export function storageClassUpdateErrors(storageClass: StorageClass, old: StorageClass): FieldError[] {
  const forbidden = (field: "parameters" | "provisioner" | "reclaimPolicy") =>
    sameJson(storageClass[field], old[field]) ? [] : [fieldError.forbidden(field, `updates to ${field} are forbidden.`)];
  return [
    ...forbidden("parameters"),
    ...forbidden("provisioner"),
    ...forbidden("reclaimPolicy"),
    ...immutable("volumeBindingMode", storageClass.volumeBindingMode, old.volumeBindingMode),
  ];
}

export function volumeAttachmentErrors({ spec, status }: VolumeAttachment): FieldError[] {
  const { attacher = "", source = {}, nodeName } = spec;
  const { persistentVolumeName, inlineVolumeSpec } = source;
  const errors = attacher === "" ? [fieldError.required("spec.attacher")] : matches("spec.attacher", attacher.toLowerCase(), qualifiedNameErrors);
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined)
    errors.push(fieldError.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined)
    errors.push(fieldError.forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
  if (persistentVolumeName === "") errors.push(fieldError.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"));
  errors.push(...(nodeName ? matches("spec.nodeName", nodeName, dns1123SubdomainErrors) : [fieldError.required("spec.nodeName")]));
  const bytes = Object.entries(status?.attachmentMetadata ?? {}).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (bytes > maxMetadataBytes) errors.push(fieldError.tooLong("status.attachmentMetadata", maxMetadataBytes));
  return [...errors, ...volumeErrorErrors("status.attachError", status?.attachError), ...volumeErrorErrors("status.detachError", status?.detachError)];
}

function volumeErrorErrors(path: string, error: VolumeError | undefined): FieldError[] {
  if (error === undefined || Buffer.byteLength(error.message ?? "") <= maxMessageBytes) return [];
  return [fieldError.tooLong(`${path}.message`, maxMessageBytes)];
}

export function volumeAttachmentUpdateErrors({ spec }: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return sameJson(spec, old.spec) ? [] : [fieldError.invalid("spec", spec, "field is immutable")];
}

export function csiNodeErrors({ spec }: CSINode): FieldError[] {
  return [
    ...each(spec.drivers, "spec.drivers", (driver, at) => nodeDriverErrors(at, driver)),
    ...duplicates(
      spec.drivers,
      "spec.drivers",
      ({ name }) => name,
      (at, _driver, name) => fieldError.duplicate(`${at}.name`, name),
    ),
  ];
}

const maxNodeIDLength = 192;

function nodeDriverErrors(path: string, { name, nodeID = "", topologyKeys, allocatable }: CSINodeDriver): FieldError[] {
  const errors = csiDriverNameErrors(`${path}.name`, name);
  if (nodeID === "") errors.push(fieldError.required(`${path}.nodeID`));
  if (nodeID.length > maxNodeIDLength) errors.push(fieldError.invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeIDLength} characters or less`));
  errors.push(...nonNegative(`${path}.allocatable.count`, allocatable?.count));
  errors.push(
    ...each(topologyKeys, `${path}.topologyKeys`, (key) =>
      key === "" ? [fieldError.required(path)] : matches(`${path}.topologyKeys`, key, qualifiedNameErrors),
    ),
  );
  return errors;
}

/** A driver's registration stays as it is until it is withdrawn; how many volumes it takes may change. */
export function csiNodeUpdateErrors({ spec }: CSINode, old: CSINode): FieldError[] {
  const withoutCount = ({ allocatable: _, ...rest }: CSINodeDriver) => rest;
  return (old.spec.drivers ?? []).flatMap((before) => {
    const now = spec.drivers?.find(({ name }) => name === before.name);
    return now === undefined || sameJson(withoutCount(now), withoutCount(before)) ? [] : [fieldError.invalid("CSINodeDriver", now, "field is immutable")];
  });
}

const minUpdatePeriodSeconds = 10;

export function csiDriverErrors({ metadata, spec }: CSIDriver): FieldError[] {
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  const errors = csiDriverNameErrors("metadata.name", metadata.name);
  for (const field of ["attachRequired", "podInfoOnMount", "storageCapacity"] as const) {
    if (spec[field] === undefined) errors.push(fieldError.required(`spec.${field}`));
  }
  if (period !== undefined && period < minUpdatePeriodSeconds) {
    errors.push(fieldError.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, `must be greater than or equal to ${minUpdatePeriodSeconds} seconds`));
  }
  const tokens = each(spec.tokenRequests, "spec.tokenRequests", ({ expirationSeconds }, at) => tokenErrors(`${at}.expirationSeconds`, expirationSeconds));
  const repeated = duplicates(
    spec.tokenRequests,
    "spec.tokenRequests",
    ({ audience }) => `=${audience ?? ""}`,
    (at, { audience }) => fieldError.duplicate(`${at}.audience`, audience ?? ""),
  );
  return [...errors, ...tokens, ...repeated];
}

function tokenErrors(path: string, seconds: number | undefined): FieldError[] {
  if (seconds === undefined) return [];
  if (seconds < 600) return [fieldError.invalid(path, seconds, "may not specify a duration less than 10 minutes")];
  return seconds > 2 ** 32 ? [fieldError.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")] : [];
}

export function csiDriverUpdateErrors({ spec }: CSIDriver, old: CSIDriver): FieldError[] {
  return (["attachRequired", "volumeLifecycleModes"] as const).flatMap((field) => immutable(`spec.${field}`, spec[field], old.spec[field]));
}

export function csiStorageCapacityErrors(capacity: CSIStorageCapacity): FieldError[] {
  const negative = (field: "capacity" | "maximumVolumeSize") => {
    const value = capacity[field];
    return value !== undefined && parseQuantity(value).nanos < 0n ? [fieldError.invalid(field, value, "must be greater than or equal to 0")] : [];
  };
  const name = capacity.storageClassName;
  return [
    ...(name ? matches("storageClassName", name, dns1123SubdomainErrors) : [fieldError.required("storageClassName")]),
    ...negative("capacity"),
    ...negative("maximumVolumeSize"),
    ...validateLabelSelector(capacity.nodeTopology, "nodeTopology"),
  ];
}

export function csiStorageCapacityUpdateErrors(capacity: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  return (["nodeTopology", "storageClassName"] as const).flatMap((field) => immutable(field, capacity[field] ?? null, old[field] ?? null));
}

export function volumeAttributesClassErrors({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [...csiDriverNameErrors("driverName", driverName), ...parameterErrors("parameters", parameters, false)];
}

export function volumeAttributesClassUpdateErrors(attributes: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  return (["driverName", "parameters"] as const)
    .filter((field) => !sameJson(attributes[field], old[field]))
    .map((field) => fieldError.forbidden(field, `updates to ${field} are forbidden.`));
}
