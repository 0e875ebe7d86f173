/**
 * Field selectors: `spec.nodeName=a,status.phase!=Running`. Only equality and inequality; `\`, `,` and `=` in values are
 * escaped with a backslash. Errors are those of k8s.io/apimachinery/pkg/fields.
 */
import { SelectorError } from "./labels.ts";

export interface FieldTerm {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** All terms must hold; none means everything. */
export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
}

export const allFields: FieldSelector = { terms: [] };

/** `get` gives a field's value; absent fields count as empty text. */
export function matchesFields(selector: FieldSelector, get: (field: string) => string | undefined): boolean {
  if (selector.terms.length > fewTerms) return matchesManyFields(selector, get);
  return selector.terms.every(({ field, operator, value }) => ((get(field) ?? "") === value) === (operator === "="));
}

/** Up to so many terms are looked at one by one. */
const fewTerms = 8;

interface Demands {
  readonly equal: Set<string>;
  readonly unequal: Set<string>;
}

const compiled = new WeakMap<FieldSelector, ReadonlyMap<string, Demands>>();

/** Thousands of terms on a few fields cost no more than the fields. */
function matchesManyFields(selector: FieldSelector, get: (field: string) => string | undefined): boolean {
  let byField = compiled.get(selector);
  if (byField === undefined) {
    byField = demandsOf(selector);
    compiled.set(selector, byField);
  }
  for (const [field, { equal, unequal }] of byField) {
    const value = get(field) ?? "";
    if (unequal.has(value) || equal.size > 1 || (equal.size === 1 && !equal.has(value))) return false;
  }
  return true;
}

function demandsOf({ terms }: FieldSelector): ReadonlyMap<string, Demands> {
  const byField = new Map<string, Demands>();
  for (const { field, operator, value } of terms) {
    const demands = byField.get(field) ?? { equal: new Set(), unequal: new Set() };
    (operator === "=" ? demands.equal : demands.unequal).add(value);
    byField.set(field, demands);
  }
  return byField;
}

/** The value that a field must have, where some term demands one. */
export function requiredField(selector: FieldSelector, field: string): string | undefined {
  return selector.terms.find((term) => term.field === field && term.operator === "=")?.value;
}

/** Reads a selector's text. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  const parts = splitTerms(text)
    .filter((part) => part !== "")
    .sort();
  // A term without field and value (`=`) demands nothing.
  return { terms: parts.map((part) => parseTerm(part, text)).filter(({ field, value }) => field !== "" || value !== "") };
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === ",") {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function parseTerm(part: string, text: string): FieldTerm {
  const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)(.*)$/s.exec(part);
  if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`);
  return { field: match[1]!, operator: match[2] === "!=" ? "!=" : "=", value: unescapeValue(match[3]!) };
}

function unescapeValue(text: string): string {
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "\\") {
      const escaped = text[++at] ?? "";
      if (escaped !== "\\" && escaped !== "," && escaped !== "=") throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      value += escaped;
    } else if (char === "," || char === "=") {
      // Go prints the rune as its number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    } else value += char;
  }
  return value;
}

/** Escapes a value for a selector's text. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}

export function fieldSelectorText(selector: FieldSelector): string {
  return selector.terms.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(",");
}

/**
 * The message for a field that cannot be selected by: kinds with selectors of their own say it one way, kinds that know
 * only name and namespace another.
 */
export function unknownFieldMessage(field: string, kindHasOwnFields: boolean): string {
  if (kindHasOwnFields) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
