/**
 * The fields that whoever creates an object owns. Objects made from one template own the same, so a set once computed
 * mostly fits the next object too: to see that it does takes a tenth of the time of making it anew, and the objects
 * share it.
 */
import type { JsonObject } from "../patches/json-value.ts";
import type { MessageSchema } from "../schema.ts";
import { type Atom, alwaysPresentFields, atomOf, type FieldAtom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";
import { compareObjects } from "./compare.ts";
import { difference, emptySet, type FieldSet, leaf, recursiveDifference } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { neverOwned } from "./never-owned.ts";

interface KnownFields {
  readonly ignored: FieldSet;
  /** Everything that the object holds beyond an empty one. */
  readonly all: FieldSet;
  readonly owned: FieldSet;
}

/** The latest few of each kind, the oldest first. */
const known = new WeakMap<MessageSchema, KnownFields[]>();
const maxKnown = 8;
/** Of nodes: what a large object owns, another one rarely does. */
const maxRemembered = 2000;

/** Frozen, and the same set for objects that own the same. Throws TypingError for list elements without keys. */
export function newFields(schema: MessageSchema | undefined, object: object, ignored: FieldSet = emptySet): FieldSet {
  const atom = atomOf(schema);
  const sets = (schema === undefined ? undefined : known.get(schema)) ?? [];
  const found = sets.find((set) => set.ignored === ignored && isPresent({ atom, absent: emptySet }, object, set.all));
  if (found !== undefined) return found.owned;
  const all = compareObjects(atom, emptySet, object as JsonObject).changed;
  const owned = frozen(difference(recursiveDifference(all, ignored), neverOwned));
  if (schema !== undefined && nodesOf(all, maxRemembered) < maxRemembered) known.set(schema, [...sets.slice(1 - maxKnown), { ignored, all, owned }]);
  return owned;
}

function frozen(set: FieldSet): FieldSet {
  if (Object.isFrozen(set)) return set;
  for (const element in set) frozen(set[element] as FieldSet);
  return Object.freeze(set);
}

/** How many there are, counted up to a limit. */
function nodesOf(set: FieldSet, limit: number): number {
  let nodes = 1;
  for (const element in set) {
    nodes += nodesOf(set[element] as FieldSet, limit - nodes);
    if (nodes >= limit) break;
  }
  return nodes;
}

/* Whether a comparison with nothing would give this very node. A doubtful case may be denied: it is then computed. */

/** Of a value whose place was there before, empty: not a member itself. */
function isPresent({ atom, absent }: Pick<FieldAtom, "atom" | "absent">, value: unknown, node: FieldSet | undefined): boolean {
  if (typeof value !== "object") return node === (value === absent ? undefined : leaf);
  if (value === null) return false;
  const shape = granular(atom, value);
  if (shape === undefined) return node === (absent !== null && hasNothing(value) ? undefined : leaf);
  return shape.kind === "list" ? hasElements(shape, value as readonly unknown[], node) : hasFields(shape, value as JsonObject, node, false);
}

/** Of a value that came into being: it is a member, and so is everything in it. */
function isWhole(atom: Atom, value: unknown, node: FieldSet): boolean {
  const shape = granular(atom, value);
  if (shape === undefined) return node === leaf;
  return shape.kind === "list" ? hasElements(shape, value as readonly unknown[], node) : hasFields(shape, value as JsonObject, node, true);
}

function hasNothing(value: object): boolean {
  for (const _name in value) return false;
  return true;
}

function hasFields(atom: MapAtom, value: JsonObject, node: FieldSet | undefined, whole: boolean): boolean {
  let left = childCount(node);
  for (const name in value) {
    const item = value[name];
    const field = item === undefined ? undefined : fieldOf(atom, name);
    if (field === undefined || field.atom.kind === "ignored") continue;
    const child = node?.[field.element];
    if (whole || field.absent === undefined) {
      if (child === undefined || item === null || !isWhole(field.atom, item, child)) return false;
    } else if (!isPresent(field, item, child)) return false;
    if (child !== undefined) left--;
  }
  return left === (whole ? unmentioned(atom, value, node) : 0);
}

/** How many fields of a node are there because every such object has them; -1 if one of those is missing. */
function unmentioned(atom: MapAtom, value: JsonObject, node: FieldSet | undefined): number {
  let count = 0;
  for (const [name, field] of alwaysPresentFields(atom)) {
    if (value[name] !== undefined) continue;
    const child = node?.[field.element];
    if (child === undefined || !isWhole(field.atom, field.absent, child)) return -1;
    count++;
  }
  return count;
}

/** Elements that occur twice are denied: they are owned in another way. */
function hasElements(atom: ListAtom, list: readonly unknown[], node: FieldSet | undefined): boolean {
  if (list.length !== childCount(node)) return false;
  const seen = list.length > 1 ? new Set<string>() : undefined;
  for (let index = 0; index < list.length; index++) {
    const element = listElement(atom, list[index], index);
    const child = node?.[element];
    if (child === undefined || seen?.has(element) === true || !isWhole(atom.item, list[index], child)) return false;
    seen?.add(element);
  }
  return true;
}

/** Without the marker that the node is a member itself. */
function childCount(node: FieldSet | undefined): number {
  let count = 0;
  for (const element in node) if (element !== ".") count++;
  return count;
}
