/** Decoding, in place and not, against a decoder that is written for nothing but to be read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { allDefinitions } from "../api/index.ts";
import { DecodeError, decodeText, decodeValue, type FieldValidation } from "./decode.ts";
import { decodeScalar, isZero, zeroScalar } from "./decode-scalar.ts";
import { type RandomInt, randomObject, seeded } from "./fake-objects.ts";
import { goKind, goType, kindName } from "./go-types.ts";
import { findDuplicateFields, JsonError, parseJson, stringifyJson } from "./json-codec.ts";
import { keepsZero } from "./pointers.ts";
import { any, double, type FieldSchema, type ItemType, itemMessage, type MessageSchema, message, obj, quantity, str } from "./schema.ts";
import { type Path, pathsSentEmpty } from "./sent-empty.ts";

type Json = Record<string, unknown>;

interface Outcome {
  readonly object: Json;
  readonly problems: readonly string[];
  readonly empty: readonly Path[];
}

/** The naive one. Throws DecodeError. */
function naive(root: MessageSchema, value: Json, duplicates: readonly string[]): Outcome {
  const problems = new Set<string>();
  const empty: Path[] = [];
  const text = (path: Path) => path.reduce<string>((before, part) => (typeof part === "number" ? `${before}[${part}]` : `${before}.${part}`), "").slice(1);
  const noteDuplicate = (path: Path) => {
    if (duplicates.includes(text(path))) problems.add(`duplicate field ${JSON.stringify(text(path))}`);
  };
  const wrongType = (schema: MessageSchema, path: Path) => (found: unknown, type: string) => {
    const field = path.filter((part) => typeof part === "string").join(".");
    return new DecodeError(`json: cannot unmarshal ${goKind(found, type)} into Go struct field ${kindName(schema)}.${field} of type ${type}`);
  };

  const readMessage = (schema: MessageSchema, object: Json, path: Path): Json => {
    const fields: [string, unknown][] = [];
    for (const [key, item] of Object.entries(object)) {
      const at = [...path, key];
      const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
      if (field === undefined) problems.add(`unknown field ${JSON.stringify(text(at))}`);
      else noteDuplicate(at);
      if (field === undefined || item === null) continue;
      const decoded = fieldValue(schema, field, item, at);
      const dropped = field.kind === "scalar" ? !keepsZero(schema.name, key, field.options.required) && isZero(field.type, decoded) : isNothing(field, decoded);
      if (!dropped) fields.push([key, decoded]);
      else if (field.kind !== "scalar") empty.push(at);
    }
    return Object.fromEntries(fields);
  };
  const nested = (owner: MessageSchema, schema: MessageSchema, found: unknown, path: Path): Json => {
    if (typeof found !== "object" || found === null || Array.isArray(found)) throw wrongType(owner, path)(found, goType(schema));
    return readMessage(schema, found as Json, path);
  };
  const item = (owner: MessageSchema, type: ItemType, found: unknown, path: Path): unknown => {
    if (typeof type !== "string") return nested(owner, itemMessage(type)!, found ?? {}, path);
    return found === null ? zeroScalar[type] : decodeScalar(type, found, wrongType(owner, path));
  };
  const list = (owner: MessageSchema, type: ItemType, found: unknown, path: Path): unknown[] => {
    if (!Array.isArray(found)) throw wrongType(owner, path)(found, `[]${goType(type)}`);
    return found.map((element, index) => item(owner, type, element, [...path, index]));
  };
  const map = (owner: MessageSchema, { value: type, wrapped }: FieldSchema & { kind: "map" }, found: unknown, path: Path): Json => {
    if (typeof found !== "object" || found === null || Array.isArray(found))
      throw wrongType(owner, path)(found, `map[string]${wrapped ? "[]" : ""}${goType(type)}`);
    const entries = Object.entries(found as Json).map(([key, entry]) => {
      noteDuplicate([...path, key]);
      return [key, wrapped ? list(owner, type, entry ?? [], path) : item(owner, type, entry, path)] as const;
    });
    return Object.fromEntries(entries);
  };
  const fieldValue = (owner: MessageSchema, field: FieldSchema, found: unknown, path: Path): unknown => {
    if (field.kind === "scalar") return decodeScalar(field.type, found, wrongType(owner, path));
    if (field.kind === "message") return nested(owner, field.message(), found, path);
    return field.kind === "list" ? list(owner, field.item, found, path) : map(owner, field, found, path);
  };

  const object = readMessage(root, value, []);
  return { object, problems: [...problems].slice(0, 100), empty };
}

/** A list or map without elements; messages without fields stay. */
function isNothing(field: FieldSchema, value: unknown): boolean {
  return field.kind !== "message" && Object.keys(value as object).length === 0;
}

/* ---- texts ---- */

const nest = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const scalars = [
  "null",
  '""',
  "0",
  "-0",
  "false",
  "true",
  '"x"',
  "80",
  "1.5",
  "1e3",
  "1e400",
  "9007199254740993",
  "-2147483649",
  '"100m"',
  '"1024Ki"',
  '"a\\":1"',
];
const others = [
  "{}",
  "[]",
  "[null]",
  "[[]]",
  '{"a":null}',
  '{"a":1,"a":2}',
  '{"__proto__":"x","b":""}',
  '{"":[{"n":9223372036854775807}]}',
  nest(150),
  nest(1001),
];
const junk = [...scalars, ...others];
/** Oddities of the right type, so that nothing is refused. */
const zeros: Readonly<Record<string, readonly string[]>> = {
  string: ['""', "null"],
  number: ["0", "-0", "null"],
  boolean: ["false"],
  array: ["[]", "null"],
  object: ["{}", "null"],
};
const oddKeys = ["odd", "__proto__", "constructor", "1", "a b"];

/** The JSON of a value with something odd in one of so many places. */
function oddJson(value: unknown, random: RandomInt, places: number): string {
  const is = () => random(places) === 0;
  const pick = (texts: readonly string[]) => texts[random(texts.length)]!;
  const write = (item: unknown): string => {
    if (is()) return random(3) === 0 ? pick(junk) : pick(zeros[Array.isArray(item) ? "array" : typeof item] ?? junk);
    if (typeof item !== "object" || item === null) return stringifyJson(item);
    if (Array.isArray(item)) return `[${item.map(write).join(",")}]`;
    const members = Object.entries(item).map(([key, member]) => `${JSON.stringify(key)}${is() ? " :" : ":"}${write(member)}`);
    if (is()) members.push(`${JSON.stringify(pick(oddKeys))}:${pick(junk)}`);
    if (is()) members.push(`${JSON.stringify(pick(Object.keys(item)) ?? "a")}:${pick(junk)}`);
    return `{${members.join(",")}}`;
  };
  return write(value);
}

function* texts(seed: number, rounds: number): Generator<{ readonly schema: MessageSchema; readonly text: string }> {
  const random = seeded(seed);
  for (const { schema } of allDefinitions) {
    for (let round = 0; round < rounds; round++) {
      const value = randomObject(schema, random, 1 + random(5));
      yield { schema, text: oddJson(value, random, [3, 20, 100, 1e9][random(4)]!) };
    }
  }
}

/* ---- what comes of them ---- */

type Result = Outcome | { readonly error: string };

function result(decode: () => Outcome): Result {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof JsonError) return { error: error.message };
    throw error;
  }
}

const validations: readonly FieldValidation[] = ["Strict", "Warn", "Ignore"];

function wanted(schema: MessageSchema, value: Json, duplicates: readonly string[], validation: FieldValidation): Result {
  const outcome = result(() => naive(schema, value, duplicates));
  if ("error" in outcome || validation === "Warn") return outcome;
  if (validation === "Ignore" || outcome.problems.length === 0) return { ...outcome, problems: [] };
  return { error: `strict decoding error: ${outcome.problems.join(", ")}` };
}

function outcomeOf({ object, warnings }: ReturnType<typeof decodeValue>): Outcome {
  return { object, problems: warnings, empty: pathsSentEmpty(object) };
}

function assertSame(found: Result, expected: Result, text: string): void {
  if ("error" in found || "error" in expected) {
    assert.deepEqual(found, expected, text);
    return;
  }
  assert.deepEqual(found.object, expected.object, text);
  assert.equal(stringifyJson(found.object), stringifyJson(expected.object), "the order of keys");
  assert.deepEqual(found.problems, expected.problems, text);
  const paths = ({ empty }: Outcome) => empty.map((path) => JSON.stringify(path)).sort();
  assert.deepEqual(paths(found), paths(expected), text);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

test("property: a value becomes what the naive decoder makes of it, and stays as it was", () => {
  for (const { schema, text } of texts(11, 8)) {
    const parsed = result(() => ({ object: parseJson(text) as Json, problems: [], empty: [] }));
    if ("error" in parsed || !isObject(parsed.object)) continue;
    const before = stringifyJson(parsed.object);
    const duplicates = findDuplicateFields(text);
    for (const validation of validations) {
      const found = result(() => outcomeOf(decodeValue(schema, parsed.object, validation, duplicates)));
      assertSame(found, wanted(schema, parsed.object, duplicates, validation), text);
    }
    assert.equal(stringifyJson(parsed.object), before);
  }
});

test("property: a text that is decoded in place becomes the same; one that is not is odd", () => {
  let inPlace = 0;
  for (const { schema, text } of texts(12, 12)) {
    const parsed = result(() => ({ object: parseJson(text) as Json, problems: [], empty: [] }));
    const value = "error" in parsed ? undefined : parsed.object;
    for (const validation of validations) {
      const decoded = decodeText(schema, text, validation);
      const expected = isObject(value) ? wanted(schema, value, findDuplicateFields(text), validation) : { error: "no object" };
      if (decoded !== undefined) assertSame(outcomeOf(decoded), expected, text);
      else assert.ok("error" in expected || isOdd(text), text);
      if (decoded !== undefined) inPlace++;
    }
  }
  assert.ok(inPlace > 500, `${inPlace} were decoded in place`);
});

const tree: MessageSchema = message("io.k8s.api.test.v1.Tree", "", {
  name: str(1, ""),
  child: obj(2, () => tree, ""),
  raw: any(3, ""),
  size: double(4, ""),
  amount: quantity(5, ""),
});

test("what nests deep, or is more than JSON.parse can tell, is not decoded in place", () => {
  const levels = (count: number) => `${'{"child":'.repeat(count)}{}${"}".repeat(count)}`;
  const table: [text: string, isDecoded: boolean][] = [
    [levels(50), true],
    [levels(500), false],
    [levels(5000), false],
    [`{"raw":${nest(80)}}`, true],
    [`{"raw":${nest(1001)}}`, false],
    [`{"unknown":${nest(5000)}}`, false],
    ['{"raw":[9007199254740991,1.5,-0]}', true],
    ['{"raw":[9007199254740993]}', false],
    ['{"size":1e400}', false],
    ['{"amount":9007199254740993}', false],
    ['{"amount":3}', true],
    ['{"name":"a","name":"a"}', false],
    ['{"name":"\\":"}', true],
    ['{"name":{}}', false],
    ["null", false],
    ["{", false],
  ];
  for (const [text, isDecoded] of table) assert.equal(decodeText(tree, text, "Ignore") !== undefined, isDecoded, text.slice(0, 100));
});

/** What JSON.parse may read otherwise than we do, or has forgotten. */
function isOdd(text: string): boolean {
  return /[0-9]{16}|e400|-1e300/.test(text) || text.includes(nest(150)) || findDuplicateFields(text).length > 0;
}
