/**
 * Types of values that a structural OpenAPI schema describes, as rules of custom resources see them, and how large such
 * values may be. Read as far as an expression goes into the schema.
 */
import type { SizeEstimator } from "./cost-estimate.ts";
import { escapedName } from "./field-names.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  type FieldDeclaration,
  intType,
  listOf,
  mapOf,
  objectOf,
  stringType,
  type Type,
  timestampType,
} from "./types.ts";

/** What of a schema matters here. */
export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: boolean | StructuralSchema;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
}

/** A schema's type, with what estimates need. */
export interface StructuralType {
  readonly type: Type;
  /** Most characters, elements or entries; Infinity is not met, since requests are bounded. */
  readonly maxSize: number | undefined;
  /** Fewest bytes of such a value in JSON: how many of them fit into a request. */
  readonly minBytes: number;
  readonly items?: StructuralType;
  readonly field?: (name: string) => StructuralType | undefined;
}

const maxRequestBytes = 3 * 1024 * 1024;
const maxTextBytes = maxRequestBytes - 2;

const resourceFields: Readonly<Record<string, StructuralSchema>> = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: { type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } },
};

/** Undefined for schemas that say too little: expressions cannot reach such values. `isRoot`: of a whole object. */
export function structuralType(schema: StructuralSchema, { name = "object", isRoot = false } = {}): StructuralType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) return { type: dynType, maxSize: textSizeOf(schema), minBytes: 1 };
  switch (schema.type) {
    case "array":
      return listType(schema, name);
    case "object":
      return objectType(schema, name, isRoot || schema["x-kubernetes-embedded-resource"] === true);
    case "string":
      return textType(schema);
    case "boolean":
      return { type: boolType, maxSize: undefined, minBytes: 4 };
    case "number":
      return { type: doubleType, maxSize: undefined, minBytes: 1 };
    case "integer":
      return { type: intType, maxSize: undefined, minBytes: 1 };
    default:
      return undefined;
  }
}

function listType({ items: schema, maxItems }: StructuralSchema, name: string): StructuralType | undefined {
  const items = schema === undefined ? undefined : structuralType(schema, { name: `${name}.@idx` });
  if (items === undefined) return undefined;
  const fitting = Math.floor(maxTextBytes / (items.minBytes + 1));
  return { type: listOf(items.type), items, maxSize: maxItems ?? fitting, minBytes: 2 };
}

function objectType(schema: StructuralSchema, name: string, isResource: boolean): StructuralType | undefined {
  const { additionalProperties, maxProperties } = schema;
  if (typeof additionalProperties === "object") {
    const items = structuralType(additionalProperties, { name: `${name}.@elem` });
    if (items === undefined) return undefined;
    // A key, quotes, a colon and a comma.
    const fitting = Math.floor(maxTextBytes / (items.minBytes + 6));
    return { type: mapOf(stringType, items.type), items, maxSize: maxProperties ?? fitting, minBytes: 2 };
  }
  const fields = new Fields({ ...(isResource ? resourceFields : {}), ...schema.properties }, name);
  const declaration = { name, field: (field: string) => fields.declaration(field) };
  return { type: objectOf(declaration), maxSize: undefined, minBytes: minObjectBytes(schema), field: (field) => fields.type(field) };
}

/** An object's fields by the names that expressions use; their types are read when asked for. */
class Fields {
  readonly #names = new Map<string, string>();
  readonly #schemas: Readonly<Record<string, StructuralSchema>>;
  readonly #types = new Map<string, StructuralType | undefined>();
  readonly #owner: string;

  constructor(schemas: Readonly<Record<string, StructuralSchema>>, owner: string) {
    this.#schemas = schemas;
    this.#owner = owner;
    for (const name of Object.keys(schemas)) {
      const escaped = escapedName(name);
      if (escaped !== undefined) this.#names.set(escaped, name);
    }
  }

  type(escaped: string): StructuralType | undefined {
    const name = this.#names.get(escaped);
    if (name === undefined) return undefined;
    if (!this.#types.has(escaped)) this.#types.set(escaped, structuralType(this.#schemas[name]!, { name: `${this.#owner}.${escaped}` }));
    return this.#types.get(escaped);
  }

  declaration(escaped: string): FieldDeclaration | undefined {
    const found = this.type(escaped);
    return found === undefined ? undefined : { type: found.type, jsonName: this.#names.get(escaped)! };
  }
}

/** What is required and has no default must be written: its name, four characters around it, and its value. */
function minObjectBytes({ properties = {}, required = [] }: StructuralSchema): number {
  let bytes = 2;
  for (const name of required) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined || property.default !== undefined) continue;
    const value = structuralType(property);
    if (value !== undefined) bytes += name.length + value.minBytes + 4;
  }
  return bytes;
}

function textType(schema: StructuralSchema): StructuralType {
  const maxSize = textSizeOf(schema);
  switch (schema.format) {
    case "byte":
      return { type: bytesType, maxSize: schema.maxLength ?? maxTextBytes, minBytes: 2 };
    case "duration":
      return { type: durationType, maxSize: 32, minBytes: 3 };
    case "date":
      return { type: timestampType, maxSize: 12, minBytes: 12 };
    case "date-time":
      return { type: timestampType, maxSize: 32, minBytes: 21 };
    default:
      return { type: stringType, maxSize, minBytes: 2 };
  }
}

/** Characters may take four bytes each. */
function textSizeOf({ maxLength, enum: values = [] }: StructuralSchema): number {
  if (maxLength !== undefined) return Math.max(0, maxLength) * 4;
  const texts = values.filter((value) => typeof value === "string");
  return texts.length === 0 ? maxTextBytes : Math.max(...texts.map((text) => new TextEncoder().encode(text).length));
}

/** Sizes of what can be reached from the variables. */
export function structuralSizes(variables: Readonly<Record<string, StructuralType>>): SizeEstimator {
  return ([variable = "", ...path]) => {
    let current = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
    for (const step of path) {
      if (step === "@keys" || step === "@indices") return step === "@keys" && current?.items !== undefined ? maxTextBytes : undefined;
      current =
        step === "@items" || step === "@values" ? current?.items : (current?.field?.(step) ?? (current?.type.kind === "map" ? current.items : undefined));
    }
    return current?.maxSize;
  };
}
