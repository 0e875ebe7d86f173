/** Takes fields out of an object. */
import { type JsonObject, setValue } from "../patches/json-value.ts";
import { type Atom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";
import { childrenOf, type FieldSet, fieldNode, isEmptySet, isMember } from "./field-set.ts";
import { listElement } from "./list-element.ts";

/** The object without the members of a set; lists and objects that become empty go too. Shares what stays. */
export function removeFields(atom: Atom, object: JsonObject, fields: FieldSet): JsonObject {
  return isEmptySet(fields) ? object : ((removeFrom(atom, object, fields) ?? {}) as JsonObject);
}

function removeFrom(atom: Atom, value: unknown, fields: FieldSet): unknown {
  const shape = granular(atom, value);
  if (shape === undefined) return value;
  return shape.kind === "list" ? removeFromList(shape, value as readonly unknown[], fields) : removeFromMap(shape, value as JsonObject, fields);
}

function removeFromList(atom: ListAtom, list: readonly unknown[], fields: FieldSet): readonly unknown[] | undefined {
  const result: unknown[] = [];
  for (const [index, item] of list.entries()) {
    const node = fields[listElement(atom, item, index)];
    if (node === undefined) result.push(item);
    else if (!isMember(node)) result.push(removeFrom(atom.item, item, node));
  }
  if (result.length === list.length && result.every((item, index) => item === list[index])) return list;
  return result.length === 0 ? undefined : result;
}

function removeFromMap(atom: MapAtom, object: JsonObject, fields: FieldSet): JsonObject | undefined {
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    const node = fields[`f:${name}`];
    if (node === undefined) continue;
    const left = isMember(node) ? undefined : removeFrom(fieldOf(atom, name)?.atom ?? { kind: "any" }, object[name], node);
    if (left === object[name]) continue;
    result ??= { ...object };
    if (left === undefined) delete result[name];
    else setValue(result, name, left);
  }
  return result !== undefined && Object.keys(result).length === 0 ? undefined : (result ?? object);
}

/**
 * Makes declared fields that lead to members members too: an applier that set `spec.strategy.type` also brought
 * `spec.strategy` into being, and it must go when nobody needs it any more.
 */
export function withNamedFields(atom: Atom, set: FieldSet): FieldSet {
  return namedChildren(atom, set) ?? set;
}

function namedChildren(atom: Atom, set: FieldSet): FieldSet | undefined {
  const entries: [string, FieldSet][] = [];
  for (const element in set) {
    if (element === ".") continue;
    const node = set[element] as FieldSet;
    const { below, declared } = childAtom(atom, element);
    entries.push([element, isEmptySet(node) ? node : (fieldNode(declared || isMember(node), namedChildren(below, node)) ?? node)]);
  }
  return childrenOf(entries);
}

function childAtom(atom: Atom, element: string): { below: Atom; declared: boolean } {
  if (atom.kind === "list") return { below: atom.item, declared: false };
  const map = granular(atom, {});
  const field = map?.kind === "map" && element.startsWith("f:") ? fieldOf(map, element.slice(2)) : undefined;
  return field === undefined ? { below: { kind: "any" }, declared: false } : { below: field.atom, declared: field.declared };
}
