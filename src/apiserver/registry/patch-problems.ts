/** What field validation finds in a patch by itself, and how the faults of what it makes of an object are told. */
import type { PatchType } from "../../machinery/transport.ts";
import { type Body, duplicatesOf } from "./decode.ts";

export interface PatchProblems {
  /** `duplicate field "data.a"`, `json patch unknown field "[0].foo"`. */
  readonly problems: readonly string[];
  /** Keys that a configuration to apply holds twice, in Go's words for YAML, which is what it is; one a line. */
  readonly yamlDuplicate: string | undefined;
}

export const noProblems: PatchProblems = { problems: [], yamlDuplicate: undefined };

/** kube-apiserver counts no further. */
const maxProblems = 100;

/** @param body the one that `patch` was read from, which is valid. */
export function problemsOf(type: PatchType, body: Body, patch: unknown): PatchProblems {
  const { duplicates, yamlDuplicate } = duplicatesOf(body, patch, type === "apply");
  if (type === "apply") return { problems: [], yamlDuplicate };
  const doubled = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  const all = type === "json" ? [...unknownMembers(patch), ...doubled].map((problem) => `json patch ${problem}`) : doubled;
  return { problems: all.slice(0, maxProblems), yamlDuplicate: undefined };
}

const operationMembers = new Set(["op", "path", "from", "value"]);

function unknownMembers(patch: unknown): string[] {
  if (!Array.isArray(patch)) return [];
  const found: string[] = [];
  for (const [index, operation] of patch.entries()) {
    if (typeof operation !== "object" || operation === null || found.length >= maxProblems) continue;
    for (const key of Object.keys(operation)) if (!operationMembers.has(key)) found.push(`unknown field ${JSON.stringify(`[${index}].${key}`)}`);
  }
  return found;
}

const wrongType = /^json: cannot unmarshal (\w+)(?: \S+)? into Go .* of type (\S+)$/;

/**
 * A strategic merge patch makes an object of values instead of text, and its converter has words of its own for a wrong
 * type. What the decoder says otherwise stays.
 */
export function converterProblem(decoderProblem: string): string {
  const [, given = "", wanted = ""] = wrongType.exec(decoderProblem) ?? [];
  if (wanted === "") return decoderProblem;
  if (wanted.startsWith("[]")) return `cannot restore slice from ${reflectKinds[given]}`;
  if (wanted.startsWith("map[")) return `cannot restore map from ${reflectKinds[given]}`;
  if (!scalars.has(wanted)) return `cannot restore struct from: ${reflectKinds[given]}`;
  if (given !== "number" || wanted === "bool") return `unrecognized type: ${wanted}`;
  return `cannot convert ${wanted === "string" ? "int64" : "float64"} to ${wanted}`;
}

const scalars = new Set(["string", "bool", "int32", "int64", "uint32", "float32", "float64"]);
const reflectKinds: Readonly<Record<string, string>> = { string: "string", number: "int64", bool: "bool", object: "map", array: "slice" };
