/**
 * JSON in and out as the API server reads and writes it: integers are exact to 64 bits (bigint beyond 2^53), nesting is
 * limited, keys such as `__proto__` are mere keys, and syntax errors read as Go's.
 */
import { exactInteger, longNumbers, type NumberToken, withMarkedIntegers } from "./json-numbers.ts";
import { countKeys, findDuplicates, maxDepth, mostKeys, nestsDeeper, syntaxError, tooDeepText } from "./json-scan.ts";

/** The text is no JSON, or nests too deep. The message is that of Go's decoder. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/* JSON.stringify refuses bigints; with this hook, set once for the process, it writes them as plain integers, wherever
 * in an object they stand and at no cost to objects without them. A replacer function would make every call slow. */
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint): unknown {
    return (JSON as unknown as RawJson).rawJSON(this.toString());
  },
  configurable: true,
  writable: true,
});

// A byte order mark is kept, so that it is refused as in Go; malformed UTF-8 becomes U+FFFD, as there.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Only such texts can hold integers that a double would change, or numbers that overflow one. */
const needsExactNumbers = /[0-9]{16}|[0-9][eE]\+?[0-9]{3}/;

export function jsonText(input: Uint8Array | string): string {
  return typeof input === "string" ? input : decoder.decode(input);
}

/** Parses JSON; throws JsonError. Integers beyond 2^53 are bigint, those beyond 64 bits the nearest double. */
export function parseJson(input: Uint8Array | string): unknown {
  const text = jsonText(input);
  if (nestsDeeper(text, maxDepth)) throw new JsonError(syntaxError(text) ?? tooDeepText(text));
  try {
    return needsExactNumbers.test(text) ? parseExactly(text) : JSON.parse(text);
  } catch (error) {
    if (error instanceof JsonError) throw error;
    throw new JsonError(syntaxError(text) ?? String(error), { cause: error });
  }
}

/** A reviver function would do this in a few lines, at ten times the cost for all of the text. */
function parseExactly(text: string): unknown {
  const tokens = longNumbers(text);
  // A number where a key should stand is an error, and must stay one.
  const exact = tokens.filter(({ start, end }) => exactInteger(text.slice(start, end)) !== undefined && !isKey(text, end));
  if (exact.length === 0) return checkedFinite(JSON.parse(text), text, tokens);
  const { marked, restore } = withMarkedIntegers(text, exact);
  // Errors are about the text as it came.
  return checkedFinite(restore(JSON.parse(marked)), text, tokens);
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}

/** Of a number in an error. */
const maxToldCharacters = 500;

function checkedFinite(value: unknown, text: string, tokens: readonly NumberToken[]): unknown {
  const absurd = tokens.find(({ start, end }) => !Number.isFinite(Number(text.slice(start, end))));
  if (absurd === undefined) return value;
  const source = text.slice(absurd.start, Math.min(absurd.end, absurd.start + maxToldCharacters));
  throw new JsonError(`json: cannot unmarshal number ${source} into Go value of type float64`);
}

/** Writes JSON; bigints become integers. `undefined` properties are left out, as JSON.stringify does. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value);
}

/**
 * Paths of duplicate keys in valid JSON, for field validation Strict and Warn.
 * @param parsed what `parseJson` made of it: if it has as many keys as the text, there is nothing to look for.
 * @param keys how many the text has, if that is known.
 */
export function findDuplicateFields(input: Uint8Array | string, parsed?: unknown, keys?: number): string[] {
  const text = jsonText(input);
  if (parsed !== undefined && hasKeys(text, keysIn(parsed), keys)) return [];
  return findDuplicates(text);
}

/**
 * Whether the text, which must be valid, holds so many keys and no more.
 * @param counted how many it has, if that is known.
 */
export function hasKeys(text: string, wanted: number, counted?: number): boolean {
  if (counted !== undefined) return counted === wanted;
  return mostKeys(text) === wanted || countKeys(text) === wanted;
}

function keysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) for (const item of value) keys += keysIn(item);
  else for (const key in value) keys += 1 + keysIn((value as Record<string, unknown>)[key]);
  return keys;
}
