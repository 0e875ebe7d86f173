/** YAML bodies, by way of JSON. */
import { requestEntityTooLarge } from "../../machinery/status.ts";
import type { Body, JsonBody, UnreadableBody } from "../registry/decode.ts";
import { jsonBody } from "./json-body.ts";
import { readYaml, type YamlReading } from "./read-yaml.ts";
import { readYamlBeside } from "./yaml-offload.ts";

/** Texts up to here are read at once, whatever they hold. */
const shortBytes = 4 * 1024;
/** And up to here, if they hold nothing that multiplies. */
const plainBytes = 32 * 1024;
const mayMultiply = /[&*]|<</;

/**
 * JSON is YAML; what looks like JSON is read as such, which is faster and exact. Text that cannot be read is told of when
 * it is known what it was to be. Throws 413.
 */
export async function yamlBody(bytes: Uint8Array, limit: number): Promise<Body> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (looksLikeJson.test(text.subarray(0, 100).toString("latin1"))) {
    const reread = () => toBody(bytes, readYaml(bytes, limit), limit);
    return { ...jsonBody(bytes), ...(bytes.length <= shortBytes ? { reread } : {}) };
  }
  const atOnce = bytes.length <= shortBytes || (bytes.length <= plainBytes && !mayMultiply.test(text.toString("latin1")));
  return toBody(bytes, atOnce ? readYaml(bytes, limit) : await readYamlBeside(bytes, limit), limit);
}

/** The keys of YAML in flow style are often bare, or have other quotes. */
const looksLikeJson = /^\s*(?:\{\s*["}]|\[)/;

function toBody(source: Uint8Array, { json, duplicate, error, tooLarge }: YamlReading, limit: number): JsonBody | UnreadableBody {
  if (tooLarge === true) throw requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
  if (json === undefined) return { type: "unreadable", problem: error ?? "yaml: cannot be read", bytes: source };
  const body = { ...jsonBody(json), source };
  return duplicate === undefined ? body : { ...body, duplicate };
}
