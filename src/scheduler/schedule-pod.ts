/** One scheduling cycle, pure: a pod and the nodes in, a node or the reasons why none fits out. */
import type { Random } from "../machinery/clock.ts";
import { objectKey } from "../machinery/object.ts";
import type { Cycle } from "./cycle.ts";
import type { Misfit, SchedulableNode } from "./framework.ts";

export type ScheduleResult =
  | { readonly type: "fits"; readonly node: string; readonly feasibleNodes: number; readonly examinedNodes: number }
  | { readonly type: "unschedulable"; readonly message: string; readonly refusedBy: ReadonlySet<string>; readonly misfits: ReadonlyMap<string, Misfit> };

/** Where the search starts: it goes on where the last one ended, so that all nodes get their turn. */
export function schedulePod(cycle: Cycle, random: Random, start = 0): ScheduleResult {
  const { nodes } = cycle.cluster;
  const reserved = nominatedNode(cycle);
  if (reserved !== undefined) return { type: "fits", node: reserved.node.metadata.name, feasibleNodes: 1, examinedNodes: 0 };
  const wanted = feasibleNodesToFind(nodes.length);
  const feasible: SchedulableNode[] = [];
  const misfits = new Map<string, Misfit>();
  const refusedBy = new Set<string>();
  let examinedNodes = 0;
  for (; examinedNodes < nodes.length && feasible.length < wanted; examinedNodes++) {
    const node = nodes[(start + examinedNodes) % nodes.length] as SchedulableNode;
    const misfit = cycle.misfit(node);
    if (misfit === undefined) feasible.push(node);
    else {
      misfits.set(node.node.metadata.name, misfit);
      refusedBy.add(cycle.refusedBy);
    }
  }
  const [only] = feasible;
  if (only === undefined) return { type: "unschedulable", message: unschedulableMessage(nodes.length, misfits), refusedBy, misfits };
  const node = feasible.length === 1 ? only : best(cycle, feasible, random);
  return { type: "fits", node: node.node.metadata.name, feasibleNodes: feasible.length, examinedNodes };
}

/** Half of 100 nodes, less of more, 5 % of very many, but 100 at least: enough for a good choice (percentageOfNodesToScore 0). */
export function feasibleNodesToFind(nodeCount: number): number {
  if (nodeCount < 100) return nodeCount;
  const percent = Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(100, Math.floor((nodeCount * percent) / 100));
}

/** The node where preemption made room for the pod is its first choice, as soon as it fits. */
function nominatedNode(cycle: Cycle): SchedulableNode | undefined {
  const name = cycle.nominated.nodeOf(objectKey(cycle.pod.pod));
  const node = name === undefined ? undefined : cycle.cluster.node(name);
  return node !== undefined && cycle.misfit(node) === undefined ? node : undefined;
}

/** The node with the highest weighted sum; among equals one at random, so that they fill evenly. */
function best(cycle: Cycle, feasible: readonly SchedulableNode[], random: Random): SchedulableNode {
  const totals = cycle.scores(feasible);
  let top = Number.NEGATIVE_INFINITY;
  for (const total of totals) if (total > top) top = total;
  const candidates = feasible.filter((_, i) => totals[i] === top);
  const chosen = candidates[Math.floor(random() * candidates.length)] ?? candidates[0];
  if (chosen === undefined) throw new Error("cannot choose a node: no candidate has the highest score");
  return chosen;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}.` Reasons sorted as text, as upstream does. */
export function unschedulableMessage(nodeCount: number, misfits: ReadonlyMap<string, Misfit>): string {
  if (nodeCount === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const { reasons } of misfits.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${texts.join(", ")}.`;
}
