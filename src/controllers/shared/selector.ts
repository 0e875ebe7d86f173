/** Label selectors as predicates. */
import type { LabelSelector } from "../../machinery/meta.ts";
import { selectorOf } from "../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../machinery/selectors/labels.ts";

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** Selectors are asked once for every event of a pod: parsed ones are kept as long as the object that holds them. */
const parsed = new WeakMap<object, LabelMatcher>();

/** No selector selects nothing, an empty one everything (metav1.LabelSelectorAsSelector). */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  return selector === undefined ? nothing : remembered(selector, () => selector);
}

/** A map of labels as selector: of a ReplicationController, of a Service. An empty one selects nothing here. */
export function matcherOfMap(selector: Labels | undefined): LabelMatcher {
  if (selector === undefined || isEmptyMap(selector)) return nothing;
  return remembered(selector, () => ({ matchLabels: { ...selector } }));
}

const nothing: LabelMatcher = () => false;

function remembered(key: object, selector: () => LabelSelector): LabelMatcher {
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const terms = selectorOf(selector());
  const matcher: LabelMatcher = (labels) => matchesLabels(terms, labels);
  parsed.set(key, matcher);
  return matcher;
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return selector === undefined || (isEmptyMap(selector.matchLabels) && (selector.matchExpressions ?? []).length === 0);
}

function isEmptyMap(map: Labels | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}
