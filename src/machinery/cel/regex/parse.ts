/** RE2's syntax to a tree (github.com/google/re2/wiki/Syntax). What RE2 refuses, such as references, is refused. */
import { perlClass, posixClass, type RuneClass, unicodeClass } from "./classes.ts";

export type RegexNode =
  | { readonly kind: "empty" }
  | { readonly kind: "class"; readonly class: RuneClass }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "sequence"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly node: RegexNode; readonly min: number; readonly max: number; readonly greedy: boolean };

export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "word" | "notWord";

/** A pattern that is none; the message is Go's. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

function refuse(problem: string, what: string): never {
  throw new RegexError(`error parsing regexp: ${problem}: \`${what}\``);
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ungreedy: boolean;
}

const maxRepeat = 1000;
const maxNesting = 1000;
const any: RuneClass = { ranges: [[0, 0x10ffff]], properties: [], negated: false };
const notNewline: RuneClass = { ranges: [[10, 10]], properties: [], negated: true };

export function parseRegex(pattern: string): RegexNode {
  return new Parser(pattern).whole();
}

class Parser {
  readonly #pattern: string;
  #at = 0;
  #nesting = 0;
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false };
  readonly #names = new Set<string>();

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  whole(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#pattern.length) refuse("unexpected )", this.#pattern);
    return node;
  }

  #looking(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    const found = this.#looking(text);
    if (found) this.#at += text.length;
    return found;
  }

  #rune(): number {
    const rune = this.#pattern.codePointAt(this.#at)!;
    this.#at += rune > 0xffff ? 2 : 1;
    return rune;
  }

  #choice(): RegexNode {
    if (++this.#nesting > maxNesting) refuse("expression nests too deeply", this.#pattern);
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#nesting--;
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#pattern.length && !this.#looking("|") && !this.#looking(")")) {
      const start = this.#at;
      const atom = this.#atom();
      nodes.push(atom === undefined ? { kind: "empty" } : this.#repeated(atom, start));
    }
    return nodes.length === 1 ? nodes[0]! : { kind: "sequence", nodes };
  }

  #repeated(atom: RegexNode, start: number): RegexNode {
    let node = atom;
    for (let count = 0; ; count++) {
      const operatorStart = this.#at;
      const bounds = this.#bounds();
      if (bounds === undefined) return node;
      if (count > 0) refuse("invalid nested repetition operator", this.#pattern.slice(start, this.#at).slice(-(this.#at - operatorStart + 1)));
      const lazy = this.#take("?");
      node = { kind: "repeat", node, min: bounds[0], max: bounds[1], greedy: lazy === this.#flags.ungreedy };
      start = operatorStart;
    }
  }

  #bounds(): [number, number] | undefined {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const braces = /\{([0-9]{1,10})(?:(,)([0-9]{0,10}))?\}/y;
    braces.lastIndex = this.#at;
    const match = braces.exec(this.#pattern);
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
    const tooMany = min > maxRepeat || (Number.isFinite(max) && max > maxRepeat);
    if (tooMany || max < min) refuse("invalid repeat count", match[0]);
    return [min, max];
  }

  /** Undefined for a group that only sets flags. */
  #atom(): RegexNode | undefined {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return { kind: "class", class: this.#bracket() };
    if (this.#take(".")) return { kind: "class", class: this.#flags.dotAll ? any : notNewline };
    if (this.#take("^")) return { kind: "assert", what: this.#flags.multiline ? "lineStart" : "textStart" };
    if (this.#take("$")) return { kind: "assert", what: this.#flags.multiline ? "lineEnd" : "textEnd" };
    if (/^[*+?]/.test(this.#pattern.slice(this.#at, this.#at + 1))) refuse("missing argument to repetition operator", this.#pattern[this.#at]!);
    if (this.#take("\\")) return this.#escaped();
    return this.#literal(this.#rune());
  }

  #literal(rune: number): RegexNode {
    return { kind: "class", class: this.#folded({ ranges: [[rune, rune]], properties: [], negated: false }) };
  }

  #folded(runes: RuneClass): RuneClass {
    return this.#flags.ignoreCase ? { ...runes, ignoreCase: true } : runes;
  }

  #group(): RegexNode | undefined {
    const before = this.#flags;
    if (this.#take("?")) {
      const named = /P?<([^>]*)>/y;
      named.lastIndex = this.#at;
      const name = named.exec(this.#pattern);
      if (name !== null && !/^[=!]/.test(name[1]!)) this.#name(name);
      else if (this.#setFlags()) return undefined;
    }
    const node = this.#choice();
    if (!this.#take(")")) refuse("missing closing )", this.#pattern);
    this.#flags = before;
    return node;
  }

  #name(match: RegExpExecArray): void {
    const name = match[1]!;
    if (!/^[A-Za-z0-9_]+$/.test(name)) refuse("invalid named capture", `(?${match[0]}`);
    if (this.#names.has(name)) refuse("duplicate capture group name", name);
    this.#names.add(name);
    this.#at += match[0].length;
  }

  /** True when the group ends here: its flags hold for what follows. */
  #setFlags(): boolean {
    const start = this.#at - 2;
    const match = /([imsU]*)(?:-([imsU]+))?([:)])/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#pattern);
    if (found === null) refuse("invalid or unsupported Perl syntax", this.#pattern.slice(start, start + 3));
    this.#at += found[0].length;
    const set = (letter: string, now: boolean) => (found[2]?.includes(letter) ? false : found[1]!.includes(letter) || now);
    const { ignoreCase, multiline, dotAll, ungreedy } = this.#flags;
    this.#flags = { ignoreCase: set("i", ignoreCase), multiline: set("m", multiline), dotAll: set("s", dotAll), ungreedy: set("U", ungreedy) };
    return found[3] === ")";
  }

  #escaped(): RegexNode {
    if (this.#at >= this.#pattern.length) throw new RegexError("error parsing regexp: trailing backslash at end of expression: ``");
    if (this.#take("A")) return { kind: "assert", what: "textStart" };
    if (this.#take("z")) return { kind: "assert", what: "textEnd" };
    if (this.#take("b")) return { kind: "assert", what: "word" };
    if (this.#take("B")) return { kind: "assert", what: "notWord" };
    if (this.#take("C")) refuse("invalid escape sequence", "\\C");
    if (this.#take("Q")) return this.#quoted();
    const runes = this.#classEscape();
    return runes === undefined ? this.#literal(this.#runeEscape()) : { kind: "class", class: this.#folded(runes) };
  }

  #quoted(): RegexNode {
    const end = this.#pattern.indexOf("\\E", this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    return { kind: "sequence", nodes: [...text].map((character) => this.#literal(character.codePointAt(0)!)) };
  }

  /** \d, \pL, \P{Greek}; after the backslash. */
  #classEscape(): RuneClass | undefined {
    const perl = perlClass(this.#pattern[this.#at] ?? "");
    if (perl !== undefined) {
      this.#at++;
      return perl;
    }
    const property = /([pP])(?:\{(\^?)([A-Za-z_]*)\}|([A-Za-z]))/y;
    property.lastIndex = this.#at;
    const match = property.exec(this.#pattern);
    if (match === null) return undefined;
    const runes = unicodeClass(match[3] ?? match[4]!);
    if (runes === undefined) refuse("invalid character class range", `\\${match[0]}`);
    this.#at += match[0].length;
    const negated = (match[1] === "P") !== (match[2] === "^");
    return { ...runes, negated };
  }

  #runeEscape(): number {
    const match = /(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([1-7][0-7]{1,2}|0[0-7]{0,2}))/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#pattern);
    if (found !== null) {
      this.#at += found[0].length;
      const rune = found[3] === undefined ? Number.parseInt(found[1] ?? found[2]!, 16) : Number.parseInt(found[3], 8);
      return rune > 0x10ffff ? refuse("invalid escape sequence", `\\${found[0]}`) : rune;
    }
    const rune = this.#rune();
    const simple = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }[String.fromCodePoint(rune)];
    if (simple !== undefined) return simple;
    return rune < 0x80 && !/[A-Za-z0-9]/.test(String.fromCodePoint(rune)) ? rune : refuse("invalid escape sequence", `\\${String.fromCodePoint(rune)}`);
  }

  #bracket(): RuneClass {
    const start = this.#at - 1;
    const negated = this.#take("^");
    const ranges: [number, number][] = [];
    const parts: RuneClass[] = [];
    for (let first = true; first || !this.#looking("]"); first = false) {
      if (this.#at >= this.#pattern.length) refuse("missing closing ]", this.#pattern.slice(start));
      const named = this.#posix() ?? (this.#looking("\\") ? this.#bracketClass() : undefined);
      if (named !== undefined) parts.push(named);
      else ranges.push(this.#range());
    }
    this.#at++;
    // A negated class does not match newlines less than others: Go's flags have ClassNL set.
    return this.#folded({ ranges, properties: [], negated, parts });
  }

  #bracketClass(): RuneClass | undefined {
    this.#at++;
    const found = this.#classEscape();
    if (found === undefined) this.#at--;
    return found;
  }

  #posix(): RuneClass | undefined {
    const match = /\[:(\^?)([a-z]+):\]/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#pattern);
    if (found === null) return undefined;
    const runes = posixClass(found[2]!);
    if (runes === undefined) refuse("invalid character class range", found[0]);
    this.#at += found[0].length;
    return { ...runes, negated: found[1] === "^" };
  }

  #range(): [number, number] {
    const start = this.#at;
    const low = this.#bracketRune();
    if (!this.#looking("-") || this.#looking("-]")) return [low, low];
    this.#at++;
    if (this.#at >= this.#pattern.length) refuse("missing closing ]", this.#pattern.slice(start));
    const high = this.#bracketRune();
    return high < low ? refuse("invalid character class range", this.#pattern.slice(start, this.#at)) : [low, high];
  }

  #bracketRune(): number {
    return this.#take("\\") ? this.#runeEscape() : this.#rune();
  }
}
