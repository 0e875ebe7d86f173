/** Values for fields: such as their type allows, and such as no type does. */

import { copyJson } from "../../machinery/json.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, type ScalarType } from "../../machinery/schema.ts";
import { fieldMessage } from "../../machinery/schema-walk.ts";
import type { Dice } from "./dice.ts";

const odd: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  -0,
  1e300,
  2 ** 31,
  2 ** 53,
  9223372036854775807n,
  -9223372036854775808n,
  18446744073709551616n,
  "",
  " ",
  "x",
  "Ü",
  "\u0000",
  "\ud800",
  "a\nb",
  "a".repeat(64),
  "a".repeat(300),
  "../../x",
  "a/b",
  "/",
  "%",
  "=",
  "*",
  true,
  false,
  [],
  {},
  [null],
  [[]],
  [""],
  [{}],
  { a: null },
  { "": "" },
  { a: { a: { a: {} } } },
  "9999999999999999999",
  "-",
  "1Gi",
  "0.5%",
  "150%",
  "1e999999999",
  "10.0.0.1",
  "::ffff:1.2.3.4/129",
  "2026-02-30T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "__proto__",
  "constructor",
  "toString",
  { __proto__: null, constructor: "x", toString: "y" },
  JSON.parse('{"__proto__":{"a":"b"}}'),
];

const texts = ["a", "b", "x", "http", "TCP", "v1", "Pod", "default", "example.com/a", "a.example.com", "*", "a=b", "$(A)", "/data", "Never", "0-5", "1"];

const scalars: Readonly<Record<ScalarType, readonly unknown[]>> = {
  string: texts,
  bool: [true, false],
  int32: [0, 1, -1, 80, 443, 65536, 2147483647, -2147483648],
  int64: [0, 1, -1, 1000, 30, 9007199254740993n, 9223372036854775807n],
  double: [0.5, 1, -1],
  bytes: ["", "aGk=", "!", "AAAA"],
  quantity: ["1", "500m", "1Gi", "-3", "1e3", "0", 1, 1.5, "100E", "1e-30"],
  intOrString: [80, "http", "25%", -1, "0%"],
  time: ["2024-02-29T12:00:00Z", "9999-12-31T23:59:59Z", null, "1677-01-01T00:00:00Z"],
  microTime: ["2024-02-29T12:00:00.123456Z", null],
  duration: ["1h30m0s", "-5s", "100ms"],
  any: [{ a: [1, null] }, "x", 5, null, { apiVersion: "v1", kind: "Pod" }],
};

/** Fits the type, and what fits the field's enumeration if it has one. `depth` bounds nesting. */
export function fieldValue(dice: Dice, field: FieldSchema, depth: number): unknown {
  switch (field.kind) {
    case "scalar":
      return field.options.enum !== undefined && dice.chance(0.8) ? dice.pick(field.options.enum) : dice.pick(scalars[field.type]);
    case "message":
      return messageValue(dice, field.message(), depth - 1);
    case "list":
      return Array.from({ length: dice.below(3) }, () => itemValue(dice, field, field.item, depth));
    case "map":
      return Object.fromEntries(
        Array.from({ length: dice.below(3) }, () => [dice.pick(texts), field.wrapped ? [dice.pick(texts)] : itemValue(dice, field, field.value, depth)]),
      );
  }
}

export function itemValue(dice: Dice, field: FieldSchema, item: ItemType, depth: number): unknown {
  const message = itemMessage(item);
  if (message !== undefined) return messageValue(dice, message, depth - 1);
  const allowed = field.options.enum;
  return allowed !== undefined ? dice.pick(allowed) : dice.pick(scalars[item as ScalarType]);
}

/** Most required fields, and a few of the others. */
export function messageValue(dice: Dice, schema: MessageSchema, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const names = Object.keys(schema.fields);
  for (const name of names) {
    const field = schema.fields[name]!;
    const wanted = (field.options.required === true && dice.chance(0.9)) || dice.chance(2 / names.length);
    if (wanted && (depth > 0 || fieldMessage(field) === undefined)) value[name] = fieldValue(dice, field, depth);
  }
  return value;
}

/** A copy of its own: callers go on changing it. */
export function oddValue(dice: Dice): unknown {
  return copyJson(dice.pick(odd));
}
