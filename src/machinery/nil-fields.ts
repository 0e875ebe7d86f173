/**
 * Fields that Go writes as null when they are nil, having no omitempty: `rules` of a Role, `endpoints` of an
 * EndpointSlice, `lastProbeTime` of a condition. Clients see these nulls; objects here leave such fields out, like all
 * that are not set, so nulls are put in when JSON is written for clients and taken out when it is read again.
 */
import { nilWhenAbsent } from "./managed-fields/always-present.ts";
import type { MessageSchema } from "./schema.ts";
import { fieldMessage, oncePerMessage, reachesAny } from "./schema-walk.ts";

interface Plan {
  readonly nils: readonly string[];
  /** The fields below which there are more. */
  readonly below: readonly Below[];
}

interface Below {
  readonly name: string;
  /** One object, or many: of a list or a map. */
  readonly isMany: boolean;
  readonly message: MessageSchema;
}

/** The object with its nulls; shares everything that has none, and is the same object if nothing has. */
export function withNulls<T extends object>(schema: MessageSchema, object: T): T {
  const { nils, below } = planOf(schema);
  const source = object as Record<string, unknown>;
  let shown: Record<string, unknown> | undefined;
  for (const name of nils) {
    if (source[name] !== undefined) continue;
    shown ??= { ...source };
    shown[name] = null;
  }
  for (const { name, isMany, message } of below) {
    const value = source[name];
    if (typeof value !== "object" || value === null) continue;
    const inside = isMany ? eachWithNulls(message, value) : withNulls(message, value);
    if (inside === value) continue;
    shown ??= { ...source };
    shown[name] = inside;
  }
  return (shown as T | undefined) ?? object;
}

function eachWithNulls(message: MessageSchema, values: object): object {
  let shown: Record<string, unknown> | undefined;
  for (const key in values) {
    const value = (values as Record<string, object>)[key]!;
    const inside = withNulls(message, value);
    if (inside === value) continue;
    shown ??= (Array.isArray(values) ? [...values] : { ...values }) as Record<string, unknown>;
    shown[key] = inside;
  }
  return shown ?? values;
}

/** Takes the nulls out of an object that has just been parsed. */
export function dropNulls(schema: MessageSchema, object: object): void {
  const { nils, below } = planOf(schema);
  const target = object as Record<string, unknown>;
  // The last first: what was put in last is taken out at no cost to the object's shape.
  for (let index = nils.length - 1; index >= 0; index--) {
    const name = nils[index]!;
    if (target[name] === null) delete target[name];
  }
  for (const { name, isMany, message } of below) {
    const value = target[name];
    if (typeof value !== "object" || value === null) continue;
    if (!isMany) dropNulls(message, value);
    else for (const key in value) dropNulls(message, (value as Record<string, object>)[key]!);
  }
}

const planOf = oncePerMessage(makePlan);

function makePlan(schema: MessageSchema): Plan {
  const fields = Object.entries(schema.fields);
  return {
    nils: nilsOf(schema),
    below: fields.flatMap(([name, field]) => {
      const message = fieldMessage(field);
      return message !== undefined && reachesNil(message) ? [{ name, isMany: field.kind !== "message", message }] : [];
    }),
  };
}

/** A field with a default is never nil; what other groups of types do is theirs. */
function nilsOf({ name: message, fields }: MessageSchema): string[] {
  if (!message.startsWith("io.k8s.api.") && !message.startsWith("io.k8s.apimachinery.")) return [];
  return Object.keys(fields).filter((name) => fields[name]!.options.default === undefined && nilWhenAbsent(message, name, fields[name]!));
}

const reachesNil = reachesAny((message) => nilsOf(message).length > 0);
