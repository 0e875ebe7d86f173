/** Request bodies into objects of a kind, by its schema, with defaults filled in. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { cannotBeHandled, DecodeError, decodeObject, decodeValue, type FieldValidation, unrecognizedObject } from "../../machinery/decode.ts";
import { applyStaticDefaults } from "../../machinery/defaults.ts";
import { findDuplicateFields, JsonError, jsonText, parseJson } from "../../machinery/json-codec.ts";
import { apiVersionOf, type GroupVersionKind, type KubeObject, parseApiVersion } from "../../machinery/object.ts";
import { decodeEnvelope, decodeProtobuf, isProtobuf, MessageTooLargeError } from "../../machinery/protobuf.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import { badRequest, fieldError, invalid, requestEntityTooLarge, type StatusError } from "../../machinery/status.ts";
import { duplicatesInYaml } from "../../machinery/yaml-codec.ts";
import { bodyLimits } from "./body-limits.ts";
import type { Pause } from "./pause.ts";

export interface JsonBody {
  readonly type: "json";
  readonly bytes: Uint8Array;
  /** How many there are in all its objects, if somebody has counted. */
  readonly keys?: number;
  /** Keys that stood twice in the YAML that this was, one a line: `line 3: key "a" already set in map`. */
  readonly duplicate?: string;
}

/** A body as it came: over the wire, or as a value from this process. */
export type Body =
  | JsonBody
  /** application/vnd.kubernetes.protobuf: an envelope that names the kind, and the message. */
  | { readonly type: "protobuf"; readonly bytes: Uint8Array }
  | { readonly type: "value"; readonly value: unknown; readonly duplicates?: readonly string[] };

export interface DecodeOptions {
  readonly schema: MessageSchema;
  readonly gvk: GroupVersionKind;
  readonly validation: FieldValidation;
  warn(text: string): void;
}

/** The object is the caller's own. Throws 400. */
export function decodeBody(body: Body, options: DecodeOptions): KubeObject {
  if (body.type === "protobuf") return decodeProtobufBody(body.bytes, options);
  return decodeParsed(body, parseBody(body, options), options);
}

/** The same, in steps between which others have their turn. */
export async function decodeInSteps(body: Body, options: DecodeOptions, pause: Pause): Promise<KubeObject> {
  // The bytes have been measured before they came here.
  await pause();
  if (body.type === "protobuf") return decodeProtobufBody(body.bytes, options);
  const parsed = parseBody(body, options);
  await pause();
  return decodeParsed(body, parsed, options);
}

function decodeParsed(body: Exclude<Body, { type: "protobuf" }>, { value, duplicates }: Parsed, options: DecodeOptions): KubeObject {
  const { kind, version } = checkKind(value, options.gvk, body);
  const inYaml = body.type === "json" && options.validation !== "Ignore" ? body.duplicate : undefined;
  // What is wrong with the YAML text comes before what Strict finds in its values.
  const validation = inYaml === undefined ? options.validation : "Warn";
  const { object, warnings } = decodeObject<KubeObject>(options.schema, value, validation, duplicates, { kind, version });
  if (options.validation === "Strict" && inYaml !== undefined) {
    const problems = [`yaml: unmarshal errors:\n  ${inYaml}`, ...warnings];
    throw cannotBeHandled(kind, version, options.gvk.kind, `strict decoding error: ${problems.join(", ")}`);
  }
  for (const text of [...linesOf(inYaml), ...warnings]) options.warn(text);
  return named(object, options.gvk);
}

/** The lines of Go's message, each of which is a warning of its own. */
export function linesOf(yamlDuplicates: string | undefined): readonly string[] {
  return yamlDuplicates?.split("\n  ") ?? [];
}

/** Paths of keys that a patch holds twice; for one that is a configuration, which is YAML, Go's words for them. */
export function duplicatesOf(
  body: Body,
  patch: unknown,
  isConfiguration: boolean,
): { readonly duplicates: readonly string[]; readonly yamlDuplicate: string | undefined } {
  if (body.type === "value") return { duplicates: body.duplicates ?? [], yamlDuplicate: undefined };
  if (body.type === "protobuf") return { duplicates: [], yamlDuplicate: undefined };
  const duplicates = findDuplicateFields(body.bytes, patch, body.keys);
  return { duplicates, yamlDuplicate: isConfiguration ? (body.duplicate ?? inFlowStyle(body.bytes, duplicates)) : undefined };
}

/** Longer texts are not read again as YAML for the sake of a line number. */
const maxFlowBytes = 32 * 1024;

/** JSON is YAML in flow style. */
function inFlowStyle(bytes: Uint8Array, duplicates: readonly string[]): string | undefined {
  if (duplicates.length === 0) return undefined;
  if (bytes.length <= maxFlowBytes) return duplicatesInYaml(new TextDecoder().decode(bytes)).join("\n  ");
  return duplicates.map((path) => `line 1: key ${JSON.stringify(path.slice(path.lastIndexOf(".") + 1))} already set in map`).join("\n  ");
}

function decodeProtobufBody(bytes: Uint8Array, { schema, gvk }: DecodeOptions): KubeObject {
  try {
    const envelope = decodeEnvelope(bytes);
    checkNames(envelope.apiVersion, envelope.kind, gvk);
    return named(decodeProtobuf<KubeObject>(schema, envelope, bodyLimits), gvk);
  } catch (error) {
    if (error instanceof MessageTooLargeError) throw requestEntityTooLarge(`Request entity too large: ${error.message}`);
    if (error instanceof DecodeError) throw badRequest(error.message);
    throw error;
  }
}

/** The apiVersion that a body claims, before it is decoded; undefined when it cannot be told. */
export function claimedApiVersion(body: Body): string | undefined {
  if (body.type === "protobuf") return isProtobuf(body.bytes) ? quietly(() => decodeEnvelope(body.bytes).apiVersion) : undefined;
  const value = body.type === "value" ? body.value : quietly(() => parseJson(body.bytes));
  const apiVersion = typeof value === "object" && value !== null ? (value as { apiVersion?: unknown }).apiVersion : undefined;
  return typeof apiVersion === "string" ? apiVersion : undefined;
}

/** What cannot be read here is reported when the body is decoded in earnest. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The JSON value of a body that is no object of a kind (patches). Throws 400. */
export function parsePatchBody(body: Body): unknown {
  if (body.type === "value") return body.value;
  if (body.type === "protobuf") throw badRequest("a patch cannot be protobuf");
  try {
    return parseJson(body.bytes);
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

export interface Patched {
  /** What the patch has made of the object. */
  readonly value: unknown;
  /** Found in the patch itself by field validation. */
  readonly problems: readonly string[];
  /** What a message shows for it: the patch or its result. */
  shown(): string;
  /** The decoder's words for a wrong type, in those of this kind of patch. */
  explain?(problem: string): string;
}

/** What a patch has made of an object, decoded anew. Its failures are 422 and name the patch. */
export function decodePatched({ value, problems, shown, explain }: Patched, { schema, gvk, validation, warn }: DecodeOptions): KubeObject {
  try {
    const { object, warnings } = decodeValue(schema, value, validation === "Ignore" ? "Ignore" : "Warn");
    const all = [...problems, ...warnings.sort()];
    if (validation === "Strict" && all.length > 0) throw invalidPatch(shown(), `strict decoding error: ${all.join(", ")}`);
    for (const text of all) warn(text);
    return named(object as unknown as KubeObject, gvk);
  } catch (error) {
    if (error instanceof DecodeError) throw invalidPatch(shown(), explain?.(error.message) ?? error.message);
    throw error;
  }
}

/** 422 without a kind or a name: what came out of the patch could not be read as anything. */
export function invalidPatch(shown: string, problem: string): StatusError {
  return invalid("", "", "", [fieldError.invalid("patch", shown, problem)]);
}

/** Defaults of the schema first, then those that depend on other fields. */
export function applyDefaults(definition: AnyResourceDefinition, object: KubeObject): KubeObject {
  applyStaticDefaults(definition.schema, object);
  definition.strategy.defaults?.(object);
  return object;
}

interface Parsed {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

function parseBody(body: Exclude<Body, { type: "protobuf" }>, options: DecodeOptions): Parsed {
  if (body.type === "value") return { value: body.value, duplicates: body.duplicates ?? [] };
  try {
    // As Go reads it, null sets nothing.
    const text = jsonText(body.bytes);
    const value = parseJson(text) ?? {};
    return { value, duplicates: options.validation === "Ignore" ? [] : findDuplicateFields(text, value, body.keys) };
  } catch (error) {
    if (error instanceof JsonError) throw unrecognizedObject(options.gvk.kind, error.message, body.bytes);
    throw error;
  }
}

/** The body's kind and version, where it names them, must be the endpoint's. */
function checkKind(value: unknown, gvk: GroupVersionKind, body: Body): { kind: string; version: string } {
  const refuse = (problem: string) => unrecognizedObject(gvk.kind, problem, body.type === "json" ? body.bytes : "");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeMeta}`);
  const { apiVersion = "", kind = "" } = value as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== "string") throw refuse(`json: cannot unmarshal ${jsonType(apiVersion)} into Go struct field .apiVersion of type string`);
  if (typeof kind !== "string") throw refuse(`json: cannot unmarshal ${jsonType(kind)} into Go struct field .kind of type string`);
  return checkNames(apiVersion, kind, gvk);
}

/** How Go prints the type that upstream reads a body's names into. */
const typeMeta = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** As Go's decoder names what it found. */
function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" ? "number" : typeof value;
}

function checkNames(apiVersion: string | undefined, kind: string | undefined, gvk: GroupVersionKind): { kind: string; version: string } {
  const found = { group: gvk.group, version: gvk.version, kind: kind === undefined || kind === "" ? gvk.kind : kind };
  if (apiVersion !== undefined && apiVersion !== "") Object.assign(found, parseApiVersion(apiVersion));
  if (found.kind !== gvk.kind) {
    throw cannotBeHandled(found.kind, found.version, gvk.kind, `no kind ${JSON.stringify(found.kind)} is registered for this endpoint`);
  }
  if (found.group !== gvk.group || found.version !== gvk.version) {
    throw badRequest(`the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(gvk)})`);
  }
  return found;
}

function named(object: KubeObject, gvk: GroupVersionKind): KubeObject {
  object.kind = gvk.kind;
  object.apiVersion = apiVersionOf(gvk);
  object.metadata ??= {} as KubeObject["metadata"];
  return object;
}
