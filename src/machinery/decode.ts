/**
 * From parsed JSON to an object of a kind: types checked, unknown fields dropped (and reported, as field validation
 * asks), scalars in canonical form. Nothing is validated here beyond the type.
 *
 * What Go's typed structs cannot hold, or leave out when they are written, does not survive either: null, empty lists
 * and maps, and the zero of optional scalars that are no pointers in Go. So an object is the same whichever client wrote
 * it, and written back by another it has not changed. Which lists and maps were sent empty is remembered (sent-empty.ts).
 */
import { cannotBeHandled, DecodeError, StrictDecodeError } from "./decode-error.ts";
import { decodeScalar, isZero, zeroScalar } from "./decode-scalar.ts";
import { type DefaultsPlan, defaultsOf, type FieldDefaults, fillAbsent, isAbsent, roundAmounts } from "./defaults.ts";
import { goKind, goType, kindName, versionName } from "./go-types.ts";
import { hasKeys } from "./json-codec.ts";
import { keepsZero } from "./pointers.ts";
import type { FieldSchema, ItemType, MessageSchema, ScalarType } from "./schema.ts";
import { fieldMessage, oncePerMessage } from "./schema-walk.ts";
import { rememberEmpty, rememberHolder } from "./sent-empty.ts";

export { cannotBeHandled, DecodeError, StrictDecodeError, unreadableObject, unrecognizedObject, withoutKind } from "./decode-error.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded<T> {
  readonly object: T;
  /** Under Warn: `unknown field "spec.x"`, `duplicate field "spec.y"`. */
  readonly warnings: string[];
}

/** Upstream stops counting here, so that a hostile body cannot make an endless message. */
const maxStrictErrors = 100;

/**
 * Decodes a value by its schema. The result is a fresh copy that the caller may change; the input stays as it was.
 * Throws DecodeError.
 * @param duplicates paths that `findDuplicateFields` found in the body; only known fields are reported.
 */
export function decodeValue(
  schema: MessageSchema,
  value: unknown,
  validation: FieldValidation,
  duplicates: readonly string[] = [],
): Decoded<Record<string, unknown>> {
  if (value === null || value === undefined) return { object: {}, warnings: [] };
  if (typeof value !== "object" || Array.isArray(value))
    throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${goType(schema)}`);
  return decodeRoot(new DecodeState(schema, "copy", duplicates), schema, value as Record<string, unknown>, validation);
}

/**
 * Decodes JSON text, in one go and in place. Undefined where that is not enough, and the text has to be read again with
 * more care, which tells what is wrong with it, if anything is: it is no JSON or does not fit the schema, an object in it
 * holds a key twice, numbers are more than JSON.parse can read, or it nests deep.
 * @param fills with the static defaults of all messages but the root, since the walk comes by there: `applyRootDefaults`
 * does the rest of what `applyStaticDefaults` would.
 */
export function decodeText(schema: MessageSchema, text: string, validation: FieldValidation, fills = false): Decoded<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const state = new DecodeState(schema, fills ? "fill" : "keep", []);
    const decoded = decodeRoot(state, schema, value as Record<string, unknown>, validation);
    return hasKeys(text, state.keys) ? decoded : undefined;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
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

/* ---- the walk ---- */

class DecodeState {
  readonly problems: string[] = [];
  /** Field names and indexes, from the root to where the walk is. */
  readonly path: (string | number)[] = [];
  /** The message whose field is being read: Go names it in errors. */
  message: MessageSchema;
  /** A list or map without elements was met. */
  foundEmpty = false;
  /**
   * The value is fresh from JSON.parse and nobody else's: what of it fits stays where it is. Nobody has looked at the
   * text, so that keys are counted, and DecodeError is thrown of what JSON.parse may have read otherwise than we do.
   */
  readonly inPlace: boolean;
  /** In place: absent fields get their static defaults, but those of the root. */
  readonly fills: boolean;
  /** In place: how many keys there are. */
  keys = 0;
  private readonly duplicates: ReadonlySet<string> | undefined;

  constructor(message: MessageSchema, mode: "copy" | "keep" | "fill", duplicates: readonly string[]) {
    this.message = message;
    this.inPlace = mode !== "copy";
    this.fills = mode === "fill";
    this.duplicates = duplicates.length === 0 ? undefined : new Set(duplicates);
  }

  pathText(): string {
    return this.path
      .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
      .join("")
      .slice(1);
  }

  checkDuplicate(): void {
    if (this.duplicates === undefined) return;
    const path = this.pathText();
    if (this.duplicates.has(path)) this.report(`duplicate field ${JSON.stringify(path)}`);
  }

  report(problem: string): void {
    if (this.problems.length < maxStrictErrors && !this.problems.includes(problem)) this.problems.push(problem);
  }

  /** Go's UnmarshalTypeError: indexes are not part of its path. */
  readonly wrongType = (value: unknown, type: string): DecodeError => {
    const field = this.path.filter((part) => typeof part === "string").join(".");
    return new DecodeError(`json: cannot unmarshal ${goKind(value, type)} into Go struct field ${kindName(this.message)}.${field} of type ${type}`);
  };
}

function decodeRoot(state: DecodeState, schema: MessageSchema, value: Record<string, unknown>, validation: FieldValidation): Decoded<Record<string, unknown>> {
  const object = decodeMessage(state, planOf(schema), value);
  if (state.foundEmpty) rememberHolder(object);
  const { problems } = state;
  if (validation === "Strict" && problems.length > 0) throw new StrictDecodeError(`strict decoding error: ${problems.join(", ")}`);
  return { object, warnings: validation === "Warn" ? problems : [] };
}

interface MessagePlan {
  readonly schema: MessageSchema;
  /** A Map: field names of a body are looked up in it, `constructor` and `__proto__` included. */
  readonly fields: ReadonlyMap<string, FieldPlan>;
  readonly defaults: DefaultsPlan;
}

class FieldPlan {
  readonly field: FieldSchema;
  /** Of a scalar, or the items of a list or map of scalars. */
  readonly scalar: ScalarType | undefined;
  /** The type of a scalar that is not put in another form. */
  readonly plain: "string" | "bool" | "int32" | undefined;
  /** The zero of a scalar is left out. */
  readonly dropsZero: boolean;
  readonly defaults: FieldDefaults | undefined;
  #message: MessagePlan | undefined;

  constructor(schema: MessageSchema, name: string, field: FieldSchema) {
    this.field = field;
    this.scalar = scalarOf(field);
    this.plain = field.kind === "scalar" && (field.type === "string" || field.type === "bool" || field.type === "int32") ? field.type : undefined;
    this.dropsZero = !keepsZero(schema.name, name, field.options.required);
    this.defaults = defaultsOf(schema).fields.get(name);
  }

  /** Of the message, or the items of a list or map of messages. Not before it is asked for: messages refer to each other in circles. */
  get message(): MessagePlan {
    this.#message ??= planOf(fieldMessage(this.field)!);
    return this.#message;
  }
}

function scalarOf(field: FieldSchema): ScalarType | undefined {
  if (field.kind === "message") return undefined;
  const type: ItemType = field.kind === "scalar" ? field.type : field.kind === "list" ? field.item : field.value;
  return typeof type === "string" ? type : undefined;
}

const planOf = oncePerMessage(
  (schema): MessagePlan => ({
    schema,
    fields: new Map(Object.entries(schema.fields).map(([name, field]) => [name, new FieldPlan(schema, name, field)])),
    defaults: defaultsOf(schema),
  }),
);

function decodeMessage(state: DecodeState, plan: MessagePlan, value: Record<string, unknown>): Record<string, unknown> {
  if (state.inPlace && state.path.length > glanceDepth) throw notAtAGlance();
  const outer = state.message;
  state.message = plan.schema;
  let object = state.inPlace ? value : {};
  let keys = 0;
  // How many fields with a default are yet to come; if that is none in the end, nobody has to look for them.
  let absent = state.fills && state.path.length > 0 ? plan.defaults.own.length : 0;
  for (const key in value) {
    const item = value[key];
    if (item === undefined) continue;
    keys++;
    const field = plan.fields.get(key);
    const decoded = object === value && field !== undefined && isFinal(field, item) ? item : decodeAt(state, key, field, item);
    if (decoded !== undefined) {
      const ownDefault = field!.defaults?.own;
      if (ownDefault !== undefined && !isAbsent(ownDefault, decoded)) absent--;
      if (object !== value || !Object.is(decoded, item)) object[key] = decoded;
      continue;
    }
    // Made anew where something goes: an object from which a field was deleted is slow for the rest of its days.
    if (object === value) object = fieldsBefore(key, value);
    if (item !== null && field !== undefined && field.field.kind !== "scalar") {
      rememberEmpty(object, key);
      state.foundEmpty = true;
    }
  }
  if (absent > 0) fillAbsent(plan.defaults, object);
  state.keys += keys;
  state.message = outer;
  return object;
}

function decodeAt(state: DecodeState, key: string, field: FieldPlan | undefined, value: unknown): unknown {
  state.path.push(key);
  const decoded = field === undefined ? reportUnknown(state, value) : decodeField(state, field, value);
  state.path.pop();
  return decoded;
}

/** Whether the scalar is as it will be, as nearly all are. */
function isFinal({ plain, dropsZero }: FieldPlan, value: unknown): boolean {
  switch (plain) {
    case "string":
      return typeof value === "string" && !(dropsZero && value === "");
    case "bool":
      return typeof value === "boolean" && !(dropsZero && !value);
    case "int32":
      return typeof value === "number" && value === (value | 0) && value !== 0;
    default:
      return false;
  }
}

function fieldsBefore(key: string, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in value) {
    if (name === key) break;
    fields[name] = value[name];
  }
  return fields;
}

function reportUnknown(state: DecodeState, value: unknown): undefined {
  state.report(`unknown field ${JSON.stringify(state.pathText())}`);
  if (state.inPlace) glanceAt(state, value);
}

/** The field's value, or undefined where Go would not keep it. */
function decodeField(state: DecodeState, plan: FieldPlan, value: unknown): unknown {
  state.checkDuplicate();
  if (value === null) return undefined;
  switch (plan.field.kind) {
    case "scalar": {
      const scalar = readScalar(state, plan.scalar!, value);
      return plan.dropsZero && isZero(plan.scalar!, scalar) ? undefined : scalar;
    }
    case "message":
      return decodeNested(state, plan.message, value);
    case "list": {
      const list = decodeList(state, plan, value);
      return list.length === 0 ? undefined : list;
    }
    case "map": {
      const map = decodeMap(state, plan, plan.field.wrapped, value);
      if (state.fills && map !== undefined && plan.defaults?.isAmounts === true) roundAmounts(map as Record<string, string>);
      return map;
    }
  }
}

function decodeNested(state: DecodeState, plan: MessagePlan, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw state.wrongType(value, goType(plan.schema));
  return decodeMessage(state, plan, value as Record<string, unknown>);
}

function decodeList(state: DecodeState, plan: FieldPlan, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw state.wrongType(value, `[]${goItem(plan)}`);
  const list = state.inPlace ? value : new Array<unknown>(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    state.path.push(i);
    const decoded = decodeItem(state, plan, item);
    state.path.pop();
    if (list !== value || !Object.is(decoded, item)) list[i] = decoded;
  }
  return list;
}

/** Undefined if it is empty. */
function decodeMap(state: DecodeState, plan: FieldPlan, wrapped: boolean, value: unknown): object | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw state.wrongType(value, `map[string]${wrapped ? "[]" : ""}${goItem(plan)}`);
  const map = (state.inPlace ? value : {}) as Record<string, unknown>;
  let keys = 0;
  for (const key in value) {
    const entry = (value as Record<string, unknown>)[key];
    if (entry === undefined) continue;
    keys++;
    state.path.push(key);
    state.checkDuplicate();
    state.path.pop();
    // Go's type errors name the map, not the key.
    const decoded = wrapped ? decodeList(state, plan, entry ?? []) : decodeItem(state, plan, entry);
    if (map !== value) setKey(map, key, decoded);
    else if (!Object.is(decoded, entry)) map[key] = decoded;
  }
  state.keys += keys;
  return keys === 0 ? undefined : map;
}

/** A key named `__proto__` must become a property, not the prototype. */
function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  else map[key] = value;
}

/** An element of a list or map: null is the zero value there, since the place cannot be empty. */
function decodeItem(state: DecodeState, plan: FieldPlan, value: unknown): unknown {
  const { scalar } = plan;
  if (scalar === undefined) return decodeNested(state, plan.message, value ?? {});
  return value === null || value === undefined ? zeroScalar[scalar] : readScalar(state, scalar, value);
}

function readScalar(state: DecodeState, type: ScalarType, value: unknown): unknown {
  if (!state.inPlace) return decodeScalar(type, value, state.wrongType);
  if (type !== "any" && typeof value !== "number") return decodeScalar(type, value, state.wrongType);
  glanceAt(state, value);
  return type === "any" ? value : decodeScalar(type, value, state.wrongType);
}

function goItem(plan: FieldPlan): string {
  return goType(plan.scalar ?? plan.message.schema);
}

/* ---- in place: what JSON.parse may have read otherwise than parseJson does ---- */

/** Nothing of real life nests deeper, and walks to there are far from the end of the stack. */
const glanceDepth = 100;

function notAtAGlance(): DecodeError {
  return new DecodeError("cannot decode the text in place: it has to be read with more care");
}

/** Counts the keys of what no schema describes. */
function glanceAt(state: DecodeState, value: unknown, depth = 0): void {
  if (typeof value === "number" && !isExact(value)) throw notAtAGlance();
  if (typeof value !== "object" || value === null) return;
  if (depth > glanceDepth) throw notAtAGlance();
  if (Array.isArray(value)) for (const item of value) glanceAt(state, item, depth + 1);
  else {
    for (const key in value) {
      state.keys++;
      glanceAt(state, (value as Record<string, unknown>)[key], depth + 1);
    }
  }
}

/** Whether the text cannot have been an integer that a double changes, or more than one holds. */
function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}
