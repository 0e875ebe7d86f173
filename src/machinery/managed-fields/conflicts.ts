/** The answer to an apply that would change what others own. */
import { StatusError } from "../status.ts";
import { type Entries, fieldsOf, type Owner } from "./entries.ts";
import { emptySet, type FieldPath, type FieldSet, hasPath, intersection, isEmptySet, pathsOf } from "./field-set.ts";
import { pathText } from "./path-element.ts";
import type { VersionedComparison } from "./versions.ts";

export interface Conflict {
  readonly owner: Owner;
  readonly path: FieldPath;
}

/** What of the changed fields others own, in a stable order. */
export function findConflicts(others: Entries, comparison: VersionedComparison): Conflict[] {
  return others
    .map((entry) => ({ owner: ownerOf(entry), fields: intersection(fieldsOf(entry), comparison.in(entry.apiVersion ?? "")?.changed ?? emptySet) }))
    .filter(({ fields }) => !isEmptySet(fields))
    .sort((a, b) => compareText(orderKey(a.owner), orderKey(b.owner)))
    .flatMap(({ owner, fields }) => pathsOf(fields).map((path) => ({ owner, path })));
}

/** Those that the set does not excuse. */
export function conflictsOutside(conflicts: readonly Conflict[], set: FieldSet): Conflict[] {
  return conflicts.filter(({ path }) => !hasPath(set, path));
}

function ownerOf(entry: Entries[number]): Owner {
  const operation = entry.operation === "Apply" ? "Apply" : "Update";
  return { manager: entry.manager ?? "", operation, apiVersion: entry.apiVersion ?? "", subresource: entry.subresource ?? "" };
}

function orderKey({ manager, operation, apiVersion, subresource }: Owner): string {
  return [manager, operation, apiVersion, subresource].join("\n");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${ownerText(owner)}`,
    field: pathText(path),
  }));
  return new StatusError({ code: 409, reason: "Conflict", message: conflictMessage(conflicts), details: { causes } });
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${ownerText(first.owner)}: ${pathText(first.path)}`;
  }
  const groups = Map.groupBy(conflicts, ({ owner }) => ownerText(owner));
  const lines = [...groups].flatMap(([owner, group]) => [`conflicts with ${owner}:`, ...group.map(({ path }) => `- ${pathText(path)}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function ownerText({ manager, operation, apiVersion, subresource }: Owner): string {
  const through = subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}
