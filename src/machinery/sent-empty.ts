/**
 * Lists and maps that a client sent empty. In Go they are values, unlike those that it left out, until the object is
 * stored: protobuf knows no difference. Objects here hold neither, so that what is equal there (Semantic.DeepEqual) is
 * equal here. But a few readers of a write tell the two apart: defaults that are for nil alone, comparisons by
 * reflect.DeepEqual, and managed fields. For them it is remembered, beside the decoded object, what was sent empty.
 */

/** Names of the fields, by the message or map that holds them. */
const names = new WeakMap<object, Set<string>>();
/** Decoded objects with any of these in them: of all others nothing has to be asked. */
const holders = new WeakSet<object>();

export function rememberEmpty(parent: object, name: string): void {
  const known = names.get(parent);
  if (known === undefined) names.set(parent, new Set([name]));
  else known.add(name);
}

/** `object` is the root, in which `rememberEmpty` was called. */
export function rememberHolder(object: object): void {
  holders.add(object);
}

/** Whether anything in a decoded object was sent empty. */
export function holdsEmpties(object: object): boolean {
  return holders.has(object);
}

/** Whether the list or map was sent empty, and nobody has filled it since. */
export function sentEmpty(parent: object | undefined, name: string): boolean {
  return parent !== undefined && names.get(parent)?.has(name) === true && (parent as Record<string, unknown>)[name] === undefined;
}

/** The same of a field of a decoded object, or of anything in it. */
export function sentEmptyWithin(object: object, name: string): boolean {
  if (!holders.has(object)) return false;
  return sentEmpty(object, name) || pathsIn((object as Record<string, unknown>)[name], [name]).length > 0;
}

/** Where they are: names and indexes, from a decoded object on. */
export function pathsSentEmpty(object: object): readonly Path[] {
  return holders.has(object) ? pathsIn(object, []) : [];
}

export type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const own = [...(names.get(value) ?? [])].filter((name) => sentEmpty(value, name)).map((name) => [...path, name]);
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => pathsIn(item, [...path, index]))
    : Object.entries(value).flatMap(([name, item]) => pathsIn(item, [...path, name]));
  return [...own, ...below];
}
