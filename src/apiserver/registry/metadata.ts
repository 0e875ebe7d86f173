/** The rules of metadata that hold for every kind (apimachinery's ValidateObjectMeta and ValidateObjectMetaUpdate). */
import { sameJson } from "../../machinery/json.ts";
import type { ObjectMeta, OwnerReference } from "../../machinery/meta.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  maskTrailingDash,
  pathSegmentNameErrors,
  qualifiedNameErrors,
} from "../../machinery/names.ts";
import { parseApiVersion } from "../../machinery/object.ts";
import { type FieldError, fieldError } from "../../machinery/status.ts";

/** Annotations of one object together: keys and values. */
const maxAnnotationBytes = 256 * 1024;

export interface MetadataRules {
  readonly namespaced: boolean;
  readonly validateName: ((name: string) => string[]) | undefined;
}

export function metadataErrors(metadata: ObjectMeta, rules: MetadataRules): FieldError[] {
  return [
    ...nameErrors(metadata, rules),
    ...namespaceErrors(metadata, rules),
    ...labelErrors(metadata.labels ?? {}, "metadata.labels"),
    ...annotationErrors(metadata.annotations ?? {}),
    ...ownerErrors(metadata.ownerReferences ?? []),
    ...finalizerErrors(metadata.finalizers ?? []),
    ...generationErrors(metadata),
  ];
}

export function metadataUpdateErrors(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const immutable = (field: keyof ObjectMeta) => {
    if (!sameJson(metadata[field] ?? "", old[field] ?? "")) errors.push(fieldError.invalid(`metadata.${field}`, metadata[field], "field is immutable"));
  };
  for (const field of ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) immutable(field);
  if (Number(metadata.generation ?? 0) < Number(old.generation ?? 0)) {
    errors.push(fieldError.invalid("metadata.generation", metadata.generation, "must not be decremented"));
  }
  if (old.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => old.finalizers?.includes(finalizer) !== true);
    if (added.length > 0) {
      const found = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
      errors.push(fieldError.forbidden("metadata.finalizers", `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`));
    }
  }
  return errors;
}

function nameErrors(metadata: ObjectMeta, rules: MetadataRules): FieldError[] {
  const validate = rules.validateName ?? dns1123SubdomainErrors;
  const errors: FieldError[] = [];
  if (metadata.generateName !== undefined && metadata.generateName !== "") {
    const messages = validate(`${maskTrailingDash(metadata.generateName)}`);
    errors.push(...messages.map((message) => fieldError.invalid("metadata.generateName", metadata.generateName, message)));
  }
  if (metadata.name === "") errors.push(fieldError.required("metadata.name", "name or generateName is required"));
  else errors.push(...nameMessages(metadata.name, validate).map((message) => fieldError.invalid("metadata.name", metadata.name, message)));
  return errors;
}

/** What cannot stand in a path is refused whatever the kind's own rule is. */
function nameMessages(name: string, validate: (name: string) => string[]): string[] {
  const messages = validate(name);
  return messages.length > 0 ? messages : pathSegmentNameErrors(name);
}

function namespaceErrors(metadata: ObjectMeta, rules: MetadataRules): FieldError[] {
  const namespace = metadata.namespace ?? "";
  if (!rules.namespaced) return namespace === "" ? [] : [fieldError.forbidden("metadata.namespace", "not allowed on this type")];
  if (namespace === "") return [fieldError.required("metadata.namespace")];
  return dns1123LabelErrors(namespace).map((message) => fieldError.invalid("metadata.namespace", namespace, message));
}

export function labelErrors(labels: Readonly<Record<string, string>>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...qualifiedNameErrors(key).map((message) => fieldError.invalid(path, key, message)));
    errors.push(...labelValueErrors(value).map((message) => fieldError.invalid(path, value, message)));
  }
  return errors;
}

function annotationErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  let total = 0;
  for (const [key, value] of Object.entries(annotations)) {
    // Keys of annotations may have capitals in the prefix.
    errors.push(...qualifiedNameErrors(key.toLowerCase()).map((message) => fieldError.invalid("metadata.annotations", key, message)));
    total += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (total > maxAnnotationBytes) errors.push(fieldError.tooLong("metadata.annotations", maxAnnotationBytes));
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const [index, owner] of owners.entries()) {
    // Kubernetes names the whole list in these paths.
    const path = "metadata.ownerReferences";
    const { group, version } = parseApiVersion(owner.apiVersion ?? "");
    if (version === "") errors.push(fieldError.invalid(`${path}.apiVersion`, owner.apiVersion, "version must not be empty"));
    if ((owner.kind ?? "") === "") errors.push(fieldError.invalid(`${path}.kind`, owner.kind ?? "", "must not be empty"));
    if ((owner.name ?? "") === "") errors.push(fieldError.invalid(`${path}.name`, owner.name ?? "", "must not be empty"));
    if ((owner.uid ?? "") === "") errors.push(fieldError.invalid(`${path}.uid`, owner.uid ?? "", "must not be empty"));
    if (group === "" && version === "v1" && owner.kind === "Event") {
      errors.push(fieldError.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller !== true) continue;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller.name} and ${owner.name}`;
      errors.push(fieldError.invalid(`${path}`, owners[index], detail));
    }
    controller = owner;
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, finalizer] of finalizers.entries()) {
    errors.push(...qualifiedNameErrors(finalizer).map((message) => fieldError.invalid(`metadata.finalizers[${index}]`, finalizer, message)));
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldError.invalid("metadata.finalizers", finalizers, "finalizer orphan and finalizer foregroundDeletion cannot be both set"));
  }
  return errors;
}

function generationErrors(metadata: ObjectMeta): FieldError[] {
  return Number(metadata.generation ?? 0) < 0 ? [fieldError.invalid("metadata.generation", metadata.generation, "must be greater than or equal to 0")] : [];
}
