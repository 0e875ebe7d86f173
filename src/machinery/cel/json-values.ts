/**
 * JSON as values, converted where it is touched: an expression looks at few fields of a large object. Fields of declared
 * types become what their schema says (a text may be a timestamp, a number a double); all else becomes what it looks like.
 */
import { parseDuration } from "../duration.ts";
import { readInstant } from "../time.ts";
import { dynType, type Type } from "./types.ts";
import { CelList, CelMap, Duration, fail, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from "./values.ts";

/** JSON, or anything that is a value already. */
export function celValue(json: unknown, type: Type = dynType): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === "string") return textValue(json, type);
  if (typeof json === "number") return numberValue(json, type);
  if (typeof json !== "object") return json as Value;
  if (Array.isArray(json)) return new JsonList(json, type.kind === "list" ? type.params[0] : dynType);
  return isValue(json) ? json : new JsonMap(json as Readonly<Record<string, unknown>>, type);
}

function isValue(json: object): json is Value & object {
  return (
    json instanceof CelList ||
    json instanceof CelMap ||
    json instanceof Opaque ||
    json instanceof Optional ||
    json instanceof TypeValue ||
    json instanceof Uint ||
    json instanceof Timestamp ||
    json instanceof Duration ||
    json instanceof Uint8Array
  );
}

/** A double of a whole number cannot be told from an int in JSON that has been read: it is an int, unless declared. */
function numberValue(json: number, type: Type): Value {
  return type.kind === "double" || !Number.isInteger(json) ? json : BigInt(json);
}

function textValue(json: string, type: Type): Value {
  switch (type.kind) {
    case "timestamp":
      return timestampOf(json);
    case "duration":
      return durationOf(json);
    case "bytes":
      return Uint8Array.from(atob(json), (character) => character.charCodeAt(0));
    default:
      return json;
  }
}

export function timestampOf(text: string): Timestamp {
  const instant = readInstant(text);
  if (instant === undefined) fail(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`);
  return new Timestamp(BigInt(instant.seconds) * 1_000_000_000n + BigInt(instant.nanos));
}

export function durationOf(text: string): Duration {
  try {
    return new Duration(parseDuration(text));
  } catch (error) {
    return fail((error as Error).message);
  }
}

export class JsonList extends CelList {
  readonly #json: readonly unknown[];
  readonly #element: Type;
  constructor(json: readonly unknown[], element: Type = dynType) {
    super();
    this.#json = json;
    this.#element = element;
  }
  override get size(): number {
    return this.#json.length;
  }
  override at(index: number): Value {
    return celValue(this.#json[index], this.#element);
  }
}

/** Counting takes as long as the object is large: done once for each, not for each time an expression meets it. */
const sizes = new WeakMap<object, number>();

function sizeOfJson(json: object): number {
  const known = sizes.get(json);
  if (known !== undefined) return known;
  const size = Object.keys(json).length;
  sizes.set(json, size);
  return size;
}

/** An object as a map from text; of a declared type, by the names that expressions use for its fields. */
export class JsonMap extends CelMap {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #type: Type;
  constructor(json: Readonly<Record<string, unknown>>, type: Type = dynType) {
    super();
    this.#json = json;
    this.#type = type;
  }
  override get size(): number {
    return sizeOfJson(this.#json);
  }
  override get(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    if (this.#type.kind === "object") return this.#field(key);
    return this.#at(key, this.#type.kind === "map" ? this.#type.params[1] : dynType);
  }
  override keys(): Iterable<Value> {
    return Object.keys(this.#json);
  }
  #field(name: string): Value | undefined {
    const field = this.#type.kind === "object" ? this.#type.declaration.field(name) : undefined;
    return field === undefined ? undefined : this.#at(field.jsonName, field.type);
  }
  #at(key: string, type: Type): Value | undefined {
    if (!Object.hasOwn(this.#json, key)) return undefined;
    const json = this.#json[key];
    return json === undefined ? undefined : celValue(json, type);
  }
}

/** A map that has every key: an empty map, or what is given, where there is none (attributes of devices). */
export class DefaultMap extends CelMap {
  readonly #map: CelMap;
  readonly #absent: Value;
  constructor(map: CelMap, absent: Value) {
    super();
    this.#map = map;
    this.#absent = absent;
  }
  override get size(): number {
    return this.#map.size;
  }
  override get(key: Value): Value {
    const value = this.#map.get(key);
    return value === undefined ? this.#absent : value;
  }
  override keys(): Iterable<Value> {
    return this.#map.keys();
  }
}

/** A map whose values are computed when they are first asked for: a policy's variables. They may throw a Failure. */
export class LazyMap extends CelMap {
  readonly #values: Readonly<Record<string, () => Value>>;
  readonly #computed = new Map<string, Value>();
  constructor(values: Readonly<Record<string, () => Value>>) {
    super();
    this.#values = values;
  }
  override get size(): number {
    return Object.keys(this.#values).length;
  }
  override get(key: Value): Value | undefined {
    if (typeof key !== "string" || !Object.hasOwn(this.#values, key)) return undefined;
    const known = this.#computed.get(key);
    if (known !== undefined) return known;
    const value = this.#values[key]!();
    this.#computed.set(key, value);
    return value;
  }
  override has(key: Value): boolean {
    return typeof key === "string" && Object.hasOwn(this.#values, key);
  }
  override keys(): Iterable<Value> {
    return Object.keys(this.#values);
  }
}
