/** Which pods go first when there are too many (controller.ActivePodsWithRanks of kube-controller-manager). */
import type { Pod } from "../../api/core/v1/pod.ts";
import { isReady, podCondition } from "./pod-state.ts";
import { timeMs } from "./time.ts";

const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** The pods in order of deletion. `crowding` counts the related pods on a pod's node: the more, the sooner it goes. */
export function rankForDeletion(pods: readonly Pod[], crowding: (pod: Pod) => number, nowMs: number): Pod[] {
  return [...pods].sort((a, b) => compare(a, b, crowding, nowMs));
}

function compare(a: Pod, b: Pod, crowding: (pod: Pod) => number, nowMs: number): number {
  return (
    order(isAssigned(a), isAssigned(b)) ||
    phaseRank(a) - phaseRank(b) ||
    order(isReady(a), isReady(b)) ||
    costOf(a) - costOf(b) ||
    crowding(b) - crowding(a) ||
    compareAges(a, b, readySince, nowMs) ||
    restarts(b) - restarts(a) ||
    compareAges(a, b, createdAt, nowMs) ||
    byUid(a, b)
  );
}

function order(a: boolean, b: boolean): number {
  return Number(a) - Number(b);
}

function isAssigned(pod: Pod): boolean {
  return (pod.spec.nodeName ?? "") !== "";
}

function phaseRank(pod: Pod): number {
  return phaseOrder[pod.status?.phase ?? ""] ?? 0;
}

/** A value that does not parse counts as 0; admission warns about it. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost] ?? "0";
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

function readySince(pod: Pod): number {
  return isReady(pod) ? timeMs(podCondition(pod, "Ready")?.lastTransitionTime) : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

function createdAt(pod: Pod): number {
  return timeMs(pod.metadata.creationTimestamp);
}

function byUid(a: Pod, b: Pod): number {
  return a.metadata.uid < b.metadata.uid ? -1 : Number(a.metadata.uid > b.metadata.uid);
}

/**
 * The younger goes first, but ages count by powers of two: pods of about one age are picked at random (by uid), or every
 * scale-down would hit the newest failure domain (KEP-2185). An unknown time counts as the youngest.
 */
function compareAges(a: Pod, b: Pod, since: (pod: Pod) => number, nowMs: number): number {
  const [sinceA, sinceB] = [since(a), since(b)];
  if (sinceA === sinceB) return 0;
  if (sinceA === 0 || sinceB === 0) return sinceA === 0 ? -1 : 1;
  return ageBucket(sinceA, nowMs) - ageBucket(sinceB, nowMs) || byUid(a, b);
}

function ageBucket(sinceMs: number, nowMs: number): number {
  const seconds = Math.floor((nowMs - sinceMs) / 1000);
  return seconds <= 0 ? -1 : Math.floor(Math.log2(seconds));
}
