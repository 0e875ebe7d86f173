/**
 * One pass over JSON text without building values, for what JSON.parse cannot tell: why a text is no JSON in the words
 * of Go's encoding/json (clients see them), how deep it nests, and which keys an object holds twice.
 */

const quote = 0x22;
const backslash = 0x5c;

/**
 * Deepest nesting accepted. Kubernetes allows 10,000; walks of this code base recurse, and Node's default stack holds
 * some 2,500 levels of the plainest of them, so the limit leaves room for two of them. No API object comes near it.
 */
export const maxDepth = 1000;
export const tooDeepMessage = "exceeded max depth";

/** Whether the text nests deeper than `limit`. Brackets in strings do not count. The text need not be valid. */
export function nestsDeeper(text: string, limit: number): boolean {
  // Every level takes an opening and a closing character.
  return text.length > limit * 2 && hasBrackets(text, limit) && bracketBeyond(text, limit) !== undefined;
}

/** Whether more than `limit` brackets open in the text, those in strings included: cheaper to know than which. */
function hasBrackets(text: string, limit: number): boolean {
  let count = 0;
  // `[` and `{` differ in this bit.
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) | 0x20) === 0x7b) count++;
  return count > limit;
}

/** What Go's parser says of the text's first bracket below the deepest level. */
export function tooDeepText(text: string): string {
  return `invalid character '${bracketBeyond(text, maxDepth)}' ${tooDeepMessage}`;
}

function bracketBeyond(text: string, limit: number): string | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = stringEnd(text, i);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return text[i];
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return undefined;
}

/**
 * As many keys as the text's objects hold, duplicates included, or more: what looks like the end of a key may stand in
 * a string. Much cheaper than to count them exactly.
 */
export function mostKeys(text: string): number {
  let keys = 0;
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", colon + 1)) {
    let before = colon - 1;
    while (before >= 0 && text.charCodeAt(before) <= 0x20) before--;
    if (text.charCodeAt(before) === quote) keys++;
  }
  return keys;
}

/** Index of the quote that closes the string opened at `start`, or the text's length. */
export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return text.length;
}

/** How many keys the text's objects hold, duplicates included. The text must be valid JSON. */
export function countKeys(text: string): number {
  let keys = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    let next = stringEnd(text, start) + 1;
    while (text.charCodeAt(next) <= 0x20) next++;
    if (text.charCodeAt(next) === 0x3a) keys++;
    start = text.indexOf('"', next);
  }
  return keys;
}

/** What is found beyond these would not be told of: messages stop at a hundred problems. */
const maxDuplicates = 100;
const maxDuplicateCharacters = 100_000;

/**
 * Paths of keys that occur again in their object, each once, in the order of their second occurrence:
 * `spec.containers[0].image`. The first hundred of them; the text must be valid JSON.
 */
export function findDuplicates(text: string): string[] {
  const found = new Set<string>();
  let characters = 0;
  let at = 0;

  const report = (path: string) => {
    if (found.size >= maxDuplicates || characters > maxDuplicateCharacters) return;
    characters += path.length;
    found.add(path);
  };

  const skipSpace = () => {
    while (text.charCodeAt(at) <= 0x20) at++;
  };
  const readString = (): string => {
    const end = stringEnd(text, at);
    const raw = text.slice(at + 1, end);
    at = end + 1;
    return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
  };
  const readValue = (path: string): void => {
    skipSpace();
    const code = text.charCodeAt(at);
    if (code === 0x7b) readObject(path);
    else if (code === 0x5b) readArray(path);
    else if (code === quote) at = stringEnd(text, at) + 1;
    else {
      // A value has a first character, whatever that is: so this comes to an end in any text.
      do at++;
      while (at < text.length && !/[,\]}\s]/.test(text[at]!));
    }
  };
  const readObject = (path: string): void => {
    const keys = new Set<string>();
    at++;
    skipSpace();
    while (at < text.length && text.charCodeAt(at) !== 0x7d) {
      const key = readString();
      const keyPath = path === "" ? key : `${path}.${key}`;
      if (keys.has(key)) report(keyPath);
      keys.add(key);
      skipSpace();
      at++; // the colon
      readValue(keyPath);
      skipSeparator();
    }
    at++;
  };
  const readArray = (path: string): void => {
    at++;
    skipSpace();
    for (let index = 0; at < text.length && text.charCodeAt(at) !== 0x5d; index++) {
      readValue(`${path}[${index}]`);
      skipSeparator();
    }
    at++;
  };
  const skipSeparator = () => {
    skipSpace();
    if (text.charCodeAt(at) === 0x2c) at++;
    skipSpace();
  };

  readValue("");
  return [...found];
}

/** What Go's decoder says of a text that is no JSON; undefined when it is. */
export function syntaxError(text: string): string | undefined {
  try {
    new SyntaxScanner(text).document();
    return undefined;
  } catch (error) {
    if (error instanceof GoSyntaxError) return error.message;
    throw error;
  }
}

class GoSyntaxError extends Error {}

/** Walks the grammar and throws at the first character that does not fit. Only runs on texts that failed to parse. */
class SyntaxScanner {
  readonly text: string;
  at = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): void {
    this.value("looking for beginning of value");
    this.space();
    if (this.at < this.text.length) this.fail("after top-level value");
  }

  private fail(context: string): never {
    if (this.at >= this.text.length) throw new GoSyntaxError("unexpected end of JSON input");
    throw new GoSyntaxError(`invalid character ${goCharacter(this.text, this.at)} ${context}`);
  }

  private space(): void {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  private value(context: string): void {
    this.space();
    const char = this.text[this.at];
    if (char === "{") this.nested(() => this.object());
    else if (char === "[") this.nested(() => this.array());
    else if (char === '"') this.string();
    else if (char === "t") this.literal("true");
    else if (char === "f") this.literal("false");
    else if (char === "n") this.literal("null");
    else if (char === "-" || isDigit(char)) this.number();
    else this.fail(context);
  }

  private nested(read: () => void): void {
    if (++this.depth > maxDepth) throw new GoSyntaxError(tooDeepText(this.text));
    this.at++;
    read();
    this.depth--;
  }

  private object(): void {
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail("looking for beginning of object key string");
      this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("after object key");
      this.at++;
      this.value("looking for beginning of value");
      if (this.closes("}", "after object key:value pair")) return;
    }
  }

  private array(): void {
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return;
    }
    for (;;) {
      this.value("looking for beginning of value");
      if (this.closes("]", "after array element")) return;
    }
  }

  private closes(bracket: string, context: string): boolean {
    this.space();
    const char = this.text[this.at];
    if (char !== bracket && char !== ",") this.fail(context);
    this.at++;
    return char === bracket;
  }

  private string(): void {
    this.at++;
    for (;;) {
      // Past the end there is no code, which compares as false.
      const code = this.text.charCodeAt(this.at);
      if (!(code >= 0x20)) this.fail("in string literal");
      this.at++;
      if (code === quote) return;
      if (code === backslash) this.escape();
    }
  }

  private escape(): void {
    const char = this.text[this.at];
    if (char === undefined || !'bfnrt\\/"u'.includes(char)) this.fail("in string escape code");
    this.at++;
    if (char !== "u") return;
    for (let i = 0; i < 4; i++, this.at++) if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? "")) this.fail("in \\u hexadecimal character escape");
  }

  private literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.at++) {
      if (this.text[this.at] !== word[i]) this.fail(`in literal ${word} (expecting '${word[i]}')`);
    }
  }

  private number(): void {
    if (this.text[this.at] === "-") this.at++;
    if (this.text[this.at] === "0") this.at++;
    else this.digits("in numeric literal");
    if (this.text[this.at] === ".") {
      this.at++;
      this.digits("after decimal point in numeric literal");
    }
    if (this.text[this.at] !== "e" && this.text[this.at] !== "E") return;
    this.at++;
    if (this.text[this.at] === "+" || this.text[this.at] === "-") this.at++;
    this.digits("in exponent of numeric literal");
  }

  private digits(context: string): void {
    if (!isDigit(this.text[this.at])) this.fail(context);
    while (isDigit(this.text[this.at])) this.at++;
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

/** Go quotes the offending byte as a rune literal: the first byte of a longer character, as Latin-1. */
function goCharacter(text: string, index: number): string {
  const char = text[index]!;
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  const code = text.codePointAt(index)!;
  if (code >= 0x80) return goByte(firstUtf8Byte(code));
  const short = ({ "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\x07": "\\a", "\\": "\\\\" } as Record<string, string>)[char];
  if (short !== undefined) return `'${short}'`;
  return code < 0x20 || code === 0x7f ? `'\\x${code.toString(16).padStart(2, "0")}'` : `'${char}'`;
}

function firstUtf8Byte(code: number): number {
  if (code < 0x800) return 0xc0 | (code >> 6);
  return code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
}

function goByte(byte: number): string {
  return byte < 0xa1 || byte === 0xad ? `'\\u00${byte.toString(16)}'` : `'${String.fromCharCode(byte)}'`;
}
