/**
 * JSON text as Go's encoder writes it: `<`, `>`, `&` and the two line separators of Unicode as escapes. The value is the
 * same; but clients that store JSON inside an object (ControllerRevision) compare what they get back byte by byte.
 */
import { stringifyJson } from "./json-codec.ts";

const escaped = /[<>&\u2028\u2029]/;
const everyEscaped = /[<>&\u2028\u2029]/g;

export function stringifyGoJson(value: unknown): string {
  const text = stringifyJson(value);
  // None of these stands anywhere but in strings.
  return escaped.test(text) ? text.replace(everyEscaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`) : text;
}
