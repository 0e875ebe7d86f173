/** Patches of all four types that hit an object, or nearly. */
import type { MessageSchema } from "../../machinery/schema.ts";
import type { Dice } from "./dice.ts";
import { mutated } from "./mutate.ts";
import { oddValue } from "./values.ts";

const operations = ["add", "add", "remove", "replace", "replace", "move", "copy", "test", "?", "", "ADD"];
const strayTokens = ["metadata", "spec", "data", "labels", "annotations", "0", "-", "-1", "1e3", "~1", "~2", "", "__proto__", "status", "length"];

export function jsonPatch(dice: Dice, schema: MessageSchema, object: object): unknown {
  if (dice.chance(0.03)) return oddValue(dice);
  return Array.from({ length: dice.below(4) }, () => operation(dice, mutated(dice, schema, object)));
}

function operation(dice: Dice, object: Record<string, unknown>): unknown {
  if (dice.chance(0.03)) return oddValue(dice);
  const path = pointer(dice, object);
  const given: Record<string, unknown> = { op: dice.pick(operations), path, value: dice.chance(0.3) ? oddValue(dice) : valueAt(object, pointer(dice, object)) };
  if (given["op"] === "move" || given["op"] === "copy" || dice.chance(0.1)) given["from"] = pointer(dice, object);
  if (dice.chance(0.05)) given[dice.pick(["op", "path", "from", "value"])] = oddValue(dice);
  return given;
}

function pointer(dice: Dice, object: unknown): string {
  let path = "";
  let place: unknown = object;
  while (typeof place === "object" && place !== null) {
    const keys = Object.keys(place);
    const token: string = keys.length === 0 || dice.chance(0.15) ? dice.pick(strayTokens) : dice.pick(keys);
    path += `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    place = Object.hasOwn(place, token) ? (place as Record<string, unknown>)[token] : undefined;
    if (dice.chance(0.25)) break;
  }
  return path;
}

function valueAt(object: unknown, path: string): unknown {
  let place = object;
  for (const token of path.split("/").slice(1))
    place = typeof place === "object" && place !== null ? ((place as Record<string, unknown>)[token] ?? null) : null;
  return place;
}

/** Parts of the object, changed, with nulls among them. */
export function mergePatch(dice: Dice, schema: MessageSchema, object: object): unknown {
  if (dice.chance(0.02)) return oddValue(dice);
  return thinned(dice, mutated(dice, schema, object));
}

function thinned(dice: Dice, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return dice.chance(0.1) ? null : value;
  const kept = Object.entries(value).filter(() => dice.chance(0.7));
  return Object.fromEntries(kept.map(([key, item]) => [key, thinned(dice, item)]));
}

const directives = ["replace", "delete", "merge", "x", null, 1, { a: 1 }];

export function strategicPatch(dice: Dice, schema: MessageSchema, object: object): unknown {
  const patch = mergePatch(dice, schema, object);
  return typeof patch === "object" && patch !== null ? directed(dice, patch) : patch;
}

function directed(dice: Dice, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => directed(dice, item));
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const result: [string, unknown][] = [[key, directed(dice, item)]];
    if (Array.isArray(item) && dice.chance(0.2)) result.push([`$setElementOrder/${key}`, dice.chance(0.8) ? item : oddValue(dice)]);
    if (Array.isArray(item) && dice.chance(0.1)) result.push([`$deleteFromPrimitiveList/${key}`, dice.chance(0.8) ? item : oddValue(dice)]);
    return result;
  });
  if (dice.chance(0.05)) entries.push(["$patch", dice.pick(directives)]);
  if (dice.chance(0.03)) entries.push(["$retainKeys", dice.chance(0.7) ? Object.keys(value) : oddValue(dice)]);
  return Object.fromEntries(entries);
}
