/**
 * What of an object decides which fields of it are owned: which fields it has, in which order, the keys of its list
 * elements, and hardly any value. Two objects of one shape have the same fields; two of different shapes may, too.
 */
import type { JsonObject } from "../patches/json-value.ts";
import { type Atom, type FieldAtom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";

export type Shape =
  /** Nobody's, whatever it is. */
  | { readonly kind: "ignored" }
  | {
      readonly kind: "scalar";
      /** A value that counts as none, and whether it was that. */
      readonly absent: unknown;
      readonly wasAbsent: boolean;
    }
  /** An object or list owned as a whole. */
  | { readonly kind: "whole"; readonly isList: boolean; readonly isEmpty: boolean }
  | { readonly kind: "fields"; readonly names: readonly string[]; readonly values: readonly Shape[] }
  /** Elements of a set have no keys: they are their own. */
  | { readonly kind: "elements"; readonly keys: readonly string[]; readonly keyValues: readonly (readonly unknown[])[]; readonly items: readonly Shape[] };

const ignored: Shape = { kind: "ignored" };

/** Undefined where there is a null: what it counts as depends on more. */
export function shapeOf(atom: Atom, value: unknown, absent?: unknown): Shape | undefined {
  if (atom.kind === "ignored") return ignored;
  if (typeof value !== "object") return { kind: "scalar", absent, wasAbsent: value === absent };
  if (value === null) return undefined;
  const granularAtom = granular(atom, value);
  if (granularAtom === undefined) return { kind: "whole", isList: Array.isArray(value), isEmpty: isEmpty(value) };
  return granularAtom.kind === "list" ? elementsShape(granularAtom, value as readonly unknown[]) : fieldsShape(granularAtom, value as JsonObject);
}

function fieldsShape(atom: MapAtom, value: JsonObject): Shape | undefined {
  const names: string[] = [];
  const values: Shape[] = [];
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const shape = fieldShape(fieldOf(atom, name), item);
    if (shape === undefined) return undefined;
    names.push(name);
    values.push(shape);
  }
  return { kind: "fields", names, values };
}

/** What the schema does not know is nobody's. */
function fieldShape(field: FieldAtom | undefined, value: unknown): Shape | undefined {
  return field === undefined ? ignored : shapeOf(field.atom, value, field.absent);
}

function elementsShape({ keys, item }: ListAtom, list: readonly unknown[]): Shape | undefined {
  const names = keys.map(({ name }) => name);
  const keyValues = list.map((element) => keysOf(names, element));
  const items = list.map((element) => shapeOf(item, element));
  if (!items.every((shape) => shape !== undefined)) return undefined;
  return { kind: "elements", keys: names, keyValues, items };
}

function keysOf(names: readonly string[], element: unknown): readonly unknown[] {
  return names.length === 0 ? [element] : names.map((name) => (element as JsonObject)[name]);
}

/** Whether the object has this shape. Allocates nothing. */
export function fitsShape(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "ignored":
      return true;
    case "scalar":
      return typeof value !== "object" && (value === shape.absent) === shape.wasAbsent;
    case "whole":
      return typeof value === "object" && value !== null && Array.isArray(value) === shape.isList && isEmpty(value) === shape.isEmpty;
    case "fields":
      return typeof value === "object" && value !== null && !Array.isArray(value) && fitsFields(shape, value as JsonObject);
    case "elements":
      return Array.isArray(value) && value.length === shape.items.length && fitsElements(shape, value);
  }
}

function fitsFields({ names, values }: Shape & { kind: "fields" }, value: JsonObject): boolean {
  let index = 0;
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const shape = values[index];
    if (shape === undefined || name !== names[index] || !fitsShape(shape, item)) return false;
    index++;
  }
  return index === names.length;
}

function fitsElements({ keys, keyValues, items }: Shape & { kind: "elements" }, list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    const wanted = keyValues[index]!;
    if (keys.length === 0 ? element !== wanted[0] : !(fitsShape(items[index]!, element) && hasKeys(keys, wanted, element as JsonObject))) return false;
  }
  return true;
}

function hasKeys(keys: readonly string[], values: readonly unknown[], element: JsonObject): boolean {
  for (let index = 0; index < keys.length; index++) if (element[keys[index]!] !== values[index]) return false;
  return true;
}

function isEmpty(value: object): boolean {
  for (const _name in value) return false;
  return true;
}
