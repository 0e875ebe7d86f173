/** Literals that can never work are refused when the expression is written: durations, times and patterns. */
import { type CallNode, childrenOf, type Node } from "./ast.ts";
import { readDuration, readTimestamp } from "./library/conversions.ts";
import { regexProblem } from "./regex/match.ts";
import type { Issue } from "./source.ts";
import { Failure } from "./values.ts";

export function literalIssues(root: Node): Issue[] {
  const issues: Issue[] = [];
  visit(root, issues);
  return issues;
}

function visit(node: Node, issues: Issue[]): void {
  if (node.kind === "call") check(node, issues);
  for (const child of childrenOf(node)) visit(child, issues);
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
