/** Lists: Kubernetes' own functions, cel-go's lists extension (version 3) and its sets. */
import { deepTraversal } from "../costs.ts";
import { compareValues, sameValue } from "../equality.ts";
import { declare, type FunctionDeclaration, type Meter, member, overload } from "../functions.ts";
import { ArrayList, CelList, Duration, fail, keyText, Optional, Uint, type Value } from "../values.ts";
import { int, uint } from "./conversions.ts";

const comparable = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const free = () => {};
/** All of these go through the list once. */
const whole = ([list]: readonly Value[]) => deepTraversal(list!, free);

function ordered(a: Value, b: Value): number {
  return compareValues(a, b) ?? fail("no such overload");
}

function isSorted(list: CelList): boolean {
  for (let index = 1; index < list.size; index++) if (ordered(list.at(index - 1), list.at(index)) > 0) return false;
  return true;
}

function extreme(name: "min" | "max") {
  const sign = name === "min" ? -1 : 1;
  return (list: CelList): Value => {
    if (list.size === 0) return fail(`${name} called on empty list`);
    let best = list.at(0);
    for (let index = 1; index < list.size; index++) if (ordered(list.at(index), best) * sign > 0) best = list.at(index);
    return best;
  };
}

function sumOf(list: CelList, zero: Value): Value {
  let sum = zero;
  for (const item of list) sum = added(sum, item);
  return sum;
}

function added(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return int(a + b, "integer overflow");
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value + b.value, "unsigned integer overflow");
  if (a instanceof Duration && b instanceof Duration) return new Duration(int(a.nanos + b.nanos, "duration overflow"));
  return fail("no such overload");
}

const zeros: Readonly<Record<string, Value>> = { int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) };

function place(list: CelList, item: Value, meter: Meter, last: boolean): bigint {
  for (let count = 0; count < list.size; count++) {
    const index = last ? list.size - 1 - count : count;
    if (sameValue(list.at(index), item, meter)) return BigInt(index);
  }
  return -1n;
}

const kubernetesLists: readonly FunctionDeclaration[] = [
  declare("isSorted", ...comparable.map((type) => member(`list_${type}_is_sorted_bool`, [`list(${type})`], "bool", isSorted, whole))),
  declare(
    "sum",
    ...Object.entries(zeros).map(([type, zero]) => member(`list_${type}_sum_${type}`, [`list(${type})`], type, (list) => sumOf(list, zero), whole)),
  ),
  declare("min", ...comparable.map((type) => member(`list_${type}_min_${type}`, [`list(${type})`], type, extreme("min"), whole))),
  declare("max", ...comparable.map((type) => member(`list_${type}_max_${type}`, [`list(${type})`], type, extreme("max"), whole))),
  declare(
    "indexOf",
    member("list_a_index_of_int", ["list(A)", "A"], "int", (list, item, meter) => place(list, item, meter, false), whole),
  ),
  declare(
    "lastIndexOf",
    member("list_a_last_index_of_int", ["list(A)", "A"], "int", (list, item, meter) => place(list, item, meter, true), whole),
  ),
];

function slice(list: CelList, start: bigint, end: bigint): Value {
  if (start < 0n || end < 0n) return fail(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) return fail(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (list.size < end) return fail(`cannot slice(${start}, ${end}), list is length ${list.size}`);
  const items: Value[] = [];
  for (let index = Number(start); index < end; index++) items.push(list.at(index));
  return new ArrayList(items);
}

function flattened(list: CelList, depth: bigint, meter: Meter): Value[] {
  if (depth < 0n) return fail("level must be non-negative");
  meter.spend(list.size);
  return [...list].flatMap((item) => (item instanceof CelList && depth > 0n ? (depth > 1n ? flattened(item, depth - 1n, meter) : [...item]) : [item]));
}

function distinct(list: CelList, meter: Meter): Value {
  const items: Value[] = [];
  const seen = new Set<string>();
  for (const item of list) {
    const text = keyText(item);
    if (text === undefined ? items.some((other) => sameValue(other, item, meter)) : seen.has(text)) continue;
    if (text !== undefined) seen.add(text);
    meter.spend(text === undefined ? items.length : 1);
    items.push(item);
  }
  return new ArrayList(items);
}

function sortedBy(list: CelList, keys: CelList, meter: Meter): Value {
  if (list.size !== keys.size)
    return fail(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.size} elements respectively`,
    );
  meter.spend(list.size * 8);
  const pairs = [...list].map((item, index) => ({ item, key: keys.at(index) }));
  if (pairs.some(({ key }) => compareValues(key, pairs[0]!.key) === undefined)) return fail("list elements must have the same type");
  return new ArrayList(pairs.sort((a, b) => ordered(a.key, b.key)).map(({ item }) => item));
}

const maxRange = 1_000_000n;

function range(size: bigint, meter: Meter): Value {
  if (size > maxRange) return fail("lists.range() size is too large");
  meter.spend(Number(size));
  return new ArrayList(Array.from({ length: Math.max(0, Number(size)) }, (_, index) => BigInt(index)));
}

/** A call, a list, and what goes into it. */
const resultCost = (_args: readonly Value[], result: Value) => 11 + (result instanceof CelList ? result.size : 1);

/** As if each were compared with each. */
function selfCompared(list: CelList): number {
  const first = list.size === 0 ? undefined : list.at(0);
  const factor = typeof first === "string" || first instanceof Uint8Array ? 2.1 : 2;
  return 11 + Math.floor(list.size ** 2 * factor);
}

const extension: readonly FunctionDeclaration[] = [
  declare("slice", member("list_slice", ["list(A)", "int", "int"], "list(A)", slice, resultCost)),
  declare(
    "flatten",
    member("list_flatten", ["list(list(A))"], "list(A)", (list, meter) => new ArrayList(flattened(list, 1n, meter)), resultCost),
    member("list_flatten_int", ["list(dyn)", "int"], "list(dyn)", (list, depth, meter) => new ArrayList(flattened(list, depth, meter)), resultCost),
  ),
  declare(
    "sort",
    ...comparable.map((type) =>
      member(
        `list_${type}_sort`,
        [`list(${type})`],
        `list(${type})`,
        (list, meter) => sortedBy(list, list, meter),
        ([list]) => selfCompared(list),
      ),
    ),
  ),
  declare(
    "@sortByAssociatedKeys",
    ...comparable.map((type) =>
      member(`list_${type}_sortByAssociatedKeys`, ["list(T)", `list(${type})`], "list(T)", sortedBy, ([, keys]) => selfCompared(keys)),
    ),
  ),
  declare("lists.range", overload("lists_range", ["int"], "list(int)", range, resultCost)),
  declare(
    "first",
    member("list_first", ["list(A)"], "optional(A)", (list) => new Optional(list.size === 0 ? undefined : list.at(0))),
  ),
  declare(
    "last",
    member("list_last", ["list(A)"], "optional(A)", (list) => new Optional(list.size === 0 ? undefined : list.at(list.size - 1))),
  ),
  declare(
    "reverse",
    member("list_reverse", ["list(A)"], "list(A)", (list) => new ArrayList([...list].reverse()), resultCost),
  ),
  declare(
    "distinct",
    member("list_distinct", ["list(A)"], "list(A)", distinct, ([list]) => selfCompared(list)),
  ),
];

function contained(list: CelList, parts: CelList, meter: Meter): boolean {
  return [...parts].every((part) => place(list, part, meter, false) >= 0n);
}

const product = ([a, b]: readonly Value[]) => (a as CelList).size * (b as CelList).size;

const sets: readonly FunctionDeclaration[] = [
  declare(
    "sets.contains",
    overload("list_sets_contains_list", ["list(A)", "list(A)"], "bool", contained, (args) => product(args) + 1),
  ),
  declare(
    "sets.equivalent",
    overload(
      "list_sets_equivalent_list",
      ["list(A)", "list(A)"],
      "bool",
      (a, b, meter) => contained(a, b, meter) && contained(b, a, meter),
      (args) => product(args) * 2 + 1,
    ),
  ),
  declare(
    "sets.intersects",
    overload(
      "list_sets_intersects_list",
      ["list(A)", "list(A)"],
      "bool",
      (a, b, meter) => [...b].some((item) => place(a, item, meter, false) >= 0n),
      (args) => product(args) + 1,
    ),
  ),
];

export const lists: readonly FunctionDeclaration[] = [...kubernetesLists, ...extension, ...sets];
