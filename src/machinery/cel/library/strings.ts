/** cel-go's strings extension, version 2. Places in texts count code points. */
import { traversal, traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, type Meter, member, overload } from "../functions.ts";
import { ArrayList, type CelList, fail, sizeOf, textSize, type Value } from "../values.ts";
import { formatText } from "./format-text.ts";

/** Texts without surrogates have their code points where their units are. */
function isPlain(text: string): boolean {
  return textSize(text) === text.length;
}

function sliced(text: string, start: number, end: number): string {
  return isPlain(text) ? text.slice(start, end) : [...text].slice(start, end).join("");
}

function charAt(text: string, at: bigint): string {
  const size = textSize(text);
  if (at < 0n || at > size) return fail(`index out of range: ${at}`);
  return sliced(text, Number(at), Number(at) + 1);
}

function indexOf(text: string, part: string, from: bigint): bigint {
  const size = textSize(text);
  if (part === "") return from > size ? BigInt(size) : from;
  if (from < 0n) return fail(`index out of range: ${from}`);
  if (from > size) return -1n;
  const rest = sliced(text, Number(from), size);
  const at = rest.indexOf(part);
  return at < 0 ? -1n : from + BigInt(textSize(rest.slice(0, at)));
}

function lastIndexOf(text: string, part: string, from: bigint | undefined): bigint {
  const size = textSize(text);
  if (part === "") return from ?? BigInt(size);
  if (from !== undefined && from > size) return -1n;
  if (from !== undefined && from < 0n) return fail(`index out of range: ${from}`);
  const within = from === undefined ? text : sliced(text, 0, Number(from) + textSize(part));
  const at = within.lastIndexOf(part);
  return at < 0 ? -1n : BigInt(textSize(within.slice(0, at)));
}

function substring(text: string, start: bigint, end: bigint | undefined): string {
  const size = textSize(text);
  if (end !== undefined && start > end) return fail(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > size) return fail(`index out of range: ${start}`);
  if (end !== undefined && end > size) return fail(`index out of range: ${end}`);
  return sliced(text, Number(start), end === undefined ? size : Number(end));
}

/** Fewer than 0: all. */
function replace(text: string, from: string, to: string, limit: bigint, meter: Meter): string {
  const most = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  const characters = from === "" ? ["", ...text] : undefined;
  const pieces = characters === undefined ? text.split(from) : undefined;
  const places = Math.min(most, (characters ?? pieces!).length - (characters === undefined ? 1 : 0));
  // The result may be far longer than the text, which is what the cost goes by.
  meter.spend((text.length + places * to.length) / 8);
  if (characters !== undefined) return characters.map((character, index) => character + (index < most ? to : "")).join("");
  const [first = "", ...rest] = pieces!;
  return first + rest.map((piece, index) => (index < most ? to : from) + piece).join("");
}

function split(text: string, separator: string, limit: bigint, meter: Meter): Value {
  if (limit === 0n) return new ArrayList([]);
  meter.spend(text.length / 4);
  const pieces = separator === "" ? [...text] : text.split(separator);
  if (limit < 0n || pieces.length <= limit) return new ArrayList(pieces);
  const kept = Number(limit) - 1;
  return new ArrayList([...pieces.slice(0, kept), pieces.slice(kept).join(separator)]);
}

function join(list: CelList, separator: string, meter: Meter): string {
  const parts: string[] = [];
  let size = 0;
  for (const item of list) {
    if (typeof item !== "string") return fail(`join: invalid input: ${String(item)}`);
    size += item.length + separator.length;
    parts.push(item);
  }
  meter.spend(size / 8 + parts.length);
  return parts.join(separator);
}

/** Unicode's white space, as Go's TrimSpace has it. */
const outerSpace =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function trimmed(text: string, meter: Meter): string {
  meter.spend(text.length / 4);
  const isSpace = (index: number) => text[index]!.replace(outerSpace, "") === "";
  let [start, end] = [0, text.length];
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

export function quoted(text: string): string {
  return `"${text.replace(/[\u0007\b\f\n\r\t\v\\"]/g, (character) => escapes[character]!)}"`;
}

const twice = (args: readonly Value[]) => traversal(sizeOf(args[0]!), 2);
const once = (args: readonly Value[]) => traversalOf(args[0]!);
const joinCost = (_args: readonly Value[], result: Value) => traversal(sizeOf(result), 2);
/** indexOf of a text costs as the one of a list does: by all that is in it, rounded down. */
const search = ([text]: readonly Value[]) => Math.floor(new TextEncoder().encode(text as string).length * 0.1);
const ascii = (pattern: RegExp, shift: number) => (text: string) => text.replace(pattern, (letter) => String.fromCharCode(letter.charCodeAt(0) + shift));

export const strings: readonly FunctionDeclaration[] = [
  declare("charAt", member("string_char_at_int", ["string", "int"], "string", charAt)),
  declare(
    "indexOf",
    member("string_index_of_string", ["string", "string"], "int", (text, part) => indexOf(text, part, 0n), search),
    member("string_index_of_string_int", ["string", "string", "int"], "int", (text, part, from) => indexOf(text, part, from), search),
  ),
  declare(
    "lastIndexOf",
    member("string_last_index_of_string", ["string", "string"], "int", (text, part) => lastIndexOf(text, part, undefined), search),
    member("string_last_index_of_string_int", ["string", "string", "int"], "int", (text, part, from) => lastIndexOf(text, part, from), search),
  ),
  declare("lowerAscii", member("string_lower_ascii", ["string"], "string", ascii(/[A-Z]/g, 32), once)),
  declare("upperAscii", member("string_upper_ascii", ["string"], "string", ascii(/[a-z]/g, -32), once)),
  declare(
    "replace",
    member("string_replace_string_string", ["string", "string", "string"], "string", (text, from, to, meter) => replace(text, from, to, -1n, meter), twice),
    member("string_replace_string_string_int", ["string", "string", "string", "int"], "string", replace, twice),
  ),
  declare(
    "split",
    member("string_split_string", ["string", "string"], "list(string)", (text, separator, meter) => split(text, separator, -1n, meter), twice),
    member("string_split_string_int", ["string", "string", "int"], "list(string)", split, twice),
  ),
  declare(
    "substring",
    member("string_substring_int", ["string", "int"], "string", (text, start) => substring(text, start, undefined), once),
    member("string_substring_int_int", ["string", "int", "int"], "string", (text, start, end) => substring(text, start, end), once),
  ),
  declare("trim", member("string_trim", ["string"], "string", trimmed, once)),
  declare(
    "join",
    member("list_join", ["list(string)"], "string", (list, meter) => join(list, "", meter), joinCost),
    member("list_join_string", ["list(string)", "string"], "string", join, joinCost),
  ),
  declare("format", member("string_format", ["string", "list(dyn)"], "string", formatText, once)),
  declare("strings.quote", overload("strings_quote", ["string"], "string", quoted, once)),
];
