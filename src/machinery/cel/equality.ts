/** Equality across types, and order within them. */
import type { Meter } from "./functions.ts";
import { CelList, CelMap, Duration, Opaque, Optional, StructValue, Timestamp, TypeValue, Uint, type Value } from "./values.ts";

/** Numbers compare across their types; values of other different types are unequal, never an error. */
export function sameValue(a: Value, b: Value, meter: Meter): boolean {
  if (a === b) return typeof a !== "number" || !Number.isNaN(a);
  const order = numericOrder(a, b);
  if (order !== undefined) return order === 0;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof CelList) return b instanceof CelList && sameLists(a, b, meter);
  if (a instanceof CelMap) return b instanceof CelMap && sameMaps(a, b, meter);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && sameOptionals(a, b, meter);
  return a instanceof Opaque && b instanceof Opaque && a.typeName === b.typeName && a.equals(b);
}

/** Items are wrapped before they are compared. */
const itemWork = 4;

function sameOptionals(a: Optional, b: Optional, meter: Meter): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return sameValue(a.value, b.value, meter);
}

function sameLists(a: CelList, b: CelList, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  meter.spend(a.size * itemWork);
  for (let index = 0; index < a.size; index++) if (!sameValue(a.at(index), b.at(index), meter)) return false;
  return true;
}

function sameMaps(a: CelMap, b: CelMap, meter: Meter): boolean {
  if (a.size !== b.size || (a instanceof StructValue && b instanceof StructValue && a.typeName !== b.typeName)) return false;
  meter.spend(a.size * itemWork);
  for (const key of a.keys()) {
    const value = b.get(key);
    if (value === undefined || !sameValue(a.get(key)!, value, meter)) return false;
  }
  return true;
}

/** -1, 0 or 1; NaN is none of them and equals nothing; undefined when one is no number. */
function numericOrder(a: Value, b: Value): number | undefined {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  if ((typeof left !== "bigint" && typeof left !== "number") || (typeof right !== "bigint" && typeof right !== "number")) return undefined;
  // JavaScript compares the two kinds exactly.
  return left < right ? -1 : left > right ? 1 : Number(left) === Number(right) ? 0 : Number.NaN;
}

/** Undefined when the two have no order among them. */
export function compareValues(a: Value, b: Value): number | undefined {
  const order = numericOrder(a, b);
  if (order !== undefined) return order;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration)) {
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  }
  return undefined;
}

/** By code points, as Go compares UTF-8: surrogates would sort before the characters from U+E000 on. */
function compareTexts(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) < rank(right) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) if (a[at] !== b[at]) return a[at]! < b[at]! ? -1 : 1;
  return Math.sign(a.length - b.length);
}
