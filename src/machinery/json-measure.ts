/**
 * How much work a JSON text will make, told in one pass over its bytes before anything is built from it. What costs is
 * not length: three mebibytes of text parse in a few milliseconds, three mebibytes of keys that are all different in two
 * hundred, and everything after the parser pays for them again.
 */
import { maxDepth } from "./json-scan.ts";

export interface JsonLimits {
  /** Objects, lists and what stands in them. */
  readonly values: number;
  /** Keys that occur, each counted once. */
  readonly differentKeys: number;
  /** Keys of one object and elements of one list beyond its first hundred, over all of them. */
  readonly wide: number;
  /** Numbers of sixteen digits or more, which must be looked at one by one. */
  readonly longNumbers: number;
}

export interface JsonMeasure {
  /** Which limit the text passes, in words for people; undefined when it keeps to all of them. */
  readonly exceeded: string | undefined;
  /** Keys of all objects, repeated ones included. */
  readonly keys: number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const zero = 0x30;
const nine = 0x39;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const wideFrom = 100;

/** The text need not be valid; nesting beyond what the parser takes ends the count early, because it refuses it anyway. */
export function measureJson(bytes: Uint8Array, limits: JsonLimits): JsonMeasure {
  const different = new HashSet(limits.differentKeys);
  const widths = new Int32Array(maxDepth + 2);
  const lists = new Uint8Array(maxDepth + 2);
  let [depth, keys, values, wide, hash, digits, longNumbers] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case quote:
        hash = 0;
        for (i++; i < bytes.length; i++) {
          const byte = bytes[i]!;
          if (byte === quote) break;
          if (byte === backslash) i++;
          hash = Math.imul(hash ^ byte, 0x01000193) + 0x9e3779b9;
        }
        break;
      case colon:
        keys++;
        if (++widths[depth]! > wideFrom && ++wide > limits.wide) return { exceeded: tooWide(limits), keys };
        if (!different.add(hash | 1)) return { exceeded: `more than ${limits.differentKeys} different keys`, keys };
        break;
      case comma:
        digits = 0;
        if (lists[depth] === 1 && ++widths[depth]! > wideFrom && ++wide > limits.wide) return { exceeded: tooWide(limits), keys };
        if (++values > limits.values) return { exceeded: `more than ${limits.values} values`, keys };
        break;
      case openBrace:
      case openBracket:
        if (++depth > maxDepth) return { exceeded: undefined, keys };
        widths[depth] = 0;
        lists[depth] = bytes[i] === openBracket ? 1 : 0;
        digits = 0;
        if (++values > limits.values) return { exceeded: `more than ${limits.values} values`, keys };
        break;
      case closeBrace:
      case closeBracket:
        depth = Math.max(0, depth - 1);
        break;
      default:
        if (bytes[i]! >= zero && bytes[i]! <= nine && ++digits === 16 && ++longNumbers > limits.longNumbers) {
          return { exceeded: `more than ${limits.longNumbers} long numbers`, keys };
        }
    }
  }
  return { exceeded: undefined, keys };
}

function tooWide({ wide }: JsonLimits): string {
  return `more than ${wide} keys and elements in large objects and lists`;
}

/** Odd 32-bit numbers, up to a limit: open addressing, because a Set of so many numbers would be half of the work. */
class HashSet {
  readonly #limit: number;
  readonly #table: Int32Array;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(limit * 2 + 2)));
  }

  /** False when the set is full. */
  add(hash: number): boolean {
    const mask = this.#table.length - 1;
    for (let at = (hash >>> 1) & mask; ; at = (at + 1) & mask) {
      const found = this.#table[at]!;
      if (found === hash) return true;
      if (found !== 0) continue;
      if (this.#size >= this.#limit) return false;
      this.#table[at] = hash;
      this.#size++;
      return true;
    }
  }
}
