/** Which fields differ between two objects. */
import { sameJson } from "../json.ts";
import { isObject, type JsonObject, ownValue } from "../patches/json-value.ts";
import { type Atom, type FieldAtom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";
import { childrenOf, emptySet, type FieldSet, leaf, union } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { emptiesSent } from "./sent-empties.ts";
import { wholeNode } from "./to-field-set.ts";

export interface Comparison {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two objects of one kind. Throws TypingError for list elements without keys. */
export function compareObjects(atom: Atom, before: JsonObject, after: JsonObject): Comparison {
  const difference = diff(atom, before, after);
  return { changed: union(difference?.changed ?? emptySet, emptiesSent(atom, before, after)), removed: difference?.removed ?? emptySet };
}

/** Nodes of the same place in both sets; undefined where nothing differs. */
interface Diff {
  readonly changed: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const changedLeaf: Diff = { changed: leaf, removed: undefined };
const emptyObject: JsonObject = Object.freeze({});
const emptyList: readonly unknown[] = Object.freeze([]);

function diff(atom: Atom, before: unknown, after: unknown): Diff | undefined {
  // Objects share what did not change, so most comparisons end here.
  if (before === after || atom.kind === "ignored") return undefined;
  const shape = granular(atom, before ?? after);
  if (shape === undefined) return sameJson(before, after) ? undefined : changedLeaf;
  if (after !== null && granular(atom, after) === undefined) return changedLeaf;
  // Null is an empty list or object: the field itself is neither added nor removed.
  if (shape.kind === "list") return diffLists(shape, (before ?? emptyList) as readonly unknown[], (after ?? emptyList) as readonly unknown[]);
  return diffMaps(shape, (before ?? emptyObject) as JsonObject, (after ?? emptyObject) as JsonObject);
}

class Differences {
  #changed: [string, FieldSet][] | undefined;
  #removed: [string, FieldSet][] | undefined;

  changed(element: string, node: FieldSet): void {
    this.#changed ??= [];
    this.#changed.push([element, node]);
  }

  removed(element: string, node: FieldSet): void {
    this.#removed ??= [];
    this.#removed.push([element, node]);
  }

  both(element: string, difference: Diff | undefined): void {
    if (difference?.changed !== undefined) this.changed(element, difference.changed);
    if (difference?.removed !== undefined) this.removed(element, difference.removed);
  }

  result(): Diff | undefined {
    const changed = this.#changed === undefined ? undefined : childrenOf(this.#changed);
    const removed = this.#removed === undefined ? undefined : childrenOf(this.#removed);
    return changed === undefined && removed === undefined ? undefined : { changed, removed };
  }
}

function diffMaps(atom: MapAtom, before: JsonObject, after: JsonObject): Diff | undefined {
  const differences = new Differences();
  for (const name in after) {
    const old = own(before, name);
    if (after[name] !== old) diffField(fieldOf(atom, name), old, after[name], differences);
  }
  for (const name in before) {
    if (own(after, name) === undefined) diffField(fieldOf(atom, name), before[name], undefined, differences);
  }
  return differences.result();
}

/** An own property: keys of ConfigMaps and labels may be called `constructor`. Functions never are JSON, so the check is rare. */
function own(object: JsonObject, name: string): unknown {
  const value = object[name];
  return typeof value === "function" || name === "__proto__" ? ownValue(object, name) : value;
}

function diffField(field: FieldAtom | undefined, before: unknown, after: unknown, differences: Differences): void {
  if (field === undefined || field.atom.kind === "ignored" || before === after) return;
  const { atom, element } = field;
  const old = before ?? field.absent;
  const now = after ?? field.absent;
  if (old === undefined) differences.changed(element, wholeNode(atom, now));
  else if (now === undefined) differences.removed(element, wholeNode(atom, old));
  else if ((before === undefined || before === null) && isEmptyList(after)) differences.changed(element, leaf);
  else differences.both(element, diff(atom, old, now));
}

/** A configuration may say `[]`; what is stored has nil, which is another value where Go writes it. Decoded objects have neither. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function diffLists(atom: ListAtom, before: readonly unknown[], after: readonly unknown[]): Diff | undefined {
  const differences = new Differences();
  if (isSameOrder(atom, before, after)) {
    for (const [index, item] of after.entries()) {
      const difference = diff(atom.item, before[index], item);
      if (difference !== undefined) differences.both(listElement(atom, item, index), difference);
    }
    return differences.result();
  }
  const old = byElement(atom, before);
  const now = byElement(atom, after);
  for (const [element, items] of now) diffElement(atom, element, old.get(element), items, differences);
  for (const [element, items] of old) if (!now.has(element)) diffElement(atom, element, items, undefined, differences);
  return differences.result();
}

/** Short lists are compared pair by pair. */
const shortList = 8;

/** The same elements in the same order, none of them twice: the usual case, and much the cheapest. */
function isSameOrder(atom: ListAtom, before: readonly unknown[], after: readonly unknown[]): boolean {
  if (atom.relation !== "map" || before.length !== after.length || after.length > shortList) return false;
  for (const [index, item] of after.entries()) {
    if (!isSameElement(atom, before[index], item)) return false;
    for (let other = 0; other < index; other++) if (isSameElement(atom, after[other], item)) return false;
  }
  return true;
}

function isSameElement({ keys }: ListAtom, a: unknown, b: unknown): boolean {
  return isObject(a) && isObject(b) && keys.every(({ name }) => a[name] !== undefined && a[name] === b[name]);
}

/** One item an element, or an array of them where an element occurs more than once. */
function byElement(atom: ListAtom, list: readonly unknown[]): ReadonlyMap<string, Occurrences> {
  const result = new Map<string, Occurrences>();
  for (const [index, item] of list.entries()) {
    const element = listElement(atom, item, index);
    const known = result.get(element);
    if (known === undefined) result.set(element, { first: item, all: undefined });
    else if (known.all === undefined) known.all = [known.first, item];
    else known.all.push(item);
  }
  return result;
}

interface Occurrences {
  readonly first: unknown;
  /** Set where there are several. */
  all: unknown[] | undefined;
}

function diffElement(atom: ListAtom, element: string, before: Occurrences | undefined, after: Occurrences | undefined, differences: Differences): void {
  if (before?.all !== undefined || after?.all !== undefined) diffDuplicates(atom, element, before, after, differences);
  else if (before === undefined) differences.changed(element, wholeNode(atom.item, after?.first));
  else if (after === undefined) differences.removed(element, wholeNode(atom.item, before.first));
  else differences.both(element, diff(atom.item, before.first, after.first));
}

/** Elements that occur more than once are compared as a whole. */
function diffDuplicates(atom: ListAtom, element: string, before: Occurrences | undefined, after: Occurrences | undefined, differences: Differences): void {
  if (before?.all !== undefined && after?.all !== undefined) {
    if (!sameJson(before.all, after.all)) differences.changed(element, leaf);
  } else if (before?.all !== undefined) {
    if (after !== undefined) differences.changed(element, wholeNode(atom.item, after.first));
    differences.removed(element, leaf);
  } else {
    if (before !== undefined) differences.removed(element, wholeNode(atom.item, before.first));
    differences.changed(element, leaf);
  }
}
