/** How many pods under a PodDisruptionBudget may be evicted now. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/policy/v1/pod-disruption-budget.ts";
import { scaledCount } from "../../machinery/int-or-string.ts";
import type { Condition } from "../../machinery/meta.ts";
import { isReady, isTerminating } from "../shared/pod-state.ts";
import { timeMs, timeText } from "../shared/time.ts";

/** An eviction that was granted and whose pod has not been deleted after this time has failed. */
const deletionTimeoutMs = 2 * 60_000;

export interface BudgetState {
  readonly budget: PodDisruptionBudget;
  /** The pods that the budget selects. */
  readonly pods: readonly Pod[];
  /** Replicas that the pods' controllers are to have, all together; throws where that cannot be told. */
  readonly expectedScale: () => number;
  readonly nowMs: number;
}

export interface BudgetStatus {
  readonly status: PodDisruptionBudgetStatus;
  /** When an eviction granted before runs out. */
  readonly againMs?: number;
}

export function budgetStatus(state: BudgetState): BudgetStatus {
  const { budget, pods, nowMs } = state;
  const { expected, desired } = expectations(state);
  const { disrupted, againMs } = pendingEvictions(budget, pods, nowMs);
  const healthy = pods.filter((pod) => !isTerminating(pod) && isReady(pod) && disrupted[pod.metadata.name] === undefined).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const condition = allowedCondition(budget, allowed > 0 ? ["True", "SufficientPods", ""] : ["False", "InsufficientPods", ""], nowMs);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [...otherConditions(budget), condition],
  };
  return { status, ...(againMs === undefined ? {} : { againMs }) };
}

/** Nothing may be evicted while it cannot be told what is safe. */
export function failedStatus(budget: PodDisruptionBudget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const condition = allowedCondition(budget, ["False", "SyncFailed", message], nowMs);
  return { ...budget.status, disruptionsAllowed: 0, conditions: [...otherConditions(budget), condition] };
}

function expectations({ budget, pods, expectedScale }: BudgetState): { expected: number; desired: number } {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const expected = expectedScale();
    return { expected, desired: Math.max(0, expected - scaledCount(maxUnavailable, expected, "up")) };
  }
  if (typeof minAvailable === "string") {
    const expected = expectedScale();
    return { expected, desired: scaledCount(minAvailable, expected, "up") };
  }
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

function pendingEvictions(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): { disrupted: Record<string, string>; againMs?: number } {
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disrupted: Record<string, string> = {};
  let againMs: number | undefined;
  for (const [name, since] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = byName.get(name);
    const leftMs = timeMs(since) + deletionTimeoutMs - nowMs;
    if (pod === undefined || isTerminating(pod) || leftMs <= 0) continue;
    disrupted[name] = since;
    againMs = Math.min(againMs ?? leftMs, leftMs);
  }
  return { disrupted, ...(againMs === undefined ? {} : { againMs }) };
}

function allowedCondition(budget: PodDisruptionBudget, [status, reason, message]: readonly [string, string, string], nowMs: number): Condition {
  const known = budget.status?.conditions?.find((condition) => condition.type === "DisruptionAllowed");
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : timeText(nowMs);
  return { type: "DisruptionAllowed", status, observedGeneration: budget.metadata.generation ?? 0, lastTransitionTime, reason, message };
}

function otherConditions(budget: PodDisruptionBudget): Condition[] {
  return (budget.status?.conditions ?? []).filter((condition) => condition.type !== "DisruptionAllowed");
}
