/**
 * Values at run time. null, booleans and texts are JavaScript's own; int is a bigint of 64 bits, double a number;
 * the other types have classes. JSON is wrapped, not copied: see json-values.ts.
 */

export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;
export const uint64Max = 2n ** 64n - 1n;

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch, years 0001 to 9999. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export abstract class CelList {
  abstract readonly size: number;
  /** The index is within bounds. */
  abstract at(index: number): Value;

  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
}

export class ArrayList extends CelList {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    super();
    this.items = items;
  }
  override get size(): number {
    return this.items.length;
  }
  override at(index: number): Value {
    return this.items[index]!;
  }
}

/** Two lists in a row. Appending in loops would be quadratic if each step copied. */
export class JoinedList extends CelList {
  readonly #left: CelList;
  readonly #right: CelList;
  #items: readonly Value[] | undefined;
  override readonly size: number;
  constructor(left: CelList, right: CelList) {
    super();
    this.#left = left;
    this.#right = right;
    this.size = left.size + right.size;
  }
  override at(index: number): Value {
    this.#items ??= this.#flattened();
    return this.#items[index]!;
  }
  /** Without recursion: chains are as long as loops. */
  #flattened(): Value[] {
    const items = new Array<Value>(this.size);
    const pending: { list: CelList; from: number }[] = [{ list: this, from: 0 }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { list, from } = next;
      if (list instanceof JoinedList && list.#items === undefined) {
        pending.push({ list: list.#left, from }, { list: list.#right, from: from + list.#left.size });
      } else for (let index = 0; index < list.size; index++) items[from + index] = list.at(index);
    }
    return items;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** Undefined when there is none. */
  abstract get(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;
  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }
}

/** A text that equal keys have and others have not: numbers are equal across their types. Undefined for what is no key. */
export function keyText(key: Value): string | undefined {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (key instanceof Uint) return `n${key.value}`;
  if (typeof key === "boolean") return `b${key}`;
  return typeof key === "number" && Number.isInteger(key) ? `n${BigInt(key)}` : undefined;
}

export class EntryMap extends CelMap {
  readonly #entries: ReadonlyMap<string, readonly [Value, Value]>;
  /** By keyText. */
  constructor(entries: ReadonlyMap<string, readonly [Value, Value]>) {
    super();
    this.#entries = entries;
  }
  static of(entries: Iterable<readonly [Value, Value]>): EntryMap {
    return new EntryMap(new Map([...entries].map((entry) => [keyText(entry[0])!, entry])));
  }
  override get size(): number {
    return this.#entries.size;
  }
  override get(key: Value): Value | undefined {
    const text = keyText(key);
    return text === undefined ? undefined : this.#entries.get(text)?.[1];
  }
  override *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** A map that folds add to in place: nobody else sees it before the fold ends. */
export class GrowingMap extends CelMap {
  readonly #entries = new Map<string, readonly [Value, Value]>();
  override get size(): number {
    return this.#entries.size;
  }
  override get(key: Value): Value | undefined {
    const text = keyText(key);
    return text === undefined ? undefined : this.#entries.get(text)?.[1];
  }
  override *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
  /** False when the key is there already. */
  add(key: Value, value: Value): boolean {
    const text = keyText(key);
    if (text === undefined || this.#entries.has(text)) return false;
    this.#entries.set(text, [key, value]);
    return true;
  }
}

export class Optional {
  /** Undefined: there is none. */
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A type as a value: what type() gives, and names of types. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A message written as `Type{field: value}`. */
export class StructValue extends CelMap {
  readonly typeName: string;
  readonly #fields: ReadonlyMap<string, Value>;
  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }
  override get size(): number {
    return this.#fields.size;
  }
  override get(key: Value): Value | undefined {
    return typeof key === "string" ? this.#fields.get(key) : undefined;
  }
  override keys(): Iterable<Value> {
    return this.#fields.keys();
  }
}

/** Values of Kubernetes' libraries: URLs, quantities, addresses, checks. Their classes stand with their functions. */
export abstract class Opaque {
  abstract readonly typeName: string;
  abstract equals(other: Opaque): boolean;
  /** What costs count as its size. */
  get costSize(): number {
    return 1;
  }
}

export type Value = null | boolean | bigint | number | string | Uint8Array | Uint | Timestamp | Duration | CelList | CelMap | Optional | TypeValue | Opaque;

/** Why an expression has no value. Operators and macros may absorb it; no stack is recorded, for loops may meet many. */
export class Failure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export function fail(message: string): never {
  throw new Failure(message);
}

/** The name of the value's type, as type() and errors tell it. */
export function typeNameOf(value: Value): string {
  if (value === null) return "null_type";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof CelList) return "list";
  if (value instanceof StructValue) return value.typeName;
  if (value instanceof CelMap) return "map";
  if (value instanceof Optional) return "optional_type";
  if (value instanceof TypeValue) return "type";
  return value.typeName;
}

/** The long text that was counted last: expressions ask for the size of one again and again, in loops and for costs. */
let counted = { text: "", size: 0 };
const longText = 1_000;

/** Characters of a text: code points, not UTF-16 units. */
export function textSize(text: string): number {
  if (text.length < longText) return countCodePoints(text);
  if (counted.text !== text) counted = { text, size: countCodePoints(text) };
  return counted.size;
}

function countCodePoints(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      size--;
      at++;
    }
  }
  return size;
}

/** What size() gives, 1 for what has none: costs grow with it. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return textSize(value);
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return value instanceof Opaque ? value.costSize : 1;
}
