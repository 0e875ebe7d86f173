import type { Pod } from "../../api/core/v1/pod.ts";
import { type ClusterView, type Misfit, maxScore, type Plugin, type SchedulableNode } from "../framework.ts";
import type { PodFacts } from "../node-info.ts";
import { coversNamespace, matchesAllTerms, matchesTermPod, type PodIdentity, type PodTerms, podTerms, type Term } from "../pod-affinity-terms.ts";
import type { PodGroup } from "../pod-groups.ts";
import { TopologyCounts } from "../topology-counts.ts";

interface State {
  readonly terms: PodTerms;
  readonly self: PodIdentity;
  readonly cluster: ClusterView;
  /** Pods there whose anti-affinity keeps this pod out. */
  readonly repelling: TopologyCounts;
  /** Pods that all affinity terms ask for. */
  readonly wanted: TopologyCounts;
  /** Pods that this pod's anti-affinity keeps away from. */
  readonly unwanted: TopologyCounts;
}

const notNearWanted: Misfit = { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
const nearUnwanted: Misfit = { reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false };
const repelled: Misfit = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], unresolvable: false };

/** What a required affinity term of a pod on a node adds to the score of pods that it matches. */
const hardAffinityWeight = 1;

/** Keeps pods near the pods they want and away from others; anti-affinity and preferences of pods on nodes count as well. */
export const interPodAffinity: Plugin<State, TopologyCounts> = {
  name: "InterPodAffinity",
  prepare({ pod }, cluster) {
    const terms = podTerms(pod);
    const state = {
      terms,
      self: identityOf(pod, cluster),
      cluster,
      repelling: new TopologyCounts(),
      wanted: new TopologyCounts(),
      unwanted: new TopologyCounts(),
    };
    for (const group of cluster.groupsWithAffinity) countRepelling(state, group);
    if (terms.affinity.length > 0 || terms.antiAffinity.length > 0)
      for (const [namespace, groups] of cluster.podGroups) countNamespace(state, namespace, groups);
    return terms.affinity.length === 0 && terms.antiAffinity.length === 0 && state.repelling.isEmpty ? "skip" : state;
  },
  filter: (_pod, { node }, { terms, self, repelling, wanted, unwanted }) => {
    if (terms.affinity.length > 0) {
      let near = true;
      for (const { topologyKey } of terms.affinity) {
        if (node.metadata.labels?.[topologyKey] === undefined) return notNearWanted;
        if (wanted.at(topologyKey, node) <= 0) near = false;
      }
      // The first of a group that wants to be together may start anywhere.
      if (!near && !(wanted.isEmpty && matchesAllTerms(terms.affinity, self))) return notNearWanted;
    }
    for (const { topologyKey } of terms.antiAffinity) if (unwanted.at(topologyKey, node) > 0) return nearUnwanted;
    return repelling.hasAnyAt(node) ? repelled : undefined;
  },
  podAdded: (_pod, state, other, node) => recount(state, other, node, 1),
  podRemoved: (_pod, state, other, node) => recount(state, other, node, -1),
  prepareScore({ pod }, _feasible, cluster) {
    const { preferred } = podTerms(pod);
    if (preferred.length === 0 && cluster.groupsWithAffinity.size === 0) return "skip";
    const scores = new TopologyCounts();
    const self = identityOf(pod, cluster);
    for (const group of cluster.groupsWithAffinity) addTheirPreferences(scores, group, self);
    if (preferred.length > 0) for (const [namespace, groups] of cluster.podGroups) addOwnPreferences(scores, preferred, namespace, groups, cluster);
    return scores.isEmpty ? "skip" : scores;
  },
  score: (_pod, { node }, scores) => scores.sumAt(node),
  normalize(scores) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const score of scores) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (let i = 0; i < scores.length; i++) scores[i] = max === min ? 0 : Math.floor((maxScore * ((scores[i] ?? 0) - min)) / (max - min));
  },
  weight: 2,
  wakeOn: ["NodeAdded", "NodeUpdated", "PodAdded", "PodUpdated", "PodDeleted"],
};

function identityOf({ metadata }: Pod, cluster: ClusterView): PodIdentity {
  const { namespace = "", labels } = metadata;
  return { namespace, labels, namespaceLabels: cluster.namespaceLabels(namespace) };
}

function addForNodes(counts: TopologyCounts, key: string, { nodes }: PodGroup, factor: number): void {
  for (const [{ node }, count] of nodes) if (node !== undefined) counts.add(key, node, factor * count);
}

function countRepelling({ repelling, self }: State, group: PodGroup): void {
  for (const term of podTerms(group.sample).antiAffinity) if (matchesTermPod(term, self)) addForNodes(repelling, term.topologyKey, group, 1);
}

function countNamespace({ terms, wanted, unwanted, cluster }: State, namespace: string, groups: ReadonlyMap<string, PodGroup>): void {
  const namespaceLabels = cluster.namespaceLabels(namespace);
  if (![...terms.affinity, ...terms.antiAffinity].some((term) => coversNamespace(term, namespace, namespaceLabels))) return;
  for (const group of groups.values()) {
    const who = { namespace, labels: group.labels, namespaceLabels };
    if (matchesAllTerms(terms.affinity, who)) for (const { topologyKey } of terms.affinity) addForNodes(wanted, topologyKey, group, 1);
    for (const term of terms.antiAffinity) if (matchesTermPod(term, who)) addForNodes(unwanted, term.topologyKey, group, 1);
  }
}

/** The same counts for a single pod that comes or goes. */
function recount({ terms, self, cluster, repelling, wanted, unwanted }: State, other: PodFacts, { node }: SchedulableNode, delta: 1 | -1): void {
  for (const term of podTerms(other.pod).antiAffinity) if (matchesTermPod(term, self)) repelling.add(term.topologyKey, node, delta);
  const who = identityOf(other.pod, cluster);
  if (matchesAllTerms(terms.affinity, who)) for (const { topologyKey } of terms.affinity) wanted.add(topologyKey, node, delta);
  for (const term of terms.antiAffinity) if (matchesTermPod(term, who)) unwanted.add(term.topologyKey, node, delta);
}

function addTheirPreferences(scores: TopologyCounts, group: PodGroup, self: PodIdentity): void {
  const { affinity, preferred } = podTerms(group.sample);
  for (const term of affinity) if (matchesTermPod(term, self)) addForNodes(scores, term.topologyKey, group, hardAffinityWeight);
  for (const term of preferred) if (matchesTermPod(term, self)) addForNodes(scores, term.topologyKey, group, term.weight);
}

function addOwnPreferences(
  scores: TopologyCounts,
  preferred: readonly Term[],
  namespace: string,
  groups: ReadonlyMap<string, PodGroup>,
  cluster: ClusterView,
): void {
  const namespaceLabels = cluster.namespaceLabels(namespace);
  for (const term of preferred) {
    if (!coversNamespace(term, namespace, namespaceLabels)) continue;
    for (const group of groups.values()) {
      if (matchesTermPod(term, { namespace, labels: group.labels, namespaceLabels })) addForNodes(scores, term.topologyKey, group, term.weight);
    }
  }
}
