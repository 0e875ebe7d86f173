/** For tests: every schema that src/api exports, and random objects of any of them. */
import { readdirSync } from "node:fs";
import * as meta from "./meta.ts";
import { keepsZero } from "./pointers.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, type ScalarType } from "./schema.ts";
import { fieldMessage } from "./schema-walk.ts";

/** Compiled or not, without declarations. */
const sourceFile = /(?<!\.d)\.[jt]s$/;
const apiFolder = new URL("../api/", import.meta.url);

function isSchema(value: unknown): value is MessageSchema {
  return typeof value === "object" && value !== null && "fields" in value && "inline" in value && "name" in value;
}

/** Schemas by definition name: all exported ones and whatever they refer to. */
export async function allSchemas(): Promise<Map<string, MessageSchema>> {
  const files = readdirSync(apiFolder, { recursive: true, encoding: "utf8" }).filter((file) => sourceFile.test(file) && !file.includes(".test"));
  const modules = await Promise.all(files.map((file) => import(new URL(file, apiFolder).href) as Promise<Record<string, unknown>>));
  const schemas = new Map<string, MessageSchema>();
  const add = (schema: MessageSchema): void => {
    if (schemas.has(schema.name)) return;
    schemas.set(schema.name, schema);
    for (const { message } of schema.inline) add(message);
    for (const field of Object.values(schema.fields)) {
      const message = fieldMessage(field);
      if (message !== undefined) add(message);
    }
  };
  for (const module of [meta, ...modules]) for (const value of Object.values(module)) if (isSchema(value)) add(value);
  return schemas;
}

/** Uniform in [0, n), from a seed. */
export type RandomInt = (n: number) => number;

export function seeded(seed: number): RandomInt {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % n;
  };
}

/** A random object in canonical form: what decoding would give for it. `depth` bounds nesting. */
export function randomObject(schema: MessageSchema, random: RandomInt, depth = 6): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.number === 0 || random(3) === 0) continue;
    const value = randomField(field, random, depth, keepsZero(schema.name, name, field.options.required));
    if (value !== undefined) object[name] = value;
  }
  return object;
}

function randomField(field: FieldSchema, random: RandomInt, depth: number, mayBeZero: boolean): unknown {
  switch (field.kind) {
    case "scalar":
      return mayBeZero && random(3) === 0 && field.type in zeros ? zeros[field.type as keyof typeof zeros] : randomScalar(field.type, random);
    case "message":
      return depth === 0 ? undefined : randomObject(field.message(), random, depth - 1);
    case "list":
      return depth === 0 ? undefined : Array.from({ length: 1 + random(2) }, () => randomItem(field.item, random, depth));
    case "map": {
      if (depth === 0) return undefined;
      const keys = Array.from({ length: 1 + random(2) }, () => randomText(random)).sort();
      return Object.fromEntries(keys.map((key) => [key, field.wrapped ? [randomText(random), ""] : randomItem(field.value, random, depth)]));
    }
  }
}

function randomItem(item: ItemType, random: RandomInt, depth: number): unknown {
  return typeof item === "string" ? randomScalar(item, random) : randomObject(itemMessage(item)!, random, depth - 1);
}

const zeros = { string: "", bool: false, int32: 0, int64: 0, intOrString: 0 };

function pick<T>(items: readonly T[], random: RandomInt): T {
  return items[random(items.length)]!;
}

function randomText(random: RandomInt): string {
  return pick(["a", "web", "é€😀", "x".repeat(300), "a b", "__proto__", "constructor", "1"], random);
}

function randomScalar(type: ScalarType, random: RandomInt): unknown {
  switch (type) {
    case "string":
      return randomText(random);
    case "bool":
      return true;
    case "int32":
      return pick([1, -1, 80, 2147483647, -2147483648], random);
    case "int64":
      return pick([1, -1, 9007199254740991, -9007199254740991, 9223372036854775807n, -9223372036854775808n, 9007199254740993n], random);
    case "double":
      return pick([0.5, -1e300, 3], random);
    case "bytes":
      return pick(["aGk=", "/+8=", Buffer.alloc(200, 7).toString("base64")], random);
    case "quantity":
      return pick(["1", "500m", "1536Mi", "-3", "1e3"], random);
    case "intOrString":
      return pick([80, "http", "25%", -1], random);
    case "time":
      return pick(["2024-02-29T12:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"], random);
    case "microTime":
      return pick(["2024-02-29T12:00:00.123456Z", "1970-01-01T00:00:00.000000Z"], random);
    case "duration":
      return pick(["1h30m0s", "-5s", "100ms"], random);
    case "any":
      return pick<unknown>([{ a: [1, { b: null }], z: "x", n: 9223372036854775807n }, ["x"], "text", 5, true], random);
  }
}
