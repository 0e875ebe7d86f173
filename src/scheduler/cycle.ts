/** What one cycle knows about its pod: the plugins that have a say, each with what it computed beforehand. */
import { objectKey } from "../machinery/object.ts";
import type { ClusterView, Misfit, Plugin, PodToSchedule, SchedulableNode } from "./framework.ts";
import type { PodFacts } from "./node-info.ts";
import { NominatedPods } from "./nominated-pods.ts";

interface ActivePlugin {
  readonly plugin: Plugin;
  readonly state: unknown;
}

export class Cycle {
  readonly pod: PodToSchedule;
  readonly cluster: ClusterView;
  readonly nominated: NominatedPods;
  readonly #filters: ActivePlugin[] = [];
  readonly #scorers: ActivePlugin[] = [];
  /** The plugin behind the last misfit. */
  refusedBy = "";

  constructor(pod: PodToSchedule, cluster: ClusterView, plugins: readonly Plugin[], nominated: NominatedPods = new NominatedPods()) {
    this.pod = pod;
    this.cluster = cluster;
    this.nominated = nominated;
    for (const plugin of plugins) {
      const state = plugin.prepare?.(pod, cluster);
      if (state !== "skip" && plugin.filter !== undefined) this.#filters.push({ plugin, state });
      if (plugin.score !== undefined && (state !== "skip" || plugin.prepareScore !== undefined)) this.#scorers.push({ plugin, state });
    }
  }

  /**
   * Why the pod does not fit; undefined if it does. It must fit with the pods nominated to the node, and without them
   * too: they may never come, and it may need one of them only by affinity.
   */
  misfit(node: SchedulableNode): Misfit | undefined {
    const ahead = this.nominated.ahead(this.pod.pod, node.node.metadata.name);
    return (ahead === undefined ? undefined : this.#misfitWith(node, ahead)) ?? this.#misfit(node);
  }

  /** Changes a copy of a node, and what plugins know of it. */
  addPod(node: SchedulableNode, other: PodFacts): void {
    node.addPod(other.pod);
    for (const { plugin, state } of this.#filters) plugin.podAdded?.(this.pod, state, other, node);
  }

  removePod(node: SchedulableNode, other: PodFacts): void {
    node.removePod(objectKey(other.pod));
    for (const { plugin, state } of this.#filters) plugin.podRemoved?.(this.pod, state, other, node);
  }

  /** Weighted sums of all scores, in the order of `feasible`. */
  scores(feasible: readonly SchedulableNode[]): number[] {
    const totals = new Array<number>(feasible.length).fill(0);
    const scores = new Array<number>(feasible.length).fill(0);
    for (const { plugin, state } of this.#scorers) {
      const scoreState = plugin.prepareScore === undefined ? state : plugin.prepareScore(this.pod, feasible, this.cluster);
      if (scoreState === "skip") continue;
      for (let i = 0; i < scores.length; i++) scores[i] = plugin.score?.(this.pod, feasible[i] as SchedulableNode, scoreState) ?? 0;
      plugin.normalize?.(scores, scoreState, feasible);
      const weight = plugin.weight ?? 1;
      for (let i = 0; i < scores.length; i++) totals[i] = (totals[i] ?? 0) + (scores[i] ?? 0) * weight;
    }
    return totals;
  }

  #misfit(node: SchedulableNode): Misfit | undefined {
    for (const { plugin, state } of this.#filters) {
      const misfit = plugin.filter?.(this.pod, node, state);
      if (misfit === undefined) continue;
      this.refusedBy = plugin.name;
      return misfit;
    }
    return undefined;
  }

  #misfitWith(node: SchedulableNode, others: readonly PodFacts[]): Misfit | undefined {
    const copy = node.clone();
    for (const other of others) this.addPod(copy, other);
    const misfit = this.#misfit(copy);
    for (const other of others) this.removePod(copy, other);
    return misfit;
  }
}
