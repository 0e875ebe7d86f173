/** JSON Merge Patch (RFC 7386): null deletes, objects merge, anything else replaces. */
import { badRequest } from "../status.ts";
import { isList, isObject, type JsonObject, jsonKind, ownValue, setValue } from "./json-value.ts";

/**
 * Applies a decoded patch body to an object. The result shares unchanged parts with `document` and lists with
 * `patch`; copy it before changing it.
 * @throws StatusError 400 when the patch is not a JSON object.
 */
export function applyMergePatch<T extends object>(document: T, patch: unknown): T {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isObject(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeValue(document, patch) as T;
}

function mergeValue(target: unknown, patch: unknown): unknown {
  if (!isObject(target)) return withoutNulls(patch);
  return isObject(patch) ? mergeObject(target, patch) : patch;
}

/** What is new has no nulls in its objects, those in lists included: there was nothing to delete. */
function withoutNulls(value: unknown): unknown {
  if (isList(value)) return value.map(withoutNulls);
  return isObject(value) ? mergeObject({}, value) : value;
}

function mergeObject(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else setValue(result, key, mergeValue(ownValue(target, key), value));
  }
  return result;
}
