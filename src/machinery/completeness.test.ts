/**
 * Our schemas against two independent sources: the reference tables, where that folder is present, and the generated
 * classes of the installed @kubernetes/client-node (release-1.36). What is left out on purpose is listed, with why.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { referenceFolder } from "../testing/reference.ts";
import { allSchemas } from "./fake-objects.ts";
import { definitionsOf, type JsonObject } from "./openapi/definitions.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { fieldMessage } from "./schema-walk.ts";

const skip = existsSync(referenceFolder) ? false : "no reference tables here";

/** Definitions that need no schema, by pattern. */
const excluded: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\.v\d+(alpha|beta)\d+\./, "alpha and beta versions are not served yet"],
  [/^apiextensions-apiserver\./, "custom resource definitions are not authored yet"],
  [/^kube-aggregator\./, "API services are not authored yet"],
  [/List$/, "list kinds are made from their items' schemas"],
  [/^apimachinery\.pkg\.(api\.resource|runtime|util\.intstr|version)\./, "scalars of the schema model, and /version"],
  [/^apimachinery\.pkg\.apis\.meta\.v1\.(Time|MicroTime|Duration|FieldsV1|Patch|WatchEvent)$/, "scalars of the schema model, and wire forms"],
  [/^apimachinery\.pkg\.apis\.meta\.v1\.GroupResource$/, "only a beta kind (storage migration) refers to it"],
  [/^apimachinery\.pkg\.apis\.meta\.v1\.(API\w+|GroupVersionForDiscovery|ServerAddressByClientCIDR)$/, "discovery answers, which the API server writes itself"],
];

function isExcluded(definition: string): boolean {
  return excluded.some(([pattern]) => pattern.test(definition));
}

function rowsOf(file: string): string[][] {
  return readFileSync(new URL(file, referenceFolder), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
}

/** The table's way to write a type: `[x]` a list, `{x}` a map, `type/format` a scalar. */
function typeText(property: JsonObject): string {
  if (typeof property["$ref"] === "string") return property["$ref"].replace("#/definitions/io.k8s.", "");
  if (property["type"] === "array") return `[${typeText(property["items"] as JsonObject)}]`;
  if (property["additionalProperties"] !== undefined) return `{${typeText(property["additionalProperties"] as JsonObject)}}`;
  return property["format"] === undefined ? String(property["type"]) : `${property["type"]}/${property["format"]}`;
}

test("every field of the reference is there, with its type and merge rules", { skip }, async () => {
  const schemas = await allSchemas();
  const ours = definitionsOf(2, schemas.values());
  const problems: string[] = [];
  const seen = new Map<string, Set<string>>();
  for (const [definition = "", field = "", type, required = "", patch = "", mergeKey = "", listType = "", keys = "", mapType = ""] of rowsOf("fields.tsv")) {
    if (isExcluded(definition)) continue;
    const own = ours[`io.k8s.${definition}`] as JsonObject | undefined;
    const at = `${definition}${field === "" ? "" : `.${field}`}`;
    if (own === undefined) problems.push(`${at}: no such definition`);
    if (own === undefined) continue;
    const known = seen.get(definition) ?? new Set();
    seen.set(definition, known.add(field));
    // The table does not tell which structs are atomic.
    if (field === "") continue;
    const property = (own["properties"] as Record<string, JsonObject> | undefined)?.[field];
    if (property === undefined) {
      problems.push(`${at}: no such field`);
      continue;
    }
    const facts = [
      typeText(property),
      ((own["required"] as string[] | undefined) ?? []).includes(field) ? "req" : "",
      property["x-kubernetes-patch-strategy"] ?? "",
      property["x-kubernetes-patch-merge-key"] ?? "",
      property["x-kubernetes-list-type"] ?? "",
      ((property["x-kubernetes-list-map-keys"] as string[] | undefined) ?? []).join(","),
      property["x-kubernetes-map-type"] ?? "",
    ].join(" | ");
    const wanted = [type, required, patch, mergeKey, listType, keys, mapType].join(" | ");
    if (facts !== wanted) problems.push(`${at}: ${facts}  instead of  ${wanted}`);
  }
  for (const [definition, fields] of seen) {
    for (const name of Object.keys((ours[`io.k8s.${definition}`] as JsonObject)["properties"] ?? {})) {
      if (!fields.has(name)) problems.push(`${definition}.${name}: not in the reference`);
    }
  }
  assert.deepEqual(problems, []);
  assert.ok(seen.size > 300, `only ${seen.size} definitions compared`);
});

test("every protobuf number is that of the reference", { skip }, async () => {
  const numbers = new Map<string, Map<string, number>>();
  for (const [pkg = "", message = "", number = "", , , field = ""] of rowsOf("protobuf.tsv")) {
    const name = `io.k8s.${pkg}.${message}`;
    numbers.set(name, (numbers.get(name) ?? new Map<string, number>()).set(field.toLowerCase(), Number(number)));
  }
  const problems: string[] = [];
  for (const [name, schema] of await allSchemas()) {
    const wanted = new Map(numbers.get(name) ?? []);
    const inlined = new Set(schema.inline.flatMap(({ message }) => Object.keys(message.fields)));
    for (const [key, field] of Object.entries(schema.fields)) {
      if (field.number === 0 || inlined.has(key)) continue;
      if (wanted.get(key.toLowerCase()) !== field.number) problems.push(`${name}.${key}: ${field.number}, not ${wanted.get(key.toLowerCase())}`);
      wanted.delete(key.toLowerCase());
    }
    for (const { number } of schema.inline) {
      const embedded = [...wanted].find(([, value]) => value === number);
      if (embedded === undefined) problems.push(`${name}: nothing to embed at ${number}`);
      else wanted.delete(embedded[0]);
    }
    for (const [field, number] of wanted) problems.push(`${name}: ${field} (${number}) is missing`);
  }
  assert.deepEqual(problems, []);
});

/* ---- @kubernetes/client-node ---- */

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

// Its model classes are not exported one by one: they are read from beside its entry.
const models = new URL("gen/models/", import.meta.resolve("@kubernetes/client-node"));

/** The generator puts the group in front of a name that two groups share. */
function modelNames(schema: MessageSchema): string[] {
  const [group = "", version = "", kind = ""] = schema.name.split(".").slice(-3);
  const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
  return [`${capital(version)}${kind}`, `${capital(group)}${capital(version)}${kind}`];
}

async function attributesOf(schema: MessageSchema): Promise<readonly Attribute[] | undefined> {
  const [group = "", version = "", kind = ""] = schema.name.split(".").slice(-3);
  for (const name of modelNames(schema).reverse()) {
    const file = new URL(`${name}.js`, models);
    if (!existsSync(file)) continue;
    const module = (await import(file.href)) as Record<string, { attributeTypeMap: readonly Attribute[] }>;
    return module[name]?.attributeTypeMap ?? assert.fail(`${group}/${version} ${kind}: ${name} has no attributes`);
  }
  return undefined;
}

function clientType(field: FieldSchema): string {
  const element = (item: FieldSchema & { kind: "list" | "map" }): string => {
    const type = item.kind === "list" ? item.item : item.value;
    if (item.kind === "map" && item.wrapped) return "Array<string>";
    return typeof type === "string" ? clientScalars[type] : modelNames(fieldMessage(item)!).join(" or ");
  };
  switch (field.kind) {
    case "scalar":
      return clientScalars[field.type];
    case "message":
      return modelNames(field.message()).join(" or ");
    case "list":
      return `Array<${element(field)}>`;
    case "map":
      return `{ [key: string]: ${element(field)}; }`;
  }
}

const clientScalars = {
  string: "string",
  bool: "boolean",
  int32: "number",
  int64: "number",
  double: "number",
  bytes: "string",
  quantity: "string",
  intOrString: "IntOrString",
  time: "Date",
  microTime: "V1MicroTime",
  duration: "string",
  any: "any",
} as const;

/** `A or B` in what we expect stands for either. */
function sameType(ours: string, theirs: string): boolean {
  const pattern = ours.replace(/[<>[\]{}()|?*+.\\^$]/g, "\\$&").replace(/(\w+) or (\w+)/g, "(?:$1|$2)");
  return new RegExp(`^${pattern}$`).test(theirs);
}

test("every schema has the fields and types of @kubernetes/client-node", async () => {
  const problems: string[] = [];
  let compared = 0;
  for (const [name, schema] of await allSchemas()) {
    const attributes = await attributesOf(schema);
    if (attributes === undefined) continue;
    compared++;
    const theirs = new Map(attributes.map((attribute) => [attribute.baseName, attribute]));
    for (const [key, field] of Object.entries(schema.fields)) {
      const attribute = theirs.get(key);
      if (attribute === undefined) problems.push(`${name}.${key}: the client has no such field`);
      else if (!sameType(clientType(field), attribute.type)) problems.push(`${name}.${key}: ${clientType(field)}, the client says ${attribute.type}`);
      theirs.delete(key);
    }
    for (const key of theirs.keys()) problems.push(`${name}.${key}: missing`);
  }
  assert.deepEqual(problems, []);
  assert.ok(compared > 300, `only ${compared} classes compared`);
});
