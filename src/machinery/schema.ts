/**
 * The schema model: every API kind is authored once with these builders, one line a field, and everything that needs
 * to know a kind's shape reads it from here: TypeScript types, field validation, defaulting, patches, server-side
 * apply, OpenAPI, `kubectl explain` and the protobuf codec.
 *
 * A message is a JSON object with known fields; each field carries its protobuf number, because that is the one fact
 * that cannot be derived from anything else.
 */

/** JSON scalar forms. The comment gives the JSON representation; the protobuf one is what k8s.io/api generates. */
export type ScalarType =
  | "string"
  | "bool"
  | "int32"
  | "int64" /* number, or bigint beyond 2^53 */
  | "double"
  | "bytes" /* base64 text */
  | "quantity" /* text such as 500m; a JSON number is accepted and turned to text */
  | "intOrString"
  | "time" /* RFC 3339, whole seconds, UTC */
  | "microTime" /* RFC 3339 with six fractional digits */
  | "duration" /* Go duration text, such as 1h30m */
  | "any" /* raw JSON of any form: RawExtension, JSON, FieldsV1 */;

export type ListType = "atomic" | "set" | "map";

export interface FieldOptions<T = unknown> {
  /** OpenAPI `required`: present in every valid object. */
  readonly required?: boolean;
  /** TypeScript only: the registry sees to it that the field is there, though OpenAPI does not require it of clients. */
  readonly present?: boolean;
  /** Static default, applied when the field is absent (and its parent present). */
  readonly default?: T;
  /** Allowed values; anything else is `Unsupported value` at this path. Empty text counts as absent, but in lists. */
  readonly enum?: readonly string[];
  /**
   * `strict`: empty text is a value like others, where upstream has a pointer. `own`: the kind's own validation judges,
   * because upstream reports elsewhere or otherwise; `enum` is for OpenAPI alone.
   */
  readonly enumCheck?: "strict" | "own";
  readonly min?: number;
  readonly max?: number;
  /** x-kubernetes-list-type; a list without one is atomic to server-side apply. */
  readonly listType?: ListType;
  /** x-kubernetes-list-map-keys, for listType map. */
  readonly keys?: readonly string[];
  /** Strategic merge: list elements merge by this key; for lists of scalars `patch: "merge"` alone. */
  readonly mergeKey?: string;
  /** x-kubernetes-patch-strategy: merge, replace, retainKeys, or both with a comma. */
  readonly patch?: "merge" | "replace" | "retainKeys" | "merge,retainKeys";
  /** x-kubernetes-map-type: an atomic map or struct has one owner as a whole. */
  readonly mapType?: "atomic" | "granular";
  /** Once set, the value cannot change: "field is immutable". */
  readonly immutable?: boolean;
}

export type ItemType = ScalarType | MessageSchema | (() => MessageSchema);

interface FieldBase {
  /** Protobuf field number in the message that declares the field. */
  readonly number: number;
  /** One short sentence for `kubectl explain` and OpenAPI. */
  readonly doc: string;
  readonly options: FieldOptions;
}

export type FieldSchema =
  | (FieldBase & { readonly kind: "scalar"; readonly type: ScalarType })
  | (FieldBase & { readonly kind: "message"; readonly message: () => MessageSchema })
  | (FieldBase & { readonly kind: "list"; readonly item: ItemType })
  /** Map from string; `wrapped` maps hold lists (map[string]ExtraValue), which protobuf wraps in a message {1: items}. */
  | (FieldBase & { readonly kind: "map"; readonly value: ItemType; readonly wrapped: boolean });

export type Fields = Readonly<Record<string, FieldSchema>>;

/** Fields that JSON shows in the parent, but protobuf nests in a message of their own (Go embedding). */
export interface InlineMessage {
  readonly number: number;
  readonly message: MessageSchema;
}

export interface MessageSchema<F extends Fields = Fields> {
  /** OpenAPI definition name, such as `io.k8s.api.core.v1.Pod`. */
  readonly name: string;
  readonly doc: string;
  /** Every JSON field, the inlined ones included, in the order authored. */
  readonly fields: F;
  readonly inline: readonly InlineMessage[];
  readonly mapType: "atomic" | "granular";
}

/** Declares a message. `inline` lists the embedded messages whose `fields` were spread into `fields`. */
export function message<const F extends Fields>(
  name: string,
  doc: string,
  fields: F,
  options: { inline?: readonly InlineMessage[]; mapType?: "atomic" | "granular" } = {},
): MessageSchema<F> {
  return { name, doc, fields, inline: options.inline ?? [], mapType: options.mapType ?? "granular" };
}

export type Scalar<T extends ScalarType, O> = FieldBase & {
  readonly kind: "scalar";
  readonly type: T;
  readonly options: O;
};

function scalar<T extends ScalarType>(type: T) {
  return <const O extends FieldOptions = Record<never, never>>(number: number, doc: string, options?: O): Scalar<T, O> => ({
    kind: "scalar",
    type,
    number,
    doc,
    options: options ?? ({} as O),
  });
}

export const str = scalar("string");
export const bool = scalar("bool");
export const int32 = scalar("int32");
export const int64 = scalar("int64");
export const double = scalar("double");
export const bytes = scalar("bytes");
export const quantity = scalar("quantity");
export const intOrString = scalar("intOrString");
export const time = scalar("time");
export const microTime = scalar("microTime");
export const duration = scalar("duration");
export const any = scalar("any");

/** A nested message. Pass a function where messages refer to each other in a circle. */
export function obj<M extends MessageSchema, const O extends FieldOptions = Record<never, never>>(
  number: number,
  schema: M | (() => M),
  doc: string,
  options?: O,
) {
  const lazy = typeof schema === "function" ? schema : () => schema;
  return { kind: "message" as const, message: lazy, number, doc, options: options ?? ({} as O) };
}

export function list<const I extends ItemType, const O extends FieldOptions = Record<never, never>>(number: number, item: I, doc: string, options?: O) {
  return { kind: "list" as const, item, number, doc, options: options ?? ({} as O) };
}

export function map<const I extends ItemType, const O extends FieldOptions = Record<never, never>>(number: number, value: I, doc: string, options?: O) {
  return { kind: "map" as const, value, wrapped: false as const, number, doc, options: options ?? ({} as O) };
}

/** map[string][]string, as in UserInfo.extra. */
export function mapOfLists<const O extends FieldOptions = Record<never, never>>(number: number, doc: string, options?: O) {
  return { kind: "map" as const, value: "string" as const, wrapped: true as const, number, doc, options: options ?? ({} as O) };
}

/** The message behind an item, or undefined for a scalar one. */
export function itemMessage(item: ItemType): MessageSchema | undefined {
  if (typeof item === "string") return undefined;
  return typeof item === "function" ? item() : item;
}

/* ---- TypeScript types out of schemas ---- */

interface ScalarTypes {
  string: string;
  bool: boolean;
  int32: number;
  int64: number;
  double: number;
  bytes: string;
  quantity: string;
  intOrString: number | string;
  time: string;
  microTime: string;
  duration: string;
  any: unknown;
}

type ItemValue<I> = I extends ScalarType
  ? ScalarTypes[I]
  : I extends MessageSchema
    ? Infer<I>
    : I extends (() => infer M extends MessageSchema)
      ? Infer<M>
      : never;

type FieldValue<F> = F extends { kind: "scalar"; type: infer T extends ScalarType }
  ? ScalarTypes[T]
  : F extends { kind: "message"; message: () => infer M extends MessageSchema }
    ? Infer<M>
    : F extends { kind: "list"; item: infer I }
      ? ItemValue<I>[]
      : F extends { kind: "map"; value: infer I; wrapped: infer W }
        ? Record<string, W extends true ? ItemValue<I>[] : ItemValue<I>>
        : never;

type RequiredKeys<F extends Fields> = {
  [K in keyof F]: F[K]["options"] extends { readonly required: true } | { readonly present: true } ? K : never;
}[keyof F];

/**
 * The TypeScript type of a message. int64 is typed `number`: values beyond 2^53 are bigint at run time, which only
 * code that computes with them (Deployment revisions) has to know.
 */
export type Infer<M extends MessageSchema> =
  M extends MessageSchema<infer F> ? { [K in RequiredKeys<F>]: FieldValue<F[K]> } & { [K in Exclude<keyof F, RequiredKeys<F>>]?: FieldValue<F[K]> } : never;
