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

/** The path's elements in a list of its own; undefined where nothing has changed, or is not owned by itself. */
function changedPath(root: Atom, before: JsonObject, after: JsonObject, path: Path): [FieldPath] | undefined {
  const elements: string[] = [];
  let [atom, old, now]: [Atom, unknown, unknown] = [root, before, after];
  let isWritten = false;
  for (const part of path) {
    const shape = granular(atom, now);
    if (shape === undefined) return undefined;
    if (shape.kind === "list") {
      const item = (now as readonly unknown[])[part as number];
      const element = listElement(shape, item, part as number);
      elements.push(element);
      [atom, old, now] = [shape.item, itemOf(shape, old, element), item];
    } else {
      const field = fieldOf(shape, String(part));
      if (field === undefined) return undefined;
      elements.push(field.element);
      isWritten = field.absent !== undefined;
      [atom, old, now] = [field.atom, memberOf(old, String(part)), memberOf(now, String(part))];
    }
  }
  return isWritten && (old === undefined || old === null) ? [elements] : undefined;
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? ownValue(object as JsonObject, name) : undefined;
}

function itemOf(atom: ListAtom, list: unknown, element: string): unknown {
  return isList(list) ? list.find((item, index) => listElement(atom, item, index) === element) : undefined;
}
