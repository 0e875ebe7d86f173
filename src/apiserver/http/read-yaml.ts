/** YAML into JSON, as sigs.k8s.io/yaml does it: what both the event loop and the thread for large texts run. */
import { stringifyJson } from "../../machinery/json-codec.ts";
import { duplicateYamlKey, parseYaml, YamlError } from "../../machinery/yaml-codec.ts";

export interface YamlReading {
  /** Absent when the text is no YAML, or stands for more than `limit` bytes of JSON. */
  readonly json?: Uint8Array;
  /** The first key that occurs twice in its mapping: `line 3: key "a" already set in map`. */
  readonly duplicate?: string;
  /** Why there is no JSON. */
  readonly error?: string;
  readonly tooLarge?: boolean;
}

export function readYaml(bytes: Uint8Array, limit: number): YamlReading {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    const json = Buffer.from(stringifyJson(parseYaml(text) ?? null));
    if (json.length > limit) return { tooLarge: true };
    const duplicate = duplicateYamlKey(text);
    return duplicate === undefined ? { json } : { json, duplicate };
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message };
    throw error;
  }
}
