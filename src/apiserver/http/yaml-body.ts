/** YAML bodies, by way of JSON values as sigs.k8s.io/yaml reads them. */
import { CORE_SCHEMA, dump, load, YAMLException } from "js-yaml";
import { badRequest } from "../../machinery/status.ts";
import type { Body } from "../registry/decode.ts";

/** JSON is YAML; what looks like JSON is read as such, which is faster and exact. Throws 400. */
export function parseYamlBody(bytes: Uint8Array): Body {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (/^\s*[{[]/.test(text)) return { type: "json", bytes };
  const value = parse(text);
  // Without aliases every value takes a character; more values than that are a bomb.
  if (countsOver(value, text.length)) throw badRequest("error converting YAML to JSON: yaml: document contains excessive aliasing");
  return { type: "value", value };
}

function parse(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    if (error instanceof YAMLException) throw badRequest(`error converting YAML to JSON: yaml: ${error.reason}`);
    // Nested so deep that the parser ran out of stack.
    if (error instanceof RangeError) throw badRequest("error converting YAML to JSON: yaml: exceeded max depth");
    throw error;
  }
}

/** Whether the value, with every alias written out, holds more values than `limit`; gives up counting there. */
function countsOver(root: unknown, limit: number): boolean {
  const open: unknown[] = [root];
  let count = 0;
  while (open.length > 0) {
    if (++count > limit + 1) return true;
    const value = open.pop();
    if (Array.isArray(value)) open.push(...value);
    else if (typeof value === "object" && value !== null) open.push(...Object.values(value));
  }
  return false;
}

export function toYaml(value: object): string {
  return dump(JSON.parse(JSON.stringify(value)), { lineWidth: -1, noRefs: true, schema: CORE_SCHEMA });
}
