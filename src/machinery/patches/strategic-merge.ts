/**
 * Strategic merge patch, as kube-apiserver applies it: a merge patch whose lists can merge by key, with directives
 * for what a plain merge cannot say ($patch, $deleteFromPrimitiveList, $setElementOrder, $retainKeys).
 * Reference: kubernetes/community, sig-api-machinery/strategic-merge-patch.md.
 */
import type { MessageSchema } from "../schema.ts";
import { badRequest, type StatusError } from "../status.ts";
import { PatchError, unprocessable } from "./errors.ts";
import { goText, isList, isObject, type JsonObject, jsonKind, ownValue, setValue } from "./json-value.ts";
import { type ListShape, mergeKeyOf, orderMerged } from "./strategic-order.ts";
import { type ObjectType, objectType, type PatchField, patchField } from "./strategic-schema.ts";

const patchMarker = "$patch";
const retainKeysDirective = "$retainKeys";
const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";

/**
 * Applies a decoded patch body to an object of the given schema (none: maps merge, lists replace). The result shares
 * unchanged parts with `document` and added ones with `patch`; copy it before changing it.
 * @throws StatusError 400 for malformed patches and directives, 422 for lists of lists.
 */
export function applyStrategicMergePatch<T extends object>(schema: MessageSchema | undefined, document: T, patch: unknown): T {
  if (!isObject(patch)) throw badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  return mergeObject(document as unknown as JsonObject, patch, objectType(schema)) as T;
}

function mergeObject(original: JsonObject, patch: JsonObject, type: ObjectType): JsonObject {
  if (Object.hasOwn(patch, patchMarker)) {
    const directive = patch[patchMarker];
    if (directive === "replace") return added(omit(patch, patchMarker)) as JsonObject;
    if (directive === "delete") return {};
    throw unknownDirective(directive, patch);
  }
  const result = retainKeys({ ...original }, patch);
  const done = mergeOrderedLists(result, patch, type);
  for (const key of Object.keys(patch)) {
    if (!done.has(key)) mergeEntry(result, key, patch[key], type);
  }
  return result;
}

function mergeEntry(result: Record<string, unknown>, key: string, value: unknown, type: ObjectType): void {
  if (key.startsWith(deletePrefix)) deleteScalars(result, key.slice(deletePrefix.length), value);
  else if (isDirective(key)) return;
  else if (value === null || value === undefined) delete result[key];
  else setValue(result, key, mergeValue(ownValue(result, key), value, patchField(type, key)));
}

function mergeValue(current: unknown, value: unknown, field: PatchField): unknown {
  if (isObject(current) && isObject(value)) return field.strategy === "replace" ? added(value) : mergeObject(current, value, field.type);
  if (isList(current) && isList(value) && field.strategy === "merge") return mergeLists(current, value, field);
  return added(value);
}

function deleteScalars(result: Record<string, unknown>, key: string, values: unknown): void {
  if (values === null || values === undefined) return;
  if (!isList(values)) throw badRequest("invalid patch format of primitive list");
  const current = ownValue(result, key);
  if (!isList(current)) return;
  const deleted = new Set(values);
  const left = current.filter((item) => !deleted.has(item));
  setValue(result, key, left);
}

/** $retainKeys names every key that may remain: one-of fields are cleared this way. */
function retainKeys(result: Record<string, unknown>, patch: JsonObject): Record<string, unknown> {
  if (!Object.hasOwn(patch, retainKeysDirective)) return result;
  const retained = patch[retainKeysDirective];
  const malformed = () => badRequest("invalid patch format of retainKeys");
  if (!isList(retained)) throw malformed();
  const keys = new Set(retained);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !keys.has(key)) throw malformed();
  }
  for (const key of Object.keys(result)) if (!keys.has(key)) delete result[key];
  return result;
}

/* ---- lists ---- */

function mergeLists(current: readonly unknown[], patch: readonly unknown[], field: PatchField): readonly unknown[] {
  if (current.length === 0 && patch.length === 0) return current;
  const shape = listShape(current, patch, field);
  if (shape.mergeKey === undefined) return orderMerged([...new Set([...current, ...patch])], patch, current, shape);
  const { base, elements } = applyElementDirectives(current, patch, shape.mergeKey);
  return orderMerged(mergeElements(base, elements, shape.mergeKey, field.type), elements, base, shape);
}

/** Lists merge only when all elements are of one kind; what kind decides how. */
function listShape(current: readonly unknown[], patch: readonly unknown[], field: PatchField): ListShape {
  const all = [...current, ...patch];
  if (all.some(isList)) throw unprocessable(new PatchError("lists of lists are not supported"));
  const kinds = new Set(all.map((item) => (isObject(item) ? "object" : item === null ? "null" : typeof item)));
  if (kinds.size > 1) throw badRequest(`list element types are not identical: ${goText([current, patch])}`);
  if (!kinds.has("object")) return { mergeKey: undefined };
  if (field.mergeKey === undefined) throw badRequest("cannot merge lists without merge key for type struct");
  return { mergeKey: field.mergeKey };
}

/** Deletes what `$patch: delete` elements name; a `$patch: replace` element drops everything that was there. */
function applyElementDirectives(current: readonly unknown[], patch: readonly unknown[], mergeKey: string) {
  const deleted = new Set<unknown>();
  let replaced = false;
  const elements: JsonObject[] = [];
  for (const element of patch as readonly JsonObject[]) {
    if (!Object.hasOwn(element, patchMarker)) {
      elements.push(element);
      continue;
    }
    const directive = element[patchMarker];
    if (directive === "replace") replaced = true;
    else if (directive === "merge") throw badRequest("merging lists cannot yet be specified in the patch");
    else if (directive !== "delete") throw unknownDirective(directive, element);
    else deleted.add(mergeKeyOf(element, mergeKey));
  }
  const base = (current as readonly JsonObject[]).filter((item) => !deleted.has(item[mergeKey]));
  return replaced ? { base: elements.map((element) => added(element) as JsonObject), elements: [] } : { base, elements };
}

function mergeElements(base: readonly JsonObject[], elements: readonly JsonObject[], mergeKey: string, type: ObjectType): JsonObject[] {
  const merged = [...base];
  const places = new Map<unknown, number>();
  // The first of several with one key is the one that counts.
  for (let index = base.length - 1; index >= 0; index--) places.set(base[index]![mergeKey], index);
  for (const element of elements) {
    const key = mergeKeyOf(element, mergeKey);
    const index = places.get(key);
    if (index === undefined) {
      places.set(key, merged.length);
      merged.push(added(element) as JsonObject);
    } else merged[index] = mergeObject(merged[index] as JsonObject, element, type);
  }
  return merged;
}

/**
 * Merges every list that has a $setElementOrder beside it, and puts it in that order; what the directive does not
 * name keeps its place relative to its neighbours. Returns the keys dealt with.
 */
function mergeOrderedLists(result: Record<string, unknown>, patch: JsonObject, type: ObjectType): ReadonlySet<string> {
  const done = new Set<string>();
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const key = directive.slice(orderPrefix.length);
    const merged = mergeOrdered(listAt(result, key), listAt(patch, key), listAt(patch, directive) ?? [], patchField(type, key));
    if (merged !== undefined) setValue(result, key, merged);
    done.add(key);
  }
  return done;
}

function mergeOrdered(current: readonly unknown[] | undefined, patch: readonly unknown[] | undefined, order: readonly unknown[], field: PatchField) {
  if (current === undefined && patch === undefined) return undefined;
  checkOrder(patch ?? [], order, field.mergeKey);
  if (current === undefined) return orderMerged(added(patch) as unknown[], order, [], field);
  const merged = patch === undefined ? current : field.strategy === "merge" ? mergeLists(current, patch, field) : (added(patch) as readonly unknown[]);
  return orderMerged(merged, order, current, field);
}

function listAt(object: JsonObject, key: string): readonly unknown[] | undefined {
  const value = ownValue(object, key);
  if (value === undefined || value === null) return undefined;
  if (!isList(value)) throw badRequest("invalid patch format of setElementOrder list");
  return value;
}

/** The patch's own elements must appear in the directive, in the same order; deletions need not. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (order.length === 0) return;
  const keyOf = (item: unknown) => (mergeKey === undefined ? item : mergeKeyOf(item, mergeKey));
  const elements = patch.filter((item) => !isObject(item) || !Object.hasOwn(item, patchMarker));
  let next = 0;
  for (const item of order) if (next < elements.length && keyOf(elements[next]) === keyOf(item)) next++;
  if (next < elements.length) {
    throw badRequest(`The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
  }
}

/* ---- values that were not there before ---- */

/** What a patch adds where nothing was: without nulls (nothing to delete) and without directives. */
function added(value: unknown): unknown {
  if (isList(value)) return addedList(value);
  if (!isObject(value)) return value;
  if (value[patchMarker] === "delete") return {};
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (value[key] === null || isDirective(key)) continue;
    setValue(result, key, added(value[key]));
  }
  return result;
}

function addedList(list: readonly unknown[]): readonly unknown[] {
  return list.filter((item) => !isObject(item) || !isRemoval(item)).map(added);
}

/** `$patch: delete` elements, and the bare `$patch: replace` marker. */
function isRemoval(item: JsonObject): boolean {
  return item[patchMarker] === "delete" || (item[patchMarker] === "replace" && Object.keys(item).length === 1);
}

/** Only these: other keys may well begin with a dollar ($ref in a CRD's schema). */
function isDirective(key: string): boolean {
  return key === patchMarker || key === retainKeysDirective || key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
}

function omit(object: JsonObject, key: string): JsonObject {
  const { [key]: _dropped, ...rest } = object;
  return rest;
}

function unknownDirective(directive: unknown, object: JsonObject): StatusError {
  return badRequest(`unknown patch type: ${goText(directive)} in map: ${goText(object)}`);
}
