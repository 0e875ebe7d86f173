/** string.format(list): %s, %d, %f, %e, %b, %x, %X and %o (cel-go's strings extension). */
import type { Meter } from "../functions.ts";
import { CelList, CelMap, Duration, fail, Optional, Timestamp, TypeValue, typeNameOf, Uint, type Value } from "../values.ts";
import { doubleText, durationSeconds, timestampText } from "./conversions.ts";

const defaultPrecision = 6;
const maxPrecision = 100;

export function formatText(format: string, args: CelList, meter: Meter): string {
  const pieces: string[] = [];
  let used = 0;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf("%", at);
    pieces.push(format.slice(at, percent < 0 ? undefined : percent));
    if (percent < 0) break;
    if (format[percent + 1] === "%") {
      pieces.push("%");
      at = percent + 2;
      continue;
    }
    const clause = clauseAt(format, percent + 1);
    if (used >= args.size) fail(`index ${used} out of range`);
    const piece = formatted(clause.verb, clause.precision, args.at(used++), meter);
    meter.spend(1 + piece.length / 8);
    pieces.push(piece);
    at = clause.end;
  }
  return pieces.join("");
}

function clauseAt(format: string, at: number): { verb: string; precision: number | undefined; end: number } {
  const match = /(?:\.([0-9]+))?(.?)/sy;
  match.lastIndex = at;
  const [text, digits, verb = ""] = match.exec(format)!;
  if (verb === "") fail("unexpected end of string");
  const precision = digits === undefined ? undefined : Number(digits);
  if (precision !== undefined && precision > maxPrecision) fail(`precision ${digits} is too large`);
  return { verb, precision, end: at + text.length };
}

function formatted(verb: string, precision: number | undefined, value: Value, meter: Meter): string {
  switch (verb) {
    case "s":
      return typeof value === "string" ? value : typeof value === "number" ? (special(value) ?? doubleText(value)) : shown(value, meter);
    case "d":
      return decimal(value);
    case "f":
      return float(value, verb, (number) => grouped(number.toFixed(precision ?? defaultPrecision)));
    case "e":
      return float(value, verb, (number) => exponential(number, precision ?? defaultPrecision));
    case "b":
      return inBase(value, 2, verb);
    case "o":
      return inBase(value, 8, verb);
    case "x":
      return hexadecimal(value, verb);
    case "X":
      return hexadecimal(value, verb).toUpperCase();
    default:
      return fail(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

/** Thousands are set apart, as Go's text printer does in English. */
function grouped(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const separated = whole.length < 400 ? whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ",") : whole;
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}

/** As Go's text printer has it: 1.5×10⁰³. */
function exponential(number: number, precision: number): string {
  const [digits, exponent = "+0"] = number.toExponential(precision).split("e");
  const power = exponent
    .slice(1)
    .padStart(2, "0")
    .replace(/[0-9]/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]!);
  return `${digits}×10${exponent.startsWith("-") ? "⁻" : ""}${power}`;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? undefined : value > 0 ? "Infinity" : "-Infinity";
}

function wrongType(clause: string, value: Value): never {
  return fail(`error during formatting: ${clause}, was given ${typeNameOf(value)}`);
}

function decimal(value: Value): string {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (typeof value === "number") return special(value) ?? wrongType("decimal clause can only be used on integers", value);
  return wrongType("decimal clause can only be used on integers", value);
}

function float(value: Value, verb: string, write: (number: number) => string): string {
  const clause = `${verb === "e" ? "scientific" : "fixed-point"} clause can only be used on doubles`;
  return typeof value === "number" ? (special(value) ?? write(value)) : wrongType(clause, value);
}

function inBase(value: Value, base: number, verb: string): string {
  if (typeof value === "bigint") return value.toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  if (typeof value === "boolean" && verb === "b") return value ? "1" : "0";
  return wrongType(verb === "b" ? "only integers and bools can be formatted as binary" : "octal clause can only be used on integers", value);
}

function hexadecimal(value: Value, verb: string): string {
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  if (typeof value === "bigint" || value instanceof Uint) return inBase(value, 16, verb);
  return wrongType("only integers, byte buffers, and strings can be formatted as hex", value);
}

/** As %s shows a value, also within lists and maps. */
function shown(value: Value, meter: Meter): string {
  meter.spend(5);
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return special(value) ?? value.toFixed(defaultPrecision);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationSeconds(value);
  if (value instanceof CelList) return `[${[...value].map((item) => shown(item, meter)).join(", ")}]`;
  if (value instanceof CelMap && !(value instanceof Optional)) return shownMap(value, meter);
  if (value instanceof TypeValue) return value.name;
  return wrongType("string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps", value);
}

function shownMap(map: CelMap, meter: Meter): string {
  const entries = [...map.keys()].map((key) => [shown(key, meter), shown(map.get(key)!, meter)] as const);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}:${value}`)
    .join(", ")}}`;
}
