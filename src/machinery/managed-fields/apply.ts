/** Server-side apply. Reference: KEP-555; structured-merge-diff, merge.Updater; kube-apiserver's field manager chain. */
import { sameJson } from "../json.ts";
import type { ManagedFieldsEntry } from "../meta.ts";
import { isObject, type JsonObject } from "../patches/json-value.ts";
import type { MessageSchema } from "../schema.ts";
import { badRequest } from "../status.ts";
import { timeText } from "../time.ts";
import { type Atom, atomOf } from "./atoms.ts";
import { conflictError, conflictsOutside, findConflicts } from "./conflicts.ts";
import { type Entries, fieldsOf, isEntryOf, newEntry, type Owner, sortEntries, withoutChanges } from "./entries.ts";
import { difference, type FieldSet, intersection, isEmptySet, union } from "./field-set.ts";
import { isKubectl, lastAppliedFields, withLastApplied } from "./last-applied.ts";
import { mergeObjects } from "./merge.ts";
import { neverOwned } from "./never-owned.ts";
import { removeFields, withNamedFields } from "./remove.ts";
import { toFieldSet } from "./to-field-set.ts";
import { TypingError, typingErrorText } from "./typing-error.ts";
import { managedFieldsOf, recordUpdate, withManagedFields } from "./update.ts";
import { typingErrors } from "./validate.ts";
import { countedFields, type Versioned, VersionedComparison } from "./versions.ts";

export interface ApplyRequest extends Versioned {
  /** The kind's schema; none for custom resources without one. */
  readonly schema: MessageSchema | undefined;
  /** The object as it is; undefined when the apply creates it. */
  readonly live: object | undefined;
  /** The decoded configuration. */
  readonly applied: unknown;
  /** The fieldManager parameter, which apply requires. */
  readonly manager: string;
  readonly force: boolean;
  /** What the request's URL names. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for the object itself. */
  readonly subresource?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Applied {
  /**
   * The merged object, its managedFields included. It shares parts with both inputs: copy before changing. Defaults
   * are not in it; they are nobody's until an Update sets them.
   */
  readonly object: JsonObject;
  /** False when only the ownership is different, or nothing at all. */
  readonly changed: boolean;
}

/**
 * Merges a configuration into the live object.
 * @throws StatusError 400 for a configuration that is of another kind or does not fit the schema, 409 with a cause a
 *   field for conflicts.
 */
export function apply(request: ApplyRequest): Applied {
  const applied = checkedConfiguration(request);
  const atom = atomOf(request.schema);
  const live = (request.live ?? { apiVersion: request.apiVersion, kind: request.kind }) as JsonObject;
  const entries = trackedEntries(request);
  const result = applyTo({ ...request, applied, atom, liveObject: live, entries });
  const object = isKubectl(request.manager) ? withLastApplied(result.object, applied) : result.object;
  return { object: withManagedFields(object, result.entries), changed: result.changed };
}

/* ---- the configuration ---- */

function checkedConfiguration(request: ApplyRequest): JsonObject {
  const { applied, apiVersion, kind, schema } = request;
  if (!isObject(applied)) throw badRequest("error decoding YAML: the configuration is not an object");
  if (applied["apiVersion"] !== apiVersion || applied["kind"] !== kind) {
    throw badRequest(`invalid object type: ${gvkText(textOf(applied["apiVersion"]), textOf(applied["kind"]))}`);
  }
  const metadata = isObject(applied["metadata"]) ? applied["metadata"] : {};
  if (metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) throw badRequest("metadata.managedFields must be nil");
  const errors = typingErrors(atomOf(schema), applied);
  if (errors.length > 0) {
    const name = `${textOf(metadata["namespace"])}/${textOf(metadata["name"])}; ${gvkText(apiVersion, kind)}`;
    throw badRequest(`failed to create typed patch object (${name}): ${typingErrorText(errors)}`);
  }
  return applied;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function gvkText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

/** The stored entries. What is there before the first apply belongs to a manager of its own, so that it is not overwritten unasked. */
function trackedEntries(request: ApplyRequest): Entries {
  const stored = managedFieldsOf(request.live) ?? [];
  if (stored.length > 0 || request.live === undefined) return stored;
  const object = withManagedFields(request.live, undefined);
  return recordUpdate({ ...request, live: undefined, object, manager: "before-first-apply" }) ?? [];
}

/* ---- merge, prune, conflicts ---- */

interface Application extends ApplyRequest {
  readonly applied: JsonObject;
  readonly atom: Atom;
  readonly liveObject: JsonObject;
  readonly entries: Entries;
}

interface Outcome {
  readonly object: JsonObject;
  readonly entries: Entries;
  readonly changed: boolean;
}

function applyTo(application: Application): Outcome {
  try {
    return mergeAndOwn(application);
  } catch (error) {
    if (!(error instanceof TypingError)) throw error;
    const { apiVersion, kind, liveObject } = application;
    const metadata = isObject(liveObject["metadata"]) ? liveObject["metadata"] : {};
    const name = `${textOf(metadata["namespace"])}/${textOf(metadata["name"])}; ${gvkText(apiVersion, kind)}`;
    throw badRequest(`failed to create typed live object (${name}): ${error.message}`);
  }
}

function mergeAndOwn(application: Application): Outcome {
  const { atom, liveObject, applied, entries } = application;
  const owner = applyOwner(application);
  const mine = entries.find((entry) => isEntryOf(entry, owner));
  const others = entries.filter((entry) => entry !== mine);
  const claimed = countedFields(toFieldSet(atom, applied), application);
  const merged = mergeObjects(atom, liveObject, applied);
  // Merged again because an object that lost its content is gone, though the configuration may ask for an empty one.
  const object = mine === undefined ? merged : mergeObjects(atom, prune(atom, merged, fieldsOf(mine), claimed, others), applied);
  const comparison = new VersionedComparison(application, liveObject, object);
  refuseConflicts(application, others, comparison);
  const isChanged = object !== liveObject && !sameJson(withoutManagedFields(object), withoutManagedFields(liveObject));
  return { object, entries: ownedEntries(application, owner, mine, withoutChanges(others, comparison), claimed, isChanged), changed: isChanged };
}

function applyOwner({ manager, apiVersion, subresource = "" }: ApplyRequest): Owner {
  return { manager, operation: "Apply", apiVersion, subresource };
}

/**
 * Takes out what the manager applied last time and not this time, unless somebody else owns it: first everything it
 * had, then back what is still claimed, then back what it never had. Sets of other versions are read as if they were
 * of this one: precise enough for kinds whose versions mostly agree on paths.
 */
function prune(atom: Atom, merged: JsonObject, last: FieldSet, claimed: FieldSet, others: Entries): JsonObject {
  if (isEmptySet(difference(last, claimed))) return merged;
  const lastNamed = withNamedFields(atom, last);
  const mergedFields = withNamedFields(atom, toFieldSet(atom, merged));
  const owned = others.reduce((set, entry) => union(set, fieldsOf(entry)), claimed);
  const stripped = removeFields(atom, merged, lastNamed);
  const kept = union(withNamedFields(atom, toFieldSet(atom, stripped)), withNamedFields(atom, owned));
  const pruned = removeFields(atom, merged, difference(mergedFields, kept));
  const prunedFields = withNamedFields(atom, toFieldSet(atom, pruned));
  return removeFields(atom, merged, intersection(difference(mergedFields, prunedFields), lastNamed));
}

function refuseConflicts({ force, manager, atom, liveObject, apiVersion }: Application, others: Entries, comparison: VersionedComparison): void {
  if (force) return;
  const conflicts = findConflicts(others, comparison);
  if (conflicts.length === 0) return;
  const excused = isKubectl(manager) ? lastAppliedFields(atom, liveObject, apiVersion) : undefined;
  const left = excused === undefined ? conflicts : conflictsOutside(conflicts, excused);
  if (left.length > 0) throw conflictError(left);
}

/** An apply that changes nothing keeps its time, and so the whole write can be left out. */
function ownedEntries(
  { now }: Application,
  owner: Owner,
  mine: Readonly<ManagedFieldsEntry> | undefined,
  others: Entries,
  claimed: FieldSet,
  isChanged: boolean,
): Entries {
  const fields = difference(claimed, neverOwned);
  if (isEmptySet(fields)) return sortEntries(others);
  const time = isChanged ? timeText(now) : mine?.time;
  return sortEntries([...others, newEntry(owner, fields, time)]);
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  if (!isObject(metadata) || metadata["managedFields"] === undefined) return object;
  const { managedFields: _entries, ...rest } = metadata;
  return { ...object, metadata: rest };
}
