/** Entries of metadata.managedFields: identity, order, cap. The field sets in them are used as they are. */
import type { ManagedFieldsEntry } from "../meta.ts";
import { isList, isObject } from "../patches/json-value.ts";
import { childrenOf, difference, emptySet, type FieldSet, fieldNode, isEmptySet, union } from "./field-set.ts";
import { canonicalElement } from "./path-element.ts";
import type { VersionedComparison } from "./versions.ts";

export type Entries = readonly Readonly<ManagedFieldsEntry>[];

export type Operation = "Apply" | "Update";

/** What tells one entry from another. Appliers keep theirs when they change to another version of the kind. */
export interface Owner {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string;
}

export function isEntryOf(entry: Readonly<ManagedFieldsEntry>, owner: Owner): boolean {
  return (
    entry.manager === owner.manager &&
    entry.operation === owner.operation &&
    (entry.subresource ?? "") === owner.subresource &&
    (owner.operation === "Apply" || entry.apiVersion === owner.apiVersion)
  );
}

export function fieldsOf(entry: Readonly<ManagedFieldsEntry>): FieldSet {
  return (entry.fieldsV1 ?? emptySet) as FieldSet;
}

export function newEntry({ manager, operation, apiVersion, subresource }: Owner, fields: FieldSet, time: string | undefined): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry =
    time === undefined
      ? { manager, operation, apiVersion, fieldsType: "FieldsV1", fieldsV1: fields }
      : { manager, operation, apiVersion, time, fieldsType: "FieldsV1", fieldsV1: fields };
  if (subresource !== "") entry.subresource = subresource;
  return entry;
}

/** `fieldsV1` of an entry replaced; the entry itself when the set is the same. */
export function withFields(entry: Readonly<ManagedFieldsEntry>, fields: FieldSet): Readonly<ManagedFieldsEntry> {
  return fields === entry.fieldsV1 ? entry : { ...entry, fieldsV1: fields };
}

/** Everybody loses what changed hands; entries left without any field go, and so do those of versions not served any more. */
export function withoutChanges(entries: Entries, comparison: VersionedComparison): Entries {
  return entries.flatMap((entry) => {
    const differences = comparison.in(entry.apiVersion ?? "");
    if (differences === undefined) return [];
    const fields = difference(difference(fieldsOf(entry), differences.changed), differences.removed);
    return isEmptySet(fields) ? [] : [withFields(entry, fields)];
  });
}

/** Apply before Update, then by time, manager, version and subresource. */
export function sortEntries(entries: Entries): Entries {
  return [...entries].sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time, b.time) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  );
}

function compareText(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Update entries an object may have; Kubernetes merges the oldest ones of a version into one bucket beyond it. */
const maxUpdateEntries = 10;
const bucketManager = "ancient-changes";

export function capUpdateEntries(entries: Entries): Entries {
  const updates = entries.filter((entry) => entry.operation === "Update");
  if (updates.length <= maxUpdateEntries) return entries;
  let left = updates.length;
  const gone = new Set<Readonly<ManagedFieldsEntry>>();
  const buckets = new Map<string, ManagedFieldsEntry>();
  const firsts = new Map<string, Readonly<ManagedFieldsEntry>>();
  for (const entry of updates) {
    if (entry.manager !== bucketManager || (entry.subresource ?? "") !== "") continue;
    buckets.set(entry.apiVersion ?? "", entry);
    gone.add(entry);
  }
  for (const entry of updates.filter((update) => !gone.has(update)).sort((a, b) => compareText(a.time, b.time) || compareText(ownerText(a), ownerText(b)))) {
    if (left <= maxUpdateEntries) break;
    const version = entry.apiVersion ?? "";
    const bucket = buckets.get(version) ?? firsts.get(version);
    if (bucket === undefined) {
      firsts.set(version, entry);
      continue;
    }
    const owner: Owner = { manager: bucketManager, operation: "Update", apiVersion: version, subresource: "" };
    buckets.set(version, newEntry(owner, union(fieldsOf(bucket), fieldsOf(entry)), later(bucket.time, entry.time)));
    gone.add(entry).add(bucket);
    left--;
  }
  return [...entries.filter((entry) => !gone.has(entry)), ...buckets.values()];
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return compareText(a, b) < 0 ? b : a;
}

function ownerText(entry: Readonly<ManagedFieldsEntry>): string {
  return `${entry.manager ?? ""}\n${entry.apiVersion ?? ""}\n${entry.subresource ?? ""}`;
}

/* ---- entries that a client wrote ---- */

/** An empty list, or one empty entry, asks for all ownership to be forgotten. */
export function isReset(entries: unknown): boolean {
  if (!isList(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && isObject(entries[0]) && Object.keys(entries[0]).length === 0);
}

/** Entries as a client sent them, in canonical form; undefined when they are not valid. */
export function readEntries(entries: unknown): Entries | undefined {
  if (!isList(entries)) return undefined;
  const result = entries.map(readEntry);
  return result.every((entry) => entry !== undefined) ? result : undefined;
}

function readEntry(value: unknown): ManagedFieldsEntry | undefined {
  if (!isObject(value)) return undefined;
  const entry = value as ManagedFieldsEntry;
  const isKnown = entry.operation === "Apply" || entry.operation === "Update";
  if (!isKnown || entry.fieldsType !== "FieldsV1" || (entry.apiVersion ?? "") === "") return undefined;
  try {
    return { ...entry, fieldsV1: readChildren(entry.fieldsV1 ?? {}) ?? emptySet };
  } catch {
    return undefined; // what cannot be read as a field set is no valid entry
  }
}

function readChildren(value: unknown): FieldSet | undefined {
  if (!isObject(value)) throw new Error("cannot read field set: not an object");
  const entries: [string, FieldSet][] = [];
  for (const key of Object.keys(value)) {
    const element = key === "." ? undefined : canonicalElement(key);
    if (element === undefined) continue;
    const below = value[key] as object;
    const node = fieldNode(Object.hasOwn(below, ".") || Object.keys(below).length === 0, readChildren(below));
    if (node !== undefined) entries.push([element, node]);
  }
  return childrenOf(entries);
}
