/**
 * YAML as Kubernetes reads it (sigs.k8s.io/yaml over go-yaml 2): a way to write JSON, with the scalars of YAML 1.1. So
 * `yes` and `on` are booleans, 0644 is octal, `<<` merges, and keys become text; but dates stay text, and integers are
 * exact to 64 bits.
 */
import {
  DUMP_SCHEMA,
  defineScalarTag,
  dump,
  FAILSAFE_SCHEMA,
  intCoreTag,
  intYaml11Tag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullCoreTag,
  YAMLException,
} from "js-yaml";
import { parseJson, stringifyJson } from "./json-codec.ts";
import { maxDepth, tooDeepMessage } from "./json-scan.ts";
import { duplicateYamlKeys } from "./yaml-duplicates.ts";

/** The text is no YAML. The message says where, in the form `yaml: line 3: …`. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

const trueWords = new Set(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]);
const falseWords = new Set(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]);

const boolTag = defineScalarTag<boolean>("tag:yaml.org,2002:bool", {
  implicit: true,
  implicitFirstChars: [..."yYnNtTfFoO"],
  resolve: (source) => (trueWords.has(source) ? true : falseWords.has(source) ? false : NOT_RESOLVED),
  identify: (data) => typeof data === "boolean",
});

const intTag = defineScalarTag<number | bigint>("tag:yaml.org,2002:int", {
  implicit: true,
  implicitFirstChars: [..."+-0123456789"],
  resolve: (source) => integerOf(source.replaceAll("_", "")) ?? NOT_RESOLVED,
  identify: (data) => typeof data === "bigint" || Number.isInteger(data),
});

/** What Go's ParseInt reads with base 0: prefixes 0x, 0o, 0b, and a plain 0 for octal. */
function integerOf(text: string): number | bigint | undefined {
  const [, sign, digits = ""] = /^([-+]?)(.*)$/s.exec(text)!;
  const plain = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  // Longer than any integer of 64 bits in any base: what is left of it is a float.
  if (plain.length > 66) return /^[0-9]+$/.test(plain) ? Number(text) : undefined;
  if (!/^(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)) return undefined;
  const exact = sign === "-" ? -BigInt(plain) : BigInt(plain);
  if (exact < -(2n ** 63n) || exact >= 2n ** 64n) return Number(exact);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

const floatPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

const noNumber = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** What overflows a float is text; what YAML calls infinite or no number cannot be said in JSON. */
function floatOf(text: string): number | undefined {
  if (noNumber.test(text))
    throw new YamlError(`json: unsupported value: ${text.toLowerCase().endsWith("nan") ? "NaN" : text.startsWith("-") ? "-Inf" : "+Inf"}`);
  const value = floatPattern.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

const floatTag = defineScalarTag<number>("tag:yaml.org,2002:float", {
  implicit: true,
  implicitFirstChars: [..."+-.0123456789"],
  resolve: (source) => floatOf(source.replaceAll("_", "")) ?? NOT_RESOLVED,
  identify: (data) => typeof data === "number",
});

const binaryTag = defineScalarTag<string>("tag:yaml.org,2002:binary", {
  // Go decodes the base64 and puts the bytes into a string.
  resolve: (source) => Buffer.from(source, "base64").toString("utf8"),
  identify: () => false,
});

const schema = FAILSAFE_SCHEMA.withTags(nullCoreTag, boolTag, intTag, floatTag, mergeTag, binaryTag);

export interface YamlOptions {
  /** A key given twice is an error; otherwise the last one counts. */
  readonly strict?: boolean;
}

/** The value of the text's first document, as Go's decoder takes it; undefined when there is none. Throws YamlError. */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  return documentsOf(text, options)[0];
}

/** The values of all documents that hold anything. Throws YamlError. */
export function parseYamlDocuments(text: string, options: YamlOptions = {}): unknown[] {
  return documentsOf(text, options).filter((value) => value !== null && value !== undefined);
}

function documentsOf(text: string, options: YamlOptions): unknown[] {
  const documents = reading(() => loadAll(text, { schema, maxDepth, json: options.strict !== true }));
  const sizes = new Map<object, number>();
  for (const document of documents) {
    if (expandedSize(document, sizes, 0) > maxValues(text.length)) throw new YamlError("yaml: document contains excessive aliasing");
  }
  return documents;
}

/** How many values a text may stand for: aliases of aliases would let a few lines stand for billions. */
function maxValues(characters: number): number {
  // Without aliases every value takes a character.
  return Math.max(characters, Math.min(characters * 10 + 1000, 1_000_000));
}

const inProgress = -1;

/** How many values there are once every alias is copied out. Also refuses what contains itself, or nests too deep. */
function expandedSize(value: unknown, sizes: Map<object, number>, depth: number): number {
  if (typeof value !== "object" || value === null) return 1;
  const known = sizes.get(value);
  if (known === inProgress) throw new YamlError("yaml: anchor value contains itself");
  if (known !== undefined) return known;
  if (depth > maxDepth) throw new YamlError(tooDeepMessage);
  sizes.set(value, inProgress);
  let size = 1;
  for (const item of Object.values(value)) size += expandedSize(item, sizes, depth + 1);
  sizes.set(value, size);
  return size;
}

/** Every key that stands twice in its mapping, as Go says it: `line 3: key "a" already set in map`. The text must be valid YAML. */
export function duplicatesInYaml(text: string): string[] {
  return reading(() => duplicateYamlKeys(text, maxDepth, (source) => schema.resolveImplicitScalarTag(source).value));
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // The parser recurses: a text that nests deep enough overflows its stack.
    if (error instanceof RangeError) throw new YamlError(tooDeepMessage, { cause: error });
    if (!(error instanceof YAMLException)) throw error;
    throw new YamlError(`yaml: ${goText(error)}`, { cause: error });
  }
}

/** Where Go's parser has words of its own for what ours found, those. */
function goText({ reason, mark }: YAMLException): string {
  const [, alias] = /^unidentified alias "(.*)"$/.exec(reason) ?? [];
  if (alias !== undefined) return `unknown anchor '${alias}' referenced`;
  const words = goWords[reason];
  if (words !== undefined) return words;
  if (mark === undefined) return reason;
  const found = mark.buffer?.[mark.position] ?? "";
  const scanned = reason.startsWith("bad indentation") ? (found === ":" ? notAllowed : /[@`\t]/.test(found) ? cannotStart : undefined) : undefined;
  // Its scanner does not count the first line.
  if (scanned !== undefined) return mark.line === 0 ? scanned : `line ${mark.line + 1}: ${scanned}`;
  return `line ${mark.line + 1}: ${reason}`;
}

const notAllowed = "mapping values are not allowed in this context";
const cannotStart = "found character that cannot start any token";
const goWords: Readonly<Record<string, string>> = {
  "the stream contains non-printable characters": "control characters are not allowed",
  "unacceptable YAML version of the document": "found incompatible YAML document",
  "cannot merge mappings; the provided source object is unacceptable": "map merge requires map or sequence of maps as the value",
};

/** DUMP_SCHEMA quotes whatever a parser of either version would take for more than text; here integers may be bigint. */
const dumpSchema = DUMP_SCHEMA.withTags({
  ...intYaml11Tag,
  resolve: (...source) => {
    const old = intYaml11Tag.resolve(...source);
    return old === NOT_RESOLVED ? intCoreTag.resolve(...source) : old;
  },
  identify: (data) => typeof data === "bigint" || intYaml11Tag.identify(data),
  represent: String,
});

/** Writes a JSON value as YAML that any parser, of 1.1 or 1.2, reads back as the same value. */
export function stringifyYaml(value: unknown): string {
  // By way of JSON, for undefined properties.
  return dump(parseJson(stringifyJson(value)), { schema: dumpSchema, lineWidth: -1, noRefs: true, sortKeys: true, seqNoIndent: true });
}
