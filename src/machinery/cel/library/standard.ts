/** The standard library: operators, size, tests of texts. */
import { regexCost, traversal, traversalOf } from "../costs.ts";
import { compareValues, sameValue } from "../equality.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { matchesRegex } from "../regex/match.ts";
import { CelMap, fail, GrowingMap, sizeOf, textSize, type Value } from "../values.ts";
import { arithmetic } from "./arithmetic.ts";
import { conversions } from "./conversions.ts";
import { timeAccess } from "./time-access.ts";

const equalityCost = (args: readonly Value[]) => traversal(Math.min(sizeOf(args[0]!), sizeOf(args[1]!)));

/** Order of numbers goes across their types; texts and bytes cost as much as the shorter is long. */
function order(name: string, id: string, holds: (order: number) => boolean): FunctionDeclaration {
  const compare = (a: Value, b: Value) => holds(compareValues(a, b) ?? fail("no such overload"));
  const pairs = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"].map((type) => [type, type] as const);
  const numbers = ["int", "uint", "double"];
  const mixed = numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => [a, b] as const));
  const overloads = [...pairs, ...mixed].map(([a, b]) =>
    overload(`${id}_${a}_${b}`, [a as "A", b as "A"], "bool", compare, ["string", "bytes"].includes(a) ? equalityCost : () => 1),
  );
  return declare(name, ...overloads);
}

const operators: readonly FunctionDeclaration[] = [
  declare("_?_:_", overload("conditional", ["bool", "A", "A"], "A")),
  declare("_&&_", overload("logical_and", ["bool", "bool"], "bool")),
  declare("_||_", overload("logical_or", ["bool", "bool"], "bool")),
  declare(
    "!_",
    overload("logical_not", ["bool"], "bool", (value) => !value),
  ),
  declare("@not_strictly_false", overload("not_strictly_false", ["bool"], "bool")),
  declare(
    "_==_",
    overload("equals", ["A", "A"], "bool", sameValue, (args) => (isOpaque(args[0]) ? 1 : equalityCost(args))),
  ),
  declare(
    "_!=_",
    overload("not_equals", ["A", "A"], "bool", (a, b, meter) => !sameValue(a, b, meter), equalityCost),
  ),
  order("_<_", "less", (sign) => sign < 0),
  order("_<=_", "less_equals", (sign) => sign <= 0),
  order("_>_", "greater", (sign) => sign > 0),
  order("_>=_", "greater_equals", (sign) => sign >= 0),
  declare(
    "_[_]",
    overload("index_list", ["list(A)", "int"], "A"),
    overload("index_map", ["map(A, B)", "A"], "B"),
    overload("optional_list_index_int", ["optional(list(A))", "int"], "optional(A)"),
    overload("optional_map_index_value", ["optional(map(A, B))", "A"], "optional(B)"),
  ),
  declare("@in", overload("in_list", ["A", "list(A)"], "bool"), overload("in_map", ["A", "map(A, B)"], "bool")),
  ...arithmetic,
];

function isOpaque(value: Value | undefined): boolean {
  return typeof value === "object" && value !== null && "typeName" in value && !(value instanceof CelMap);
}

const sizes = ["bytes", "list(A)", "map(A, B)", "string"].flatMap((type) => {
  const name = type.replace(/\(.*/, "");
  const size = (value: Value) => BigInt(sizeOf(value));
  return [overload(`size_${name}`, [type as "A"], "int", size), member(`${name}_size`, [type as "A"], "int", size)];
});

const texts: readonly FunctionDeclaration[] = [
  declare("size", ...sizes),
  declare(
    "contains",
    member(
      "contains_string",
      ["string", "string"],
      "bool",
      (text, part) => text.includes(part),
      ([text, part]) => traversalOf(text) * traversalOf(part),
    ),
  ),
  declare(
    "endsWith",
    member(
      "ends_with_string",
      ["string", "string"],
      "bool",
      (text, end) => text.endsWith(end),
      ([, end]) => traversal(textSize(end)),
    ),
  ),
  declare(
    "startsWith",
    member(
      "starts_with_string",
      ["string", "string"],
      "bool",
      (text, start) => text.startsWith(start),
      ([, start]) => traversal(textSize(start)),
    ),
  ),
  declare(
    "matches",
    overload("matches", ["string", "string"], "bool", matchesRegex, ([text, pattern]) => regexCost(text, pattern)),
    member("matches_string", ["string", "string"], "bool", matchesRegex, ([text, pattern]) => regexCost(text, pattern)),
  ),
];

function inserted(map: CelMap, entries: Iterable<readonly [Value, Value]>): Value {
  if (!(map instanceof GrowingMap)) return fail("no such overload");
  for (const [key, value] of entries) if (!map.add(key, value)) fail(`insert failed: key ${String(key)} already exists`);
  return map;
}

/** What transformMap and transformMapEntry accumulate with. */
const maps: readonly FunctionDeclaration[] = [
  declare(
    "cel.@mapInsert",
    overload("@mapInsert_map_map", ["map(A, B)", "map(A, B)"], "map(A, B)", (map, other) =>
      inserted(
        map,
        [...other.keys()].map((key) => [key, other.get(key)!] as const),
      ),
    ),
    overload("@mapInsert_map_key_value", ["map(A, B)", "A", "B"], "map(A, B)", (map, key, value) => inserted(map, [[key, value]])),
  ),
];

export const standardLibrary: readonly FunctionDeclaration[] = [...operators, ...conversions, ...texts, ...maps, ...timeAccess];
