/** Values as JSON: what an expression made of claims, or the object that it mutated. */
import { durationSeconds, timestampText } from "./library/conversions.ts";
import { CelList, CelMap, Duration, fail, type Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from "./values.ts";

/** Throws a Failure for what JSON cannot hold. */
export function jsonOf(value: Value): unknown {
  if (typeof value === "bigint") return numberOrBigInt(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint) return numberOrBigInt(value.value);
  if (value instanceof CelList) return [...value].map(jsonOf);
  if (value instanceof CelMap) return objectOf(value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationSeconds(value);
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (value instanceof Optional) return value.value === undefined ? null : jsonOf(value.value);
  if (value instanceof TypeValue) return value.name;
  return fail(`unsupported type conversion from ${(value satisfies Opaque).typeName} to JSON`);
}

/** As machinery's JSON has integers: numbers while they are exact. */
function numberOrBigInt(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function objectOf(map: CelMap): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const key of map.keys()) {
    const name = typeof key === "string" ? key : String(key instanceof Uint ? key.value : key);
    Object.defineProperty(object, name, { value: jsonOf(map.get(key)!), enumerable: true, writable: true, configurable: true });
  }
  return object;
}
