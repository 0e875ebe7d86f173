/** Label selectors as predicates. */
import type { LabelSelector } from "../../machinery/meta.ts";
import { selectorOf } from "../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../machinery/selectors/labels.ts";

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** No selector selects nothing, an empty one everything (metav1.LabelSelectorAsSelector). */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  const parsed = selectorOf(selector);
  return (labels) => matchesLabels(parsed, labels);
}

/** A map of labels as selector: of a ReplicationController, of a Service. An empty one selects nothing here. */
export function matcherOfMap(selector: Labels | undefined): LabelMatcher {
  return matcherOf(isEmptyMap(selector) ? undefined : { matchLabels: { ...selector } });
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return selector === undefined || (isEmptyMap(selector.matchLabels) && (selector.matchExpressions ?? []).length === 0);
}

function isEmptyMap(map: Labels | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}
