/** Records who owns what after a write that was no apply. Reference: KEP-555, k8s.io/apimachinery managedfields. */
import { sameJson } from "../json.ts";
import type { MessageSchema } from "../schema.ts";
import { timeText } from "../time.ts";
import { capUpdateEntries, type Entries, fieldsOf, isEntryOf, isReset, newEntry, type Owner, readEntries, sortEntries, withoutChanges } from "./entries.ts";
import { difference, type FieldSet, isEmptySet, union } from "./field-set.ts";
import { neverOwned } from "./never-owned.ts";
import { newFields } from "./new-fields.ts";
import { TypingError } from "./typing-error.ts";
import { type Versioned, VersionedComparison } from "./versions.ts";

export interface UpdateRecord extends Versioned {
  /** The kind's schema; none for custom resources without one. */
  readonly schema: MessageSchema | undefined;
  /** The object as it was; undefined when the write creates it. */
  readonly live: object | undefined;
  /** The object as it will be stored. Its own managedFields count as the client's wish, if they are valid. */
  readonly object: object;
  /** See `managerName`. */
  readonly manager: string;
  /** `group/version` that the request spoke. */
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * metadata.managedFields after the write; undefined for none. Neither object is changed, and when nothing changed
 * hands the entries are those of before, by reference.
 */
export function recordUpdate(record: UpdateRecord): Entries | undefined {
  const before = entriesBefore(record);
  // An object whose ownership nobody tracks (it was reset) stays so until somebody applies.
  if (before.length === 0 && record.live !== undefined) return undefined;
  try {
    const after = recordChanges(before, record);
    return after.length === 0 ? undefined : after;
  } catch (error) {
    // An object that does not fit its schema (stored before the schema changed) keeps the owners it had.
    if (error instanceof TypingError) return managedFieldsOf(record.live);
    throw error;
  }
}

function entriesBefore({ live, object, subresource = "" }: UpdateRecord): Entries {
  const stored = managedFieldsOf(live) ?? [];
  const sent = managedFieldsOf(object);
  if (subresource !== "" || sent === undefined || sameJson(sent, stored)) return stored;
  if (isReset(sent)) return [];
  const read = readEntries(sent);
  return read === undefined || read.length === 0 ? stored : read;
}

function recordChanges(before: Entries, record: UpdateRecord): Entries {
  if (record.live === undefined && before.length === 0) return recordNew(record);
  const comparison = new VersionedComparison(record, record.live, record.object);
  const { changed, removed } = comparison.own;
  if (isEmptySet(changed) && isEmptySet(removed)) return capUpdateEntries(before);
  const left = withoutChanges(before, comparison);
  const after = withChanges(left, before, difference(changed, neverOwned), record);
  return after === before ? before : sortEntries(capUpdateEntries(after));
}

/** By far the most creates: all of the object is its writer's. */
function recordNew(record: UpdateRecord): Entries {
  const fields = newFields(record.schema, record.object, record.ignored);
  return isEmptySet(fields) ? [] : [newEntry(updateOwner(record), fields, timeText(record.now))];
}

/** Gives the writer what it changed, beside what it still has. */
function withChanges(left: Entries, before: Entries, changed: FieldSet, record: UpdateRecord): Entries {
  if (isEmptySet(changed)) return left.length === before.length && left.every((entry, index) => entry === before[index]) ? before : left;
  const owner = updateOwner(record);
  const mine = left.find((entry) => isEntryOf(entry, owner));
  const fields = mine === undefined ? changed : union(changed, fieldsOf(mine));
  return [...left.filter((entry) => entry !== mine), newEntry(owner, fields, timeText(record.now))];
}

export function updateOwner({ manager, apiVersion, subresource = "" }: Pick<UpdateRecord, "manager" | "apiVersion" | "subresource">): Owner {
  return { manager: manager === "" ? "unknown" : manager, operation: "Update", apiVersion, subresource };
}

/** metadata.managedFields of any object. */
export function managedFieldsOf(object: object | undefined): Entries | undefined {
  return (object as { metadata?: { managedFields?: Entries } } | undefined)?.metadata?.managedFields;
}

/** The object with these entries in its metadata; shares everything else. */
export function withManagedFields<T extends object>(object: T, entries: Entries | undefined): T {
  const { managedFields: _before, ...metadata } = (object as { metadata?: { managedFields?: unknown } }).metadata ?? {};
  return { ...object, metadata: entries === undefined || entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}
