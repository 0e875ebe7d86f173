import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { diceOf } from "../testing/fuzz/dice.ts";
import { type FieldSchema, int32, int64, list, type MessageSchema, map, message, obj, str } from "./schema.ts";
import { schemaErrors } from "./schema-validate.ts";
import { fieldMessage } from "./schema-walk.ts";
import { fieldErrorText } from "./status.ts";

const port = message("test.v1.Port", "", {
  protocol: str(1, "", { enum: ["TCP", "UDP"] }),
  number: int32(2, "", { min: 1, max: 65535 }),
});
const spec = message("test.v1.Spec", "", {
  replicas: int32(1, "", { min: 0 }),
  weight: int64(2, "", { max: 100 }),
  selector: map(3, "string", "", { immutable: true }),
  ports: list(4, port, ""),
  byName: map(5, port, ""),
  modes: list(6, "string", "", { enum: ["a"] }),
});
const kind = message("test.v1.Kind", "", { spec: obj(1, spec, ""), note: str(2, "") });

const texts = (object: object, old?: object) => schemaErrors(kind, object, old).map(fieldErrorText);

test("enums and ranges are checked with Kubernetes' texts", () => {
  assert.deepEqual(
    texts({
      spec: {
        replicas: -1,
        weight: 101n,
        ports: [
          { protocol: "SCTP", number: 0 },
          { protocol: "", number: 65535 },
        ],
        byName: { a: { number: 70000 } },
        modes: ["a", "b"],
      },
    }),
    [
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.weight: Invalid value: 101: must be less than or equal to 100",
      'spec.ports[0].protocol: Unsupported value: "SCTP": supported values: "TCP", "UDP"',
      "spec.ports[0].number: Invalid value: 0: must be between 1 and 65535, inclusive",
      "spec.byName[a].number: Invalid value: 70000: must be between 1 and 65535, inclusive",
      'spec.modes[1]: Unsupported value: "b": supported values: "a"',
    ],
  );
  assert.deepEqual(texts({ spec: {} }), []);
});

test("immutable fields may be set once", () => {
  assert.deepEqual(texts({ spec: { selector: { a: "1" } } }, { spec: {} }), []);
  assert.deepEqual(texts({ spec: { selector: { a: "1" } } }, { spec: { selector: { a: "1" } } }), []);
  assert.deepEqual(texts({ spec: { selector: { a: "2" } } }, { spec: { selector: { a: "1" } } }), [
    'spec.selector: Invalid value: {"a":"2"}: field is immutable',
  ]);
  assert.deepEqual(texts({ spec: {} }, { spec: { selector: { a: "1" } } }), ["spec.selector: Invalid value: null: field is immutable"]);
});

const parent: MessageSchema = message("test.v1.Parent", "", {
  mode: str(1, "", { enum: ["a", "b"], immutable: true }),
  strictMode: str(2, "", { enum: ["a"], enumCheck: "strict" }),
  kind: obj(3, kind, "", { immutable: true }),
  kinds: list(4, kind, ""),
  next: obj(5, () => parent, ""),
});

/** The same rules, said as plainly as possible. */
function plainErrors(schema: MessageSchema, object: Json, old: Json | undefined, path: string): string[] {
  const errors: string[] = [];
  for (const [key, field] of Object.entries(schema.fields)) {
    const at = path === "" ? key : `${path}.${key}`;
    const [value, before] = [object[key], old?.[key]];
    if (field.options.immutable === true && before !== undefined && !isDeepStrictEqual(value, before)) {
      errors.push(fieldErrorText({ type: "FieldValueInvalid", field: at, value: value ?? null, detail: "field is immutable" }));
    }
    if (value === undefined) continue;
    const message = fieldMessage(field);
    const elements: [string, unknown][] =
      field.kind === "list" || field.kind === "map" ? Object.entries(value as object).map(([index, item]) => [`${at}[${index}]`, item]) : [[at, value]];
    for (const [where, element] of elements) {
      if (message === undefined) errors.push(...plainValueErrors(field, element, where));
      else errors.push(...plainErrors(message, element as Json, field.kind === "message" ? (before as Json | undefined) : undefined, where));
    }
  }
  return errors;
}

type Json = Readonly<Record<string, unknown>>;

function plainValueErrors({ kind, options }: FieldSchema, value: unknown, at: string): string[] {
  const { enum: allowed, enumCheck, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
  const isBlank = kind === "scalar" && value === "" && enumCheck !== "strict";
  if (allowed !== undefined && !isBlank && !allowed.includes(value as string)) {
    return [`${at}: Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((text) => JSON.stringify(text)).join(", ")}`];
  }
  if (typeof value !== "number" || (value >= min && value <= max)) return [];
  const bounds =
    options.max === undefined
      ? `greater than or equal to ${min}`
      : options.min === undefined
        ? `less than or equal to ${max}`
        : `between ${min} and ${max}, inclusive`;
  return [`${at}: Invalid value: ${value}: must be ${bounds}`];
}

test("random objects get the errors of the rules said plainly, in the order of the schema", () => {
  const dice = diceOf(7);
  const value = (field: FieldSchema, depth: number): unknown => {
    const message = fieldMessage(field);
    const one = () =>
      message !== undefined
        ? object(message, depth + 1)
        : field.options.enum !== undefined || field.kind !== "scalar"
          ? dice.pick(["a", "b", "TCP", ""])
          : dice.pick([-1, 0, 50, 101]);
    if (field.kind === "list") return Array.from({ length: dice.below(3) }, one);
    return field.kind === "map" ? Object.fromEntries(Array.from({ length: dice.below(3) }, (_, index) => [`k${index}`, one()])) : one();
  };
  const object = (schema: MessageSchema, depth: number): Json =>
    Object.fromEntries(Object.entries(schema.fields).flatMap(([key, field]) => (depth < 4 && dice.chance(0.6) ? [[key, value(field, depth)]] : [])));
  let found = 0;
  for (let run = 0; run < 500; run++) {
    const [now, old] = [object(parent, 0), dice.maybe(0.5, () => object(parent, 0))];
    const errors = schemaErrors(parent, now, old).map(fieldErrorText);
    assert.deepEqual(errors, plainErrors(parent, now, old, ""));
    assert.deepEqual(
      schemaErrors(parent, now, old, "root").map(fieldErrorText),
      errors.map((text) => `root.${text}`),
    );
    found += errors.length;
  }
  assert.ok(found > 1000);
});
