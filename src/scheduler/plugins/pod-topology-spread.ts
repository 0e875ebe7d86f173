import { matchesLabels } from "../../machinery/selectors/labels.ts";
import { DomainCounts } from "../domain-counts.ts";
import type { ClusterView, Misfit, Plugin, PodToSchedule, SchedulableNode } from "../framework.ts";
import { maxScore } from "../framework.ts";
import type { NodeInfo, PodFacts } from "../node-info.ts";
import { countsNode, hardConstraints, hasTopologyKeys, hostnameLabel, type SpreadConstraint, softConstraints } from "../spread-constraints.ts";

/** A hard constraint with the pods it counts. */
interface Spread {
  readonly constraint: SpreadConstraint;
  readonly counts: DomainCounts;
}

interface SoftSpread {
  readonly constraint: SpreadConstraint;
  /** Pods a domain, only for domains of nodes that fit; by node for the hostname label. */
  readonly counts: Map<string, number>;
  /** More domains, more weight: with few, differences are large anyway. */
  readonly weight: number;
}

interface SoftState {
  readonly spreads: readonly SoftSpread[];
  /** Nodes without one of the labels: the last choice. */
  readonly ignored: ReadonlySet<SchedulableNode>;
}

const tooSkewed: Misfit = { reasons: ["node(s) didn't match pod topology spread constraints"], unresolvable: false };
const labelMissing: Misfit = { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], unresolvable: true };

/** Keeps the numbers of matching pods in nodes, zones or other domains close to each other (KEP-895). */
export const podTopologySpread: Plugin<readonly Spread[], SoftState> = {
  name: "PodTopologySpread",
  prepare({ pod }, cluster) {
    const constraints = hardConstraints(pod);
    if (constraints.length === 0) return "skip";
    return constraints.map((constraint) => ({ constraint, counts: new DomainCounts(domainsOf(pod, constraint, constraints, cluster)) }));
  },
  filter: (_pod, { node }, spreads) => {
    for (const { constraint, counts } of spreads) {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined) return labelMissing;
      const min = counts.size < constraint.minDomains ? 0 : counts.min;
      if (counts.of(domain) + constraint.selfMatch - min > constraint.maxSkew) return tooSkewed;
    }
    return undefined;
  },
  podAdded: (pod, spreads, other, node) => recount(pod, spreads, other, node, 1),
  podRemoved: (pod, spreads, other, node) => recount(pod, spreads, other, node, -1),
  prepareScore(pod, feasible, cluster) {
    const constraints = softConstraints(pod.pod, cluster);
    if (constraints.length === 0) return "skip";
    // The defaults are applied where their labels exist; a pod's own constraints must all apply.
    const allKeys = (pod.pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
    const ignored = new Set(allKeys ? feasible.filter(({ node }) => !hasTopologyKeys(constraints, node)) : []);
    return { spreads: constraints.map((constraint) => softSpread(pod, constraint, allKeys ? constraints : [], feasible, ignored, cluster)), ignored };
  },
  score: (_pod, node, { spreads, ignored }) => {
    if (ignored.has(node)) return 0;
    let cost = 0;
    for (const { constraint, counts, weight } of spreads) {
      const domain = domainOf(node, constraint);
      if (domain !== undefined) cost += (counts.get(domain) ?? 0) * weight + constraint.maxSkew - 1;
    }
    return Math.round(cost);
  },
  normalize(costs, { ignored }, feasible) {
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (let i = 0; i < costs.length; i++) {
      if (ignored.has(feasible[i] as SchedulableNode)) continue;
      min = Math.min(min, costs[i] ?? 0);
      max = Math.max(max, costs[i] ?? 0);
    }
    for (let i = 0; i < costs.length; i++) {
      if (ignored.has(feasible[i] as SchedulableNode)) costs[i] = 0;
      else costs[i] = max === 0 ? maxScore : Math.floor((maxScore * (max + min - (costs[i] ?? 0))) / max);
    }
  },
  weight: 2,
  wakeOn: ["NodeAdded", "NodeUpdated", "NodeRemoved", "PodAdded", "PodUpdated", "PodDeleted"],
};

/** Domains of all nodes that count, those without pods too. */
function domainsOf(pod: PodToSchedule["pod"], constraint: SpreadConstraint, all: readonly SpreadConstraint[], cluster: ClusterView): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of cluster.nodes) {
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined || !hasTopologyKeys(all, node) || !countsNode(constraint, pod, node)) continue;
    if (!counts.has(domain)) counts.set(domain, 0);
  }
  forMatching(pod, constraint, cluster, ({ node }, count) => {
    const domain = node?.metadata.labels?.[constraint.topologyKey];
    if (node === undefined || domain === undefined || !hasTopologyKeys(all, node) || !countsNode(constraint, pod, node)) return;
    counts.set(domain, (counts.get(domain) ?? 0) + count);
  });
  return counts;
}

/** Pods that a constraint counts, by node; those being deleted no longer count. */
function forMatching(pod: PodToSchedule["pod"], { selector }: SpreadConstraint, cluster: ClusterView, visit: (node: NodeInfo, count: number) => void): void {
  for (const group of cluster.podGroups.get(pod.metadata.namespace ?? "")?.values() ?? []) {
    if (group.terminating || !matchesLabels(selector, group.labels)) continue;
    for (const [node, count] of group.nodes) visit(node, count);
  }
}

function recount({ pod }: PodToSchedule, spreads: readonly Spread[], other: PodFacts, { node }: SchedulableNode, delta: 1 | -1): void {
  const { namespace, labels, deletionTimestamp } = other.pod.metadata;
  if (namespace !== pod.metadata.namespace || deletionTimestamp !== undefined) return;
  for (const { topologyKey } of spreads.map((spread) => spread.constraint)) if (node.metadata.labels?.[topologyKey] === undefined) return;
  for (const { constraint, counts } of spreads) {
    if (!matchesLabels(constraint.selector, labels) || !countsNode(constraint, pod, node)) continue;
    counts.change(node.metadata.labels?.[constraint.topologyKey] ?? "", delta);
  }
}

/** Two nodes are never one host, whatever their labels say. */
function domainOf({ node }: SchedulableNode, { topologyKey }: SpreadConstraint): string | undefined {
  const domain = node.metadata.labels?.[topologyKey];
  return topologyKey === hostnameLabel && domain !== undefined ? node.metadata.name : domain;
}

function softSpread(
  { pod }: PodToSchedule,
  constraint: SpreadConstraint,
  required: readonly SpreadConstraint[],
  feasible: readonly SchedulableNode[],
  ignored: ReadonlySet<SchedulableNode>,
  cluster: ClusterView,
): SoftSpread {
  const counts = new Map<string, number>();
  for (const node of feasible) {
    const domain = domainOf(node, constraint);
    if (domain !== undefined && !ignored.has(node)) counts.set(domain, 0);
  }
  const perHost = constraint.topologyKey === hostnameLabel;
  const domains = perHost ? feasible.length - ignored.size : counts.size;
  forMatching(pod, constraint, cluster, (info, count) => {
    if (info.node === undefined) return;
    const node = info as SchedulableNode;
    const before = counts.get(domainOf(node, constraint) ?? "");
    // On one host every pod counts; across a domain only those on nodes that the pod's policies include.
    if (before === undefined || (!perHost && (!hasTopologyKeys(required, node.node) || !countsNode(constraint, pod, node.node)))) return;
    counts.set(domainOf(node, constraint) ?? "", before + count);
  });
  return { constraint, counts, weight: Math.log(domains + 2) };
}
