/**
 * Merges an applied configuration into a live object: its leaves win, everything else stays. The result shares
 * unchanged parts with both.
 */
import { isList, isObject, type JsonObject, ownValue, setValue } from "../patches/json-value.ts";
import { type Atom, fieldOf, granular, type ListAtom, type MapAtom } from "./atoms.ts";
import { listElement } from "./list-element.ts";

export function mergeObjects(atom: Atom, live: JsonObject, applied: JsonObject): JsonObject {
  return mergeValue(atom, live, applied) as JsonObject;
}

/** undefined: nothing is left here. A null in the configuration clears a leaf; it does not clear lists and objects with other owners' content. */
function mergeValue(atom: Atom, live: unknown, applied: unknown): unknown {
  if (applied === undefined || live === applied) return live;
  const shape = granular(atom, applied ?? live);
  if (shape === undefined) return applied ?? undefined;
  if (applied === null) return isEmpty(live) ? undefined : live;
  if (shape.kind === "list") return mergeLists(shape, isList(live) ? live : [], applied as readonly unknown[]);
  return mergeMaps(shape, isObject(live) ? live : {}, applied as JsonObject);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || Object.keys(value).length === 0;
}

function mergeMaps(atom: MapAtom, live: JsonObject, applied: JsonObject): JsonObject {
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(applied)) {
    const before = ownValue(live, name);
    const merged = mergeValue(fieldOf(atom, name)?.atom ?? { kind: "any" }, before, applied[name]);
    if (merged === before) continue;
    result ??= { ...live };
    if (merged === undefined) delete result[name];
    else setValue(result, name, merged);
  }
  return result ?? live;
}

/**
 * Elements that both have follow the order of the configuration; live-only ones keep their place before the shared
 * one that followed them, new ones stand where the configuration has them.
 */
function mergeLists(atom: ListAtom, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const liveElements = live.map((item, index) => listElement(atom, item, index));
  const elements = applied.map((item, index) => listElement(atom, item, index));
  const liveItems = uniqueItems(liveElements, live);
  const isApplied = new Set(elements);
  const shared = elements.filter((element) => liveElements.includes(element));
  const result: unknown[] = [];
  const merged = new Set<string>();
  let next = 0;
  const take = (index: number) => {
    const element = elements[index] as string;
    merged.add(element);
    result.push(mergeValue(atom.item, liveItems.get(element), applied[index]));
    if (shared[next] === element) next++;
  };
  let l = 0;
  let r = 0;
  while (l < live.length || r < applied.length) {
    const element = liveElements[l];
    if (element !== undefined && r < applied.length) {
      if (element === elements[r]) {
        take(r++);
        l++;
        continue;
      }
      const awaited = shared[next];
      if (isApplied.has(element) && awaited !== undefined && awaited !== element) {
        l++; // shared, but its turn comes later
        continue;
      }
    }
    if (element !== undefined && !isApplied.has(element)) {
      result.push(live[l++]);
      continue;
    }
    if (element !== undefined && merged.has(element)) l++;
    if (r < applied.length) take(r++);
  }
  return sameItems(result, live) ? live : result;
}

/** Items by element, without those that occur more than once: the configuration replaces these. */
function uniqueItems(elements: readonly string[], items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [index, element] of elements.entries()) result.set(element, result.has(element) ? undefined : items[index]);
  return result;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
