/**
 * Lists and maps that Go writes even when they are nil (`rules` of a Role): `[]` is another value there than the null of
 * an object that has none, so whoever sends it owns it. Those with omitempty are not seen, empty or not.
 */
import { isList, type JsonObject, ownValue } from "../patches/json-value.ts";
import { type Path, pathsSentEmpty } from "../sent-empty.ts";
import { type Atom, fieldOf, granular, type ListAtom } from "./atoms.ts";
import { emptySet, type FieldPath, type FieldSet, fieldSet } from "./field-set.ts";
import { listElement } from "./list-element.ts";

/** Those of a decoded object that `before` has not, or as null. */
export function emptiesSent(atom: Atom, before: JsonObject, after: JsonObject): FieldSet {
  const paths = pathsSentEmpty(after).flatMap((path) => changedPath(atom, before, after, path) ?? []);
  return paths.length === 0 ? emptySet : fieldSet(...paths);
}

/**
 * The path's elements in a list of its own; undefined where nothing has changed. What is owned as a whole has changed
 * with anything that Go writes in it, and with anything at all in its lists, whose elements Go compares as they are.
 */
function changedPath(root: Atom, before: JsonObject, after: JsonObject, path: Path): [FieldPath] | undefined {
  const elements: string[] = [];
  let [atom, old, now]: [Atom, unknown, unknown] = [root, before, after];
  let isWhole = false;
  let isWritten = false;
  for (const part of path) {
    isWhole ||= granular(atom, now) === undefined;
    if (isWhole && typeof part === "number") return [elements];
    if (atom.kind === "list") {
      const item = (now as readonly unknown[])[part as number];
      const element = listElement(atom, item, part as number);
      elements.push(element);
      [atom, old, now] = [atom.item, itemOf(atom, old, element), item];
    } else {
      const field = atom.kind === "map" ? fieldOf(atom, String(part)) : undefined;
      if (field === undefined) return undefined;
      if (!isWhole) elements.push(field.element);
      isWritten = field.absent !== undefined;
      [atom, old, now] = [field.atom, memberOf(old, String(part)), memberOf(now, String(part))];
    }
  }
  return isWritten && (isWhole || old === undefined || old === null) ? [elements] : undefined;
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? ownValue(object as JsonObject, name) : undefined;
}

function itemOf(atom: ListAtom, list: unknown, element: string): unknown {
  return isList(list) ? list.find((item, index) => listElement(atom, item, index) === element) : undefined;
}
