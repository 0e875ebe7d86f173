/**
 * Small checks that the validation of many kinds is made of. Each takes the field's path and value and returns the
 * errors there are, with the texts of Kubernetes; those whose names end in Field take the path of the object that has
 * the field and the field's name, and put its path together only for an error. Enums, ranges and immutable fields that need no more than their
 * schema line are checked from the schema; metadata is checked by the registry.
 */
import { append, none } from "../machinery/joined.ts";
import { sameJson } from "../machinery/json.ts";
import type { LabelSelector } from "../machinery/meta.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, type NameRule, portNameErrors, portNumberErrors, qualifiedNameErrors } from "../machinery/names.ts";
import { immutableMessage } from "../machinery/schema-validate.ts";
import { validateLabelSelector } from "../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../machinery/status.ts";

/** The errors of every element, with its index in the path. */
export function each<T>(
  items: readonly T[] | undefined,
  path: string,
  check: (item: T, path: string, index: number) => readonly FieldError[],
): readonly FieldError[] {
  if (items === undefined) return none;
  const errors: FieldError[] = [];
  for (let index = 0; index < items.length; index++) append(errors, check(items[index]!, `${path}[${index}]`, index));
  return errors;
}

/** The errors of every entry of a map, with its key in the path. */
export function eachEntry<T>(
  map: Readonly<Record<string, T>> | undefined,
  path: string,
  check: (value: T, path: string, key: string) => readonly FieldError[],
): readonly FieldError[] {
  if (map === undefined) return none;
  const errors: FieldError[] = [];
  for (const key in map) append(errors, check(map[key]!, `${path}[${key}]`, key));
  return errors;
}

/** The errors of something that may be left out. */
export function optional<T>(value: T | undefined, check: (value: T) => readonly FieldError[]): readonly FieldError[] {
  return value === undefined ? none : check(value);
}

/** Text that must be there. */
export function required(path: string, value: string | undefined, detail = ""): readonly FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(path, detail)] : none;
}

export function requiredField(path: string, field: string, value: string | undefined): readonly FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(`${path}.${field}`)] : none;
}

/** Text that follows a rule for names; empty text is judged by the rule. */
export function matches(path: string, value: string, rule: NameRule): readonly FieldError[] {
  const problems = rule(value);
  return problems.length === 0 ? none : problems.map((text) => fieldError.invalid(path, value, text));
}

function matchesField(path: string, field: string, value: string, rule: NameRule): readonly FieldError[] {
  const problems = rule(value);
  return problems.length === 0 ? none : problems.map((text) => fieldError.invalid(`${path}.${field}`, value, text));
}

/** The same for text that may be empty or missing. */
export function matchesIfSet(path: string, value: string | undefined, rule: NameRule): readonly FieldError[] {
  return value === undefined || value === "" ? none : matches(path, value, rule);
}

export function fieldMatchesIfSet(path: string, field: string, value: string | undefined, rule: NameRule): readonly FieldError[] {
  return value === undefined || value === "" ? none : matchesField(path, field, value, rule);
}

/** Text that must be there and follow a rule. */
export function requiredName(path: string, value: string | undefined, rule: NameRule): readonly FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(path)] : matches(path, value, rule);
}

export function requiredNameField(path: string, field: string, value: string | undefined, rule: NameRule): readonly FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(`${path}.${field}`)] : matchesField(path, field, value, rule);
}

export const label = (path: string, value: string) => matches(path, value, dns1123LabelErrors);
export const subdomain = (path: string, value: string) => matches(path, value, dns1123SubdomainErrors);
export const qualifiedName = (path: string, value: string) => matches(path, value, qualifiedNameErrors);

/** One of a closed set; empty text is an error of its own. */
export function oneOf(path: string, value: string | undefined, supported: readonly string[]): readonly FieldError[] {
  if (value === undefined || value === "") return [fieldError.required(path)];
  return supported.includes(value) ? none : [fieldError.notSupported(path, value, supported)];
}

export const negativeMessage = "must be greater than or equal to 0";

export function nonNegative(path: string, value: number | undefined): readonly FieldError[] {
  return value !== undefined && value < 0 ? [fieldError.invalid(path, value, negativeMessage)] : none;
}

/** Those of `fields` that are counts below nought. */
export function countErrors<T extends object>(path: string, object: T, fields: readonly (keyof T & string)[]): readonly FieldError[] {
  return fields.flatMap((field) => nonNegative(`${path}.${field}`, object[field] as number | undefined));
}

export function portNumber(path: string, value: number): readonly FieldError[] {
  const problems = portNumberErrors(value);
  return problems.length === 0 ? none : problems.map((text) => fieldError.invalid(path, value, text));
}

/** A port by number or by the name it has in a container. */
export function portNumberOrName(path: string, value: number | string | undefined): readonly FieldError[] {
  if (typeof value === "string") return matches(path, value, portNameErrors);
  return portNumber(path, value ?? 0);
}

/** A selector; values that no label can have stay where they were stored before they were judged (ratcheting). */
export function ratchetedSelector(path: string, selector: LabelSelector | undefined, old: LabelSelector | undefined): readonly FieldError[] {
  const lax = { allowInvalidValues: true };
  const allowInvalidValues = validateLabelSelector(old, path).length > validateLabelSelector(old, path, lax).length;
  return validateLabelSelector(selector, path, { allowInvalidValues });
}

export function immutable(path: string, value: unknown, old: unknown): readonly FieldError[] {
  return sameJson(value, old) ? none : [fieldError.invalid(path, value, immutableMessage)];
}

/** Every element that an earlier one equals by `key`; elements without a key are not compared. */
export function duplicates<T>(
  items: readonly T[] | undefined,
  path: string,
  key: (item: T) => string | undefined,
  report: (path: string, item: T, key: string) => FieldError,
): readonly FieldError[] {
  if (items === undefined) return none;
  const seen = new Set<string>();
  return each(items, path, (item, at) => {
    const own = key(item);
    if (own === undefined || own === "") return none;
    if (seen.has(own)) return [report(at, item, own)];
    seen.add(own);
    return none;
  });
}

/** Elements with a name that an earlier one has. */
export function duplicateNames(items: readonly { name?: string }[] | undefined, path: string): readonly FieldError[] {
  return duplicates(
    items,
    path,
    (item) => item.name,
    (at, _item, name) => fieldError.duplicate(`${at}.name`, name),
  );
}

/** How many of several alternatives are set, of which at most one may be. */
export function countSet(...values: readonly unknown[]): number {
  let count = 0;
  for (let index = 0; index < values.length; index++) if (values[index] !== undefined) count++;
  return count;
}

/** Which of several alternatives are set, in the order of `names`. */
export function setFields(object: object, names: readonly string[]): string[] {
  const set: string[] = [];
  for (const name in object) if ((object as Record<string, unknown>)[name] !== undefined && names.includes(name)) set.push(name);
  return set.length < 2 ? set : set.sort((a, b) => names.indexOf(a) - names.indexOf(b));
}
