import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { normalizeToMax, type Plugin } from "../framework.ts";

type NodeAffinity = NonNullable<NonNullable<Pod["spec"]["affinity"]>["nodeAffinity"]>;
type NodeSelectorTerm = NonNullable<NodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>["nodeSelectorTerms"][number];
type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];

/** nodeSelector and required node affinity must hold; preferred node affinity attracts. */
export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  prepare: ({ pod }) => (pod.spec.nodeSelector === undefined && pod.spec.affinity?.nodeAffinity === undefined ? "skip" : undefined),
  filter: ({ pod }, { node }) =>
    matchesRequired(pod, node) ? undefined : { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true },
  score: ({ pod }, { node }) => {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
  normalize: (scores) => normalizeToMax(scores, false),
  weight: 2,
  wakeOn: ["NodeAdded", "NodeUpdated"],
};

export function matchesRequired(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Requirements of one term must all hold; a term without any matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => matchesRequirement(requirement, requirement.key === "metadata.name" ? node.metadata.name : undefined))
  );
}

function matchesRequirement({ operator, values = [] }: Requirement, actual: string | undefined): boolean {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
      return isInteger(actual) && isInteger(values[0]) && BigInt(actual) > BigInt(values[0]);
    case "Lt":
      return isInteger(actual) && isInteger(values[0]) && BigInt(actual) < BigInt(values[0]);
    default:
      return false;
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[+-]?\d+$/.test(text);
}
