/**
 * The plugin framework: every rule of scheduling is a plugin with up to three hooks, all pure. A cycle asks `prepare`
 * once a pod, `filter` for each node, and `score` for each node that passed all filters.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { Labels, Selector } from "../machinery/selectors/labels.ts";
import type { NodeInfo, PodFacts } from "./node-info.ts";
import type { PodGroup } from "./pod-groups.ts";

/** A node that a pod may be tried on: its object is known. */
export type SchedulableNode = NodeInfo & { readonly node: Node };

export interface PodToSchedule extends PodFacts {
  readonly pod: Pod;
}

/** Why a node does not fit. */
export interface Misfit {
  /** Counted over nodes in the event: "Insufficient cpu". Several for one node are counted each. */
  readonly reasons: readonly string[];
  /** No preemption can help: the node itself does not suit (UnschedulableAndUnresolvable). */
  readonly unresolvable: boolean;
}

export const maxScore = 100;

/** What rules may look at besides the pod: valid within one cycle. */
export interface ClusterView {
  readonly nodes: readonly SchedulableNode[];
  node(name: string): SchedulableNode | undefined;
  /** Namespace -> the pods on its nodes, alike ones together. */
  readonly podGroups: ReadonlyMap<string, ReadonlyMap<string, PodGroup>>;
  /** Groups whose pods have pod affinity or anti-affinity. */
  readonly groupsWithAffinity: ReadonlySet<PodGroup>;
  namespaceLabels(namespace: string): Labels;
  /** What selects the pod and its like: its Services and its controller. undefined when it has neither. */
  defaultSelector(pod: Pod): Selector | undefined;
  /** How many nodes have an image of this name. */
  nodesWithImage(image: string): number;
}

/** `State` is what `prepare` computed for this pod, `ScoreState` what `prepareScore` did, or the same if there is none. */
export interface Plugin<State = unknown, ScoreState = State> {
  readonly name: string;
  /** Looks at the cluster once. `skip`: this plugin has nothing to say about this pod, scores included unless `prepareScore` exists. */
  prepare?(pod: PodToSchedule, cluster: ClusterView): State | "skip";
  filter?(pod: PodToSchedule, node: SchedulableNode, state: State): Misfit | undefined;
  /** What if `other` were, or were not, on that node: brings `state` up to date. Each undoes the other exactly. */
  podAdded?(pod: PodToSchedule, state: State, other: PodFacts, node: SchedulableNode): void;
  podRemoved?(pod: PodToSchedule, state: State, other: PodFacts, node: SchedulableNode): void;
  /** Once a pod, when the nodes that fit are known. */
  prepareScore?(pod: PodToSchedule, feasible: readonly SchedulableNode[], cluster: ClusterView): ScoreState | "skip";
  /** Higher is better, in any range if `normalize` follows, else 0 to maxScore. */
  score?(pod: PodToSchedule, node: SchedulableNode, state: ScoreState): number;
  /** Brings the raw scores of all nodes to 0..maxScore, in place. `feasible` is in the same order. */
  normalize?(scores: number[], state: ScoreState, feasible: readonly SchedulableNode[]): void;
  readonly weight?: number;
  /** Kinds of change after which a pod that this plugin refused may fit. */
  readonly wakeOn: readonly ClusterChange[];
}

/** What may make an unschedulable pod schedulable. */
export type ClusterChange = "NodeAdded" | "NodeUpdated" | "NodeRemoved" | "PodDeleted" | "PodAdded" | "PodUpdated";

/** Scales scores so that the best has maxScore; with `reverse`, the lowest raw score is the best. */
export function normalizeToMax(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const scaled = max === 0 ? 0 : Math.floor((maxScore * (scores[i] ?? 0)) / max);
    scores[i] = reverse ? maxScore - scaled : scaled;
  }
}
