/** The fields of a value, as a set. */
import { isObject, type JsonObject } from "../patches/json-value.ts";
import { type Atom, alwaysPresentFields, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";
import { childrenOf, emptySet, type FieldSet, fieldNode, leaf } from "./field-set.ts";
import { listElement } from "./list-element.ts";

/**
 * What an applied configuration claims: leaves, list elements and map keys; declared fields that only hold others are
 * not claimed themselves. Throws TypingError for list elements without keys.
 */
export function toFieldSet(atom: Atom, value: unknown): FieldSet {
  const shape = granular(atom, value);
  return shape?.kind === "map" ? (mapChildren(shape, value as JsonObject, false) ?? emptySet) : emptySet;
}

/**
 * The node of a value that came into being as a whole: everything in it is a member, the node included, and so is what
 * every such object has though it is not mentioned.
 */
export function wholeNode(atom: Atom, value: unknown): FieldSet {
  return valueNode(atom, value, true, true) ?? leaf;
}

function valueNode(atom: Atom, value: unknown, member: boolean, whole: boolean): FieldSet | undefined {
  const shape = granular(atom, value);
  if (shape === undefined) return atom.kind === "list" && atom.relation !== "atomic" && !whole ? undefined : leaf;
  if (shape.kind === "list") return fieldNode(member, listChildren(shape, value as readonly unknown[], whole));
  const children = mapChildren(shape, value as JsonObject, whole);
  return fieldNode(member || isEmptyObject(value), children);
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function mapChildren(atom: MapAtom, value: JsonObject, whole: boolean): FieldSet | undefined {
  const entries: [string, FieldSet][] = [];
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const field = fieldOf(atom, name);
    if (field === undefined || field.atom.kind === "ignored") continue;
    const node = item === null ? leaf : valueNode(field.atom, item, whole || !field.declared, whole);
    if (node !== undefined) entries.push([field.element, node]);
  }
  if (whole) addUnmentioned(atom, value, entries);
  return childrenOf(entries);
}

function addUnmentioned(atom: MapAtom, value: JsonObject, entries: [string, FieldSet][]): void {
  for (const [name, field] of alwaysPresentFields(atom)) {
    if (value[name] === undefined) entries.push([field.element, wholeNode(field.atom, field.absent)]);
  }
}

/** An element that occurs twice is owned as a whole: its parts could not be told apart. */
function listChildren(atom: ListAtom, list: readonly unknown[], whole: boolean): FieldSet | undefined {
  const nodes = new Map<string, FieldSet>();
  for (const [index, item] of list.entries()) {
    const element = listElement(atom, item, index);
    nodes.set(element, nodes.has(element) ? leaf : (valueNode(atom.item, item, true, whole) ?? leaf));
  }
  return childrenOf([...nodes]);
}
