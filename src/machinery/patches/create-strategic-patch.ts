/**
 * Strategic merge patches made from objects, as clients send them. Without a schema the result is a plain merge patch
 * (RFC 7386), which is what custom resources take.
 */
import { sameJson } from "../json.ts";
import type { MessageSchema } from "../schema.ts";
import { isList, isObject, type JsonObject, ownValue, setValue } from "./json-value.ts";
import { type ObjectType, objectType, type PatchField, patchField } from "./strategic-schema.ts";

/** A patch that turns `original` into `modified`; `{}` when they are the same. */
export function createTwoWayStrategicMergePatch(schema: MessageSchema | undefined, original: object, modified: object): JsonObject {
  return diffObjects({ changes: original as JsonObject, deletions: original as JsonObject }, modified as JsonObject, objectType(schema), false);
}

/**
 * A patch for `current` that sets what `modified` says and deletes what `original` (the configuration applied last)
 * said and `modified` does not; everything else, which others put there, stays. This is what client-side apply sends.
 */
export function createThreeWayStrategicMergePatch(schema: MessageSchema | undefined, original: object, modified: object, current: object): JsonObject {
  return diffObjects({ changes: current as JsonObject, deletions: original as JsonObject }, modified as JsonObject, objectType(schema), false);
}

/** Changes are found against one object, deletions against another. */
interface Bases<T> {
  readonly changes: T;
  readonly deletions: T;
}

function diffObjects(bases: Bases<JsonObject>, modified: JsonObject, type: ObjectType, retainKeys: boolean): JsonObject {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(modified)) {
    const before = { changes: ownValue(bases.changes, key), deletions: ownValue(bases.deletions, key) };
    diffValue(patch, key, before, modified[key], patchField(type, key));
  }
  for (const key of Object.keys(bases.deletions)) if (!Object.hasOwn(modified, key)) setValue(patch, key, null);
  if (retainKeys && Object.keys(patch).length > 0) patch["$retainKeys"] = Object.keys(modified).sort();
  return patch;
}

function diffValue(patch: Record<string, unknown>, key: string, before: Bases<unknown>, after: unknown, field: PatchField): void {
  const { changes, deletions } = before;
  if (isObject(after) && isObject(changes) && field.strategy !== "replace") {
    const inner = diffObjects({ changes, deletions: isObject(deletions) ? deletions : {} }, after, field.type, field.retainKeys);
    if (Object.keys(inner).length > 0) setValue(patch, key, inner);
  } else if (isList(after) && isList(changes) && field.strategy === "merge") {
    diffLists(patch, key, { changes, deletions: isList(deletions) ? deletions : [] }, after, field);
  } else if (!sameJson(changes, after)) setValue(patch, key, after);
}

function diffLists(patch: Record<string, unknown>, key: string, bases: Bases<readonly unknown[]>, after: readonly unknown[], field: PatchField): void {
  const { mergeKey } = field;
  const keyOf = (item: unknown) => (mergeKey === undefined ? item : (item as JsonObject)[mergeKey]);
  const before = new Map(bases.changes.map((item) => [keyOf(item), item]));
  const kept = new Set(after.map(keyOf));
  const removed = bases.deletions.filter((item) => !kept.has(keyOf(item)));
  const elements = mergeKey === undefined ? after.filter((item) => !before.has(item)) : changedElements(bases, after, field, mergeKey);
  const deletions = mergeKey === undefined ? [] : removed.map((item) => ({ $patch: "delete", [mergeKey]: keyOf(item) }));
  if (elements.length + deletions.length > 0) setValue(patch, key, [...elements, ...deletions]);
  if (mergeKey === undefined && removed.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = removed;
  if (elements.length + removed.length > 0 || !isSameOrder([...before.keys()], [...kept])) {
    patch[`$setElementOrder/${key}`] = mergeKey === undefined ? after : after.map((item) => ({ [mergeKey]: keyOf(item) }));
  }
}

function changedElements(bases: Bases<readonly unknown[]>, after: readonly unknown[], field: PatchField, mergeKey: string): unknown[] {
  const find = (list: readonly unknown[], key: unknown) => list.find((item) => (item as JsonObject)[mergeKey] === key) as JsonObject | undefined;
  return (after as readonly JsonObject[]).flatMap((item) => {
    const key = item[mergeKey];
    const changes = find(bases.changes, key);
    if (changes === undefined) return [item];
    const inner = diffObjects({ changes, deletions: find(bases.deletions, key) ?? {} }, item, field.type, field.retainKeys);
    return Object.keys(inner).length === 0 ? [] : [{ ...inner, [mergeKey]: key }];
  });
}

/** Whether what both lists name stands in the same order. */
function isSameOrder(before: readonly unknown[], after: readonly unknown[]): boolean {
  const shared = before.filter((key) => after.includes(key));
  return after.filter((key) => shared.includes(key)).every((key, index) => key === shared[index]);
}
