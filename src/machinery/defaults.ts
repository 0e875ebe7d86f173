/** Static defaults: what a schema says of absent fields. Defaults that depend on other fields are a strategy's business. */
import { copyJson } from "./json.ts";
import { zeroWhenAbsent } from "./managed-fields/always-present.ts";
import { pointerFields } from "./pointers.ts";
import { milliRoundedQuantity } from "./quantity.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { fieldMessage, oncePerMessage, reachesAny } from "./schema-walk.ts";

/** What of a message has to be visited. */
export interface DefaultsPlan {
  /** By name: the fields that have defaults of their own, have some below them, or hold resource lists. */
  readonly fields: ReadonlyMap<string, FieldDefaults>;
  readonly own: readonly OwnDefault[];
}

export class FieldDefaults {
  /** The field's own default. */
  readonly own: OwnDefault | undefined;
  /** A resource list. */
  readonly isAmounts: boolean;
  /** Many of its message: a list or map. */
  readonly isMany: boolean;
  readonly #message: MessageSchema | undefined;
  #below: DefaultsPlan | undefined;

  constructor(schema: MessageSchema, key: string, field: FieldSchema) {
    const value = defaultOf(schema, key, field);
    const message = fieldMessage(field);
    this.own = value === undefined ? undefined : { key, value, isText: !pointerFields(schema.name).has(key) };
    this.isAmounts = isResourceList(schema, field);
    this.isMany = field.kind !== "message";
    this.#message = message !== undefined && hasDefaults(message) ? message : undefined;
  }

  /** What there is to do in the field's message. Not before it is asked for: messages refer to each other in circles. */
  get below(): DefaultsPlan | undefined {
    if (this.#message !== undefined) this.#below ??= defaultsOf(this.#message);
    return this.#below;
  }

  get isNothing(): boolean {
    return this.own === undefined && !this.isAmounts && this.#message === undefined;
  }
}

export interface OwnDefault {
  readonly key: string;
  readonly value: unknown;
  /** Of Go's strings, for which empty text is absence; not for its pointers. */
  readonly isText: boolean;
}

/**
 * Fills absent fields with their schema's defaults, in place, wherever the parent is present; an object that a default
 * creates is filled in turn. Zeros and empty structs that Go shows of every object are defaults, too. Empty text counts
 * as absent, as for Go's strings, but not where Go has a pointer. Amounts of resource lists round up to thousandths,
 * which is the least that Kubernetes counts.
 */
export function applyStaticDefaults(schema: MessageSchema, object: object): void {
  fill(defaultsOf(schema), object as Record<string, unknown>);
}

/** What is left of these where everything but the root has been filled. */
export function applyRootDefaults(schema: MessageSchema, object: object): void {
  fillAbsent(defaultsOf(schema), object as Record<string, unknown>);
}

/** Objects have far fewer fields than their schemas: those that are there are asked for what is to be done about them. */
function fill(plan: DefaultsPlan, target: Record<string, unknown>): void {
  let present = 0;
  for (const key in target) {
    const field = plan.fields.get(key);
    if (field === undefined) continue;
    const value = target[key];
    if (field.own !== undefined && !isAbsent(field.own, value)) present++;
    if (typeof value === "object" && value !== null) fillField(field, value);
  }
  if (present < plan.own.length) fillAbsent(plan, target);
}

export function isAbsent({ isText }: OwnDefault, value: unknown): boolean {
  return value === undefined || (isText && value === "");
}

function fillField({ isAmounts, below, isMany }: FieldDefaults, value: object): void {
  if (isAmounts) roundAmounts(value as Record<string, string>);
  if (below === undefined) return;
  if (!isMany) fill(below, value as Record<string, unknown>);
  else if (Array.isArray(value)) for (const item of value) fill(below, item);
  else for (const key in value) fill(below, (value as Record<string, Record<string, unknown>>)[key]!);
}

/** The defaults of the message itself, and those of objects that they create: not those of objects that are there. */
export function fillAbsent({ own, fields }: DefaultsPlan, target: Record<string, unknown>): void {
  for (const absent of own) {
    const { key, value } = absent;
    if (!isAbsent(absent, target[key])) continue;
    const filled = copyJson(value);
    target[key] = filled;
    if (typeof filled === "object" && filled !== null) fillField(fields.get(key)!, filled);
  }
}

export function roundAmounts(list: Record<string, string>): void {
  for (const name in list) {
    const amount = list[name]!;
    const rounded = milliRoundedQuantity(amount);
    if (rounded !== amount) list[name] = rounded;
  }
}

/** Core's ResourceList; devices have amounts of another type, which do not round. */
function isResourceList(schema: MessageSchema, field: FieldSchema): boolean {
  return field.kind === "map" && field.value === "quantity" && !schema.name.startsWith("io.k8s.api.resource.");
}

export const defaultsOf = oncePerMessage(makePlan);

function makePlan(schema: MessageSchema): DefaultsPlan {
  const all = Object.entries(schema.fields).map(([key, field]) => [key, new FieldDefaults(schema, key, field)] as const);
  return {
    fields: new Map(all.filter(([, plan]) => !plan.isNothing)),
    own: all.flatMap(([, { own }]) => (own === undefined ? [] : [own])),
  };
}

/** The schema's, or what Go's types cannot but hold. */
function defaultOf(schema: MessageSchema, key: string, field: FieldSchema): unknown {
  return field.options.default ?? zeroWhenAbsent(schema.name, key, field);
}

/** Whether there is a default anywhere in the message, or amounts to round. */
const hasDefaults = reachesAny((message) =>
  Object.entries(message.fields).some(([key, field]) => defaultOf(message, key, field) !== undefined || isResourceList(message, field)),
);
