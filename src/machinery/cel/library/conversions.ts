/** int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration(), dyn() and type(). */
import { parseDuration } from "../../duration.ts";
import { readInstant } from "../../time.ts";
import { traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, overload } from "../functions.ts";
import { Duration, fail, int64Max, int64Min, Timestamp, TypeValue, typeNameOf, Uint, uint64Max } from "../values.ts";

const nanosPerSecond = 1_000_000_000n;
/** 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. */
const firstNanos = -62_135_596_800n * nanosPerSecond;
const lastNanos = 253_402_300_800n * nanosPerSecond - 1n;

export function int(value: bigint, message: string): bigint {
  return value < int64Min || value > int64Max ? fail(message) : value;
}

export function uint(value: bigint, message: string): Uint {
  return value < 0n || value > uint64Max ? fail(message) : new Uint(value);
}

export function timestamp(nanos: bigint): Timestamp {
  return nanos < firstNanos || nanos > lastNanos ? fail("timestamp overflow") : new Timestamp(nanos);
}

/** Doubles from 2^63 on are out of an int's range, and so is -2^63 to cel-go. */
function wholeOf(value: number, low: number, high: number, message: string): bigint {
  return Number.isFinite(value) && value > low && value < high ? BigInt(Math.trunc(value)) : fail(message);
}

function integerOf(text: string, pattern: RegExp, low: bigint, high: bigint, type: string): bigint {
  const wrong = `type conversion error from 'string' to '${type}'`;
  if (!pattern.test(text)) return fail(wrong);
  // No integer of 64 bits has more digits than 20, but zeros may lead them.
  const digits = text.replace(/^([+-]?)0+(?=[0-9])/, "$1");
  const value = digits.length > 21 ? high + 1n : BigInt(digits.replace(/^\+/, ""));
  return value < low || value > high ? fail(wrong) : value;
}

const goNumber = /^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)$/i;

function doubleOf(text: string): number {
  if (!goNumber.test(text)) return fail("type conversion error from 'string' to 'double'");
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

/** As Go's %g writes it: with an exponent from 1e+06 on and below 1e-04. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return exponent < 0 ? value.toFixed(digits.replace(/[-.]/g, "").length - 1 - exponent) : String(value);
}

export function timestampText({ nanos }: Timestamp): string {
  const seconds = nanos >= 0n ? nanos / nanosPerSecond : -((-nanos + nanosPerSecond - 1n) / nanosPerSecond);
  const rest = nanos - seconds * nanosPerSecond;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = rest === 0n ? "" : `.${rest.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${text}${fraction}Z`;
}

/** As CEL writes durations: in seconds. */
export function durationSeconds({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const rest = size % nanosPerSecond;
  const fraction = rest === 0n ? "" : `.${rest.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${nanos < 0n ? "-" : ""}${size / nanosPerSecond}${fraction}s`;
}

export function readTimestamp(text: string): Timestamp {
  const instant = readInstant(text);
  if (instant === undefined) return fail(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`);
  return timestamp(BigInt(instant.seconds) * nanosPerSecond + BigInt(instant.nanos));
}

export function readDuration(text: string): Duration {
  try {
    return new Duration(parseDuration(text));
  } catch (error) {
    return fail((error as Error).message);
  }
}

const trues = new Set(["true", "TRUE", "True", "t", "T", "1"]);
const falses = new Set(["false", "FALSE", "False", "f", "F", "0"]);

function boolOf(text: string): boolean {
  if (trues.has(text)) return true;
  return falses.has(text) ? false : fail("type conversion error from 'string' to 'bool'");
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const overflow = "integer overflow";
const unsignedOverflow = "unsigned integer overflow";

export const conversions: readonly FunctionDeclaration[] = [
  declare(
    "type",
    overload("type", ["A"], "type(A)", (value) => new TypeValue(typeNameOf(value))),
  ),
  declare(
    "bool",
    overload("bool_to_bool", ["bool"], "bool", (value) => value),
    overload("string_to_bool", ["string"], "bool", boolOf),
  ),
  declare(
    "bytes",
    overload("bytes_to_bytes", ["bytes"], "bytes", (value) => value),
    overload(
      "string_to_bytes",
      ["string"],
      "bytes",
      (text) => new TextEncoder().encode(text),
      ([text]) => traversalOf(text),
    ),
  ),
  declare(
    "double",
    overload("double_to_double", ["double"], "double", (value) => value),
    overload("int64_to_double", ["int"], "double", Number),
    overload("string_to_double", ["string"], "double", doubleOf),
    overload("uint64_to_double", ["uint"], "double", ({ value }) => Number(value)),
  ),
  declare(
    "duration",
    overload("duration_to_duration", ["duration"], "duration", (value) => value),
    overload("string_to_duration", ["string"], "duration", readDuration),
  ),
  declare(
    "dyn",
    overload("to_dyn", ["A"], "dyn", (value) => value),
  ),
  declare(
    "int",
    overload("int64_to_int64", ["int"], "int", (value) => value),
    overload("double_to_int64", ["double"], "int", (value) => wholeOf(value, -(2 ** 63), 2 ** 63, overflow)),
    overload("duration_to_int64", ["duration"], "int", ({ nanos }) => nanos),
    overload("string_to_int64", ["string"], "int", (text) => integerOf(text, /^[+-]?[0-9]+$/, int64Min, int64Max, "int")),
    overload("timestamp_to_int64", ["timestamp"], "int", ({ nanos }) =>
      nanos >= 0n ? nanos / nanosPerSecond : -((-nanos + nanosPerSecond - 1n) / nanosPerSecond),
    ),
    overload("uint64_to_int64", ["uint"], "int", ({ value }) => int(value, overflow)),
  ),
  declare(
    "string",
    overload("string_to_string", ["string"], "string", (value) => value),
    overload("bool_to_string", ["bool"], "string", String),
    overload("bytes_to_string", ["bytes"], "string", decodeUtf8, ([bytes]) => traversalOf(bytes)),
    overload("double_to_string", ["double"], "string", doubleText),
    overload("duration_to_string", ["duration"], "string", durationSeconds),
    overload("int64_to_string", ["int"], "string", String),
    overload("timestamp_to_string", ["timestamp"], "string", timestampText),
    overload("uint64_to_string", ["uint"], "string", ({ value }) => String(value)),
  ),
  declare(
    "timestamp",
    overload("timestamp_to_timestamp", ["timestamp"], "timestamp", (value) => value),
    overload("int64_to_timestamp", ["int"], "timestamp", (seconds) => timestamp(seconds * nanosPerSecond)),
    overload("string_to_timestamp", ["string"], "timestamp", readTimestamp),
  ),
  declare(
    "uint",
    overload("uint64_to_uint64", ["uint"], "uint", (value) => value),
    overload("double_to_uint64", ["double"], "uint", (value) => new Uint(value === 0 ? 0n : wholeOf(value, 0, 2 ** 64, unsignedOverflow))),
    overload("int64_to_uint64", ["int"], "uint", (value) => uint(value, unsignedOverflow)),
    overload("string_to_uint64", ["string"], "uint", (text) => new Uint(integerOf(text, /^[0-9]+$/, 0n, uint64Max, "uint"))),
  ),
];
