/** How a Deployment spreads replicas over its ReplicaSets. Every function answers with the sets to scale and to what. */
import type { Deployment } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import { countAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation } from "./annotations.ts";
import { byCreation, desiredReplicas, fenceposts, isRollingUpdate, newSetReplicas, replicasOf, totalOf, totalReplicas } from "./replica-sets.ts";

export interface Scaling {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

function scalingTo(set: ReplicaSet, replicas: number): Scaling[] {
  return replicasOf(set) === replicas ? [] : [{ set, replicas }];
}

export function activeSets(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

/** The new set's next size while rolling or recreating. */
export function scaleNewSet(deployment: Deployment, newSet: ReplicaSet, sets: readonly ReplicaSet[]): Scaling[] {
  const desired = desiredReplicas(deployment);
  if (replicasOf(newSet) === desired) return [];
  if (replicasOf(newSet) > desired) return scalingTo(newSet, desired);
  return scalingTo(newSet, newSetReplicas(deployment, replicasOf(newSet), totalReplicas(sets)));
}

/**
 * The old sets' next sizes: first pods that are not available anyway, then as many as the new set's available ones
 * allow. Pods of the new set that are not yet available count against the room, or the total would fall below the minimum.
 */
export function scaleOldSets(deployment: Deployment, newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): Scaling[] {
  const old = activeSets(oldSets);
  if (totalReplicas(old) === 0) return [];
  const sets = newSet === undefined ? old : [...old, newSet];
  const minAvailable = desiredReplicas(deployment) - fenceposts(deployment).maxUnavailable;
  const newUnavailable = newSet === undefined ? 0 : replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const removable = totalReplicas(sets) - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  removeUnhealthy(old, sizes, removable);
  removeForRollout(old, newSet, sizes, minAvailable);
  return old.flatMap((set) => scalingTo(set, sizes.get(set) ?? 0));
}

function removeUnhealthy(old: readonly ReplicaSet[], sizes: Map<ReplicaSet, number>, limit: number): void {
  let left = limit;
  for (const set of [...old].sort(byCreation)) {
    const size = sizes.get(set) ?? 0;
    const count = Math.min(left, Math.max(0, size - (set.status?.availableReplicas ?? 0)));
    sizes.set(set, size - count);
    left -= count;
  }
}

function removeForRollout(old: readonly ReplicaSet[], newSet: ReplicaSet | undefined, sizes: Map<ReplicaSet, number>, minAvailable: number): void {
  let left = totalOf([...old, newSet], "availableReplicas") - minAvailable;
  for (const set of [...old].sort(byCreation)) {
    if (left <= 0) return;
    const size = sizes.get(set) ?? 0;
    const count = Math.min(left, size);
    sizes.set(set, size - count);
    left -= count;
  }
}

/** The Deployment was scaled since its sets last were. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return activeSets(sets).some((set) => {
    const desired = countAnnotation(set, desiredReplicasAnnotation);
    return desired !== undefined && desired !== desiredReplicas(deployment);
  });
}

/** Sizes after the Deployment was scaled, or while it is paused: no rollout, only more or fewer of what there is. */
export function scaleAll(deployment: Deployment, newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): Scaling[] {
  const desired = desiredReplicas(deployment);
  const only = activeOrLatest(newSet, oldSets);
  if (only !== undefined) return scalingTo(only, desired);
  if (newSet !== undefined && isSaturated(deployment, newSet)) return activeSets(oldSets).flatMap((set) => scalingTo(set, 0));
  return isRollingUpdate(deployment) ? scaleProportionally(deployment, newSet, oldSets) : [];
}

/** The set that alone counts, when at most one has replicas: the new one if none has, else the latest old one. */
function activeOrLatest(newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = activeSets(newSet === undefined ? oldSets : [...oldSets, newSet]);
  if (active.length > 1) return undefined;
  return active[0] ?? newSet ?? [...oldSets].sort(byCreation).at(-1);
}

/** The new set has what it should and all of it is available. */
export function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return replicasOf(set) === desired && countAnnotation(set, desiredReplicasAnnotation) === desired && (set.status?.availableReplicas ?? 0) === desired;
}

/**
 * Spreads the change over all sets by their share, so that a rollout in progress keeps its proportions (and its risk).
 * What rounding leaves goes to the largest set; of equal ones to the newest when growing, the oldest when shrinking.
 */
function scaleProportionally(deployment: Deployment, newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): Scaling[] {
  const desired = desiredReplicas(deployment);
  const sets = activeSets(newSet === undefined ? oldSets : [...oldSets, newSet]);
  const total = totalReplicas(sets);
  const allowed = desired > 0 ? desired + fenceposts(deployment).maxSurge : 0;
  const change = allowed - total;
  const age = change > 0 ? (a: ReplicaSet, b: ReplicaSet) => byCreation(b, a) : byCreation;
  const ordered = [...sets].sort((a, b) => replicasOf(b) - replicasOf(a) || age(a, b));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of ordered) {
    const part = change === 0 ? 0 : proportion(set, deployment, change, added);
    sizes.set(set, replicasOf(set) + part);
    added += part;
  }
  const [largest] = ordered;
  if (largest !== undefined) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + change - added));
  return ordered.map((set) => ({ set, replicas: sizes.get(set) ?? 0 }));
}

/** The set's share of the change, never more than is left of it. */
function proportion(set: ReplicaSet, deployment: Deployment, change: number, added: number): number {
  if (replicasOf(set) === 0) return 0;
  const left = change - added;
  const fraction = shareOf(set, deployment);
  return change > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** Scaled from the size the Deployment had when this set was scaled last, as its annotation tells. */
function shareOf(set: ReplicaSet, deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -replicasOf(set);
  const allowed = desired + fenceposts(deployment).maxSurge;
  const before = countAnnotation(set, maxReplicasAnnotation) ?? deployment.status?.replicas ?? 0;
  if (before === 0) return 0;
  return roundHalfAway((replicasOf(set) * allowed) / before) - replicasOf(set);
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}
