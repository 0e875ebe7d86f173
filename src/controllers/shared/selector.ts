/** Label selectors as predicates. */
import type { LabelSelector } from "../../machinery/meta.ts";

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels | undefined) => boolean;

const nothing: LabelMatcher = () => false;

/** No selector selects nothing, an empty one everything (metav1.LabelSelectorAsSelector). */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return nothing;
  const wanted = Object.entries(selector.matchLabels ?? {});
  const requirements = (selector.matchExpressions ?? []).map(requirementMatcher);
  return (labels = {}) => wanted.every(([key, value]) => labels[key] === value) && requirements.every((matches) => matches(labels));
}

/** A map of labels as selector: of a ReplicationController, of a Service. An empty one selects nothing here. */
export function matcherOfMap(selector: Labels | undefined): LabelMatcher {
  return isEmptyMap(selector) ? nothing : matcherOf({ matchLabels: { ...selector } });
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return selector === undefined || (isEmptyMap(selector.matchLabels) && (selector.matchExpressions ?? []).length === 0);
}

function isEmptyMap(map: Labels | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}

function requirementMatcher({ key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] }): (labels: Labels) => boolean {
  switch (operator) {
    case "In":
      return (labels) => labels[key] !== undefined && values.includes(labels[key]);
    case "NotIn":
      return (labels) => labels[key] === undefined || !values.includes(labels[key]);
    case "Exists":
      return (labels) => labels[key] !== undefined;
    case "DoesNotExist":
      return (labels) => labels[key] === undefined;
    default:
      throw new Error(`cannot match labels: "${operator}" is not a valid label selector operator`);
  }
}
