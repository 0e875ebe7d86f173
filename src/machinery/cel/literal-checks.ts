/** Literals that can never work are refused when the expression is written: durations, times, patterns, lists of many types. */
import { type CallNode, childrenOf, type Node } from "./ast.ts";
import type { CheckedExpression } from "./checker.ts";
import { readDuration, readTimestamp } from "./library/conversions.ts";
import { regexProblem } from "./regex/match.ts";
import type { Issue } from "./source.ts";
import { sameType, type Type, typeText, unwrapOptional } from "./types.ts";
import { Failure } from "./values.ts";

export function literalIssues({ root, typeOf }: Pick<CheckedExpression, "root" | "typeOf">): Issue[] {
  const issues: Issue[] = [];
  visit(root, { issues, typeOf, mayMix: false });
  return issues;
}

interface Visit {
  readonly issues: Issue[];
  readonly typeOf: (node: Node) => Type;
  /** Within the arguments of format, which takes values of several types. */
  readonly mayMix: boolean;
}

function visit(node: Node, { issues, typeOf, mayMix }: Visit): void {
  if (node.kind === "call") check(node, issues);
  if (!mayMix && node.kind === "list") checkMembers(node.elements, node.optional, { issues, typeOf });
  if (!mayMix && node.kind === "map") {
    const optional = new Set(node.entries.flatMap((entry, index) => (entry.optional ? [index] : [])));
    checkMembers(
      node.entries.map(({ key }) => key),
      new Set(),
      { issues, typeOf },
    );
    checkMembers(
      node.entries.map(({ value }) => value),
      optional,
      { issues, typeOf },
    );
  }
  const below = { issues, typeOf, mayMix: mayMix || (node.kind === "call" && node.function === "format") };
  for (const child of childrenOf(node)) visit(child, below);
}

/** All of one type, to the letter: dyn beside a text does not do. */
function checkMembers(members: readonly Node[], optional: ReadonlySet<number>, { issues, typeOf }: Omit<Visit, "mayMix">): void {
  const types = members.map((member, index) => (optional.has(index) ? (unwrapOptional(typeOf(member)) ?? typeOf(member)) : typeOf(member)));
  const other = types.findIndex((type) => !sameType(type, types[0]!));
  if (other < 0) return;
  issues.push({ position: members[other]!.position, message: `expected type '${typeText(types[0]!)}' but found '${typeText(types[other]!)}'` });
}

function check({ function: name, target, args }: CallNode, issues: Issue[]): void {
  const arg = name === "matches" ? args.at(-1) : target === undefined ? args[0] : undefined;
  if (arg?.kind !== "literal" || typeof arg.value !== "string" || isValid(name, arg.value)) return;
  issues.push({ position: arg.position, message: `invalid ${name} argument` });
}

function isValid(name: string, text: string): boolean {
  if (name === "matches") return regexProblem(text) === undefined;
  if (name !== "duration" && name !== "timestamp") return true;
  try {
    if (name === "duration") readDuration(text);
    else readTimestamp(text);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
