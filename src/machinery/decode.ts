/**
 * From parsed JSON to an object of a kind: types checked, unknown fields dropped (and reported, as field validation
 * asks), scalars in canonical form. Nothing is defaulted or validated here beyond the type. The result is a fresh copy
 * that the caller may change; the input stays as it was.
 *
 * What Go's typed structs cannot hold, or leave out when they are written, does not survive either: null, empty lists
 * and maps, and the zero of optional scalars that are no pointers in Go. So an object is the same whichever client wrote
 * it, and written back by another it has not changed. Which lists and maps were sent empty is remembered (sent-empty.ts).
 */
import { cannotBeHandled, DecodeError, StrictDecodeError } from "./decode-error.ts";
import { decodeScalar, isZero, zeroScalar } from "./decode-scalar.ts";
import { goKind, goType, kindName, versionName } from "./go-types.ts";
import { keepsZero } from "./pointers.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema } from "./schema.ts";
import { oncePerMessage } from "./schema-walk.ts";
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
  if (state.foundEmpty) rememberHolder(object);
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

/* ---- the walk ---- */

class DecodeState {
  readonly problems: string[] = [];
  /** Field names and indexes, from the root to where the walk is. */
  readonly path: (string | number)[] = [];
  /** The message whose field is being read: Go names it in errors. */
  message: MessageSchema;
  /** A list or map without elements was met. */
  foundEmpty = false;
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
  readonly wrongType = (value: unknown, type: string): DecodeError => {
    const field = this.path.filter((part) => typeof part === "string").join(".");
    return new DecodeError(`json: cannot unmarshal ${goKind(value, type)} into Go struct field ${kindName(this.message)}.${field} of type ${type}`);
  };
}

interface DecodePlan {
  readonly field: FieldSchema;
  /** The zero of a scalar is left out. */
  readonly dropsZero: boolean;
}

/** A message's fields as a Map: field names of a body are looked up in it, `constructor` and `__proto__` included. */
const plansOf = oncePerMessage(
  ({ name: message, fields }): ReadonlyMap<string, DecodePlan> =>
    new Map(Object.entries(fields).map(([name, field]) => [name, { field, dropsZero: !keepsZero(message, name, field.options.required) }])),
);

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
      const decoded = item === null ? undefined : decodeField(state, plan, item);
      if (decoded !== undefined) object[key] = decoded;
      else if (item !== null && plan.field.kind !== "scalar") {
        rememberEmpty(object, key);
        state.foundEmpty = true;
      }
    }
    state.path.pop();
  }
  state.message = outer;
  return object;
}

/** The field's value, or undefined where Go would not keep it. */
function decodeField(state: DecodeState, plan: DecodePlan, value: unknown): unknown {
  const { field } = plan;
  switch (field.kind) {
    case "scalar": {
      const scalar = decodeScalar(field.type, value, state.wrongType);
      return plan.dropsZero && isZero(field.type, scalar) ? undefined : scalar;
    }
    case "message":
      return decodeNested(state, field.message(), value);
    case "list": {
      const list = decodeList(state, field.item, value);
      return list.length === 0 ? undefined : list;
    }
    case "map": {
      const map = decodeMap(state, field.value, field.wrapped, value);
      return isEmpty(map) ? undefined : map;
    }
  }
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
  if (typeof item === "string") return value === null || value === undefined ? zeroScalar[item] : decodeScalar(item, value, state.wrongType);
  return decodeNested(state, itemMessage(item)!, value ?? {});
}
