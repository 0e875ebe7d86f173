/** What a terminating namespace says about its contents. */
import type { Namespace, NamespaceCondition } from "../../api/core/v1/namespace.ts";
import { timeText } from "../shared/time.ts";

/** What is left of one resource: how many objects, and which finalizers hold how many of them. */
export interface Remaining {
  readonly resource: string;
  readonly group: string;
  readonly count: number;
  readonly finalizers: ReadonlyMap<string, number>;
}

export interface DeletionReport {
  readonly discoveryFailure?: string;
  /** Messages of deletions and lists that failed. */
  readonly contentFailures: readonly string[];
  readonly remaining: readonly Remaining[];
}

type Verdict = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">;

/** All five conditions, whether good or bad: clients look for their presence. */
function verdicts({ discoveryFailure, contentFailures, remaining }: DeletionReport): Verdict[] {
  const left = remaining.filter((item) => item.count > 0);
  const held = finalizerCounts(left);
  return [
    verdict("NamespaceDeletionDiscoveryFailure", discoveryFailure, ["DiscoveryFailed", "ResourcesDiscovered"], "All resources successfully discovered"),
    // Group and version never go through text here, so they always parse.
    verdict(
      "NamespaceDeletionGroupVersionParsingFailure",
      undefined,
      ["GroupVersionParsingFailed", "ParsedGroupVersions"],
      "All legacy kube types successfully parsed",
    ),
    verdict(
      "NamespaceDeletionContentFailure",
      contentFailures.length === 0
        ? undefined
        : `Failed to delete all resource types, ${contentFailures.length} remaining: ${[...contentFailures].sort().join(", ")}`,
      ["ContentDeletionFailed", "ContentDeleted"],
      "All content successfully deleted, may be waiting on finalization",
    ),
    verdict(
      "NamespaceContentRemaining",
      left.length === 0
        ? undefined
        : `Some resources are remaining: ${left
            .map((item) => `${item.resource}.${item.group} has ${item.count} resource instances`)
            .sort()
            .join(", ")}`,
      ["SomeResourcesRemain", "ContentRemoved"],
      "All content successfully removed",
    ),
    verdict(
      "NamespaceFinalizersRemaining",
      held.size === 0
        ? undefined
        : `Some content in the namespace has finalizers remaining: ${[...held]
            .map(([name, count]) => `${name} in ${count} resource instances`)
            .sort()
            .join(", ")}`,
      ["SomeFinalizersRemain", "ContentHasNoFinalizers"],
      "All content-preserving finalizers finished",
    ),
  ];
}

function verdict(type: string, problem: string | undefined, [bad, good]: readonly [string, string], message: string): Verdict {
  return problem === undefined ? { type, status: "False", reason: good, message } : { type, status: "True", reason: bad, message: problem };
}

function finalizerCounts(remaining: readonly Remaining[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { finalizers } of remaining) for (const [name, count] of finalizers) counts.set(name, (counts.get(name) ?? 0) + count);
  return counts;
}

/** The namespace's conditions after this round; times of transition change with the status only. */
export function deletionConditions(namespace: Namespace, report: DeletionReport, nowMs: number): NamespaceCondition[] {
  const current = namespace.status?.conditions ?? [];
  const now = verdicts(report).map((condition): NamespaceCondition => {
    const known = current.find((item) => item.type === condition.type);
    const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : timeText(nowMs);
    return { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  });
  return [...current.filter((item) => !now.some((condition) => condition.type === item.type)), ...now];
}
