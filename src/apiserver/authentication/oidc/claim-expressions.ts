/** Claims to users by expressions (KEP-3331). What an expression gives is checked here: claims may be anything. */
import { type Activation, jsonOf, type Program } from "../../../machinery/cel/index.ts";
import type { ValidationRule } from "../authentication-configuration.ts";
import { TokenRefused } from "../token-refused.ts";
import type { Payload } from "../token-signature.ts";

/** As JSON. Throws TokenRefused with what the evaluation says. */
function evaluated(program: Program, activation: Activation, what: string): unknown {
  const outcome = program.evaluate(activation);
  if ("value" in outcome) return jsonOf(outcome.value);
  const reason = outcome.error?.message ?? "expressions cannot ask the authorizer here";
  throw new TokenRefused(`oidc: error evaluating ${what}: expression '${program.expression}' resulted in error: ${reason}`);
}

export function nameBy(program: Program, claims: Payload): string {
  const name = textBy(program, claims, "username");
  if (name === "") throw new TokenRefused("oidc: empty username via CEL expression is not allowed");
  return name;
}

export function textBy(program: Program, claims: Payload, what: "username" | "uid"): string {
  const value = evaluated(program, { claims }, `${what} claim expression`);
  if (typeof value === "string") return value;
  throw new TokenRefused(`oidc: error evaluating ${what} claim expression: ${what} claim expression must return a string`);
}

/** A text, a list of texts, or nothing. */
export function textsBy(program: Program, claims: Payload, what: "group" | "extra"): string[] {
  const value = evaluated(program, { claims }, `${what} claim expression`);
  if (value === null || value === "") return [];
  const texts = typeof value === "string" ? [value] : value;
  if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) return texts;
  throw new TokenRefused(`oidc: error evaluating ${what} claim expression: expression must return a string or a list of strings`);
}

/** Keys without values are left out. */
export function extraBy(mappings: ReadonlyMap<string, Program>, claims: Payload): Record<string, string[]> {
  const entries = [...mappings].map(([key, program]) => [key, textsBy(program, claims, "extra")] as const);
  return Object.fromEntries(entries.filter(([, values]) => values.length > 0));
}

export function checkRules(rules: readonly ValidationRule[], activation: Activation, what: string): void {
  for (const { program, message } of rules) {
    const holds = evaluated(program, activation, what);
    if (holds !== true) throw new TokenRefused(`oidc: error evaluating ${what}: validation expression '${program.expression}' failed: ${message}`);
  }
}
