/** The status to write: what the kubelet computed, over what others own of the object the API holds. */
import type { Pod, PodCondition, PodStatus } from "../../api/core/v1/pod.ts";
import { sameJson } from "../../machinery/json.ts";
import { timeText } from "../../machinery/time.ts";

const ownConditions = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "PodResizePending",
  "PodResizeInProgress",
]);

/**
 * Conditions of others (readiness gates, DisruptionTarget) stay, transition times move only when a status changes, and
 * fields that the kubelet does not own (nominatedNodeName, resourceClaimStatuses …) are kept.
 */
export function mergeStatus(held: PodStatus | undefined, computed: PodStatus, nowMs: number): PodStatus {
  const { phase, reason, message, initContainerStatuses, containerStatuses, ephemeralContainerStatuses, observedGeneration, ...rest } = held ?? {};
  const own = { phase, reason, message, initContainerStatuses, containerStatuses, ephemeralContainerStatuses, observedGeneration };
  const terminal = own.phase === "Failed" || own.phase === "Succeeded";
  return {
    ...rest,
    ...computed,
    // Never back from a terminal phase, whoever wrote it.
    ...(terminal && computed.phase !== own.phase ? { phase: own.phase! } : {}),
    ...(held?.startTime === undefined ? {} : { startTime: held.startTime }),
    conditions: mergeConditions(held?.conditions ?? [], computed.conditions ?? [], nowMs),
  };
}

function mergeConditions(held: readonly PodCondition[], computed: readonly PodCondition[], nowMs: number): PodCondition[] {
  const own = computed.map((condition) => {
    const before = held.find(({ type }) => type === condition.type);
    const lastTransitionTime = before?.status === condition.status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : timeText(nowMs);
    return { ...condition, lastTransitionTime };
  });
  // A pod that was refused has no conditions of the kubelet's; those the API holds stay.
  const foreign = held.filter(({ type }) => (computed.length === 0 || !ownConditions.has(type)) && !computed.some((condition) => condition.type === type));
  return [...own, ...foreign];
}

export function statusChanged(pod: Pod, next: PodStatus): boolean {
  return !sameJson(pod.status ?? {}, next);
}
