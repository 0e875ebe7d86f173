/** One scheduling cycle, pure: a pod and the nodes in, a node or the reasons why none fits out. */
import type { Random } from "../machinery/clock.ts";
import type { Misfit, Plugin, PodToSchedule, SchedulableNode } from "./framework.ts";

export type ScheduleResult =
  | { readonly type: "fits"; readonly node: string; readonly feasibleNodes: number }
  | { readonly type: "unschedulable"; readonly message: string; readonly refusedBy: ReadonlySet<string>; readonly misfits: ReadonlyMap<string, Misfit> };

interface ActivePlugin {
  readonly plugin: Plugin;
  readonly state: unknown;
}

export function schedulePod(pod: PodToSchedule, nodes: readonly SchedulableNode[], plugins: readonly Plugin[], random: Random): ScheduleResult {
  const active: ActivePlugin[] = [];
  for (const plugin of plugins) {
    const state = plugin.prepare?.(pod, nodes);
    if (state !== "skip") active.push({ plugin, state });
  }
  const misfits = new Map<string, Misfit>();
  const refusedBy = new Set<string>();
  const feasible = nodes.filter((node) => fits(pod, node, active, misfits, refusedBy));
  const [only] = feasible;
  if (only === undefined) return { type: "unschedulable", message: unschedulableMessage(nodes.length, misfits), refusedBy, misfits };
  if (feasible.length === 1) return { type: "fits", node: only.node.metadata.name, feasibleNodes: 1 };
  return { type: "fits", node: best(pod, feasible, active, random), feasibleNodes: feasible.length };
}

function fits(pod: PodToSchedule, node: SchedulableNode, active: readonly ActivePlugin[], misfits: Map<string, Misfit>, refusedBy: Set<string>): boolean {
  for (const { plugin, state } of active) {
    const misfit = plugin.filter?.(pod, node, state);
    if (misfit === undefined) continue;
    misfits.set(node.node.metadata.name, misfit);
    refusedBy.add(plugin.name);
    return false;
  }
  return true;
}

/** The node with the highest weighted sum; among equals one at random, so that they fill evenly. */
function best(pod: PodToSchedule, feasible: readonly SchedulableNode[], active: readonly ActivePlugin[], random: Random): string {
  const totals = new Array<number>(feasible.length).fill(0);
  for (const { plugin, state } of active) {
    if (plugin.score === undefined) continue;
    const scores = feasible.map((node) => plugin.score?.(pod, node, state) ?? 0);
    plugin.normalize?.(scores, state);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (scores[i] ?? 0) * (plugin.weight ?? 1);
  }
  const top = Math.max(...totals);
  const candidates = feasible.filter((_, i) => totals[i] === top);
  const chosen = candidates[Math.floor(random() * candidates.length)] ?? candidates[0];
  if (chosen === undefined) throw new Error("cannot choose a node: no candidate has the highest score");
  return chosen.node.metadata.name;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}.` Reasons sorted as text, as upstream does. */
export function unschedulableMessage(nodeCount: number, misfits: ReadonlyMap<string, Misfit>): string {
  if (nodeCount === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const { reasons } of misfits.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${texts.join(", ")}.`;
}
