/**
 * Metadata that every object has: validation on create and update with the messages of
 * k8s.io/apimachinery/pkg/api/validation, and the making of names from generateName.
 */
import type { Random } from "./clock.ts";
import { append, joined, none } from "./joined.ts";
import { sameJson } from "./json.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./meta.ts";
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, maskTrailingDash, type NameRule, qualifiedNameErrors } from "./names.ts";
import { parseApiVersion } from "./object.ts";
import { type FieldError, fieldError } from "./status.ts";

export const maxAnnotationsBytes = 256 * 1024;
export const maxFieldManagerBytes = 128;
const maxSubresourceBytes = 256;

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";
/** Finalizers that need no domain prefix. */
const standardFinalizers: ReadonlySet<string> = new Set(["kubernetes", orphanFinalizer, foregroundFinalizer]);

/** Metadata as validation meets it: the server may not have filled in everything yet. */
export type DraftMeta = Partial<ObjectMeta>;

/**
 * Validates metadata on create, after name generation.
 * @param validateName the kind's rule; most kinds take DNS subdomains.
 * @param path usually `metadata`; templates have longer ones.
 */
export function validateObjectMeta(
  meta: DraftMeta,
  namespaced: boolean,
  validateName: NameRule = dns1123SubdomainErrors,
  path = "metadata",
): readonly FieldError[] {
  const { name = "", generateName = "" } = meta;
  return joined(
    generateName === "" ? none : invalidFor(validateName(maskTrailingDash(generateName)), path, ".generateName", generateName),
    name === "" ? [fieldError.required(`${path}.name`, "name or generateName is required")] : invalidFor(validateName(name), path, ".name", name),
    namespaceErrors(meta.namespace ?? "", namespaced, path),
    (meta.generation ?? 0) < 0 ? [fieldError.invalid(`${path}.generation`, meta.generation, "must be greater than or equal to 0")] : none,
    commonErrors(meta, path),
    managedFieldsErrors(meta, path),
  );
}

/** An error for each of `problems`, of the field that `below` leads to from `path`. */
function invalidFor(problems: readonly string[], path: string, below: string, value: string): readonly FieldError[] {
  return problems.length === 0 ? none : problems.map((text) => fieldError.invalid(`${path}${below}`, value, text));
}

function namespaceErrors(namespace: string, namespaced: boolean, path: string): readonly FieldError[] {
  if (!namespaced) return namespace === "" ? none : [fieldError.forbidden(`${path}.namespace`, "not allowed on this type")];
  if (namespace === "") return [fieldError.required(`${path}.namespace`)];
  return invalidFor(dns1123LabelErrors(namespace), path, ".namespace", namespace);
}

/** What creates and updates check alike. */
function commonErrors(meta: DraftMeta, path: string): readonly FieldError[] {
  const { labels, annotations, ownerReferences, finalizers } = meta;
  return joined(
    labels === undefined ? none : validateLabels(labels, `${path}.labels`),
    annotations === undefined ? none : validateAnnotations(annotations, `${path}.annotations`),
    ownerReferences === undefined ? none : validateOwnerReferences(ownerReferences, `${path}.ownerReferences`),
    finalizers === undefined ? none : validateFinalizers(finalizers, `${path}.finalizers`),
  );
}

function managedFieldsErrors({ managedFields }: DraftMeta, path: string): readonly FieldError[] {
  return managedFields === undefined ? none : validateManagedFields(managedFields, `${path}.managedFields`);
}

/** Fields that an update may not change, in the order their errors are reported. */
const immutableFields = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

/** Validates metadata on update. The registry has already carried over what clients may leave out. */
export function validateObjectMetaUpdate(meta: DraftMeta, old: DraftMeta, path = "metadata"): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) errors.push(...newFinalizerErrors(meta.finalizers ?? [], old.finalizers ?? [], `${path}.finalizers`));
  if ((meta.resourceVersion ?? "") === "")
    errors.push(fieldError.invalid(`${path}.resourceVersion`, meta.resourceVersion ?? "", "must be specified for an update"));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(fieldError.invalid(`${path}.generation`, meta.generation ?? 0, "must not be decremented"));
  for (const field of immutableFields) {
    const value = blankToAbsent(meta[field]);
    if (!sameJson(value, blankToAbsent(old[field]))) errors.push(fieldError.invalid(`${path}.${field}`, goZero(field, value), "field is immutable"));
  }
  return [...errors, ...commonErrors(meta, path), ...managedFieldsErrors(meta, path)];
}

function blankToAbsent(value: unknown): unknown {
  return value === "" ? undefined : value;
}

/** How Go prints an absent value of these fields: strings as "", the others as null. */
function goZero(field: (typeof immutableFields)[number], value: unknown): unknown {
  if (value !== undefined) return value;
  return field === "name" || field === "namespace" || field === "uid" ? "" : null;
}

function newFinalizerErrors(finalizers: readonly string[], old: readonly string[], path: string): readonly FieldError[] {
  const known = new Set(old);
  const added = [...new Set(finalizers)].filter((finalizer) => !known.has(finalizer)).sort();
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
  return [fieldError.forbidden(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`)];
}

export function validateLabelKey(key: string, path: string): readonly FieldError[] {
  return invalidFor(qualifiedNameErrors(key), path, "", key);
}

export function validateLabels(labels: Readonly<Record<string, string>>, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key]!;
    append(errors, validateLabelKey(key, path));
    append(errors, invalidFor(labelValueErrors(value), path, "", value));
  }
  return errors;
}

/** Keys follow the rule of labels but for case; all keys and values together have a size limit. */
export function validateAnnotations(annotations: Readonly<Record<string, string>>, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let total = 0;
  for (const key in annotations) {
    append(errors, invalidFor(qualifiedNameErrors(key.toLowerCase()), path, "", key));
    total += byteLength(key) + byteLength(annotations[key]!);
  }
  if (total > maxAnnotationsBytes) errors.push(fieldError.tooLong(path, maxAnnotationsBytes));
  return errors;
}

export function validateOwnerReferences(references: readonly OwnerReference[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...ownerReferenceErrors(reference, path));
    if (reference.controller !== true) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller === undefined) controller = current;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(fieldError.invalid(path, references, detail));
    }
  }
  return errors;
}

function ownerReferenceErrors(reference: OwnerReference, path: string): readonly FieldError[] {
  const { apiVersion = "", kind = "", name = "", uid = "" } = reference;
  const errors: FieldError[] = [];
  // An apiVersion of more than one slash has no version in Go's parser either.
  if (parseApiVersion(apiVersion).version === "" || apiVersion.split("/").length > 2) {
    errors.push(fieldError.invalid(`${path}.apiVersion`, apiVersion, "version must not be empty"));
  }
  for (const [field, value] of Object.entries({ kind, name, uid })) {
    if (value === "") errors.push(fieldError.invalid(`${path}.${field}`, value, "must not be empty"));
  }
  if (apiVersion === "v1" && kind === "Event") errors.push(fieldError.invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"));
  return errors;
}

/** Finalizers are qualified names. */
export function validateFinalizers(finalizers: readonly string[], path: string): readonly FieldError[] {
  const errors = finalizers.flatMap((name) => qualifiedNameErrors(name).map((text) => fieldError.invalid(path, name, text)));
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    errors.push(fieldError.invalid(path, finalizers, `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`));
  }
  return errors;
}

/** Without a domain only the standard ones pass, for the kinds that upstream checks by core's own rules: nearly all. */
export function unqualifiedFinalizers(finalizers: readonly string[] | undefined, path: string): readonly FieldError[] {
  if (finalizers === undefined) return none;
  return finalizers.flatMap((name, i) => {
    if (name.includes("/") || standardFinalizers.has(name)) return [];
    return [fieldError.invalid(`${path}[${i}]`, name, "name is neither a standard finalizer name nor is it fully qualified")];
  });
}

export function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (let i = 0; i < entries.length; i++) append(errors, managedEntryErrors(entries[i]!, `${path}[${i}]`));
  return errors;
}

function managedEntryErrors({ operation = "", fieldsType = "", manager = "", subresource = "" }: ManagedFieldsEntry, path: string): readonly FieldError[] {
  const isKnown = operation === "Apply" || operation === "Update";
  return joined(
    isKnown ? none : [fieldError.invalid(`${path}.operation`, operation, "must be `Apply` or `Update`")],
    fieldsType === "" || fieldsType === "FieldsV1" ? none : [fieldError.invalid(`${path}.fieldsType`, fieldsType, "must be `FieldsV1`")],
    validateFieldManager(manager, `${path}.manager`),
    byteLength(subresource) > maxSubresourceBytes ? [fieldError.tooLong(`${path}.subresource`, maxSubresourceBytes)] : none,
  );
}

/** The fieldManager parameter, and the manager of a managed-fields entry. */
export function validateFieldManager(manager: string, path: string): readonly FieldError[] {
  if (usualManager.test(manager)) return none;
  const errors: FieldError[] = [];
  if (byteLength(manager) > maxFieldManagerBytes) errors.push(fieldError.tooLong(path, maxFieldManagerBytes));
  let position = 0;
  for (const char of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char))
      errors.push(fieldError.invalid(path, manager, `invalid character ${unicodeText(char)} (at position ${position})`));
    position += byteLength(char);
  }
  return errors;
}

/** What all managers but the oddest are named: printable ASCII, not too long. */
const usualManager = new RegExp(`^[ -~]{0,${maxFieldManagerBytes}}$`);

/** Go's %#U of a character that cannot be printed. */
function unicodeText(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

/* ---- generateName ---- */

const maxNameLength = 63;
const randomLength = 5;
/** Without vowels and look-alikes, so that no word and no doubt arises. */
const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

export function randomNameSuffix(random: Random, length = randomLength): string {
  let text = "";
  for (let i = 0; i < length; i++) text += nameAlphabet[Math.floor(random() * nameAlphabet.length)];
  return text;
}

/** A name from a generateName: the base, cut to fit a DNS label, and five random characters. */
export function generateName(base: string, random: Random): string {
  return base.slice(0, maxNameLength - randomLength) + randomNameSuffix(random);
}
