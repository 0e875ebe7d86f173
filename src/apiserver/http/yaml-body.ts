/** YAML bodies, by way of JSON values as sigs.k8s.io/yaml reads them. */
import { CORE_SCHEMA, dump, load, YAMLException } from "js-yaml";
import { badRequest } from "../../machinery/status.ts";
import type { Body } from "../registry/decode.ts";

/** JSON is YAML; what parses as JSON is read as such, which is faster and exact. */
export function parseYamlBody(bytes: Uint8Array): Body {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (/^\s*[{[]/.test(text)) return { type: "json", bytes };
  try {
    return { type: "value", value: load(text, { schema: CORE_SCHEMA }) };
  } catch (error) {
    if (error instanceof YAMLException) throw badRequest(`error converting YAML to JSON: yaml: ${error.reason}`);
    throw error;
  }
}

export function toYaml(value: object): string {
  return dump(JSON.parse(JSON.stringify(value)), { lineWidth: -1, noRefs: true, schema: CORE_SCHEMA });
}
