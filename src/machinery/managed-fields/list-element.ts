/** What tells the elements of an associative list apart, as a path element. */
import { isList, isObject } from "../patches/json-value.ts";
import type { ListAtom } from "./atoms.ts";
import { keyElement, valueElement } from "./path-element.ts";
import { TypingError } from "./typing-error.ts";

/** Throws TypingError for elements without their keys. */
export function listElement(list: ListAtom, item: unknown, index: number): string {
  return list.relation === "map" ? keyedElement(list, item, index) : setElement(item, index);
}

function keyedElement(list: ListAtom, item: unknown, index: number): string {
  if (item === null) throw elementError(index, "associative list with keys may not have a null element");
  if (!isObject(item)) throw elementError(index, "associative list with keys may not have non-map elements");
  const [only] = list.keys;
  if (list.keys.length === 1 && only !== undefined && typeof item[only.name] === "string") return `k:{"${only.name}":${JSON.stringify(item[only.name])}}`;
  return keyElement(
    list.keys.map(({ name, default: fallback }) => {
      const value = item[name] ?? fallback;
      if (value === undefined)
        throw elementError(index, `associative list with keys has an element that omits key field "${name}" (and doesn't have default value)`);
      return [name, value] as const;
    }),
  );
}

function setElement(item: unknown, index: number): string {
  if (item === null) throw elementError(index, "associative list without keys has an element that's an explicit null");
  if (isObject(item)) throw elementError(index, "associative list without keys has an element that's a map type");
  if (isList(item)) throw elementError(index, "not supported: associative list with lists as elements");
  return valueElement(item);
}

function elementError(index: number, text: string): TypingError {
  return new TypingError("", `element ${index}: ${text}`);
}
