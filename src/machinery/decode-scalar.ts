/** JSON scalars in canonical form, by the type the schema gives them. */
import { DecodeError } from "./decode-error.ts";
import { canonicalDuration } from "./duration.ts";
import { goKind } from "./go-types.ts";
import { copyJson } from "./json.ts";
import { canonicalQuantity, quantityFormatMessage } from "./quantity.ts";
import type { ScalarType } from "./schema.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";

/** Makes the error for a value that is not of the type; it knows the path. */
export type WrongType = (value: unknown, type: string) => DecodeError;

/** What null stands for in a place that cannot be empty: an element of a list or map. */
export const zeroScalar: Readonly<Record<ScalarType, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: "",
  quantity: "0",
  intOrString: 0,
  time: null,
  microTime: null,
  duration: "0s",
  any: null,
};

/** Throws DecodeError. */
export function decodeScalar(type: ScalarType, value: unknown, wrongType: WrongType): unknown {
  switch (type) {
    case "string":
      if (typeof value !== "string") throw wrongType(value, "string");
      return value;
    case "bool":
      if (typeof value !== "boolean") throw wrongType(value, "bool");
      return value;
    case "int32":
      if (typeof value !== "number" || !Number.isInteger(value) || value !== (value | 0)) throw wrongType(value, "int32");
      return value + 0;
    case "int64":
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw wrongType(value, "int64");
      return value;
    case "double":
      if (typeof value === "bigint") return Number(value);
      if (typeof value !== "number") throw wrongType(value, "float64");
      return value;
    case "bytes":
      return decodeBytes(value, wrongType);
    case "quantity":
      return decodeQuantity(value);
    case "intOrString":
      return decodeIntOrString(value);
    case "time":
      return decodeText(value, "string", canonicalTime);
    case "microTime":
      return decodeText(value, "string", canonicalMicroTime);
    case "duration":
      return decodeText(value, "string", canonicalDuration);
    case "any":
      return copyJson(value);
  }
}

/** Types that read text by a method of their own: Go's errors from there carry no path. */
function decodeText(value: unknown, type: string, canonical: (text: string) => string): string {
  if (typeof value !== "string") throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${type}`);
  return rephrased(canonical, value);
}

function decodeQuantity(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return rephrased(canonicalQuantity, String(value));
  if (typeof value !== "string") throw new DecodeError(quantityFormatMessage);
  return rephrased(canonicalQuantity, value.trim());
}

function rephrased<T>(canonical: (text: string) => T, text: string): T {
  try {
    return canonical(text);
  } catch (error) {
    throw new DecodeError((error as Error).message, { cause: error });
  }
}

function decodeIntOrString(value: unknown): number | string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value) && value === (value | 0)) return value;
  throw new DecodeError(`json: cannot unmarshal ${goKind(value, "int32")} into Go value of type int32`);
}

/** One expression for all of it would take ten times as long over mebibytes. */
function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.search(/[^A-Za-z0-9+/]/);
  return end < 0 || (end === text.length - 2 && text.endsWith("==")) || (end === text.length - 1 && text.endsWith("="));
}

function decodeBytes(value: unknown, wrongType: WrongType): string {
  if (typeof value !== "string") throw wrongType(value, "[]uint8");
  // Go's decoder skips line breaks; stored text holds none.
  const text = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
  if (!isBase64(text)) throw new DecodeError(`illegal base64 data at input byte ${badBase64Index(text)}`);
  return text;
}

/** Where Go's base64 decoder gives up. */
function badBase64Index(text: string): number {
  const stop = /[^A-Za-z0-9+/]/.exec(text)?.index;
  if (stop === undefined) return text.length - (text.length % 4);
  const quantum = stop % 4;
  if (text[stop] !== "=" || quantum < 2) return stop;
  if (quantum === 2 && text[stop + 1] !== "=") return Math.min(stop + 1, text.length);
  return stop + (quantum === 2 ? 2 : 1);
}

/** Go's zero value of the type, which its JSON leaves out. */
export function isZero(type: ScalarType, value: unknown): boolean {
  return type !== "any" && (value === "" || value === false || value === 0);
}
