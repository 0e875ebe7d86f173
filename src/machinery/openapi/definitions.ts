/**
 * Schemas as OpenAPI definitions. The two versions differ in how a reference carries a description: version 2 puts both
 * side by side, version 3 wraps the reference in `allOf`.
 */

import { listMeta } from "../meta.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema, message, obj, type ScalarType, str } from "../schema.ts";
import { fieldMessage } from "../schema-walk.ts";
import { objectDocs } from "./docs.ts";

export type OpenApiVersion = 2 | 3;
export type JsonObject = { [key: string]: unknown };

export interface GroupVersionKindRef {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const rawExtensionName = "io.k8s.apimachinery.pkg.runtime.RawExtension";
const customJsonName = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON";

export function refPrefix(version: OpenApiVersion): string {
  return version === 2 ? "#/definitions/" : "#/components/schemas/";
}

/** Definitions for scalars that are types of their own in Go. */
function scalarDefinitions(version: OpenApiVersion): Readonly<Record<string, JsonObject>> {
  const quantity = { description: "An amount of a resource: a decimal number with an optional suffix, such as 500m, 1.5 or 2Gi." };
  const intOrString = { description: "A number or a text, such as a port's number or name, or a count or percentage." };
  return {
    [quantityName]: version === 2 ? { ...quantity, type: "string" } : { ...quantity, oneOf: [{ type: "string" }, { type: "number" }] },
    [intOrStringName]:
      version === 2
        ? { ...intOrString, type: "string", format: "int-or-string" }
        : { ...intOrString, format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
    [`${meta}.Time`]: { description: "A time in RFC 3339, in UTC with whole seconds.", type: "string", format: "date-time" },
    [`${meta}.MicroTime`]: { description: "A time in RFC 3339 with six fractional digits.", type: "string", format: "date-time" },
    [`${meta}.Duration`]: { description: "A span of time such as 1h30m.", type: "string" },
    [`${meta}.FieldsV1`]: { description: "A set of fields as nested objects: f:NAME for fields, k:KEYS and v:VALUE for list elements.", type: "object" },
    [`${meta}.Patch`]: { description: "A patch: its form depends on the content type of the request.", type: "object" },
    [rawExtensionName]: { description: "JSON of a form that this schema does not describe.", type: "object" },
    [customJsonName]: { description: "Any JSON value." },
  };
}

const plainScalars: Readonly<Partial<Record<ScalarType, JsonObject>>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

const namedScalars: Readonly<Partial<Record<ScalarType, string>>> = {
  quantity: quantityName,
  intOrString: intOrStringName,
  time: `${meta}.Time`,
  microTime: `${meta}.MicroTime`,
  duration: `${meta}.Duration`,
};

/** What stands behind `any` depends on where it is. */
function rawName(owner: MessageSchema, key: string): string {
  if (key === "fieldsV1") return `${meta}.FieldsV1`;
  return owner.name.includes("apiextensions") ? customJsonName : rawExtensionName;
}

/** All definitions reachable from `roots`, and the scalar ones they use, by name and sorted by it. */
export function definitionsOf(
  version: OpenApiVersion,
  roots: Iterable<MessageSchema>,
  kinds: ReadonlyMap<string, readonly GroupVersionKindRef[]> = new Map(),
): JsonObject {
  const definitions = new Map<string, JsonObject>();
  const scalars = scalarDefinitions(version);
  for (const schema of reachable(roots)) definitions.set(schema.name, messageDefinition(version, schema, kinds.get(schema.name)));
  const used = JSON.stringify([...definitions.values()]);
  for (const [name, definition] of Object.entries(scalars)) {
    if (name === `${meta}.Patch` || used.includes(`"${refPrefix(version)}${name}"`)) definitions.set(name, definition);
  }
  return Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function reachable(roots: Iterable<MessageSchema>): Set<MessageSchema> {
  const seen = new Set(roots);
  for (const schema of seen) {
    for (const field of Object.values(schema.fields)) {
      const next = fieldMessage(field);
      if (next !== undefined) seen.add(next);
    }
  }
  return seen;
}

function messageDefinition(version: OpenApiVersion, schema: MessageSchema, kinds: readonly GroupVersionKindRef[] | undefined): JsonObject {
  const fields = Object.entries(schema.fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const required = fields.filter(([, field]) => field.options.required === true).map(([name]) => name);
  return {
    ...described(schema.doc),
    ...(fields.length === 0 ? {} : { properties: Object.fromEntries(fields.map(([name, field]) => [name, property(version, schema, name, field)])) }),
    ...(required.length === 0 ? {} : { required }),
    type: "object",
    ...(kinds === undefined ? {} : { "x-kubernetes-group-version-kind": kinds }),
    ...(schema.mapType === "atomic" ? { "x-kubernetes-map-type": "atomic" } : {}),
  };
}

function described(doc: string): JsonObject {
  return doc === "" ? {} : { description: doc };
}

/** The defaults that Kubernetes' own documents tell, in version 3 alone; those of all other fields it keeps to itself. */
const toldDefaults: ReadonlySet<string> = new Set([
  "AzureDiskVolumeSource.cachingMode",
  "AzureDiskVolumeSource.fsType",
  "AzureDiskVolumeSource.kind",
  "ContainerPort.protocol",
  "DeviceToleration.operator",
  "ISCSIPersistentVolumeSource.iscsiInterface",
  "ISCSIVolumeSource.iscsiInterface",
  "RBDPersistentVolumeSource.keyring",
  "RBDPersistentVolumeSource.pool",
  "RBDPersistentVolumeSource.user",
  "RBDVolumeSource.keyring",
  "RBDVolumeSource.pool",
  "RBDVolumeSource.user",
  "ReplicationControllerSpec.replicas",
  "ScaleIOPersistentVolumeSource.fsType",
  "ScaleIOPersistentVolumeSource.storageMode",
  "ScaleIOVolumeSource.fsType",
  "ScaleIOVolumeSource.storageMode",
  "ServicePort.protocol",
]);

function shortName({ name }: MessageSchema): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function property(version: OpenApiVersion, owner: MessageSchema, name: string, field: FieldSchema): JsonObject {
  const { options } = field;
  return {
    ...described(objectDocs(name, field) ?? field.doc),
    ...shape(version, owner, name, field),
    ...(version === 3 && toldDefaults.has(`${shortName(owner)}.${name}`) ? { default: options.default } : {}),
    ...(options.enum === undefined || field.kind !== "scalar" ? {} : { enum: options.enum }),
    ...(options.keys === undefined ? {} : { "x-kubernetes-list-map-keys": options.keys }),
    ...(options.listType === undefined ? {} : { "x-kubernetes-list-type": options.listType }),
    ...(options.mapType === undefined ? {} : { "x-kubernetes-map-type": options.mapType }),
    ...(options.mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": options.mergeKey }),
    ...(options.patch === undefined ? {} : { "x-kubernetes-patch-strategy": options.patch }),
  };
}

function shape(version: OpenApiVersion, owner: MessageSchema, name: string, field: FieldSchema): JsonObject {
  switch (field.kind) {
    case "scalar":
      return itemShape(version, owner, name, field.type);
    case "message":
      return reference(version, field.message().name);
    case "list":
      return { type: "array", items: elementShape(version, owner, name, field) };
    case "map":
      return {
        type: "object",
        additionalProperties: field.wrapped ? { type: "array", items: plainScalars.string } : elementShape(version, owner, name, field),
      };
  }
}

/** Elements have no description of their own: enums apply to them, not to the list. */
function elementShape(version: OpenApiVersion, owner: MessageSchema, name: string, field: FieldSchema & { kind: "list" | "map" }): JsonObject {
  const element = itemShape(version, owner, name, field.kind === "list" ? field.item : field.value);
  return field.options.enum === undefined ? element : { ...element, enum: field.options.enum };
}

function itemShape(version: OpenApiVersion, owner: MessageSchema, name: string, item: ItemType): JsonObject {
  if (typeof item !== "string") return reference(version, itemMessage(item)!.name);
  const plain = plainScalars[item];
  return plain ?? reference(version, namedScalars[item] ?? rawName(owner, name));
}

/** In version 3 nothing may stand beside a $ref, hence allOf. */
function reference(version: OpenApiVersion, name: string): JsonObject {
  const $ref = `${refPrefix(version)}${name}`;
  return version === 2 ? { $ref } : { allOf: [{ $ref }] };
}

export function bareReference(version: OpenApiVersion, name: string): JsonObject {
  return { $ref: `${refPrefix(version)}${name}` };
}

const lists = new WeakMap<MessageSchema, MessageSchema>();

/** The list kind of a kind, made from it: PodList of Pod. */
export function listSchemaOf(schema: MessageSchema): MessageSchema {
  let list = lists.get(schema);
  if (list === undefined) {
    const kind = schema.name.slice(schema.name.lastIndexOf(".") + 1);
    list = message(`${schema.name}List`, `${kind}List is a list of ${kind} objects.`, {
      apiVersion: str(0, ""),
      kind: str(0, ""),
      metadata: obj(1, listMeta, ""),
      items: { kind: "list", item: schema, number: 2, doc: `The ${kind} objects.`, options: { required: true } },
    });
    lists.set(schema, list);
  }
  return list;
}
