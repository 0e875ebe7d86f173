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
  visitMessage(visit, visit.path.length, checksOf(schema), object as Fields, old as Fields | undefined);
  return visit.errors;
}

type Fields = Readonly<Record<string, unknown>>;

interface Visit {
  readonly errors: FieldError[];
  /**
   * Field names, indexes and keys down to where the visit is, which every step is told the depth of; what lies behind is
   * left from before. Text is made of them only for an error: most visits find none.
   */
  readonly path: (string | number | MapKey)[];
}

type MapKey = readonly [key: string];

function pathText({ path }: Visit, depth: number): string {
  return path
    .slice(0, depth + 1)
    .reduce<string>(
      (text, part) => (typeof part !== "string" ? `${text}[${typeof part === "number" ? part : part[0]}]` : text === "" ? part : `${text}.${part}`),
      "",
    );
}

function visitMessage(visit: Visit, depth: number, checks: readonly Check[], object: Fields, old: Fields | undefined): void {
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index]!;
    const value = object[check.key];
    const before = old === undefined ? undefined : old[check.key];
    if (value === undefined && before === undefined) continue;
    visit.path[depth] = check.key;
    visitField(visit, depth, check, value, before);
  }
}

function visitField(visit: Visit, depth: number, check: Check, value: unknown, before: unknown): void {
  if (before !== undefined && check.isImmutable && !sameJson(value, before)) {
    visit.errors.push(fieldError.invalid(pathText(visit, depth), value ?? null, immutableMessage));
  }
  if (value === undefined || value === null) return;
  if (check.kind === "scalar") checkValue(visit, depth, check, value);
  else if (check.kind !== "message") visitElements(visit, depth + 1, check, value);
  else if (check.below !== undefined) visitMessage(visit, depth + 1, check.below, value as Fields, before as Fields | undefined);
}

/** The items of a list, or entries of a map. */
function visitElements(visit: Visit, depth: number, check: Check, value: unknown): void {
  if (check.below === undefined && !check.judgesValues) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      visit.path[depth] = index;
      visitElement(visit, depth, check, value[index]);
    }
    return;
  }
  for (const key of Object.keys(value as object)) {
    visit.path[depth] = [key];
    visitElement(visit, depth, check, (value as Fields)[key]);
  }
}

function visitElement(visit: Visit, depth: number, check: Check, item: unknown): void {
  if (check.below === undefined) checkValue(visit, depth, check, item);
  else visitMessage(visit, depth + 1, check.below, item as Fields, undefined);
}

function checkValue(visit: Visit, depth: number, { allowed, min, max, blankIsAbsent }: Check, value: unknown): void {
  if (allowed !== undefined && !(blankIsAbsent && value === "") && !allowed.includes(value as string)) {
    visit.errors.push(fieldError.notSupported(pathText(visit, depth), value, allowed));
  }
  if (typeof value !== "number" && typeof value !== "bigint") return;
  const below = min !== undefined && value < min;
  const above = max !== undefined && value > max;
  if (below || above) visit.errors.push(fieldError.invalid(pathText(visit, depth), value, boundsMessage(min, max)));
}

function boundsMessage(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return rangeMessage(min, max);
  return min === undefined ? `must be less than or equal to ${max}` : `must be greater than or equal to ${min}`;
}

/** What a visit has to know of a field, in one place: schemas come in many shapes, checks in one. */
class Check {
  readonly key: string;
  readonly kind: FieldSchema["kind"];
  readonly isImmutable: boolean;
  readonly allowed: readonly string[] | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Empty text is no value, so that it need not be one of those allowed. */
  readonly blankIsAbsent: boolean;
  readonly #message: MessageSchema | undefined;
  #below: readonly Check[] | undefined;

  constructor(key: string, field: FieldSchema, message: MessageSchema | undefined) {
    const { min, max, immutable, enumCheck } = field.options;
    this.key = key;
    this.kind = field.kind;
    this.isImmutable = immutable === true;
    this.allowed = checkedEnum(field);
    this.min = min;
    this.max = max;
    this.blankIsAbsent = field.kind === "scalar" && enumCheck !== "strict";
    this.#message = message;
  }

  get judgesValues(): boolean {
    return this.allowed !== undefined || this.min !== undefined || this.max !== undefined;
  }

  /** The checks of the message in this field; looked up when first asked for, because messages hold each other in circles. */
  get below(): readonly Check[] | undefined {
    if (this.#below === undefined && this.#message !== undefined) this.#below = checksOf(this.#message);
    return this.#below;
  }
}

/** The fields worth a visit: with a rule of their own, or with a message below (most have none, and cost nothing). */
const checksOf = oncePerMessage((schema): readonly Check[] =>
  Object.entries(schema.fields).flatMap(([key, field]) => {
    const below = fieldMessage(field);
    const message = below !== undefined && reachesRule(below) ? below : undefined;
    return hasRule(field) || message !== undefined ? [new Check(key, field, message)] : [];
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
