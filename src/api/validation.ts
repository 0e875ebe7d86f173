/**
 * Small checks that the validation of many kinds is made of. Each takes the field's path and value and returns the
 * errors there are, with the texts of Kubernetes. Enums, ranges and immutable fields that need no more than their
 * schema line are checked from the schema; metadata is checked by the registry.
 */
import { sameJson } from "../machinery/json.ts";
import type { LabelSelector } from "../machinery/meta.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, type NameRule, portNameErrors, portNumberErrors, qualifiedNameErrors } from "../machinery/names.ts";
import { immutableMessage } from "../machinery/schema-validate.ts";
import { validateLabelSelector } from "../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../machinery/status.ts";

/** The errors of every element, with its index in the path. */
export function each<T>(items: readonly T[] | undefined, path: string, check: (item: T, path: string, index: number) => readonly FieldError[]): FieldError[] {
  const errors: FieldError[] = [];
  if (items === undefined) return errors;
  for (let index = 0; index < items.length; index++) {
    const found = check(items![index]!, `${path}[${index}]`, index);
    // One by one: there may be more than a call takes arguments.
    for (const error of found) errors.push(error);
  }
  return errors;
}

/** The errors of every entry of a map, with its key in the path. */
export function eachEntry<T>(
  map: Readonly<Record<string, T>> | undefined,
  path: string,
  check: (value: T, path: string, key: string) => readonly FieldError[],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in map) {
    const found = check(map[key]!, `${path}[${key}]`, key);
    for (const error of found) errors.push(error);
  }
  return errors;
}

/** The errors of something that may be left out. */
export function optional<T>(value: T | undefined, check: (value: T) => readonly FieldError[]): readonly FieldError[] {
  return value === undefined ? [] : check(value);
}

/** Text that must be there. */
export function required(path: string, value: string | undefined, detail = ""): FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(path, detail)] : [];
}

/** Text that follows a rule for names; empty text is judged by the rule. */
export function matches(path: string, value: string, rule: NameRule): FieldError[] {
  return rule(value).map((text) => fieldError.invalid(path, value, text));
}

/** The same for text that may be empty or missing. */
export function matchesIfSet(path: string, value: string | undefined, rule: NameRule): FieldError[] {
  return value === undefined || value === "" ? [] : matches(path, value, rule);
}

/** Text that must be there and follow a rule. */
export function requiredName(path: string, value: string | undefined, rule: NameRule): FieldError[] {
  return value === undefined || value === "" ? [fieldError.required(path)] : matches(path, value, rule);
}

export const label = (path: string, value: string) => matches(path, value, dns1123LabelErrors);
export const subdomain = (path: string, value: string) => matches(path, value, dns1123SubdomainErrors);
export const qualifiedName = (path: string, value: string) => matches(path, value, qualifiedNameErrors);

/** One of a closed set; empty text is an error of its own. */
export function oneOf(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (value === undefined || value === "") return [fieldError.required(path)];
  return supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

export const negativeMessage = "must be greater than or equal to 0";

export function nonNegative(path: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [fieldError.invalid(path, value, negativeMessage)] : [];
}

/** Those of `fields` that are counts below nought. */
export function countErrors<T extends object>(path: string, object: T, fields: readonly (keyof T & string)[]): FieldError[] {
  return fields.flatMap((field) => nonNegative(`${path}.${field}`, object[field] as number | undefined));
}

export function portNumber(path: string, value: number): FieldError[] {
  return portNumberErrors(value).map((text) => fieldError.invalid(path, value, text));
}

/** A port by number or by the name it has in a container. */
export function portNumberOrName(path: string, value: number | string | undefined): FieldError[] {
  if (typeof value === "string") return matches(path, value, portNameErrors);
  return portNumber(path, value ?? 0);
}

/** A selector; values that no label can have stay where they were stored before they were judged (ratcheting). */
export function ratchetedSelector(path: string, selector: LabelSelector | undefined, old: LabelSelector | undefined): FieldError[] {
  const lax = { allowInvalidValues: true };
  const allowInvalidValues = validateLabelSelector(old, path).length > validateLabelSelector(old, path, lax).length;
  return validateLabelSelector(selector, path, { allowInvalidValues });
}

export function immutable(path: string, value: unknown, old: unknown): FieldError[] {
  return sameJson(value, old) ? [] : [fieldError.invalid(path, value, immutableMessage)];
}

/** Every element that an earlier one equals by `key`; elements without a key are not compared. */
export function duplicates<T>(
  items: readonly T[] | undefined,
  path: string,
  key: (item: T) => string | undefined,
  report: (path: string, item: T, key: string) => FieldError,
): FieldError[] {
  const seen = new Set<string>();
  return each(items, path, (item, at) => {
    const own = key(item);
    if (own === undefined || own === "") return [];
    if (seen.has(own)) return [report(at, item, own)];
    seen.add(own);
    return [];
  });
}

/** Elements with a name that an earlier one has. */
export function duplicateNames(items: readonly { name?: string }[] | undefined, path: string): FieldError[] {
  return duplicates(
    items,
    path,
    (item) => item.name,
    (at, _item, name) => fieldError.duplicate(`${at}.name`, name),
  );
}

/** At most one of several alternatives may be set: those after the first are forbidden. Returns how many there are. */
export function setFields(object: object, names: readonly string[]): string[] {
  const set: string[] = [];
  for (const name in object) if ((object as Record<string, unknown>)[name] !== undefined && names.includes(name)) set.push(name);
  return set.length < 2 ? set : set.sort((a, b) => names.indexOf(a) - names.indexOf(b));
}
