/** Path elements as FieldsV1 writes them, and as messages print them. */
import { isObject } from "../patches/json-value.ts";
import type { FieldPath } from "./field-set.ts";

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: unknown): string {
  return `v:${scalarText(value)}`;
}

/** `entries` sorted by name. */
export function keyElement(entries: readonly (readonly [name: string, value: unknown])[]): string {
  return `k:{${entries.map(([name, value]) => `${JSON.stringify(name)}:${scalarText(value)}`).join(",")}}`;
}

function scalarText(value: unknown): string {
  return typeof value === "bigint" || typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** `.spec.containers[name="web"].image`: the form of conflict causes. */
export function pathText(path: FieldPath): string {
  return path.map(elementText).join("");
}

export function elementText(element: string): string {
  const content = element.slice(2);
  switch (element.slice(0, 2)) {
    case "k:":
      return `[${Object.entries(JSON.parse(content) as Record<string, unknown>)
        .map(([name, value]) => `${name}=${scalarText(value)}`)
        .join(",")}]`;
    case "v:":
      return `[=${content}]`;
    case "i:":
      return `[${content}]`;
    default:
      return `.${content}`;
  }
}

/** The element in the one form that sets compare by; undefined for kinds of elements we do not know, which are dropped. */
export function canonicalElement(element: string): string | undefined {
  const content = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
    case "i:":
      return element;
    case "v:":
      return valueElement(JSON.parse(content));
    case "k:": {
      const keys: unknown = JSON.parse(content);
      if (!isObject(keys)) throw new Error(`cannot read path element ${element}: not an object`);
      return keyElement(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    default:
      return undefined;
  }
}
