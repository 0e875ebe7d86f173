/** What strategic merge patch needs to know of a field, read from the kind's schema. */
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema } from "../schema.ts";

/** The type of a JSON object: a message with its fields, or a map whose values are all of one type. */
export type ObjectType =
  | { readonly kind: "message"; readonly message: MessageSchema }
  | { readonly kind: "map"; readonly value: ItemType | undefined }
  /** Nothing is known (raw JSON, unknown fields): maps merge and lists replace. */
  | { readonly kind: "unknown" };

export interface PatchField {
  /** Lists without `merge` are replaced as a whole; objects with `replace` too. */
  readonly strategy: "merge" | "replace" | "";
  /** The key that tells elements of a merged list of objects apart; absent for lists of scalars. */
  readonly mergeKey: string | undefined;
  /** Writers of patches list the keys that may remain ($retainKeys): one-of structs. */
  readonly retainKeys: boolean;
  /** The type of the object in this field, or of the elements of the list in it. */
  readonly type: ObjectType;
}

const unknownType: ObjectType = { kind: "unknown" };
const unknownField: PatchField = { strategy: "", mergeKey: undefined, retainKeys: false, type: unknownType };

export function objectType(schema: MessageSchema | undefined): ObjectType {
  return schema === undefined ? unknownType : { kind: "message", message: schema };
}

export function patchField(type: ObjectType, key: string): PatchField {
  if (type.kind === "unknown") return unknownField;
  if (type.kind === "map") return { strategy: "", mergeKey: undefined, retainKeys: false, type: itemType(type.value) };
  const { fields } = type.message;
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return field === undefined ? unknownField : declaredField(field);
}

function declaredField(field: FieldSchema): PatchField {
  const { patch, mergeKey } = field.options;
  const strategy = patch === undefined || patch === "retainKeys" ? "" : patch === "replace" ? "replace" : "merge";
  return { strategy, mergeKey, retainKeys: patch?.includes("retainKeys") === true, type: contentType(field) };
}

function contentType(field: FieldSchema): ObjectType {
  switch (field.kind) {
    case "scalar":
      return unknownType;
    case "message":
      return { kind: "message", message: field.message() };
    case "list":
      return itemType(field.item);
    case "map":
      return { kind: "map", value: field.wrapped ? undefined : field.value };
  }
}

function itemType(item: ItemType | undefined): ObjectType {
  return objectType(item === undefined ? undefined : itemMessage(item));
}
