/** Validation that a schema itself asks for: enums, ranges, immutability. Types are decode's business, the rest a strategy's. */
import { fieldMessage } from "./defaults.ts";
import { sameJson } from "./json.ts";
import { rangeMessage } from "./names.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { type FieldError, fieldError } from "./status.ts";

export const immutableMessage = "field is immutable";

/**
 * The errors of an object, with paths from `path` on. With `old` the immutable fields are compared too; inside lists
 * and maps, where elements have no fixed counterpart, immutability is not checked.
 */
export function schemaErrors(schema: MessageSchema, object: object, old?: object, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  visitMessage(errors, schema, object as Record<string, unknown>, old as Record<string, unknown> | undefined, path);
  return errors;
}

function visitMessage(
  errors: FieldError[],
  schema: MessageSchema,
  object: Record<string, unknown>,
  old: Record<string, unknown> | undefined,
  path: string,
): void {
  for (const { key, field, message } of checksOf(schema)) {
    const value = object[key];
    const before = old?.[key];
    const at = path === "" ? key : `${path}.${key}`;
    if (field.options.immutable === true && before !== undefined && !sameJson(value, before)) {
      errors.push(fieldError.invalid(at, value ?? null, immutableMessage));
    }
    if (value === undefined || value === null) continue;
    checkValues(errors, field, value, at);
    if (message !== undefined) descend(errors, field, message, value, before, at);
  }
}

function descend(errors: FieldError[], field: FieldSchema, message: MessageSchema, value: unknown, before: unknown, path: string): void {
  if (field.kind === "message") visitMessage(errors, message, value as Record<string, unknown>, before as Record<string, unknown> | undefined, path);
  else for (const [at, item] of elements(value, path)) visitMessage(errors, message, item as Record<string, unknown>, undefined, at);
}

function checkValues(errors: FieldError[], field: FieldSchema, value: unknown, path: string): void {
  const { enum: allowed, min, max } = field.options;
  if (allowed === undefined && min === undefined && max === undefined) return;
  if (field.kind === "scalar") checkValue(errors, field, value, path);
  else for (const [at, item] of elements(value, path)) checkValue(errors, field, item, at);
}

/** The items of a list, or entries of a map, with their paths. */
function elements(value: unknown, path: string): [string, unknown][] {
  return Object.entries(value as object).map(([key, item]) => [`${path}[${key}]`, item]);
}

function checkValue(errors: FieldError[], field: FieldSchema, value: unknown, path: string): void {
  const { enum: allowed, min, max } = field.options;
  if (allowed !== undefined && value !== "" && !allowed.includes(value as string)) errors.push(fieldError.notSupported(path, value, allowed));
  if (typeof value !== "number" && typeof value !== "bigint") return;
  const below = min !== undefined && value < min;
  const above = max !== undefined && value > max;
  if (below || above) errors.push(fieldError.invalid(path, value, boundsMessage(min, max)));
}

function boundsMessage(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return rangeMessage(min, max);
  return min === undefined ? `must be less than or equal to ${max}` : `must be greater than or equal to ${min}`;
}

interface Check {
  readonly key: string;
  readonly field: FieldSchema;
  readonly message: MessageSchema | undefined;
}

const checks = new WeakMap<MessageSchema, readonly Check[]>();

/** The fields worth a visit: with a rule of their own, or with a message below (most have none, and cost nothing). */
function checksOf(schema: MessageSchema): readonly Check[] {
  let list = checks.get(schema);
  if (list === undefined) {
    list = Object.entries(schema.fields).flatMap(([key, field]) => {
      const below = fieldMessage(field);
      const message = below !== undefined && reachesRule(below) ? below : undefined;
      return hasRule(field) || message !== undefined ? [{ key, field, message }] : [];
    });
    checks.set(schema, list);
  }
  return list;
}

function hasRule({ options }: FieldSchema): boolean {
  return options.enum !== undefined || options.min !== undefined || options.max !== undefined || options.immutable === true;
}

function reachesRule(schema: MessageSchema): boolean {
  const seen = new Set([schema]);
  for (const message of seen) {
    for (const field of Object.values(message.fields)) {
      if (hasRule(field)) return true;
      const next = fieldMessage(field);
      if (next !== undefined) seen.add(next);
    }
  }
  return false;
}
