/**
 * The fields that whoever creates an object owns. Objects made from one template own the same, so what was found for one
 * mostly fits the next: to see that it has the same shape takes a fraction of the time of finding out anew, and the
 * objects share one set.
 */
import type { MessageSchema } from "../schema.ts";
import { holdsEmpties } from "../sent-empty.ts";
import { atomOf } from "./atoms.ts";
import { compareObjects } from "./compare.ts";
import { difference, emptySet, type FieldSet, recursiveDifference } from "./field-set.ts";
import { neverOwned } from "./never-owned.ts";
import { fitsShape, type Shape, shapeOf } from "./shape.ts";

interface KnownFields {
  readonly ignored: FieldSet;
  /** Of the object that they were found for. */
  readonly shape: Shape;
  readonly owned: FieldSet;
}

/** The latest few of each kind, the oldest first. */
const known = new WeakMap<MessageSchema, KnownFields[]>();
const maxKnown = 8;
const noneKnown: readonly KnownFields[] = [];
/** Of nodes: what a large object owns, another one rarely does. */
const maxRemembered = 2000;

/** Frozen, and the same set for objects that own the same. Throws TypingError for list elements without keys. */
export function newFields(schema: MessageSchema | undefined, object: object, ignored: FieldSet = emptySet): FieldSet {
  // What was sent empty does not show in an object's shape.
  const isPlain = schema !== undefined && !holdsEmpties(object);
  const sets = (isPlain ? known.get(schema) : undefined) ?? noneKnown;
  for (const set of sets) if (set.ignored === ignored && fitsShape(set.shape, object)) return set.owned;
  const atom = atomOf(schema);
  const all = compareObjects(atom, emptySet, object as Record<string, unknown>).changed;
  const owned = frozen(difference(recursiveDifference(all, ignored), neverOwned));
  if (!isPlain || nodesOf(all, maxRemembered) >= maxRemembered) return owned;
  const shape = shapeOf(atom, object);
  if (shape === undefined) return owned;
  known.set(schema, [...sets.slice(1 - maxKnown), { ignored, shape, owned }]);
  texts.set(owned, undefined);
  return owned;
}

/** JSON of the sets that are shared, once somebody has asked for it. */
const texts = new WeakMap<FieldSet, string | undefined>();

/** The set's JSON, kept for the next who asks; undefined for a set that objects do not share. */
export function sharedFieldsText(set: object): string | undefined {
  const known = texts.get(set as FieldSet);
  if (known !== undefined || !texts.has(set as FieldSet)) return known;
  const text = JSON.stringify(set);
  texts.set(set as FieldSet, text);
  return text;
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
