/** Characters to tokens (the CEL language definition's lexis). */
import type { Issue } from "./source.ts";
import { Uint } from "./values.ts";

export type TokenKind = "ident" | "quotedIdent" | "int" | "uint" | "double" | "string" | "bytes" | "operator" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the expression. */
  readonly text: string;
  readonly position: number;
  /** Of literals. */
  readonly value?: bigint | Uint | number | string | Uint8Array;
}

const longOperators = new Set(["==", "!=", "<=", ">=", "&&", "||"]);
const shortOperators = new Set("<>()[]{}.,-!?:+*/%");
const space = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const ident = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedIdent = /`[A-Za-z0-9_.\-/ ]+`/y;
const double = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const integer = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const textStart = /(?:[bB][rR]?|[rR][bB]?)?(?:"""|'''|"|')/y;

export function tokensOf(source: string, issues: Issue[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = matchAt(space, source, at);
    if (skipped !== undefined) at += skipped.length;
    else {
      const token = tokenAt(source, at, issues);
      if (token.kind !== "end") tokens.push(token);
      at += token.text.length;
    }
  }
  tokens.push({ kind: "end", text: "<EOF>", position: source.length });
  return tokens;
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** A token of kind "end" stands for what is none: it has been reported. */
function tokenAt(source: string, position: number, issues: Issue[]): Token {
  const punctuation = operatorAt(source, position);
  if (punctuation !== undefined) return { kind: "operator", text: punctuation, position };
  const start = matchAt(textStart, source, position);
  if (start !== undefined) return textToken(source, position, start, issues);
  const name = matchAt(ident, source, position) ?? "";
  if (name !== "") return { kind: "ident", text: name, position };
  const quoted = matchAt(quotedIdent, source, position);
  if (quoted !== undefined) return { kind: "quotedIdent", text: quoted, position };
  const fraction = matchAt(double, source, position);
  if (fraction !== undefined) return { kind: "double", text: fraction, position, value: Number(fraction) };
  const whole = matchAt(integer, source, position);
  if (whole !== undefined) return integerToken(whole, position);
  const first = String.fromCodePoint(source.codePointAt(position)!);
  // Half an operator takes the character with it that should have been the other half.
  const wrong = "&|=".includes(first) ? source.slice(position, position + 2) : first;
  issues.push({ position, message: `Syntax error: token recognition error at: '${wrong}'` });
  return { kind: "end", text: wrong, position };
}

/** A point before a digit begins a number. */
function operatorAt(source: string, position: number): string | undefined {
  const first = source[position]!;
  if (first === "." && /[0-9]/.test(source[position + 1] ?? "")) return undefined;
  const both = first + (source[position + 1] ?? "");
  return longOperators.has(both) ? both : shortOperators.has(first) ? first : undefined;
}

/** The range is the parser's to check: a minus may stand before it. */
function integerToken(text: string, position: number): Token {
  const unsigned = /[uU]$/.test(text);
  // Longer ones are out of range whatever they are; reading millions of digits would take long.
  const digits = (unsigned ? text.slice(0, -1) : text).slice(0, 400);
  return unsigned ? { kind: "uint", text, position, value: new Uint(BigInt(digits)) } : { kind: "int", text, position, value: BigInt(digits) };
}

function textToken(source: string, position: number, start: string, issues: Issue[]): Token {
  const prefix = start.replace(/["']+$/, "").toLowerCase();
  const quote = start.slice(prefix.length);
  const raw = prefix.includes("r");
  const from = position + start.length;
  const end = closingQuote(source, from, quote, raw);
  const text = source.slice(position, end === undefined ? undefined : end + quote.length);
  if (end === undefined) {
    issues.push({ position, message: `Syntax error: token recognition error at: '${text}'` });
    return { kind: "end", text, position };
  }
  const body = source.slice(from, end).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const value = prefix.includes("b") ? bytesOf(body, raw) : textOf(body, raw);
  if (value === undefined) issues.push({ position, message: `Syntax error: invalid escape in ${text}` });
  return { kind: prefix.includes("b") ? "bytes" : "string", text, position, value: value ?? "" };
}

function closingQuote(source: string, from: number, quote: string, raw: boolean): number | undefined {
  for (let at = from; at < source.length; at++) {
    if (source[at] === "\\" && !raw) at++;
    else if (source.startsWith(quote, at)) return at;
    else if (quote.length === 1 && (source[at] === "\n" || source[at] === "\r")) return undefined;
  }
  return undefined;
}

const simpleEscapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, "'": 39, '"': 34, "`": 96, "?": 63 };
const escapeSequence = /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|)/g;

/** Undefined when an escapeSequence is none, or one of no character. */
function textOf(body: string, raw: boolean): string | undefined {
  if (raw || !body.includes("\\")) return body;
  let valid = true;
  const text = body.replace(escapeSequence, (_match, simple?: string, hex?: string, short?: string, long?: string, octal?: string) => {
    const code = codeOf(simple, hex ?? short ?? long, octal);
    valid &&= code !== undefined && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return valid ? String.fromCodePoint(code!) : "";
  });
  return valid ? text : undefined;
}

function codeOf(simple: string | undefined, hex: string | undefined, octal: string | undefined): number | undefined {
  if (simple !== undefined) return simpleEscapes[simple];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}

/** Escapes of bytes stand for bytes, not characters, and \\u is none. */
function bytesOf(body: string, raw: boolean): Uint8Array | undefined {
  if (raw) return new TextEncoder().encode(body);
  const bytes: number[] = [];
  let at = 0;
  for (const match of body.matchAll(escapeSequence)) {
    bytes.push(...new TextEncoder().encode(body.slice(at, match.index)));
    const code = match[3] !== undefined || match[4] !== undefined ? undefined : codeOf(match[1], match[2], match[5]);
    if (code === undefined) return undefined;
    bytes.push(code);
    at = match.index + match[0].length;
  }
  return Uint8Array.from([...bytes, ...new TextEncoder().encode(body.slice(at))]);
}
