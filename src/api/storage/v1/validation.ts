/** pkg/apis/storage/validation. */
import { joined, none } from "../../../machinery/joined.ts";
import { canonicalJson, sameJson } from "../../../machinery/json.ts";
import { byteLength, dns1123SubdomainErrors, qualifiedNameErrors, rangeMessage } from "../../../machinery/names.ts";
import { validateLabelKey } from "../../../machinery/object-meta.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { sentEmpty } from "../../../machinery/sent-empty.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { PersistentVolumeSpec } from "../../core/v1/common.ts";
import { persistentVolumeSpecErrors } from "../../core/v1/persistent-volume.validation.ts";
import { driverNameErrors } from "../../csi-driver-name.ts";
import { duplicates, each, immutable, matches, negativeMessage, nonNegative, optional, required } from "../../validation.ts";
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

export function storageClassErrors({ provisioner, parameters, allowedTopologies }: StorageClass): readonly FieldError[] {
  return joined(
    provisionerErrors("provisioner", provisioner),
    parameterErrors("parameters", parameters, true),
    topologyErrors("allowedTopologies", allowedTopologies),
  );
}

function provisionerErrors(path: string, name: string | undefined): readonly FieldError[] {
  return name ? matches(path, name.toLowerCase(), qualifiedNameErrors) : [fieldError.required(path)];
}

function parameterErrors(path: string, parameters: Parameters, allowEmpty: boolean): readonly FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > maxParameters) return [fieldError.tooLong(path, maxParameters)];
  const errors = entries.filter(([key]) => key === "").map(([key]) => fieldError.invalid(path, key, "field can not be empty."));
  if (bytesOf(parameters) > maxParametersBytes) errors.push(fieldError.tooLong(path, maxParametersBytes));
  if (!allowEmpty && entries.length === 0) errors.push(fieldError.required(path, "must contain at least one key/value pair"));
  return errors;
}

function bytesOf(map: Parameters): number {
  return Object.entries(map ?? {}).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
}

function topologyErrors(path: string, terms: StorageClass["allowedTopologies"]): readonly FieldError[] {
  // Upstream compares with terms that are empty before it has seen any: an empty one counts as repeated.
  const seen = new Set(["{}"]);
  return each(terms, path, (term, at) => {
    const expressions = `${at}.matchLabelExpressions`;
    const keys = new Map<string, readonly string[]>();
    const wrong = each(term.matchLabelExpressions, expressions, ({ key = "", values = [] }, index) => {
      const repeated = keys.has(key) ? [fieldError.duplicate(`${index}.key`, key)] : [];
      keys.set(key, [...new Set(values)].sort());
      return joined(valuesErrors(`${index}.values`, values), validateLabelKey(key, `${index}.key`), repeated);
    });
    const text = canonicalJson(Object.fromEntries(keys));
    const repeated = seen.has(text) ? [fieldError.duplicate(expressions, "")] : [];
    seen.add(text);
    return joined(wrong, repeated);
  });
}

function valuesErrors(path: string, values: readonly string[]): readonly FieldError[] {
  if (values.length === 0) return [fieldError.required(path)];
  return duplicates(
    values,
    path,
    (value) => `=${value}`,
    (at, value) => fieldError.duplicate(at, value),
  );
}

export function storageClassUpdateErrors(storageClass: StorageClass, old: StorageClass): readonly FieldError[] {
  const forbidden = (field: "parameters" | "provisioner" | "reclaimPolicy") =>
    sameJson(storageClass[field], old[field]) && !sentEmpty(storageClass, field) ? [] : [fieldError.forbidden(field, `updates to ${field} are forbidden.`)];
  return joined(
    forbidden("parameters"),
    forbidden("provisioner"),
    forbidden("reclaimPolicy"),
    immutable("volumeBindingMode", storageClass.volumeBindingMode, old.volumeBindingMode),
  );
}

export function volumeAttachmentErrors({ spec, status }: VolumeAttachment): readonly FieldError[] {
  const { attacher, source, nodeName = "" } = spec;
  return joined(
    required("spec.attacher", attacher),
    sourceErrors("spec.source", source ?? {}),
    matches("spec.nodeName", nodeName, dns1123SubdomainErrors),
    bytesOf(status?.attachmentMetadata) > maxMetadataBytes ? [fieldError.tooLong("status.attachmentMetadata", maxMetadataBytes)] : none,
    optional(status?.attachError, (error) => volumeErrorErrors("status.attachError", error)),
    optional(status?.detachError, (error) => volumeErrorErrors("status.detachError", error)),
  );
}

function sourceErrors(path: string, { persistentVolumeName, inlineVolumeSpec }: VolumeAttachment["spec"]["source"]): readonly FieldError[] {
  const rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined) return [fieldError.forbidden(path, rule)];
  if (inlineVolumeSpec !== undefined) return inlineErrors(`${path}.inlineVolumeSpec`, inlineVolumeSpec);
  if (persistentVolumeName === undefined) return [fieldError.required(path, rule)];
  return required(`${path}.persistentVolumeName`, persistentVolumeName, "must specify non empty persistentVolumeName");
}

/** A volume without an object of its own: nothing can claim it, so it says only how to reach its CSI driver. */
function inlineErrors(path: string, spec: PersistentVolumeSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  const refusal = "may not be specified in the context of inline volumes";
  if (spec.claimRef !== undefined) errors.push(fieldError.forbidden(`${path}.claimRef`, refusal));
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(fieldError.forbidden(`${path}.capacity`, refusal));
  if (spec.csi === undefined) errors.push(fieldError.required(`${path}.csi`, "has to be specified in the context of inline volumes"));
  const elsewhere = [`${path}.capacity`, `${path}.persistentVolumeReclaimPolicy`];
  return joined(
    errors,
    persistentVolumeSpecErrors(path, spec, "").filter(({ field }) => !elsewhere.some((own) => field.startsWith(own))),
  );
}

/** What v1 asks for beyond v1beta1. */
export function newVolumeAttachmentErrors({ spec: { attacher, source } }: VolumeAttachment): readonly FieldError[] {
  return joined(
    driverNameErrors("spec.attacher", attacher),
    optional(source?.persistentVolumeName, (name) => matches("spec.source.persistentVolumeName", name, dns1123SubdomainErrors)),
  );
}

function volumeErrorErrors(path: string, { message = "", errorCode = 0 }: VolumeError): readonly FieldError[] {
  return joined(
    // Too long for a message is 1 KiB; what is told is the limit of the metadata, as upstream has it.
    byteLength(message) > maxMessageBytes ? [fieldError.tooLong(`${path}.message`, maxMetadataBytes)] : none,
    errorCode < 0 ? [fieldError.invalid(`${path}.errorCode`, errorCode, rangeMessage(0, 2 ** 31 - 1))] : none,
  );
}

export function volumeAttachmentUpdateErrors({ spec }: VolumeAttachment, old: VolumeAttachment): readonly FieldError[] {
  return sameJson(spec, old.spec) ? [] : [fieldError.invalid("spec", spec, "field is immutable")];
}

export function csiNodeErrors({ spec }: CSINode): readonly FieldError[] {
  const seen = new Set<string>();
  return each(spec.drivers, "spec.drivers", (driver, at) => {
    const { name = "", topologyKeys = [] } = driver;
    const errors = [...nodeDriverErrors(at, driver)];
    if (seen.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    seen.add(name);
    return joined(
      errors,
      topologyKeys.flatMap((key, index) => topologyKeyErrors(at, key, topologyKeys.indexOf(key) < index)),
    );
  });
}

const maxNodeIDBytes = 256;

function nodeDriverErrors(path: string, { name, nodeID = "", allocatable }: CSINodeDriver): readonly FieldError[] {
  const errors = [...driverNameErrors(`${path}.name`, name), ...required(`${path}.nodeID`, nodeID)];
  if (byteLength(nodeID) > maxNodeIDBytes) errors.push(fieldError.invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeIDBytes} characters or less`));
  return joined(errors, nonNegative(`${path}.allocatable.count`, allocatable?.count));
}

/** Keys are blamed on the driver. */
function topologyKeyErrors(path: string, key: string, repeated: boolean): readonly FieldError[] {
  const errors = key === "" ? [fieldError.required(path)] : [];
  if (repeated) errors.push(fieldError.duplicate(path, key));
  return joined(errors, matches(path, key, qualifiedNameErrors));
}

/** A driver's registration stays as it is until it is withdrawn; how many volumes it takes may change. */
export function csiNodeUpdateErrors({ spec }: CSINode, old: CSINode): readonly FieldError[] {
  const withoutCount = ({ allocatable: _, ...rest }: CSINodeDriver) => rest;
  return (old.spec.drivers ?? []).flatMap((before) => {
    const now = spec.drivers?.find(({ name }) => name === before.name);
    return now === undefined ? [] : immutable("spec.drivers", withoutCount(now), withoutCount(before));
  });
}

const minUpdatePeriodSeconds = 10;
const lifecycleModes = ["Persistent", "Ephemeral"];

export function csiDriverErrors({ spec }: CSIDriver): readonly FieldError[] {
  const { tokenRequests = [], volumeLifecycleModes = [], nodeAllocatableUpdatePeriodSeconds: period } = spec;
  const audiences = tokenRequests.map(({ audience = "" }) => audience);
  return joined(
    each(tokenRequests, "spec.tokenRequests", ({ audience = "", expirationSeconds }, at, index) =>
      audiences.indexOf(audience) < index ? [fieldError.duplicate(`${at}.audience`, audience)] : tokenErrors(`${at}.expirationSeconds`, expirationSeconds),
    ),
    volumeLifecycleModes.flatMap((mode) => (lifecycleModes.includes(mode) ? [] : [fieldError.notSupported("spec.volumeLifecycleModes", mode, lifecycleModes)])),
    period !== undefined && period < minUpdatePeriodSeconds
      ? [fieldError.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, `must be greater than or equal to ${minUpdatePeriodSeconds} seconds`)]
      : none,
  );
}

function tokenErrors(path: string, seconds: number | undefined): readonly FieldError[] {
  if (seconds === undefined) return [];
  if (seconds < 600) return [fieldError.invalid(path, seconds, "may not specify a duration less than 10 minutes")];
  return seconds > 2 ** 32 ? [fieldError.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")] : [];
}

export function csiDriverUpdateErrors({ spec }: CSIDriver, old: CSIDriver): readonly FieldError[] {
  return joined(
    // Upstream calls the field by its name in Go.
    immutable("spec.attachedRequired", spec.attachRequired, old.spec.attachRequired),
    immutable("spec.volumeLifecycleModes", spec.volumeLifecycleModes, old.spec.volumeLifecycleModes),
  );
}

export function newCSIStorageCapacityErrors(capacity: CSIStorageCapacity): readonly FieldError[] {
  return capacityErrors(capacity, {});
}

export function csiStorageCapacityUpdateErrors(capacity: CSIStorageCapacity, old: CSIStorageCapacity): readonly FieldError[] {
  const allowInvalidValues = validateLabelSelector(old.nodeTopology, "").length > 0;
  return joined(
    capacityErrors(capacity, { allowInvalidValues }),
    (["nodeTopology", "storageClassName"] as const).flatMap((field) => immutable(field, capacity[field] ?? null, old[field] ?? null)),
  );
}

function capacityErrors(
  { nodeTopology, storageClassName = "", capacity }: CSIStorageCapacity,
  options: { allowInvalidValues?: boolean },
): readonly FieldError[] {
  const negative = capacity !== undefined && parseQuantity(capacity).nanos < 0n;
  return joined(
    validateLabelSelector(nodeTopology, "nodeTopology", options),
    matches("storageClassName", storageClassName, dns1123SubdomainErrors),
    negative ? [fieldError.invalid("capacity", capacity, negativeMessage)] : none,
  );
}

export function volumeAttributesClassErrors({ driverName, parameters }: VolumeAttributesClass): readonly FieldError[] {
  return joined(provisionerErrors("driverName", driverName), parameterErrors("parameters", parameters, false));
}

export function volumeAttributesClassUpdateErrors(attributes: VolumeAttributesClass, old: VolumeAttributesClass): readonly FieldError[] {
  return (["driverName", "parameters"] as const)
    .filter((field) => !sameJson(attributes[field], old[field]))
    .map((field) => fieldError.forbidden(field, `updates to ${field} are forbidden.`));
}
