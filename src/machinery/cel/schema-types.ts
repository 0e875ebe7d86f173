/** Types of built-in kinds, from their schemas: for checking expressions against a resource that is known. */
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, type ScalarType } from "../schema.ts";
import { escapedName } from "./field-names.ts";
import {
  boolType,
  bytesType,
  doubleType,
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

/** What OpenAPI says of each: quantities and durations are texts to expressions. */
const scalarTypes: Readonly<Record<ScalarType, Type>> = {
  string: stringType,
  bool: boolType,
  int32: intType,
  int64: intType,
  double: doubleType,
  bytes: bytesType,
  quantity: stringType,
  intOrString: dynType,
  time: timestampType,
  microTime: timestampType,
  duration: stringType,
  any: dynType,
};

const known = new WeakMap<MessageSchema, Type>();

/** Fields are looked up as expressions name them: schemas may refer to each other in circles. */
export function schemaType(schema: MessageSchema): Type {
  const before = known.get(schema);
  if (before !== undefined) return before;
  let names: Map<string, string> | undefined;
  const type = objectOf({
    name: schema.name,
    field(name): FieldDeclaration | undefined {
      names ??= new Map(Object.keys(schema.fields).flatMap((field) => [[escapedName(field) ?? field, field] as const]));
      const jsonName = names.get(name);
      return jsonName === undefined ? undefined : { type: fieldType(schema.fields[jsonName]!), jsonName };
    },
  });
  known.set(schema, type);
  return type;
}

function fieldType(field: FieldSchema): Type {
  switch (field.kind) {
    case "scalar":
      return scalarTypes[field.type];
    case "message":
      return schemaType(field.message());
    case "list":
      return listOf(itemType(field.item));
    case "map":
      return mapOf(stringType, field.wrapped ? listOf(stringType) : itemType(field.value));
  }
}

function itemType(item: ItemType): Type {
  const message = itemMessage(item);
  return message === undefined ? scalarTypes[item as ScalarType] : schemaType(message);
}
