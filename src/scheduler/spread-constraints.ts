/** Topology spread constraints (KEP-895) of a pod in a form that is quick to check, system defaults included. */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { TopologySpreadConstraint } from "../api/core/v1/pod-spec.ts";
import { matchesNode } from "../machinery/node-selector.ts";
import { selectorOf } from "../machinery/selectors/label-selector.ts";
import { matchesLabels, type Requirement, type Selector } from "../machinery/selectors/labels.ts";
import { firstUntolerated } from "../machinery/tolerations.ts";
import type { ClusterView } from "./framework.ts";

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
  /** Nodes that the pod's own node affinity (its untolerated taints) rules out are not counted. */
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
  /** 1 when the pod itself will count, else 0. */
  readonly selfMatch: number;
}

export const hostnameLabel = "kubernetes.io/hostname";
export const zoneLabel = "topology.kubernetes.io/zone";

export function hardConstraints(pod: Pod): SpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter((c) => c.whenUnsatisfiable === "DoNotSchedule").map((c) => compile(pod, c));
}

/** A pod without constraints of its own is spread with its like: over nodes (skew 3) and zones (skew 5). */
export function softConstraints(pod: Pod, cluster: ClusterView): SpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) return own.filter((c) => c.whenUnsatisfiable === "ScheduleAnyway").map((c) => compile(pod, c));
  const selector = cluster.defaultSelector(pod);
  if (selector === undefined) return [];
  const selfMatch = matchesLabels(selector, pod.metadata.labels) ? 1 : 0;
  const shared = { selector, selfMatch, minDomains: 1, honorAffinity: true, honorTaints: false };
  return [
    { ...shared, topologyKey: hostnameLabel, maxSkew: 3 },
    { ...shared, topologyKey: zoneLabel, maxSkew: 5 },
  ];
}

function compile(pod: Pod, constraint: TopologySpreadConstraint): SpreadConstraint {
  const selector = withLabelKeys(selectorOf(constraint.labelSelector), pod, constraint.matchLabelKeys ?? []);
  const asksForNodes = pod.spec.nodeSelector !== undefined || pod.spec.affinity?.nodeAffinity !== undefined;
  return {
    maxSkew: constraint.maxSkew,
    topologyKey: constraint.topologyKey,
    selector,
    minDomains: constraint.minDomains ?? 1,
    honorAffinity: asksForNodes && constraint.nodeAffinityPolicy !== "Ignore",
    honorTaints: constraint.nodeTaintsPolicy === "Honor",
    selfMatch: matchesLabels(selector, pod.metadata.labels) ? 1 : 0,
  };
}

/** Only pods that have the same values as this one for these labels; labels it has not are left out (KEP-3243). */
export function withLabelKeys(selector: Selector, pod: Pod, keys: readonly string[], operator: "in" | "notin" = "in"): Selector {
  if (selector.nothing) return selector;
  const added = keys.flatMap((key): Requirement[] => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  return added.length === 0 ? selector : { requirements: [...selector.requirements, ...added] };
}

export function countsNode(constraint: SpreadConstraint, pod: Pod, node: Node): boolean {
  if (constraint.honorAffinity && !matchesNode(pod, node)) return false;
  return !constraint.honorTaints || firstUntolerated(node.spec.taints, pod.spec.tolerations, ["NoSchedule", "NoExecute"]) === undefined;
}

export function hasTopologyKeys(constraints: readonly SpreadConstraint[], node: Node): boolean {
  for (const { topologyKey } of constraints) if (node.metadata.labels?.[topologyKey] === undefined) return false;
  return true;
}
