/**
 * A kind's schema as field management sees it: which values are owned as a whole, and which element by element.
 * Compiled from the MessageSchema on first use, field by field (schemas refer to each other in circles).
 */
import { isList, isObject } from "../patches/json-value.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, type ScalarType } from "../schema.ts";
import { valueWhenAbsent } from "./always-present.ts";

export type Atom =
  | { readonly kind: "scalar"; readonly scalar: "string" | "numeric" | "boolean" | "untyped" }
  | ListAtom
  | MapAtom
  /** Anything, owned as a whole. */
  | { readonly kind: "any" }
  /** No schema: objects are granular, lists and scalars are owned as a whole. */
  | { readonly kind: "deduced" }
  /** managedFields itself: nobody owns it. */
  | { readonly kind: "ignored" };

export interface ListAtom {
  readonly kind: "list";
  readonly relation: "atomic" | "map" | "set";
  readonly item: Atom;
  /** Sorted by name, each with the value that an element without the key has by default. */
  readonly keys: readonly { readonly name: string; readonly default: unknown }[];
}

export interface MapAtom {
  readonly kind: "map";
  readonly atomic: boolean;
  /** The declared fields; absent for maps. */
  readonly message: MessageSchema | undefined;
  /** The type of undeclared keys; absent for messages, which have none. */
  readonly value: Atom | undefined;
  readonly compiled: Map<string, FieldAtom>;
}

export interface FieldAtom {
  /** The path element, `f:name`. */
  readonly element: string;
  readonly atom: Atom;
  readonly declared: boolean;
  /** What a field that is there in every object is when not mentioned: it is neither added nor removed. */
  readonly absent: unknown;
}

const any: Atom = { kind: "any" };
const ignored: Atom = { kind: "ignored" };
const deduced: Atom = { kind: "deduced" };
const deducedMap: MapAtom = { kind: "map", atomic: false, message: undefined, value: deduced, compiled: new Map() };
const atoms = new WeakMap<MessageSchema, MapAtom>();

/** The atom of a kind; without a schema everything is deduced from the values. */
export function atomOf(schema: MessageSchema | undefined): Atom {
  return schema === undefined ? deduced : messageAtom(schema, schema.mapType === "atomic");
}

function messageAtom(message: MessageSchema, atomic: boolean): MapAtom {
  if (atomic) return { kind: "map", atomic, message, value: undefined, compiled: new Map() };
  let atom = atoms.get(message);
  if (atom === undefined) {
    atom = { kind: "map", atomic, message, value: undefined, compiled: new Map() };
    atoms.set(message, atom);
  }
  return atom;
}

/** The field of a message or the key of a map; undefined where a message does not declare it. */
export function fieldOf(map: MapAtom, name: string): FieldAtom | undefined {
  if (map.message === undefined) {
    return { element: `f:${name}`, atom: map.value ?? any, declared: false, absent: undefined };
  }
  const known = map.compiled.get(name);
  if (known !== undefined) return known;
  const schema = Object.hasOwn(map.message.fields, name) ? map.message.fields[name] : undefined;
  if (schema === undefined) return undefined;
  const field = compileField(map.message, name, schema);
  map.compiled.set(name, field);
  return field;
}

const alwaysPresent = new WeakMap<MessageSchema, readonly (readonly [name: string, field: FieldAtom])[]>();

/** The fields that every object of a message has, mentioned or not. */
export function alwaysPresentFields(map: MapAtom): readonly (readonly [name: string, field: FieldAtom])[] {
  const { message } = map;
  if (message === undefined) return [];
  let fields = alwaysPresent.get(message);
  if (fields === undefined) {
    const all = Object.keys(message.fields).map((name) => [name, fieldOf(map, name)!] as const);
    fields = all.filter(([, { absent }]) => absent !== undefined);
    alwaysPresent.set(message, fields);
  }
  return fields;
}

function compileField(message: MessageSchema, name: string, schema: FieldSchema): FieldAtom {
  const isManagedFields = name === "managedFields" && message.name.endsWith(".meta.v1.ObjectMeta");
  return {
    element: `f:${name}`,
    atom: isManagedFields ? ignored : fieldAtom(schema),
    declared: true,
    absent: valueWhenAbsent(message.name, name, schema),
  };
}

function fieldAtom(field: FieldSchema): Atom {
  const { options } = field;
  switch (field.kind) {
    case "scalar":
      return scalarAtom(field.type);
    case "message": {
      const message = field.message();
      return messageAtom(message, options.mapType === "atomic" || (options.mapType !== "granular" && message.mapType === "atomic"));
    }
    case "map":
      return {
        kind: "map",
        atomic: options.mapType === "atomic",
        message: undefined,
        value: field.wrapped ? atomicList(field.value) : itemAtom(field.value),
        compiled: new Map(),
      };
    case "list":
      return listAtom(field.item, options.listType ?? "atomic", options.keys ?? []);
  }
}

function listAtom(item: ItemType, relation: ListAtom["relation"], keys: readonly string[]): ListAtom {
  const fields = itemMessage(item)?.fields;
  const withDefaults = [...keys].sort().map((name) => ({ name, default: fields?.[name]?.options.default }));
  return { kind: "list", relation, item: itemAtom(item), keys: withDefaults };
}

function atomicList(item: ItemType): ListAtom {
  return listAtom(item, "atomic", []);
}

function itemAtom(item: ItemType): Atom {
  if (typeof item === "string") return scalarAtom(item);
  const message = typeof item === "function" ? item() : item;
  return messageAtom(message, message.mapType === "atomic");
}

const text: Atom = { kind: "scalar", scalar: "string" };
const numeric: Atom = { kind: "scalar", scalar: "numeric" };
const boolean: Atom = { kind: "scalar", scalar: "boolean" };
const untyped: Atom = { kind: "scalar", scalar: "untyped" };

const scalarAtoms: Record<ScalarType, Atom> = {
  string: text,
  bytes: text,
  duration: text,
  bool: boolean,
  int32: numeric,
  int64: numeric,
  double: numeric,
  quantity: untyped,
  intOrString: untyped,
  time: untyped,
  microTime: untyped,
  any,
};

function scalarAtom(type: ScalarType): Atom {
  return scalarAtoms[type];
}

/** How to walk one value: element by element (the list or map atom), or as a whole (undefined). */
export function granular(atom: Atom, value: unknown): ListAtom | MapAtom | undefined {
  switch (atom.kind) {
    case "list":
      return atom.relation !== "atomic" && isList(value) ? atom : undefined;
    case "map":
      return !atom.atomic && isObject(value) ? atom : undefined;
    case "deduced":
      return isObject(value) ? deducedMap : undefined;
    default:
      return undefined;
  }
}
