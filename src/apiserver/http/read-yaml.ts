/** YAML into JSON, as sigs.k8s.io/yaml does it: what both the event loop and the thread for large texts run. */
import { isUtf8 } from "node:buffer";
import { stringifyJson } from "../../machinery/json-codec.ts";
import { setValue } from "../../machinery/patches/json-value.ts";
import { duplicatesInYaml, parseYaml, YamlError } from "../../machinery/yaml-codec.ts";

export interface YamlReading {
  /** Absent when the text is no YAML, or stands for more than `limit` bytes of JSON. */
  readonly json?: Uint8Array;
  /** The keys that occur twice in their mappings, each on a line of its own: `line 3: key "a" already set in map`. */
  readonly duplicate?: string;
  /** Why there is no JSON. */
  readonly error?: string;
  readonly tooLarge?: boolean;
}

export function readYaml(bytes: Uint8Array, limit: number): YamlReading {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // JSON takes such bytes, with replacements; Go's YAML does not.
  if (!isUtf8(buffer)) return { error: "yaml: invalid leading UTF-8 octet" };
  const text = buffer.toString("utf8");
  try {
    const json = Buffer.from(stringifyJson(sorted(parseYaml(text) ?? null, new Map())));
    if (json.length > limit) return { tooLarge: true };
    const duplicates = duplicatesInYaml(text);
    return duplicates.length === 0 ? { json } : { json, duplicate: duplicates.join("\n  ") };
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message };
    throw error;
  }
}

/** Go's maps have no order of their own: what it makes of YAML has its keys sorted. Aliases stay one value. */
function sorted(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const result: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {};
  known.set(value, result);
  if (Array.isArray(result)) for (const item of value as unknown[]) result.push(sorted(item, known));
  else for (const key of Object.keys(value).sort()) setValue(result, key, sorted((value as Record<string, unknown>)[key], known));
  return result;
}
