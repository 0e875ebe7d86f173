/**
 * From parsed JSON to an object of a kind: types checked, unknown fields dropped (and reported, as field validation
 * asks), scalars in canonical form. Nothing is defaulted or validated here beyond the type. The result is a fresh copy
 * that the caller may change; the input stays as it was.
 *
 * What Go's typed structs cannot hold, or leave out when they are written, does not survive either: null, empty optional
 * lists and maps, and the zero of optional scalars that are no pointers in Go. So an object is the same whichever client
 * wrote it, and written back by another it has not changed. Only an object's status keeps its zeros and empty lists: its
 * writers compare what they computed, zeros included, with what is stored, and would write again and again.
 */
import { canonicalDuration } from "./duration.ts";
import { copyJson } from "./json.ts";
import { pointerFields } from "./pointers.ts";
import { canonicalQuantity, quantityFormatMessage } from "./quantity.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, type ScalarType } from "./schema.ts";
import { badRequest, type StatusError } from "./status.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** The value is not of the schema's form, or (Strict) holds what the schema does not know. Texts as Go's decoder's. */
export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
}

/** Unknown or duplicate fields under Strict: patches report these differently from wrong types. */
export class StrictDecodeError extends DecodeError {
  override readonly name = "StrictDecodeError";
}

export interface Decoded<T> {
  readonly object: T;
  /** Under Warn: `unknown field "spec.x"`, `duplicate field "spec.y"`. */
  readonly warnings: string[];
}

/** Upstream stops counting here, so that a hostile body cannot make an endless message. */
const maxStrictErrors = 100;

/**
 * Decodes a value by its schema. Throws DecodeError.
 * @param duplicates paths that `findDuplicateFields` found in the body; only known fields are reported.
 */
export function decodeValue(
  schema: MessageSchema,
  value: unknown,
  validation: FieldValidation,
  duplicates: readonly string[] = [],
): Decoded<Record<string, unknown>> {
  const state = new DecodeState(schema, duplicates);
  if (value === null || value === undefined) return { object: {}, warnings: [] };
  if (typeof value !== "object" || Array.isArray(value))
    throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${goType(schema)}`);
  const object = decodeMessage(state, schema, value as Record<string, unknown>);
  const { problems } = state;
  if (validation === "Strict" && problems.length > 0) throw new StrictDecodeError(`strict decoding error: ${problems.join(", ")}`);
  return { object, warnings: validation === "Warn" ? problems : [] };
}

/**
 * Decodes the body of a create or update. Failures are the 400 BadRequest that kube-apiserver answers; `kind` and
 * `version` are those of the body (the defaulted ones where it has none).
 */
export function decodeObject<T>(
  schema: MessageSchema,
  value: unknown,
  validation: FieldValidation,
  duplicates: readonly string[] = [],
  as: { kind: string; version: string } = { kind: kindName(schema), version: versionName(schema) },
): Decoded<T> {
  try {
    return decodeValue(schema, value, validation, duplicates) as Decoded<T>;
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(as.kind, as.version, kindName(schema), error.message);
    throw error;
  }
}

/** The body names a kind that was recognised, but could not be read as it. */
export function cannotBeHandled(kind: string, version: string, expectedKind: string, problem: string): StatusError {
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expectedKind}: ${problem}`);
}

/** The body is not even an object with a kind: no JSON, say. `problem` is the parser's message. */
export function unrecognizedObject(expectedKind: string, problem: string, body: Uint8Array | string): StatusError {
  const text = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return badRequest(
    `the object provided is unrecognized (must be of type ${expectedKind}): couldn't get version/kind; json parse error: ${problem} (${summary(text)})`,
  );
}

/** The first bytes of a body: as text when it looks like JSON, else in hexadecimal. */
function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = body.subarray(0, 30);
  const dots = body.length > 30 ? " ..." : "";
  if (body[0] === 0x7b) return new TextDecoder().decode(head) + dots;
  return Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join("") + dots;
}

function kindName(schema: MessageSchema): string {
  return schema.name.slice(schema.name.lastIndexOf(".") + 1);
}

function versionName(schema: MessageSchema): string {
  return schema.name.split(".").at(-2) ?? "";
}

/* ---- the walk ---- */

class DecodeState {
  readonly problems: string[] = [];
  /** Field names and indexes, from the root to where the walk is. */
  readonly path: (string | number)[] = [];
  /** The message whose field is being read: Go names it in errors. */
  message: MessageSchema;
  /** Inside the object's status. */
  keepsEmpty = false;
  private readonly duplicates: ReadonlySet<string>;

  constructor(message: MessageSchema, duplicates: readonly string[]) {
    this.message = message;
    this.duplicates = new Set(duplicates);
  }

  pathText(): string {
    return this.path
      .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
      .join("")
      .slice(1);
  }

  checkDuplicate(): void {
    if (this.duplicates.size === 0) return;
    const path = this.pathText();
    if (this.duplicates.has(path)) this.report(`duplicate field ${JSON.stringify(path)}`);
  }

  report(problem: string): void {
    if (this.problems.length < maxStrictErrors && !this.problems.includes(problem)) this.problems.push(problem);
  }

  /** Go's UnmarshalTypeError: indexes are not part of its path. */
  wrongType(value: unknown, type: string): DecodeError {
    const field = this.path.filter((part) => typeof part === "string").join(".");
    return new DecodeError(`json: cannot unmarshal ${goKind(value, type)} into Go struct field ${kindName(this.message)}.${field} of type ${type}`);
  }
}

interface DecodePlan {
  readonly field: FieldSchema;
  /** An empty value is left out: zero of a scalar, a list or map without elements. */
  readonly dropsEmpty: boolean;
}

/** A message's fields as a Map: field names of a body are looked up in it, `constructor` and `__proto__` included. */
const compiled = new WeakMap<MessageSchema, Map<string, DecodePlan>>();

function plansOf(schema: MessageSchema): Map<string, DecodePlan> {
  let plans = compiled.get(schema);
  if (plans === undefined) {
    const pointers = pointerFields(schema.name);
    plans = new Map(
      Object.entries(schema.fields).map(([name, field]) => [name, { field, dropsEmpty: field.options.required !== true && !pointers.has(name) }]),
    );
    compiled.set(schema, plans);
  }
  return plans;
}

function decodeMessage(state: DecodeState, schema: MessageSchema, value: Record<string, unknown>): Record<string, unknown> {
  const plans = plansOf(schema);
  const outer = state.message;
  state.message = schema;
  const object: Record<string, unknown> = {};
  for (const key in value) {
    const item = value[key];
    if (item === undefined) continue;
    state.path.push(key);
    const plan = plans.get(key);
    if (plan === undefined) state.report(`unknown field ${JSON.stringify(state.pathText())}`);
    else {
      state.checkDuplicate();
      if (state.path.length === 1) state.keepsEmpty = key === "status";
      const decoded = item === null ? undefined : decodeField(state, plan, item);
      if (decoded !== undefined) object[key] = decoded;
    }
    state.path.pop();
  }
  state.message = outer;
  return object;
}

/** The field's value, or undefined where Go would not keep it. */
function decodeField(state: DecodeState, plan: DecodePlan, value: unknown): unknown {
  const { field } = plan;
  const dropsEmpty = plan.dropsEmpty && !state.keepsEmpty;
  switch (field.kind) {
    case "scalar": {
      const scalar = decodeScalar(state, field.type, value);
      return dropsEmpty && isZero(field.type, scalar) ? undefined : scalar;
    }
    case "message":
      return decodeNested(state, field.message(), value);
    case "list": {
      const list = decodeList(state, field.item, value);
      return dropsEmpty && list.length === 0 ? undefined : list;
    }
    case "map": {
      const map = decodeMap(state, field.value, field.wrapped, value);
      return dropsEmpty && isEmpty(map) ? undefined : map;
    }
  }
}

function isZero(type: ScalarType, value: unknown): boolean {
  return type !== "any" && (value === "" || value === false || value === 0);
}

function isEmpty(map: object): boolean {
  for (const _ in map) return false;
  return true;
}

function decodeNested(state: DecodeState, schema: MessageSchema, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw state.wrongType(value, goType(schema));
  return decodeMessage(state, schema, value as Record<string, unknown>);
}

function decodeList(state: DecodeState, item: ItemType, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw state.wrongType(value, `[]${goType(item)}`);
  const list = new Array<unknown>(value.length);
  for (let i = 0; i < value.length; i++) {
    state.path.push(i);
    list[i] = decodeItem(state, item, value[i]);
    state.path.pop();
  }
  return list;
}

function decodeMap(state: DecodeState, item: ItemType, wrapped: boolean, value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw state.wrongType(value, `map[string]${wrapped ? "[]" : ""}${goType(item)}`);
  const map: Record<string, unknown> = {};
  for (const key in value) {
    const entry = (value as Record<string, unknown>)[key];
    if (entry === undefined) continue;
    state.path.push(key);
    state.checkDuplicate();
    state.path.pop();
    // Go's type errors name the map, not the key.
    setKey(map, key, wrapped ? decodeList(state, item, entry ?? []) : decodeItem(state, item, entry));
  }
  return map;
}

/** A key named `__proto__` must become a property, not the prototype. */
function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  else map[key] = value;
}

/** An element of a list or map: null is the zero value there, since the place cannot be empty. */
function decodeItem(state: DecodeState, item: ItemType, value: unknown): unknown {
  if (typeof item === "string") return value === null || value === undefined ? zeroScalar[item] : decodeScalar(state, item, value);
  return decodeNested(state, itemMessage(item)!, value ?? {});
}

const zeroScalar: Readonly<Record<ScalarType, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: "",
  quantity: "0",
  intOrString: 0,
  time: null,
  microTime: null,
  duration: "0s",
  any: null,
};

/* ---- scalars ---- */

function decodeScalar(state: DecodeState, type: ScalarType, value: unknown): unknown {
  switch (type) {
    case "string":
      if (typeof value !== "string") throw state.wrongType(value, "string");
      return value;
    case "bool":
      if (typeof value !== "boolean") throw state.wrongType(value, "bool");
      return value;
    case "int32":
      if (typeof value !== "number" || !Number.isInteger(value) || value !== (value | 0)) throw state.wrongType(value, "int32");
      return value + 0;
    case "int64":
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw state.wrongType(value, "int64");
      return value;
    case "double":
      if (typeof value === "bigint") return Number(value);
      if (typeof value !== "number") throw state.wrongType(value, "float64");
      return value;
    case "bytes":
      return decodeBytes(state, value);
    case "quantity":
      return decodeQuantity(value);
    case "intOrString":
      return decodeIntOrString(value);
    case "time":
      return decodeText(value, "string", canonicalTime);
    case "microTime":
      return decodeText(value, "string", canonicalMicroTime);
    case "duration":
      return decodeText(value, "string", canonicalDuration);
    case "any":
      return copyJson(value);
  }
}

/** Types that read text by a method of their own: Go's errors from there carry no path. */
function decodeText(value: unknown, type: string, canonical: (text: string) => string): string {
  if (typeof value !== "string") throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${type}`);
  return rephrased(() => canonical(value));
}

function decodeQuantity(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return rephrased(() => canonicalQuantity(String(value)));
  if (typeof value !== "string") throw new DecodeError(quantityFormatMessage);
  return rephrased(() => canonicalQuantity(value.trim()));
}

function rephrased<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DecodeError((error as Error).message, { cause: error });
  }
}

function decodeIntOrString(value: unknown): number | string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value) && value === (value | 0)) return value;
  throw new DecodeError(`json: cannot unmarshal ${goKind(value, "int32")} into Go value of type int32`);
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBytes(state: DecodeState, value: unknown): string {
  if (typeof value !== "string") throw state.wrongType(value, "[]uint8");
  // Go's decoder skips line breaks; stored text holds none.
  const text = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
  if (!base64.test(text)) throw new DecodeError(`illegal base64 data at input byte ${badBase64Index(text)}`);
  return text;
}

/** Where Go's base64 decoder gives up. */
function badBase64Index(text: string): number {
  const stop = /[^A-Za-z0-9+/]/.exec(text)?.index;
  if (stop === undefined) return text.length - (text.length % 4);
  const quantum = stop % 4;
  if (text[stop] !== "=" || quantum < 2) return stop;
  if (quantum === 2 && text[stop + 1] !== "=") return Math.min(stop + 1, text.length);
  return stop + (quantum === 2 ? 2 : 1);
}

/* ---- Go's words ---- */

/** What Go calls a JSON value in errors; numbers show their text where a number was wanted. */
function goKind(value: unknown, wanted = ""): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "number":
    case "bigint":
      return wanted.startsWith("int") ? `number ${value}` : "number";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return "object";
  }
}

const goScalar: Readonly<Record<ScalarType, string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intOrString: "intstr.IntOrString",
  time: "v1.Time",
  microTime: "v1.MicroTime",
  duration: "v1.Duration",
  any: "runtime.RawExtension",
};

function goType(item: ItemType): string {
  if (typeof item === "string") return goScalar[item];
  const schema = itemMessage(item)!;
  return `${versionName(schema)}.${kindName(schema)}`;
}
