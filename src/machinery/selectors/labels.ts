/**
 * Label selectors: requirements on labels that all must hold, their text form (`app=web,tier in (a,b),!old`) and its
 * parser, with the errors of k8s.io/apimachinery/pkg/labels.
 */
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { fieldError, fieldErrorText } from "../status.ts";

export type Operator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** All requirements must hold; none means everything. `nothing` matches no object, whatever its labels. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  readonly nothing?: boolean;
}

export type Labels = Readonly<Record<string, string>> | undefined;

/** A selector that cannot be read: 400 when it came in a request. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

export const everything: Selector = { requirements: [] };
export const nothing: Selector = { requirements: [], nothing: true };

export function matchesEverything(selector: Selector): boolean {
  return selector.nothing !== true && selector.requirements.length === 0;
}

export function matchesLabels(selector: Selector, labels: Labels): boolean {
  if (selector.nothing === true) return false;
  if (isLarge(selector)) return matchesLarge(selector, labels);
  for (const requirement of selector.requirements) if (!requirementHolds(requirement, labels)) return false;
  return true;
}

/** Up to so many requirements, and values in one of them, are looked at one by one. */
const fewRequirements = 8;
const fewValues = 32;
const large = new WeakMap<Selector, LargeSelector>();

/** Thousands of requirements or values: an object's own labels say which of them matter. */
interface LargeSelector {
  /** By key, with the values as a set. */
  readonly byKey: ReadonlyMap<string, readonly { readonly requirement: Requirement; readonly values: ReadonlySet<string> }[]>;
  /** Keys that must be there. */
  readonly demanded: ReadonlySet<string>;
}

function isLarge({ requirements }: Selector): boolean {
  return requirements.length > fewRequirements || requirements.some(({ values }) => values.length > fewValues);
}

function matchesLarge(selector: Selector, labels: Labels): boolean {
  let compiled = large.get(selector);
  if (compiled === undefined) {
    compiled = compile(selector);
    large.set(selector, compiled);
  }
  let found = 0;
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (compiled.demanded.has(key)) found++;
    for (const { requirement, values } of compiled.byKey.get(key) ?? []) if (!holdsFor(requirement, values, value)) return false;
  }
  return found === compiled.demanded.size;
}

function compile({ requirements }: Selector): LargeSelector {
  const byKey = new Map<string, { requirement: Requirement; values: ReadonlySet<string> }[]>();
  const demanded = new Set<string>();
  for (const requirement of requirements) {
    const { key, operator, values } = requirement;
    if (operator !== "!" && operator !== "notin" && operator !== "!=") demanded.add(key);
    const same = byKey.get(key) ?? [];
    same.push({ requirement, values: new Set(values) });
    byKey.set(key, same);
  }
  return { byKey, demanded };
}

/** For a label that is there. */
function holdsFor({ operator, values: list }: Requirement, values: ReadonlySet<string>, value: string): boolean {
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return values.has(value);
    case "notin":
    case "!=":
      return !values.has(value);
    case "exists":
      return true;
    case "!":
      return false;
    case "gt":
    case "lt":
      return compares(value, operator, list);
  }
}

export function requirementHolds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && compares(value, operator, values);
  }
}

/** Integers of 64 bits on both sides, or no match. */
function compares(value: string, operator: "gt" | "lt", values: readonly string[]): boolean {
  const [wanted] = values;
  if (values.length !== 1 || wanted === undefined || !isInteger(value) || !isInteger(wanted)) return false;
  return operator === "gt" ? BigInt(value) > BigInt(wanted) : BigInt(value) < BigInt(wanted);
}

function isInteger(text: string): boolean {
  return /^[-+]?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/** The value that a label must have, where the selector allows just one. */
export function requiredLabel(selector: Selector, key: string): string | undefined {
  const requirement = selector.requirements.find((item) => item.key === key);
  if (requirement === undefined || requirement.values.length !== 1) return undefined;
  return requirement.operator === "in" || requirement.operator === "=" || requirement.operator === "==" ? requirement.values[0] : undefined;
}

/** Exactly these labels; an empty set selects everything. */
export function selectorFromSet(labels: Readonly<Record<string, string>>): Selector {
  const requirements = Object.entries(labels).map(([key, value]): Requirement => ({ key, operator: "=", values: [value] }));
  return { requirements: requirements.sort(byKey) };
}

function byKey(a: Requirement, b: Requirement): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/* ---- text ---- */

export function selectorText(selector: Selector): string {
  return selector.requirements.map(requirementText).join(",");
}

function requirementText({ key, operator, values }: Requirement): string {
  const list = [...values].sort().join(",");
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${list})`;
    case "gt":
      return `${key}>${list}`;
    case "lt":
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
}

/** Reads a selector's text. Throws SelectorError. Requirements come sorted by key. */
export function parseSelector(text: string): Selector {
  if (text === "") return everything;
  return { requirements: new Parser(tokensOf(text)).selector().sort(byKey) };
}

interface Token {
  readonly kind: "identifier" | "symbol" | "word" | "end";
  readonly text: string;
}

const symbols = new Set([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const special = "=!(),><";
const space = " \t\r\n";

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    const start = at;
    if (space.includes(char)) at++;
    else if (special.includes(char)) {
      const symbol = symbolAt(text, at);
      at += symbol.length;
      tokens.push({ kind: "symbol", text: symbol });
    } else {
      while (at < text.length && !special.includes(text[at]!) && !space.includes(text[at]!)) at++;
      const word = text.slice(start, at);
      tokens.push({ kind: word === "in" || word === "notin" ? "word" : "identifier", text: word });
    }
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

function symbolAt(text: string, at: number): string {
  const two = text.slice(at, at + 2);
  return two.length === 2 && symbols.has(two) ? two : text[at]!;
}

/** Recursive descent over the tokens; `in` and `notin` are plain words but where an operator is due. */
class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  private get next(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  private take(): Token {
    const token = this.next;
    this.at++;
    return token;
  }

  private nextIs(...texts: string[]): boolean {
    return this.next.kind === "symbol" && texts.includes(this.next.text);
  }

  selector(): Requirement[] {
    const requirements: Requirement[] = [];
    while (this.next.kind !== "end") {
      if (!isName(this.next) && !this.nextIs("!")) throw new SelectorError(`found '${this.next.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirement());
      const separator = this.take();
      if (separator.kind === "end") break;
      if (separator.text !== "," || separator.kind !== "symbol") throw new SelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
      if (!isName(this.next) && !this.nextIs("!")) throw new SelectorError(`found '${this.next.text}', expected: identifier after ','`);
    }
    return requirements;
  }

  private requirement(): Requirement {
    try {
      return this.checkedRequirement();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  private checkedRequirement(): Requirement {
    const negated = this.nextIs("!");
    if (negated) this.take();
    const key = this.take();
    if (!isName(key)) throw new SelectorError(`found '${key.text}', expected: identifier`);
    const keyErrors = qualifiedNameErrors(key.text);
    if (keyErrors.length > 0) throw new SelectorError(fieldErrorText(fieldError.invalid("<nil>", key.text, keyErrors.join("; "))));
    if (negated) return { key: key.text, operator: "!", values: [] };
    if (this.next.kind === "end" || this.nextIs(",")) return { key: key.text, operator: "exists", values: [] };
    const operator = this.operator();
    const values = operator === "in" || operator === "notin" ? this.valueSet() : this.exactValue();
    return checkedRequirement(key.text, operator, [...new Set(values)].sort());
  }

  private operator(): Operator {
    const token = this.take();
    if (token.kind === "word") return token.text as "in" | "notin";
    if (token.kind === "symbol") {
      if (token.text === "=" || token.text === "==" || token.text === "!=") return token.text;
      if (token.text === ">") return "gt";
      if (token.text === "<") return "lt";
    }
    throw new SelectorError(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  private valueSet(): string[] {
    const open = this.take();
    if (open.kind !== "symbol" || open.text !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
    if (this.nextIs(")")) {
      this.take();
      return [""];
    }
    if (!isName(this.next) && !this.nextIs(",")) throw new SelectorError(`found '${this.next.text}', expected: ',', ')' or identifier`);
    return this.values();
  }

  /** Values up to the closing parenthesis; an empty place between commas is the empty value. */
  private values(): string[] {
    const values: string[] = [];
    let expectValue = true;
    for (;;) {
      const token = this.take();
      if (isName(token) && expectValue) values.push(token.text);
      else if (token.kind === "symbol" && (token.text === "," || token.text === ")")) {
        if (expectValue) values.push("");
        if (token.text === ")") return values;
        expectValue = true;
        continue;
      } else throw new SelectorError(`found '${token.text}', expected: ${expectValue ? "',', or identifier" : "',' or ')'"}`);
      expectValue = false;
    }
  }

  private exactValue(): string[] {
    if (this.next.kind === "end" || this.nextIs(",")) return [""];
    const token = this.take();
    if (!isName(token)) throw new SelectorError(`found '${token.text}', expected: identifier`);
    return [token.text];
  }
}

function isName(token: Token): boolean {
  return token.kind === "identifier" || token.kind === "word";
}

/** A requirement whose values are legal. Throws SelectorError with every error there is. */
export function checkedRequirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const errors: string[] = [];
  if ((operator === "gt" || operator === "lt") && !values.every(isInteger)) {
    errors.push(fieldErrorText(fieldError.invalid("values[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer")));
  }
  values.forEach((value, i) => {
    const problems = labelValueErrors(value);
    if (problems.length > 0) errors.push(fieldErrorText(fieldError.invalid(`values[${i}][${key}]`, value, problems.join("; "))));
  });
  if (errors.length > 0) throw new SelectorError(errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`);
  return { key, operator, values };
}
