/** Status and conditions of a Deployment. */
import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import { timeMs, timeText } from "../shared/time.ts";
import { desiredReplicas, fenceposts, totalOf, totalReplicas } from "./replica-sets.ts";

export const reasons = {
  created: "NewReplicaSetCreated",
  found: "FoundNewReplicaSet",
  updated: "ReplicaSetUpdated",
  createError: "ReplicaSetCreateError",
  available: "NewReplicaSetAvailable",
  timedOut: "ProgressDeadlineExceeded",
  paused: "DeploymentPaused",
  resumed: "DeploymentResumed",
} as const;

const noDeadline = 2 ** 31 - 1;

export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === noDeadline ? undefined : seconds * 1000;
}

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Replaces the condition of its type, unless status and reason are the same; times of transition survive what is none. */
export function withCondition(status: DeploymentStatus, condition: DeploymentCondition): DeploymentStatus {
  const current = conditionOf(status, condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) return status;
  const kept = current?.status === condition.status && current.lastTransitionTime !== undefined ? { lastTransitionTime: current.lastTransitionTime } : {};
  return { ...status, conditions: [...others(status, condition.type), { ...condition, ...kept }] };
}

export function withoutCondition(status: DeploymentStatus, type: string): DeploymentStatus {
  const left = others(status, type);
  if (left.length === (status.conditions ?? []).length) return status;
  const { conditions: _, ...rest } = status;
  return left.length === 0 ? rest : { ...rest, conditions: left };
}

function others(status: DeploymentStatus, type: string): DeploymentCondition[] {
  return (status.conditions ?? []).filter((condition) => condition.type !== type);
}

export function newCondition(type: string, status: string, reason: string, message: string, nowMs: number): DeploymentCondition {
  return { type, status, lastUpdateTime: timeText(nowMs), lastTransitionTime: timeText(nowMs), reason, message };
}

/** Counts and availability; conditions other than Available are carried over. */
export function countedStatus(deployment: Deployment, newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[], nowMs: number): DeploymentStatus {
  const available = totalOf(sets, "availableReplicas");
  const old = deployment.status;
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: totalOf(sets, "replicas"),
    updatedReplicas: totalOf([newSet], "replicas"),
    readyReplicas: totalOf(sets, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(sets) - available),
    collisionCount: old?.collisionCount ?? 0,
  };
  const status: DeploymentStatus = {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: totalOf(sets, "terminatingReplicas"),
    ...(old?.conditions === undefined ? {} : { conditions: old.conditions }),
  };
  const enough = available >= desiredReplicas(deployment) - fenceposts(deployment).maxUnavailable;
  const condition = enough
    ? newCondition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", nowMs)
    : newCondition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", nowMs);
  return withCondition(status, condition);
}

/** All replicas are of the new template and available, and nothing newer has been asked for. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(old: DeploymentStatus | undefined, status: DeploymentStatus): boolean {
  const outdated = (of: DeploymentStatus | undefined) => (of?.replicas ?? 0) - (of?.updatedReplicas ?? 0);
  const grew = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas") => (status[field] ?? 0) > (old?.[field] ?? 0);
  return grew("updatedReplicas") || outdated(status) < outdated(old) || grew("readyReplicas") || grew("availableReplicas");
}

function isTimedOut(status: DeploymentStatus, deadlineMs: number, nowMs: number): boolean {
  const progressing = conditionOf(status, "Progressing");
  if (progressing === undefined || progressing.reason === reasons.available) return false;
  return progressing.reason === reasons.timedOut || timeMs(progressing.lastUpdateTime) + deadlineMs < nowMs;
}

/** The status during a rollout: counted, then judged for progress. `base` is the counted status with this round's own conditions. */
export function rolloutStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
  base: DeploymentStatus,
  nowMs: number,
): DeploymentStatus {
  return withReplicaFailure(judged(deployment, newSet, base, nowMs), newSet, sets);
}

function judged(deployment: Deployment, newSet: ReplicaSet | undefined, status: DeploymentStatus, nowMs: number): DeploymentStatus {
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined) return withoutCondition(status, "Progressing");
  const current = conditionOf(status, "Progressing");
  // Once complete it stays complete until a new rollout begins: a pod that dies is no lack of progress.
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === reasons.available) return status;
  const subject = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return withCondition(status, newCondition("Progressing", "True", reasons.available, `${subject} has successfully progressed.`, nowMs));
  }
  if (isProgressing(deployment.status, status)) {
    const condition = newCondition("Progressing", "True", reasons.updated, `${subject} is progressing.`, nowMs);
    // Replaced even when the reason is the same: its update time is what the deadline counts from.
    const kept = current?.status === "True" && current.lastTransitionTime !== undefined ? { lastTransitionTime: current.lastTransitionTime } : {};
    return withCondition(withoutCondition(status, "Progressing"), { ...condition, ...kept });
  }
  if (!isTimedOut(status, deadlineMs, nowMs)) return status;
  return withCondition(status, newCondition("Progressing", "False", reasons.timedOut, `${subject} has timed out progressing.`, nowMs));
}

/** A ReplicaSet that cannot make its pods makes the Deployment say so; the new one's word goes first. */
function withReplicaFailure(status: DeploymentStatus, newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[]): DeploymentStatus {
  const failureOf = (set: ReplicaSet | undefined) => set?.status?.conditions?.find((condition) => condition.type === "ReplicaFailure");
  const failure = failureOf(newSet) ?? sets.map(failureOf).find((condition) => condition !== undefined);
  if (failure === undefined) return withoutCondition(status, "ReplicaFailure");
  const { lastTransitionTime } = failure;
  return withCondition(status, { ...failure, ...(lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime }) });
}

/** When to look again for a rollout that may be stuck; undefined when nothing is on its way. */
export function checkAgainMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment);
  const progressing = conditionOf(status, "Progressing");
  if (deadlineMs === undefined || progressing === undefined) return undefined;
  if (isComplete(deployment, status) || progressing.reason === reasons.timedOut) return undefined;
  return Math.max(1000, timeMs(progressing.lastUpdateTime) + deadlineMs - nowMs + 1000);
}
