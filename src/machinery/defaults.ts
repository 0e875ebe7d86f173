/** Static defaults: what a schema says of absent fields. Defaults that depend on other fields are a strategy's business. */
import { copyJson } from "./json.ts";
import { zeroWhenAbsent } from "./managed-fields/always-present.ts";
import { pointerFields } from "./pointers.ts";
import { milliRoundedQuantity } from "./quantity.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { fieldMessage, oncePerMessage, reachesAny } from "./schema-walk.ts";

/** What of a message has to be visited: its own defaults, and the fields below which there are more. */
interface Plan {
  /** Fields that hold resource lists. */
  readonly amounts: readonly string[];
  /** `isText`: of Go's strings, for which empty text is absence; not for its pointers. */
  readonly own: readonly { readonly key: string; readonly value: unknown; readonly isText: boolean }[];
  readonly below: readonly (readonly [key: string, field: FieldSchema, message: MessageSchema])[];
}

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

const planOf = oncePerMessage(makePlan);

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

/** Whether there is a default anywhere in the message, or amounts to round. */
const hasDefaults = reachesAny((message) =>
  Object.entries(message.fields).some(([key, field]) => defaultOf(message, key, field) !== undefined || isResourceList(message, field)),
);
