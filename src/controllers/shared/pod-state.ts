/** Questions about pods that controllers ask. */
import type { Pod, PodCondition } from "../../api/core/v1/pod.ts";
import { timeMs } from "./time.ts";

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Neither ended nor asked to end. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !isTerminating(pod);
}

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Ready, and has been for `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  return minReadySeconds === 0 || (ready.lastTransitionTime !== undefined && timeMs(ready.lastTransitionTime) + minReadySeconds * 1000 <= nowMs);
}

/** How long until one of the ready pods becomes available; undefined when none is on its way. */
export function nextAvailableMs(pods: Iterable<Pod>, minReadySeconds: number, nowMs: number): number | undefined {
  if (minReadySeconds === 0) return undefined;
  let soonest: number | undefined;
  for (const pod of pods) {
    const ready = podCondition(pod, "Ready");
    if (ready?.status !== "True") continue;
    const left = timeMs(ready.lastTransitionTime) + minReadySeconds * 1000 - nowMs;
    if (left > 0 && (soonest === undefined || left < soonest)) soonest = left;
  }
  return soonest;
}
