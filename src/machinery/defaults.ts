/** Static defaults: what a schema says of absent fields. Defaults that depend on other fields are a strategy's business. */
import { copyJson } from "./json.ts";
import { zeroWhenAbsent } from "./managed-fields/always-present.ts";
import { pointerFields } from "./pointers.ts";
import { milliRoundedQuantity } from "./quantity.ts";
import { type FieldSchema, itemMessage, type MessageSchema } from "./schema.ts";

/** What of a message has to be visited: its own defaults, and the fields below which there are more. */
interface Plan {
  /** Fields that hold resource lists. */
  readonly amounts: readonly string[];
  /** `isText`: of Go's strings, for which empty text is absence; not for its pointers. */
  readonly own: readonly { readonly key: string; readonly value: unknown; readonly isText: boolean }[];
  readonly below: readonly (readonly [key: string, field: FieldSchema, message: MessageSchema])[];
}

const plans = new WeakMap<MessageSchema, Plan>();
const reach = new WeakMap<MessageSchema, boolean>();

/**
 * Fills absent fields with their schema's defaults, in place, wherever the parent is present; an object that a default
 * creates is filled in turn. Zeros and empty structs that Go shows of every object are defaults, too. Empty text counts as absent, as for Go's strings, but not where Go has a pointer. Amounts of resource lists round up to
 * thousandths, which is the least that Kubernetes counts.
 */
export function applyStaticDefaults(schema: MessageSchema, object: object): void {
  const target = object as Record<string, unknown>;
  const plan = planOf(schema);
  for (const { key, value, isText } of plan.own) {
    if (target[key] === undefined || (isText && target[key] === "")) target[key] = copyJson(value);
  }
  for (const key of plan.amounts) roundAmounts(target[key] as Record<string, string> | undefined);
  for (const [key, field, message] of plan.below) {
    const value = target[key];
    if (typeof value !== "object" || value === null) continue;
    if (field.kind === "message") applyStaticDefaults(message, value);
    else if (Array.isArray(value)) for (const item of value) applyStaticDefaults(message, item);
    else for (const item of Object.values(value)) applyStaticDefaults(message, item as object);
  }
}

function roundAmounts(list: Record<string, string> | undefined): void {
  for (const name in list) list[name] = milliRoundedQuantity(list[name]!);
}

/** Core's ResourceList; devices have amounts of another type, which do not round. */
function isResourceList(schema: MessageSchema, field: FieldSchema): boolean {
  return field.kind === "map" && field.value === "quantity" && !schema.name.startsWith("io.k8s.api.resource.");
}

function planOf(schema: MessageSchema): Plan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = makePlan(schema);
    plans.set(schema, plan);
  }
  return plan;
}

function makePlan(schema: MessageSchema): Plan {
  const fields = Object.entries(schema.fields);
  const pointers = pointerFields(schema.name);
  return {
    amounts: fields.flatMap(([key, field]) => (isResourceList(schema, field) ? [key] : [])),
    own: fields.flatMap(([key, field]) => {
      const value = defaultOf(schema, key, field);
      return value === undefined ? [] : [{ key, value, isText: !pointers.has(key) }];
    }),
    below: fields.flatMap(([key, field]) => {
      const message = fieldMessage(field);
      return message !== undefined && hasDefaults(message) ? [[key, field, message] as const] : [];
    }),
  };
}

/** The schema's, or what Go's types cannot but hold. */
function defaultOf(schema: MessageSchema, key: string, field: FieldSchema): unknown {
  return field.options.default ?? zeroWhenAbsent(schema.name, key, field);
}

/** The message that a field's value, items or entries are of. */
export function fieldMessage(field: FieldSchema): MessageSchema | undefined {
  switch (field.kind) {
    case "scalar":
      return undefined;
    case "message":
      return field.message();
    case "list":
      return itemMessage(field.item);
    case "map":
      return itemMessage(field.value);
  }
}

/** Whether any message reachable from this one has a default, or amounts to round. */
function hasDefaults(schema: MessageSchema): boolean {
  const known = reach.get(schema);
  if (known !== undefined) return known;
  const seen = new Set([schema]);
  for (const message of seen) {
    for (const [key, field] of Object.entries(message.fields)) {
      if (defaultOf(message, key, field) !== undefined || isResourceList(message, field)) return remember(schema, true);
      const next = fieldMessage(field);
      if (next !== undefined) seen.add(next);
    }
  }
  return remember(schema, false);
}

function remember(schema: MessageSchema, found: boolean): boolean {
  reach.set(schema, found);
  return found;
}
