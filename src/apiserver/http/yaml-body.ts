/** YAML bodies, by way of JSON. */
import { badRequest, requestEntityTooLarge } from "../../machinery/status.ts";
import type { Body } from "../registry/decode.ts";
import { jsonBody } from "./json-body.ts";
import { readYaml, type YamlReading } from "./read-yaml.ts";
import { readYamlBeside } from "./yaml-offload.ts";

/** Texts up to here are read at once, whatever they hold. */
const shortBytes = 4 * 1024;
/** And up to here, if they hold nothing that multiplies. */
const plainBytes = 32 * 1024;
const mayMultiply = /[&*]|<</;

/** JSON is YAML; what looks like JSON is read as such, which is faster and exact. Throws 400 and 413; `what` goes before the message. */
export async function yamlBody(bytes: Uint8Array, limit: number, what = ""): Promise<Body> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (/^\s*[{[]/.test(text.subarray(0, 100).toString("latin1"))) return jsonBody(bytes);
  const atOnce = bytes.length <= shortBytes || (bytes.length <= plainBytes && !mayMultiply.test(text.toString("latin1")));
  return toBody(atOnce ? readYaml(bytes, limit) : await readYamlBeside(bytes, limit), limit, what);
}

function toBody({ json, duplicate, error, tooLarge }: YamlReading, limit: number, what: string): Body {
  if (tooLarge === true) throw requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
  if (json === undefined) throw badRequest(`${what}error converting YAML to JSON: ${error}`);
  const body = jsonBody(json);
  return duplicate === undefined ? body : { ...body, duplicate };
}
