/** Numbers in JSON text that a double cannot hold: JSON.parse would change them without a word. */
import { stringEnd } from "./json-scan.ts";

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** No integer of 64 bits has more. */
const maxInt64Length = 20;

export interface NumberToken {
  readonly start: number;
  readonly end: number;
}

/** Where the text, which may be invalid, has numbers that need a closer look: of 16 characters or more, or with an exponent. */
export function longNumbers(text: string): NumberToken[] {
  const found: NumberToken[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = stringEnd(text, at);
    else if (isNumberStart(code)) {
      const start = at;
      let hasExponent = false;
      for (; at < text.length && isNumberPart(text.charCodeAt(at)); at++) hasExponent ||= (text.charCodeAt(at) | 0x20) === 0x65;
      if (hasExponent || at - start >= 16) found.push({ start, end: at });
      at--;
    }
  }
  return found;
}

function isNumberStart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d;
}

/** Digits, signs, the point and the exponent's letter. */
function isNumberPart(code: number): boolean {
  return isNumberStart(code) || code === 0x2e || code === 0x2b || code === 0x45 || code === 0x65;
}

/** The integer that the token stands for, if a double would change it and 64 bits hold it. */
export function exactInteger(source: string): bigint | undefined {
  if (source.length > maxInt64Length || !/^-?(?:0|[1-9][0-9]*)$/.test(source) || Number.isSafeInteger(Number(source))) return undefined;
  const exact = BigInt(source);
  return exact >= int64Min && exact <= int64Max ? exact : undefined;
}

/** The text with the integers as strings that begin with a mark found nowhere else in it; `restore` undoes it after parsing. */
export function withMarkedIntegers(text: string, tokens: readonly NumberToken[]): { marked: string; restore(value: unknown): unknown } {
  let mark = 0;
  while (text.includes(`\\u0000${mark}#`)) mark++;
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of tokens) {
    pieces.push(text.slice(at, start), `"\\u0000${mark}#`, text.slice(start, end), '"');
    at = end;
  }
  pieces.push(text.slice(at));
  return { marked: pieces.join(""), restore: (value) => restored(value, `\u0000${mark}#`) };
}

/** In place: the value is fresh from the parser. */
function restored(value: unknown, mark: string): unknown {
  if (typeof value === "string") return value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restored(value[i], mark);
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    const item = object[key];
    const now = restored(item, mark);
    if (now !== item) Object.defineProperty(object, key, { value: now, enumerable: true, writable: true, configurable: true });
  }
  return object;
}
