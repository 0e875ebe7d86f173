/**
 * JSON in and out as the API server reads and writes it: integers are exact to 64 bits (bigint beyond 2^53), nesting is
 * limited, keys such as `__proto__` are mere keys, and syntax errors read as Go's.
 */
import { countKeys, findDuplicates, maxDepth, nestsDeeper, syntaxError, tooDeepMessage } from "./json-scan.ts";

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

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** Only such texts can hold integers that a double would change, or numbers that overflow one. */
const needsExactNumbers = /[0-9]{16}|[0-9][eE]\+?[0-9]{3}/;

export function jsonText(input: Uint8Array | string): string {
  return typeof input === "string" ? input : decoder.decode(input);
}

/** Parses JSON; throws JsonError. Integers beyond 2^53 are bigint, those beyond 64 bits the nearest double. */
export function parseJson(input: Uint8Array | string): unknown {
  const text = jsonText(input);
  if (nestsDeeper(text, maxDepth)) throw new JsonError(syntaxError(text) ?? tooDeepMessage);
  try {
    return needsExactNumbers.test(text) ? JSON.parse(text, exactNumbers) : JSON.parse(text);
  } catch (error) {
    if (error instanceof JsonError) throw error;
    throw new JsonError(syntaxError(text) ?? String(error), { cause: error });
  }
}

function exactNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  if (!Number.isFinite(value)) throw new JsonError(`json: cannot unmarshal number ${source} into Go value of type float64`);
  if (!/^-?[0-9]+$/.test(source)) return value;
  const exact = BigInt(source);
  return exact >= int64Min && exact <= int64Max ? exact : value;
}

/** Writes JSON; bigints become integers. `undefined` properties are left out, as JSON.stringify does. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value);
}

/**
 * Paths of duplicate keys in valid JSON, for field validation Strict and Warn.
 * @param parsed what `parseJson` made of it: if it has as many keys as the text, there is nothing to look for.
 */
export function findDuplicateFields(input: Uint8Array | string, parsed?: unknown): string[] {
  const text = jsonText(input);
  if (parsed !== undefined && countKeys(text) === keysIn(parsed)) return [];
  return findDuplicates(text);
}

function keysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) for (const item of value) keys += keysIn(item);
  else for (const key in value) keys += 1 + keysIn((value as Record<string, unknown>)[key]);
  return keys;
}
