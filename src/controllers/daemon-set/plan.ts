/** What a DaemonSet does next: one pod on every node that should have one, replaced by newer ones at the pace its strategy allows. */
import type { DaemonSet, DaemonSetStatus } from "../../api/apps/v1/daemon-set.ts";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { scaledCount } from "../../machinery/int-or-string.ts";
import { revisionHashLabel } from "../shared/history.ts";
import { isAvailable, isReady, isTerminal, isTerminating } from "../shared/pod-state.ts";
import { timeMs } from "../shared/time.ts";
import { judgeNode, type NodeVerdict, targetNode } from "./daemon-pod.ts";

export interface DaemonState {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** The pods that the set owns. */
  readonly pods: readonly Pod[];
  /** Of the current template. */
  readonly hash: string;
  /** Milliseconds until a failed pod of this node may be replaced; 0: now. */
  readonly failureBackOffMs: (nodeName: string) => number;
  readonly nowMs: number;
}

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
  /** Pods that ended by themselves, which users are told about. */
  readonly ended: readonly Pod[];
  /** When a failed pod may be replaced. */
  readonly againMs?: number;
}

export function planDaemonSet(state: DaemonState): DaemonPlan {
  const placed = podsByNode(state);
  const managed = manage(state, placed);
  const busy = managed.create.length + managed.delete.length > 0;
  if (busy || state.set.spec.updateStrategy?.type === "OnDelete") return managed;
  return { ...managed, ...roll(state, placed) };
}

/** Pods that ended and were deleted are gone already; those still going hold their node. */
function podsByNode({ pods }: DaemonState): Map<string, Pod[]> {
  const placed = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined || (isTerminal(pod) && isTerminating(pod))) continue;
    const known = placed.get(node);
    if (known === undefined) placed.set(node, [pod]);
    else known.push(pod);
  }
  return placed;
}

interface Draft {
  readonly create: string[];
  readonly delete: Pod[];
  readonly ended: Pod[];
  againMs?: number;
}

function manage(state: DaemonState, placed: ReadonlyMap<string, readonly Pod[]>): DaemonPlan {
  const plan: Draft = { create: [], delete: [], ended: [] };
  for (const node of state.nodes) manageNode(state, node, placed.get(node.metadata.name), judgeNode(state.set, node), plan);
  const known = new Set(state.nodes.map((node) => node.metadata.name));
  // Waiting for a node that has gone, a pod would wait for ever; pods that ran there are collected with the node.
  for (const [name, pods] of placed) if (!known.has(name)) plan.delete.push(...pods.filter((pod) => (pod.spec.nodeName ?? "") === "" && !isTerminating(pod)));
  return plan;
}

function manageNode(state: DaemonState, node: Node, pods: readonly Pod[] | undefined, verdict: NodeVerdict, plan: Draft): void {
  if (pods === undefined) {
    if (verdict.shouldRun) plan.create.push(node.metadata.name);
    return;
  }
  const staying = pods.filter((pod) => !isTerminating(pod));
  if (!verdict.mayStay) {
    plan.delete.push(...staying);
    return;
  }
  const running = staying.filter((pod) => !isTerminal(pod));
  for (const pod of staying) if (isTerminal(pod)) replaceEnded(state, node, pod, plan);
  plan.delete.push(...surplus(state, running));
}

function replaceEnded(state: DaemonState, node: Node, pod: Pod, plan: Draft): void {
  const waitMs = pod.status?.phase === "Failed" ? state.failureBackOffMs(node.metadata.name) : 0;
  if (waitMs > 0) {
    plan.againMs = Math.min(plan.againMs ?? waitMs, waitMs);
    return;
  }
  plan.ended.push(pod);
  plan.delete.push(pod);
}

/** All but the oldest; while surging, the oldest of the old template and the oldest of the new one may both stay. */
function surplus(state: DaemonState, running: readonly Pod[]): Pod[] {
  if (running.length <= 1) return [];
  const oldestFirst = [...running].sort(byAssignmentAndAge);
  if (limits(state).maxSurge === 0) return oldestFirst.slice(1);
  const oldestNew = oldestFirst.find((pod) => isUpdated(pod, state.hash));
  const oldestOld = oldestFirst.find((pod) => !isUpdated(pod, state.hash));
  const extra = oldestFirst.filter((pod) => pod !== oldestNew && pod !== oldestOld);
  // Surge is to bridge for a pod that serves; one that does not need not be waited for.
  if (oldestNew !== undefined && oldestOld !== undefined && !available(state, oldestOld)) extra.push(oldestOld);
  return extra;
}

function byAssignmentAndAge(a: Pod, b: Pod): number {
  const assigned = (pod: Pod) => ((pod.spec.nodeName ?? "") === "" ? 1 : 0);
  return (
    assigned(a) - assigned(b) || timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}

function isUpdated(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[revisionHashLabel] === hash;
}

function available({ set, nowMs }: DaemonState, pod: Pod): boolean {
  return isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
}

/** Percentages are of the nodes that should run a pod, rounded up. */
function limits({ set, nodes }: DaemonState): { maxSurge: number; maxUnavailable: number } {
  if (set.spec.updateStrategy?.type === "OnDelete") return { maxSurge: 0, maxUnavailable: 1 };
  const rolling = set.spec.updateStrategy?.rollingUpdate;
  const desired = nodes.filter((node) => judgeNode(set, node).shouldRun).length;
  const maxSurge = scaledCount(rolling?.maxSurge ?? 0, desired, "up");
  const maxUnavailable = scaledCount(rolling?.maxUnavailable ?? 1, desired, "up");
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

interface OnNode {
  readonly node: string;
  readonly old: Pod | undefined;
  readonly updated: Pod | undefined;
}

/** undefined: more pods of one kind than there should be; managing sees to them first. */
function onNode(node: string, pods: readonly Pod[], hash: string): OnNode | undefined {
  const staying = pods.filter((pod) => !isTerminating(pod));
  const updated = staying.filter((pod) => isUpdated(pod, hash));
  const old = staying.filter((pod) => !isUpdated(pod, hash));
  return updated.length > 1 || old.length > 1 ? undefined : { node, old: old[0], updated: updated[0] };
}

function roll(state: DaemonState, placed: ReadonlyMap<string, readonly Pod[]>): Pick<DaemonPlan, "create" | "delete"> {
  const nodes = [...placed].map(([node, pods]) => onNode(node, pods, state.hash));
  return limits(state).maxSurge === 0 ? rollInPlace(state, nodes) : rollWithSurge(state, nodes);
}

/** Old pods that serve nobody go at once; of the others as many as may be unavailable. */
function rollInPlace(state: DaemonState, nodes: readonly (OnNode | undefined)[]): Pick<DaemonPlan, "create" | "delete"> {
  let unavailable = 0;
  const useless: Pod[] = [];
  const candidates: Pod[] = [];
  for (const node of nodes) {
    if (node === undefined || (node.old === undefined) === (node.updated === undefined)) unavailable++;
    else if (node.updated !== undefined) unavailable += available(state, node.updated) ? 0 : 1;
    else if (node.old !== undefined && !available(state, node.old)) {
      useless.push(node.old);
      unavailable++;
    } else if (node.old !== undefined) candidates.push(node.old);
  }
  const room = Math.max(0, limits(state).maxUnavailable - unavailable);
  return { create: [], delete: [...useless, ...candidates.slice(0, room)] };
}

/** New pods start beside the old ones, which go when the new ones are available. */
function rollWithSurge(state: DaemonState, nodes: readonly (OnNode | undefined)[]): Pick<DaemonPlan, "create" | "delete"> {
  let surging = 0;
  const outdated: Pod[] = [];
  const free: string[] = [];
  const candidates: string[] = [];
  const judged = new Map(state.nodes.map((node) => [node.metadata.name, judgeNode(state.set, node)]));
  for (const node of nodes) {
    if (node === undefined) surging++;
    else if (node.old === undefined || judged.get(node.node)?.shouldRun !== true) continue;
    else if (node.updated === undefined) (available(state, node.old) ? candidates : free).push(node.node);
    else if (available(state, node.updated)) outdated.push(node.old);
    else surging++;
  }
  const room = Math.max(0, limits(state).maxSurge - surging);
  return { create: [...free, ...candidates.slice(0, room)], delete: outdated };
}

export function daemonSetStatus(state: DaemonState): DaemonSetStatus {
  const placed = podsByNode(state);
  let [desired, current, misscheduled, ready, availableCount, updated] = [0, 0, 0, 0, 0, 0];
  for (const node of state.nodes) {
    const [pod] = [...(placed.get(node.metadata.name) ?? [])].sort(byAssignmentAndAge);
    if (!judgeNode(state.set, node).shouldRun) {
      misscheduled += pod === undefined ? 0 : 1;
      continue;
    }
    desired++;
    if (pod === undefined) continue;
    current++;
    ready += isReady(pod) ? 1 : 0;
    availableCount += available(state, pod) ? 1 : 0;
    updated += isUpdated(pod, state.hash) ? 1 : 0;
  }
  const { collisionCount, conditions } = state.set.status ?? {};
  const unavailable = Math.max(0, desired - availableCount);
  return {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: state.set.metadata.generation ?? 0,
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(availableCount === 0 ? {} : { numberAvailable: availableCount }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}
