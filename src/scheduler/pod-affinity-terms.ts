/** Pod affinity and anti-affinity terms in a form that is quick to check. */
import type { PodAffinityTerm } from "../api/core/v1/affinity.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { selectorOf } from "../machinery/selectors/label-selector.ts";
import { type Labels, matchesLabels, type Selector } from "../machinery/selectors/labels.ts";
import { withLabelKeys } from "./spread-constraints.ts";

export interface Term {
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly namespaces: readonly string[];
  readonly namespaceSelector: Selector | undefined;
  /** Of a preferred term; negative for anti-affinity. */
  readonly weight: number;
}

export interface PodTerms {
  readonly affinity: readonly Term[];
  readonly antiAffinity: readonly Term[];
  readonly preferred: readonly Term[];
}

const noTerms: PodTerms = { affinity: [], antiAffinity: [], preferred: [] };
const termsByPod = new WeakMap<Pod, PodTerms>();

export function podTerms(pod: Pod): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms;
  const known = termsByPod.get(pod);
  if (known !== undefined) return known;
  const terms = {
    affinity: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => compile(pod, term, 0)),
    antiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => compile(pod, term, 0)),
    preferred: [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => compile(pod, term.podAffinityTerm, term.weight)),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => compile(pod, term.podAffinityTerm, -term.weight)),
    ],
  };
  termsByPod.set(pod, terms);
  return terms;
}

/** Without namespaces and selector a term is about the pod's own namespace. (Mis)matchLabelKeys: KEP-3633. */
function compile(pod: Pod, term: PodAffinityTerm, weight: number): Term {
  const named = term.namespaces ?? [];
  const own = named.length === 0 && term.namespaceSelector === undefined;
  const matched = withLabelKeys(selectorOf(term.labelSelector), pod, term.matchLabelKeys ?? [], "in");
  return {
    topologyKey: term.topologyKey,
    selector: withLabelKeys(matched, pod, term.mismatchLabelKeys ?? [], "notin"),
    namespaces: own ? [pod.metadata.namespace ?? ""] : named,
    namespaceSelector: term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector),
    weight,
  };
}

export function coversNamespace({ namespaces, namespaceSelector }: Term, namespace: string, labels: Labels): boolean {
  return namespaces.includes(namespace) || (namespaceSelector !== undefined && matchesLabels(namespaceSelector, labels));
}

export interface PodIdentity {
  readonly namespace: string;
  readonly labels: Labels;
  readonly namespaceLabels: Labels;
}

export function matchesTermPod(term: Term, { namespace, labels, namespaceLabels }: PodIdentity): boolean {
  return coversNamespace(term, namespace, namespaceLabels) && matchesLabels(term.selector, labels);
}

export function matchesAllTerms(terms: readonly Term[], pod: PodIdentity): boolean {
  return terms.length > 0 && terms.every((term) => matchesTermPod(term, pod));
}
