/** Validation that a schema itself asks for: enums, ranges, immutability. Types are decode's business, the rest a strategy's. */
import { sameJson } from "./json.ts";
import { rangeMessage } from "./names.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { fieldMessage, oncePerMessage, reachesAny } from "./schema-walk.ts";
import { type FieldError, fieldError } from "./status.ts";

export const immutableMessage = "field is immutable";

/**
 * The errors of an object, with paths from `path` on. With `old` the immutable fields are compared too; inside lists
 * and maps, where elements have no fixed counterpart, immutability is not checked.
 */
export function schemaErrors(schema: MessageSchema, object: object, old?: object, path = ""): readonly FieldError[] {
  const visit: Visit = { errors: [], path: path === "" ? [] : [path] };
  visitMessage(visit, schema, object as Record<string, unknown>, old as Record<string, unknown> | undefined);
  return visit.errors;
}

interface Visit {
  readonly errors: FieldError[];
  /** Field names, indexes and keys down to where the visit is. Text is made of them only for an error: most visits find none. */
  readonly path: (string | number | MapKey)[];
}

type MapKey = readonly [key: string];

function pathText({ path }: Visit): string {
  return path.reduce<string>(
    (text, part) => (typeof part !== "string" ? `${text}[${typeof part === "number" ? part : part[0]}]` : text === "" ? part : `${text}.${part}`),
    "",
  );
}

function visitMessage(visit: Visit, schema: MessageSchema, object: Record<string, unknown>, old: Record<string, unknown> | undefined): void {
  const { errors, path } = visit;
  for (const { key, field, message, judgesValues } of checksOf(schema)) {
    const value = object[key];
    const before = old?.[key];
    if (value === undefined && before === undefined) continue;
    path.push(key);
    if (before !== undefined && field.options.immutable === true && !sameJson(value, before)) {
      errors.push(fieldError.invalid(pathText(visit), value ?? null, immutableMessage));
    }
    if (value !== undefined && value !== null) {
      if (judgesValues) checkValues(visit, field, value);
      if (message !== undefined) descend(visit, field, message, value, before);
    }
    path.pop();
  }
}

function descend(visit: Visit, field: FieldSchema, message: MessageSchema, value: unknown, before: unknown): void {
  if (field.kind === "message") visitMessage(visit, message, value as Record<string, unknown>, before as Record<string, unknown> | undefined);
  else forElements(visit, value, (item) => visitMessage(visit, message, item as Record<string, unknown>, undefined));
}

function judgesValues(field: FieldSchema): boolean {
  const { min, max } = field.options;
  return checkedEnum(field) !== undefined || min !== undefined || max !== undefined;
}

function checkValues(visit: Visit, field: FieldSchema, value: unknown): void {
  if (field.kind === "scalar") checkValue(visit, field, value);
  else forElements(visit, value, (item) => checkValue(visit, field, item));
}

/** The items of a list, or entries of a map. */
function forElements({ path }: Visit, value: unknown, check: (item: unknown) => void): void {
  const checkAt = (key: number | MapKey, item: unknown) => {
    path.push(key);
    check(item);
    path.pop();
  };
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) checkAt(index, value[index]);
  else for (const key of Object.keys(value as object)) checkAt([key], (value as Record<string, unknown>)[key]);
}

function checkValue(visit: Visit, field: FieldSchema, value: unknown): void {
  const { min, max } = field.options;
  const allowed = checkedEnum(field);
  const isAbsent = value === "" && field.kind === "scalar" && field.options.enumCheck !== "strict";
  if (allowed !== undefined && !isAbsent && !allowed.includes(value as string)) visit.errors.push(fieldError.notSupported(pathText(visit), value, allowed));
  if (typeof value !== "number" && typeof value !== "bigint") return;
  const below = min !== undefined && value < min;
  const above = max !== undefined && value > max;
  if (below || above) visit.errors.push(fieldError.invalid(pathText(visit), value, boundsMessage(min, max)));
}

function boundsMessage(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return rangeMessage(min, max);
  return min === undefined ? `must be less than or equal to ${max}` : `must be greater than or equal to ${min}`;
}

interface Check {
  readonly key: string;
  readonly field: FieldSchema;
  readonly message: MessageSchema | undefined;
  /** The field has an enum or bounds. */
  readonly judgesValues: boolean;
}

/** The fields worth a visit: with a rule of their own, or with a message below (most have none, and cost nothing). */
const checksOf = oncePerMessage((schema): readonly Check[] =>
  Object.entries(schema.fields).flatMap(([key, field]) => {
    const below = fieldMessage(field);
    const message = below !== undefined && reachesRule(below) ? below : undefined;
    return hasRule(field) || message !== undefined ? [{ key, field, message, judgesValues: judgesValues(field) }] : [];
  }),
);

function checkedEnum({ options }: FieldSchema): readonly string[] | undefined {
  return options.enumCheck === "own" ? undefined : options.enum;
}

function hasRule(field: FieldSchema): boolean {
  const { options } = field;
  return checkedEnum(field) !== undefined || options.min !== undefined || options.max !== undefined || options.immutable === true;
}

const reachesRule = reachesAny(({ fields }) => Object.values(fields).some(hasRule));
