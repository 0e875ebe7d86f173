/** Types as the checker knows them, and their two ways of being written. */

export type ScalarKind = "null" | "bool" | "int" | "uint" | "double" | "string" | "bytes" | "timestamp" | "duration" | "dyn" | "any" | "error";

export type Type =
  | { readonly kind: ScalarKind }
  | { readonly kind: "list"; readonly params: readonly [Type] }
  | { readonly kind: "map"; readonly params: readonly [Type, Type] }
  /** A type of Kubernetes' libraries, or optional_type(T). */
  | { readonly kind: "opaque"; readonly name: string; readonly params: readonly Type[] }
  | { readonly kind: "object"; readonly name: string; readonly declaration: ObjectDeclaration }
  | { readonly kind: "type"; readonly params: readonly Type[] }
  | { readonly kind: "param"; readonly name: string };

/** An object's fields, found when asked for: schemas are large, expressions name few fields. */
export interface ObjectDeclaration {
  readonly name: string;
  /** By the name used in expressions. */
  field(name: string): FieldDeclaration | undefined;
}

export interface FieldDeclaration {
  readonly type: Type;
  /** The key in the JSON object, where names had to be escaped. */
  readonly jsonName: string;
  /** Most characters, elements or entries that a value may have; for estimates of cost. */
  readonly maxSize?: number | undefined;
}

function scalar(kind: ScalarKind): Type {
  return { kind };
}

export const nullType = scalar("null");
export const boolType = scalar("bool");
export const intType = scalar("int");
export const uintType = scalar("uint");
export const doubleType = scalar("double");
export const stringType = scalar("string");
export const bytesType = scalar("bytes");
export const timestampType = scalar("timestamp");
export const durationType = scalar("duration");
export const dynType = scalar("dyn");
export const anyType = scalar("any");
export const errorType = scalar("error");

export function listOf(element: Type): Type {
  return { kind: "list", params: [element] };
}

export function mapOf(key: Type, value: Type): Type {
  return { kind: "map", params: [key, value] };
}

export function opaque(name: string, ...params: Type[]): Type {
  return { kind: "opaque", name, params };
}

export function optionalOf(type: Type): Type {
  return opaque("optional_type", type);
}

export function objectOf(declaration: ObjectDeclaration): Type {
  return { kind: "object", name: declaration.name, declaration };
}

export function typeOf(type: Type): Type {
  return { kind: "type", params: [type] };
}

/** An object type of fields that are all known. */
export function declareObject(name: string, fields: Readonly<Record<string, Type>>): Type {
  const declared = new Map(Object.entries(fields).map(([field, type]) => [field, { type, jsonName: field }]));
  return objectOf({ name, field: (field) => declared.get(field) });
}

export function isDyn({ kind }: Type): boolean {
  return kind === "dyn" || kind === "any";
}

/** What an optional is one of; undefined for other types. */
export function unwrapOptional(type: Type): Type | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? type.params[0] : undefined;
}

export function paramsOf(type: Type): readonly Type[] {
  return "params" in type ? type.params : [];
}

const inMessages: Readonly<Partial<Record<ScalarKind, string>>> = { error: "!error!" };
const asOutput: Readonly<Partial<Record<ScalarKind, string>>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  any: "google.protobuf.Any",
};

/** As the checker's errors write it: `map(string, list(int))`. */
export function typeText(type: Type): string {
  return text(type, inMessages);
}

/** As Go's Type.String writes it, in errors about what an expression results in. */
export function outputTypeText(type: Type): string {
  return text(type, asOutput);
}

function text(type: Type, names: Readonly<Partial<Record<ScalarKind, string>>>): string {
  switch (type.kind) {
    case "list":
    case "map":
    case "type":
      return withParams(type.kind, type.params, names);
    case "opaque":
      return withParams(type.name, type.params, names);
    case "object":
    case "param":
      return type.name;
    default:
      return names[type.kind] ?? type.kind;
  }
}

function withParams(name: string, params: readonly Type[], names: Readonly<Partial<Record<ScalarKind, string>>>): string {
  return params.length === 0 ? name : `${name}(${params.map((param) => text(param, names)).join(", ")})`;
}

/** Whether both are one and the same type. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || ("name" in a && "name" in b && a.name !== b.name)) return false;
  const [left, right] = [paramsOf(a), paramsOf(b)];
  return left.length === right.length && left.every((param, index) => sameType(param, right[index]!));
}

const scalarNames = new Set<string>(["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "dyn", "any"]);

/** Reads `map(string, list(A))`: single capital letters are parameters, unknown names opaque types. */
export function parseType(text: string): Type {
  const open = text.indexOf("(");
  const name = open < 0 ? text : text.slice(0, open);
  const params = open < 0 ? [] : splitParams(text.slice(open + 1, -1)).map(parseType);
  if (scalarNames.has(name)) return scalar(name as ScalarKind);
  if (name === "null_type") return nullType;
  if (name === "list") return listOf(params[0]!);
  if (name === "map") return mapOf(params[0]!, params[1]!);
  if (name === "type") return { kind: "type", params };
  if (name === "optional") return optionalOf(params[0]!);
  return /^[A-Z]$/.test(name) ? { kind: "param", name } : opaque(name, ...params);
}

function splitParams(text: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
