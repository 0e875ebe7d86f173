/** A readable list of what differs between two JSON values: the part of "may not be changed" messages that tells what. */
import { sameJson } from "../machinery/json.ts";

/** One line a difference: `- path: old` and `+ path: new`. Elements of lists are compared by position. */
export function jsonDiff(before: unknown, after: unknown, path = ""): string {
  return [...differences(before, after, path)].join("\n");
}

function* differences(before: unknown, after: unknown, path: string): Generator<string> {
  if (sameJson(before, after)) return;
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (before !== undefined) yield `- ${path}: ${JSON.stringify(before)}`;
    if (after !== undefined) yield `+ ${path}: ${JSON.stringify(after)}`;
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    yield* differences(before[key], after[key], at);
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
