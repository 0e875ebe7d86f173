/**
 * The plugin framework: every rule of scheduling is a plugin with up to three hooks, all pure. A cycle asks `prepare`
 * once a pod, `filter` for each node, and `score` for each node that passed all filters.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { NodeInfo, PodFacts } from "./node-info.ts";

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

/** `State` is what `prepare` computed for this pod. */
export interface Plugin<State = unknown> {
  readonly name: string;
  /** Looks at all nodes once. `skip` leaves this plugin out of the cycle: it has nothing to say about this pod. */
  prepare?(pod: PodToSchedule, nodes: readonly SchedulableNode[]): State | "skip";
  filter?(pod: PodToSchedule, node: SchedulableNode, state: State): Misfit | undefined;
  /** Higher is better, in any range if `normalize` follows, else 0 to maxScore. */
  score?(pod: PodToSchedule, node: SchedulableNode, state: State): number;
  /** Brings the raw scores of all nodes to 0..maxScore, in place. */
  normalize?(scores: number[], state: State): void;
  readonly weight?: number;
  /** Kinds of change after which a pod that this plugin refused may fit. */
  readonly wakeOn: readonly ClusterChange[];
}

/** What may make an unschedulable pod schedulable. */
export type ClusterChange = "NodeAdded" | "NodeUpdated" | "PodDeleted" | "PodAdded" | "PodUpdated";

/** Scales scores so that the best has maxScore; with `reverse`, the lowest raw score is the best. */
export function normalizeToMax(scores: number[], reverse: boolean): void {
  const max = Math.max(0, ...scores);
  for (let i = 0; i < scores.length; i++) {
    const scaled = max === 0 ? 0 : Math.floor((maxScore * (scores[i] ?? 0)) / max);
    scores[i] = reverse ? maxScore - scaled : scaled;
  }
}
