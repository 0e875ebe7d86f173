/**
 * What of an object decides which fields of it are owned: which fields it has, in which order, the keys of its list
 * elements, and hardly any value. Two objects of one shape have the same fields; two of different shapes may, too.
 */
import type { JsonObject } from "../patches/json-value.ts";
import { type Atom, type FieldAtom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";

/**
 * - `ignored`: nobody's, whatever it is.
 * - `scalar`: any.
 * - `zeroed`: a scalar for which some value counts as none.
 * - `whole`: an object or list owned as a whole.
 * - `fields`, `elements`: an object or list owned piece by piece.
 */
type ShapeKind = "ignored" | "scalar" | "zeroed" | "whole" | "fields" | "elements";

/** One class for all kinds, not a union: every step of the walk meets any of them, and finds its parts in the same places. */
export class Shape {
  readonly kind: ShapeKind;
  /** Of `zeroed`: the value that counts as none, and whether it was that. */
  readonly absent: unknown = undefined;
  readonly wasAbsent: boolean = false;
  /** Of `whole`. */
  readonly isList: boolean = false;
  readonly isEmpty: boolean = false;
  /** Names of `fields`, or of the keys of `elements`: those of a set have no keys, they are their own. */
  readonly names: readonly string[] = [];
  /** Of each element the values of its keys. */
  readonly keyValues: readonly (readonly unknown[])[] = [];
  /** Of each of the fields or elements. */
  readonly parts: readonly Shape[] = [];

  constructor(kind: ShapeKind, of: Partial<Shape> = {}) {
    this.kind = kind;
    Object.assign(this, of);
  }
}

const ignored = new Shape("ignored");
const scalar = new Shape("scalar");

/** Undefined where there is a null: what it counts as depends on more. */
export function shapeOf(atom: Atom, value: unknown, absent?: unknown): Shape | undefined {
  if (atom.kind === "ignored") return ignored;
  if (typeof value !== "object") return absent === undefined ? scalar : new Shape("zeroed", { absent, wasAbsent: value === absent });
  if (value === null) return undefined;
  const granularAtom = granular(atom, value);
  if (granularAtom === undefined) return new Shape("whole", { isList: Array.isArray(value), isEmpty: isEmpty(value) });
  return granularAtom.kind === "list" ? elementsShape(granularAtom, value as readonly unknown[]) : fieldsShape(granularAtom, value as JsonObject);
}

function fieldsShape(atom: MapAtom, value: JsonObject): Shape | undefined {
  const names: string[] = [];
  const parts: Shape[] = [];
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const shape = fieldShape(fieldOf(atom, name), item);
    if (shape === undefined) return undefined;
    names.push(name);
    parts.push(shape);
  }
  return new Shape("fields", { names, parts });
}

/** What the schema does not know is nobody's. */
function fieldShape(field: FieldAtom | undefined, value: unknown): Shape | undefined {
  return field === undefined ? ignored : shapeOf(field.atom, value, field.absent);
}

function elementsShape({ keys, item }: ListAtom, list: readonly unknown[]): Shape | undefined {
  const names = keys.map(({ name }) => name);
  const keyValues = list.map((element) => keysOf(names, element));
  const parts = list.map((element) => shapeOf(item, element));
  if (!parts.every((shape) => shape !== undefined)) return undefined;
  return new Shape("elements", { names, keyValues, parts });
}

function keysOf(names: readonly string[], element: unknown): readonly unknown[] {
  return names.length === 0 ? [element] : names.map((name) => (element as JsonObject)[name]);
}

/** Whether the object has this shape. Allocates nothing. */
export function fitsShape(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "scalar":
      return typeof value !== "object";
    case "fields":
      return typeof value === "object" && value !== null && !Array.isArray(value) && fitsFields(shape, value as JsonObject);
    case "elements":
      return Array.isArray(value) && value.length === shape.parts.length && fitsElements(shape, value);
    case "whole":
      return typeof value === "object" && value !== null && Array.isArray(value) === shape.isList && isEmpty(value) === shape.isEmpty;
    case "zeroed":
      return typeof value !== "object" && (value === shape.absent) === shape.wasAbsent;
    case "ignored":
      return true;
  }
}

function fitsFields({ names, parts }: Shape, value: JsonObject): boolean {
  let index = 0;
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    if (index === names.length || name !== names[index]) return false;
    const shape = parts[index++]!;
    // Most fields are scalars that may be anything: no call for those.
    if (shape === scalar ? typeof item === "object" : !fitsShape(shape, item)) return false;
  }
  return index === names.length;
}

function fitsElements({ names, keyValues, parts }: Shape, list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    const wanted = keyValues[index]!;
    if (names.length === 0 ? element !== wanted[0] : !(fitsShape(parts[index]!, element) && hasKeys(names, wanted, element as JsonObject))) return false;
  }
  return true;
}

function hasKeys(names: readonly string[], values: readonly unknown[], element: JsonObject): boolean {
  for (let index = 0; index < names.length; index++) if (element[names[index]!] !== values[index]) return false;
  return true;
}

function isEmpty(value: object): boolean {
  for (const _name in value) return false;
  return true;
}
