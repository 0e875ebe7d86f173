/** Sets of characters. */

export interface RuneClass {
  readonly ranges: readonly (readonly [number, number])[];
  /** Unicode properties, each a pattern that one character is tried with. */
  readonly properties: readonly RegExp[];
  readonly negated: boolean;
  readonly ignoreCase?: boolean;
  /** Classes within a bracket. */
  readonly parts?: readonly RuneClass[];
}

function ranges(...pairs: (readonly [number, number])[]): RuneClass {
  return { ranges: pairs, properties: [], negated: false };
}

function characters(...pairs: string[]): RuneClass {
  return ranges(...pairs.map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)] as const));
}

const digit = characters("09");
const word = characters("09", "AZ", "az", "__");
const space = ranges([9, 10], [12, 13], [32, 32]);

export function perlClass(letter: string): RuneClass | undefined {
  const found = { d: digit, w: word, s: space }[letter.toLowerCase()];
  return found === undefined ? undefined : { ...found, negated: letter !== letter.toLowerCase() };
}

const posix: Readonly<Record<string, RuneClass>> = {
  alnum: characters("09", "AZ", "az"),
  alpha: characters("AZ", "az"),
  ascii: ranges([0, 127]),
  blank: ranges([9, 9], [32, 32]),
  cntrl: ranges([0, 31], [127, 127]),
  digit,
  graph: ranges([33, 126]),
  lower: characters("az"),
  print: ranges([32, 126]),
  punct: ranges([33, 47], [58, 64], [91, 96], [123, 126]),
  space: ranges([9, 13], [32, 32]),
  upper: characters("AZ"),
  word,
  xdigit: characters("09", "AF", "af"),
};

export function posixClass(name: string): RuneClass | undefined {
  return Object.hasOwn(posix, name) ? posix[name] : undefined;
}

/** A general category or a script. */
export function unicodeClass(name: string): RuneClass | undefined {
  if (name === "Any") return ranges([0, 0x10ffff]);
  for (const property of [name, `Script=${name}`]) {
    try {
      return { ranges: [], properties: [new RegExp(`^\\p{${property}}$`, "u")], negated: false };
    } catch {
      // Not a property by that name: the next way of naming it is tried.
    }
  }
  return undefined;
}

export function classHas(runes: RuneClass, rune: number): boolean {
  if (runes.ignoreCase !== true) return contains(runes, rune);
  return contains(runes, rune) !== runes.negated || folds(rune).some((other) => contains(runes, other) !== runes.negated) ? !runes.negated : runes.negated;
}

function contains({ ranges, properties, negated, parts }: RuneClass, rune: number): boolean {
  const found =
    ranges.some(([low, high]) => rune >= low && rune <= high) ||
    (properties.length > 0 && properties.some((property) => property.test(String.fromCodePoint(rune)))) ||
    (parts?.some((part) => contains(part, rune)) ?? false);
  return found !== negated;
}

/** The character in its other cases. */
function folds(rune: number): number[] {
  const text = String.fromCodePoint(rune);
  return [text.toLowerCase(), text.toUpperCase()].filter((other) => [...other].length === 1).map((other) => other.codePointAt(0)!);
}
