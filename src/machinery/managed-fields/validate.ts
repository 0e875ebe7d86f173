/** Checks an applied configuration against its schema, with structured-merge-diff's messages. */
import { goText, goType, isList, isObject, type JsonObject } from "../patches/json-value.ts";
import { type Atom, fieldOf, type ListAtom, type MapAtom } from "./atoms.ts";
import { listElement } from "./list-element.ts";
import { elementText } from "./path-element.ts";
import { TypingError } from "./typing-error.ts";

/** Of one list: more are not told of. */
const maxErrors = 1000;

/** Every place where the value does not fit. Null fits everywhere: it is the empty value of any type. */
export function typingErrors(atom: Atom, value: unknown): TypingError[] {
  if (value === null || value === undefined) return [];
  switch (atom.kind) {
    case "scalar":
      return scalarErrors(atom.scalar, value);
    case "list":
      return isList(value) ? listErrors(atom, value) : [new TypingError("", `expected list, got &{${goText(value)}}`)];
    case "map":
      return isObject(value) ? mapErrors(atom, value) : [new TypingError("", `expected map, got &{${goText(value)}}`)];
    default:
      return [];
  }
}

function scalarErrors(scalar: "string" | "numeric" | "boolean" | "untyped", value: unknown): TypingError[] {
  switch (scalar) {
    case "string":
      return typeof value === "string" ? [] : [new TypingError("", `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)];
    case "numeric":
      return typeof value === "number" || typeof value === "bigint" ? [] : [new TypingError("", `expected numeric (int or float), got ${goType(value)}`)];
    case "boolean":
      return typeof value === "boolean" ? [] : [new TypingError("", `expected boolean, got &{${goText(value)}}`)];
    case "untyped":
      return typeof value === "object" ? [new TypingError("", `expected any scalar, got &{${goText(value)}}`)] : [];
  }
}

function mapErrors(atom: MapAtom, value: JsonObject): TypingError[] {
  const errors: TypingError[] = [];
  for (const name of Object.keys(value)) {
    const field = fieldOf(atom, name);
    if (field === undefined) return [...errors, new TypingError(`.${name}`, "field not declared in schema")];
    for (const error of typingErrors(field.atom, value[name])) errors.push(error.under(`.${name}`));
  }
  return errors;
}

function listErrors(atom: ListAtom, list: readonly unknown[]): TypingError[] {
  if (atom.relation === "atomic") return list.flatMap((item, index) => typingErrors(atom.item, item).map((error) => error.under(`[${index}]`)));
  const errors: TypingError[] = [];
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    if (errors.length >= maxErrors) break;
    const element = elementOrError(atom, item, index);
    if (element instanceof TypingError) return [...errors, element];
    if (seen.has(element)) errors.push(new TypingError("", `duplicate entries for key ${elementText(element)}`));
    seen.add(element);
    for (const error of typingErrors(atom.item, item)) errors.push(error.under(elementText(element)));
  }
  return errors;
}

function elementOrError(atom: ListAtom, item: unknown, index: number): string | TypingError {
  try {
    return listElement(atom, item, index);
  } catch (error) {
    if (error instanceof TypingError) return error;
    throw error;
  }
}

/** A value in Go syntax (`%#v`). */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isObject(value)) return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries = Object.keys(value).sort();
  return `map[string]interface {}{${entries.map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(", ")}}`;
}
