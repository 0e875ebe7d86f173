/** Patches as far as the fake API server takes them: merge patches whole, of strategic ones what controllers send. */
import { copyJson } from "../machinery/json.ts";
import { StatusError } from "../machinery/status.ts";
import type { PatchType } from "../machinery/transport.ts";

type Json = Record<string, unknown>;

/** Lists that strategic merge joins by a key, by field name. */
const mergeKeys: Readonly<Record<string, string>> = { ownerReferences: "uid", conditions: "type" };
const scalarLists = ["finalizers"];

export function applyFakePatch(object: unknown, patch: unknown, type: PatchType): unknown {
  if (type === "merge") return mergePatch(object, patch);
  if (type === "strategic") return strategic(object as Json, patch as Json);
  throw new StatusError({ code: 501, message: `the fake takes no ${type} patches` });
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Json = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function strategic(target: Json, patch: Json): Json {
  const result = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$deleteFromPrimitiveList/")) removeScalars(result, key.slice(key.indexOf("/") + 1), value as unknown[]);
    else if (key.startsWith("$")) throw new StatusError({ code: 501, message: `the fake takes no ${key}` });
    else if (value === null) delete result[key];
    else result[key] = strategicValue(key, result[key], value);
  }
  return result;
}

function strategicValue(key: string, old: unknown, value: unknown): unknown {
  if (Array.isArray(value)) {
    const mergeKey = mergeKeys[key];
    if (mergeKey !== undefined) return mergeList((old as Json[] | undefined) ?? [], value as Json[], mergeKey);
    return scalarLists.includes(key) ? [...new Set([...((old as unknown[] | undefined) ?? []), ...value])] : value;
  }
  if (typeof value === "object" && value !== null) return strategic((old as Json | undefined) ?? {}, value as Json);
  return value;
}

function mergeList(old: readonly Json[], patch: readonly Json[], mergeKey: string): Json[] {
  const result = copyJson([...old]);
  for (const item of patch) {
    const index = result.findIndex((candidate) => candidate[mergeKey] === item[mergeKey]);
    if (item["$patch"] === "delete") {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = strategic(result[index]!, item);
    else result.push(item);
  }
  return result;
}

function removeScalars(target: Json, field: string, values: readonly unknown[]): void {
  const left = ((target[field] as unknown[] | undefined) ?? []).filter((value) => !values.includes(value));
  if (left.length === 0) delete target[field];
  else target[field] = left;
}
