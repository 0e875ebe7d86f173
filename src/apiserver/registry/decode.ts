/** Request bodies into objects of a kind, by its schema, with defaults filled in. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { cannotBeHandled, DecodeError, decodeText, decodeValue, type FieldValidation, unreadableObject, withoutKind } from "../../machinery/decode.ts";
import { applyRootDefaults, applyStaticDefaults } from "../../machinery/defaults.ts";
import { findDuplicateFields, JsonError, jsonText, parseJson } from "../../machinery/json-codec.ts";
import { apiVersionOf, type GroupVersionKind, type KubeObject, parseApiVersion } from "../../machinery/object.ts";
import { decodeEnvelope, decodeProtobuf, type Envelope, isProtobuf, MessageTooLargeError } from "../../machinery/protobuf.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import { badRequest, fieldError, invalid, requestEntityTooLarge, type StatusError } from "../../machinery/status.ts";
import { duplicatesInYaml } from "../../machinery/yaml-codec.ts";
import { bodyLimits, measuredFromBytes } from "./body-limits.ts";
import type { Pause } from "./pause.ts";
import { kindMismatch } from "./registered-kinds.ts";

export interface JsonBody {
  readonly type: "json";
  readonly bytes: Uint8Array;
  /** How many there are in all its objects, if somebody has counted. */
  readonly keys?: number;
  /** Keys that stood twice in the YAML that this was, one a line: `line 3: key "a" already set in map`. */
  readonly duplicate?: string;
  /** The YAML that this was, which messages show. */
  readonly source?: Uint8Array;
  /** Reads it as YAML after all: what looks like JSON may be more than that. */
  reread?(): JsonBody | UnreadableBody;
}

/** YAML that cannot be read. Who it was meant for says so. */
export interface UnreadableBody {
  readonly type: "unreadable";
  /** `yaml: line 1: …` */
  readonly problem: string;
  readonly bytes: Uint8Array;
}

/** A body as it came: over the wire, or as a value from this process. */
export type Body =
  | JsonBody
  | UnreadableBody
  /** application/vnd.kubernetes.protobuf: an envelope that names the kind, and the message. */
  | { readonly type: "protobuf"; readonly bytes: Uint8Array }
  | { readonly type: "value"; readonly value: unknown; readonly duplicates?: readonly string[] };

export interface DecodeOptions {
  readonly schema: MessageSchema;
  readonly gvk: GroupVersionKind;
  readonly validation: FieldValidation;
  /** Default: those of creates and updates. */
  readonly refusals?: Refusals;
  warn(text: string): void;
}

/** How what is wrong with a body is told. */
export interface Refusals {
  /** Why a body that names this kind is not what is wanted; undefined when it is, though maybe in another version. */
  mismatch(found: GroupVersionKind, wanted: GroupVersionKind): string | undefined;
  /** It does not even say what it is. */
  unreadable(wanted: GroupVersionKind, problem: string, bytes: Uint8Array): StatusError;
  /** It says what it is, and is not that, or not what is wanted. */
  unfit(found: GroupVersionKind, wanted: GroupVersionKind, problem: string): StatusError;
  /** It is what is wanted, in another version. */
  otherVersion?(found: GroupVersionKind, wanted: GroupVersionKind): StatusError;
}

const ofObjects: Refusals = {
  mismatch: kindMismatch,
  unreadable: ({ kind }, problem, bytes) => unreadableObject(kind, problem, bytes),
  unfit: ({ kind, version }, wanted, problem) => cannotBeHandled(kind, version, wanted.kind, problem),
  otherVersion: (found, wanted) =>
    badRequest(`the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(wanted)})`),
};

/** The object is the caller's own. Throws 400. */
export function decodeBody(body: Body, options: DecodeOptions): KubeObject {
  if (body.type === "protobuf") return decodeProtobufBody(body.bytes, options);
  if (body.type === "unreadable") throw unreadable(options, body.problem, body.bytes);
  return decodeAtAGlance(body, options, false) ?? decodeParsed(parseBody(body, options), options);
}

/** An object of a kind that is written, with its defaults, in steps between which others have their turn. */
export async function decodeInSteps(
  body: Body,
  definition: AnyResourceDefinition,
  told: Pick<DecodeOptions, "validation" | "warn">,
  pause: Pause,
): Promise<KubeObject> {
  // The bytes have been measured before they came here.
  await pause();
  const options: DecodeOptions = { schema: definition.schema, gvk: definition, validation: told.validation, warn: told.warn };
  if (body.type === "protobuf" || body.type === "unreadable") return applyDefaults(definition, decodeBody(body, options));
  const object = decodeAtAGlance(body, options, true);
  if (object !== undefined) return applyRest(definition, object);
  const parsed = parseBody(body, options);
  await pause();
  return applyDefaults(definition, decodeParsed(parsed, options));
}

/**
 * The way of nearly all bodies: short, of the right kind, and nothing wrong with them. Undefined for those that are not:
 * they are read anew with more care, which finds the words for it.
 * @param fills with the static defaults below the root.
 */
function decodeAtAGlance(body: Exclude<Body, { type: "protobuf" | "unreadable" }>, options: DecodeOptions, fills: boolean): KubeObject | undefined {
  if (body.type === "value" || body.duplicate !== undefined || body.bytes.length >= measuredFromBytes) return undefined;
  const decoded = decodeText(options.schema, jsonText(body.bytes), options.validation, fills);
  if (decoded === undefined || !isOfKind(decoded.object, options.gvk)) return undefined;
  for (const text of decoded.warnings) options.warn(text);
  return named(decoded.object as unknown as KubeObject, options.gvk);
}

/** Whether the object says that it is of the kind, or nothing about it. */
function isOfKind({ apiVersion, kind }: { apiVersion?: unknown; kind?: unknown }, gvk: GroupVersionKind): boolean {
  return (kind === undefined || kind === gvk.kind) && (apiVersion === undefined || apiVersion === apiVersionOf(gvk));
}

function decodeParsed(parsed: Parsed, options: DecodeOptions): KubeObject {
  const { validation, gvk, refusals = ofObjects } = options;
  const found = namesIn(parsed, options);
  const yaml = validation === "Ignore" ? undefined : parsed.yamlDuplicate;
  try {
    // What is wrong with the YAML text comes before what Strict finds in its values.
    const { object, warnings } = decodeValue(options.schema, parsed.value, yaml === undefined ? validation : "Warn", parsed.duplicates);
    if (validation === "Strict" && yaml !== undefined)
      throw new DecodeError(`strict decoding error: ${[`yaml: unmarshal errors:\n  ${yaml}`, ...warnings].join(", ")}`);
    for (const text of [...linesOf(yaml), ...warnings]) options.warn(text);
    return named(object as unknown as KubeObject, gvk);
  } catch (error) {
    if (error instanceof DecodeError) throw refusals.unfit(found, gvk, error.message);
    throw error;
  }
}

function unreadable({ refusals = ofObjects, gvk }: DecodeOptions, problem: string, bytes: Uint8Array): StatusError {
  return refusals.unreadable(gvk, problem, bytes);
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
  if (body.type === "protobuf" || body.type === "unreadable") return { duplicates: [], yamlDuplicate: undefined };
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

function decodeProtobufBody(bytes: Uint8Array, options: DecodeOptions): KubeObject {
  const { schema, gvk, refusals = ofObjects } = options;
  const envelope = opened(bytes, options);
  // Here a malformed apiVersion is as good as none.
  const found = checkNames({ apiVersion: slashes(envelope.apiVersion) > 1 ? "" : envelope.apiVersion, kind: envelope.kind }, options, bytes);
  try {
    return named(decodeProtobuf<KubeObject>(schema, envelope, bodyLimits), gvk);
  } catch (error) {
    if (error instanceof MessageTooLargeError) throw requestEntityTooLarge(`Request entity too large: ${error.message}`);
    if (error instanceof DecodeError) throw refusals.unfit(found, gvk, error.message);
    throw error;
  }
}

function opened(bytes: Uint8Array, options: DecodeOptions): Envelope {
  try {
    return decodeEnvelope(bytes);
  } catch (error) {
    if (error instanceof DecodeError) throw unreadable(options, error.message, bytes);
    throw error;
  }
}

/** The apiVersion that a body claims, before it is decoded; undefined when it cannot be told. */
export function claimedApiVersion(body: Body): string | undefined {
  if (body.type === "unreadable") return undefined;
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
  return readPatch(body).patch;
}

/** A patch, and the body that it was read from: another than came where that only looks like JSON, and is YAML. */
export function readPatch(body: Body): { readonly patch: unknown; readonly readable: Body } {
  if (body.type === "value") return { patch: body.value, readable: body };
  if (body.type === "protobuf") throw badRequest("a patch cannot be protobuf");
  if (body.type === "unreadable") throw badRequest(`error decoding YAML: error converting YAML to JSON: ${body.problem}`);
  try {
    return { patch: parseJson(body.bytes), readable: body };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (body.reread !== undefined) return readPatch(body.reread());
    throw badRequest(`error decoding patch: ${error.message}`);
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

/** Of an object that has the static ones of all but the root. */
function applyRest(definition: AnyResourceDefinition, object: KubeObject): KubeObject {
  applyRootDefaults(definition.schema, object);
  definition.strategy.defaults?.(object);
  return object;
}

interface Parsed {
  readonly value: unknown;
  /** As it came; empty where there never were any bytes. */
  readonly bytes: Uint8Array;
  readonly duplicates: readonly string[];
  readonly yamlDuplicate?: string;
}

const noBytes = new Uint8Array();

function parseBody(body: Exclude<Body, { type: "protobuf" | "unreadable" }>, options: DecodeOptions): Parsed {
  if (body.type === "value") return { value: body.value, bytes: noBytes, duplicates: body.duplicates ?? [] };
  const bytes = body.source ?? body.bytes;
  try {
    // As Go reads it, null sets nothing.
    const text = jsonText(body.bytes);
    const value = parseJson(text) ?? {};
    const duplicates = options.validation === "Ignore" ? [] : findDuplicateFields(text, value, body.keys);
    return { value, bytes, duplicates, ...(body.duplicate === undefined ? {} : { yamlDuplicate: body.duplicate }) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const again = body.reread?.();
    if (again?.type === "json") return parseBody(again, options);
    throw unreadable(options, again === undefined ? withoutKind(error.message) : again.problem, bytes);
  }
}

/** The kind that a parsed body names, which must be the endpoint's. */
function namesIn({ value, bytes }: Parsed, options: DecodeOptions): GroupVersionKind {
  const refuse = (problem: string) => unreadable(options, withoutKind(`json: cannot unmarshal ${problem}`), bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse(`${jsonType(value)} into Go value of type ${typeMeta}`);
  const read = (name: "apiVersion" | "kind") => {
    const text = (value as { apiVersion?: unknown; kind?: unknown })[name] ?? "";
    if (typeof text !== "string") throw refuse(`${jsonType(text)} into Go struct field .${name} of type string`);
    return text;
  };
  const names = { apiVersion: read("apiVersion"), kind: read("kind") };
  if (slashes(names.apiVersion) > 1) throw unreadable(options, `unexpected GroupVersion string: ${names.apiVersion}`, bytes);
  return checkNames(names, options, bytes);
}

function slashes(apiVersion: string): number {
  return apiVersion.split("/").length - 1;
}

/** How Go prints the type that upstream reads a body's names into. */
const typeMeta = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** As Go's decoder names what it found. */
function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" ? "number" : typeof value;
}

/** The kind that a body claims to be, the endpoint's where it does not say. Throws where that is none that is wanted. */
function checkNames(names: { apiVersion: string; kind: string }, options: DecodeOptions, bytes: Uint8Array): GroupVersionKind {
  const { gvk, refusals = ofObjects } = options;
  const found = withDefaults(names, gvk);
  if (found.version === "") throw refusals.unfit(found, gvk, `Object 'apiVersion' is missing in '${new TextDecoder().decode(bytes)}'`);
  const problem = refusals.mismatch(found, gvk);
  if (problem !== undefined) throw refusals.unfit(found, gvk, problem);
  if (refusals.otherVersion !== undefined && (found.group !== gvk.group || found.version !== gvk.version)) throw refusals.otherVersion(found, gvk);
  return found;
}

function withDefaults({ apiVersion, kind }: { apiVersion: string; kind: string }, gvk: GroupVersionKind): GroupVersionKind {
  const { group, version } = parseApiVersion(apiVersion);
  const ofEndpoint = (group === "" || group === gvk.group) && version === "";
  return { group: ofEndpoint ? gvk.group : group, version: ofEndpoint ? gvk.version : version, kind: kind === "" ? gvk.kind : kind };
}

function named(object: KubeObject, gvk: GroupVersionKind): KubeObject {
  object.kind = gvk.kind;
  object.apiVersion = apiVersionOf(gvk);
  object.metadata ??= {} as KubeObject["metadata"];
  return object;
}
