/** What a ReplicaSet or ReplicationController does about its pods: pure decisions over what was observed. */
import type { Pod } from "../../api/core/v1/pod.ts";
import { rankForDeletion } from "../shared/pod-ranking.ts";
import { isActive, isAvailable, isReady, isTerminal, isTerminating } from "../shared/pod-state.ts";
import { type LabelMatcher, matcherOf } from "../shared/selector.ts";
import { timeText } from "../shared/time.ts";

/** ReplicaSet and ReplicationController, as far as they are the same. */
export interface ReplicaOwner {
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly templateLabels: Readonly<Record<string, string>>;
}

export type ReplicaPlan =
  | { readonly action: "none" }
  | { readonly action: "create"; readonly count: number }
  | { readonly action: "delete"; readonly pods: readonly Pod[] };

/** Pods created or deleted in one round, so that no owner keeps a worker for minutes. */
export const burstReplicas = 500;

/** `owned` are the owner's pods; `related` those of all owners of one Deployment: their company on a node ranks a pod for deletion. */
export function planReplicas(owner: ReplicaOwner, owned: readonly Pod[], related: Iterable<Pod>, nowMs: number): ReplicaPlan {
  const active = owned.filter(isActive);
  const missing = owner.replicas - active.length;
  if (missing > 0) return { action: "create", count: Math.min(missing, burstReplicas) };
  if (missing === 0) return { action: "none" };
  const count = Math.min(-missing, burstReplicas);
  if (count === active.length) return { action: "delete", pods: active };
  const perNode = countPerNode(related);
  return { action: "delete", pods: rankForDeletion(active, (pod) => perNode.get(pod.spec.nodeName ?? "") ?? 0, nowMs).slice(0, count) };
}

function countPerNode(pods: Iterable<Pod>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? "";
    if (node !== "" && isActive(pod)) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

/** ReplicaSetStatus and ReplicationControllerStatus; a ReplicationController has no terminatingReplicas. */
export interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  observedGeneration?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  conditions?: { type: string; status: string; lastTransitionTime?: string; reason?: string; message?: string }[];
}

export interface StatusInput {
  readonly owner: ReplicaOwner;
  readonly generation: number;
  readonly owned: readonly Pod[];
  readonly old: ReplicaStatus | undefined;
  /** Message of the failure that creating or deleting met, if any. */
  readonly failure: string | undefined;
  readonly countTerminating: boolean;
  readonly nowMs: number;
}

export function replicaStatus(input: StatusInput): ReplicaStatus {
  const { owner, owned, nowMs } = input;
  const active = owned.filter(isActive);
  const labelled: LabelMatcher = matcherOf({ matchLabels: { ...owner.templateLabels } });
  const count = (of: (pod: Pod) => boolean) => active.filter(of).length;
  const conditions = failureConditions(input, active.length);
  return {
    replicas: active.length,
    ...positive(
      "fullyLabeledReplicas",
      count((pod) => labelled(pod.metadata.labels)),
    ),
    ...positive("readyReplicas", count(isReady)),
    ...positive(
      "availableReplicas",
      count((pod) => isAvailable(pod, owner.minReadySeconds, nowMs)),
    ),
    ...(input.countTerminating ? { terminatingReplicas: owned.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length } : {}),
    observedGeneration: input.generation,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** ReplicaFailure stays as it first appeared until a round succeeds. */
function failureConditions({ owner, old, failure, nowMs }: StatusInput, active: number): NonNullable<ReplicaStatus["conditions"]> {
  const others = (old?.conditions ?? []).filter((condition) => condition.type !== "ReplicaFailure");
  if (failure === undefined) return others;
  const known = old?.conditions?.find((condition) => condition.type === "ReplicaFailure");
  if (known !== undefined) return old?.conditions ?? [];
  const reason = active < owner.replicas ? "FailedCreate" : "FailedDelete";
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime: timeText(nowMs), reason, message: failure }];
}

/** As Go's omitempty: a zero is left out. */
function positive<K extends string>(key: K, value: number): { [P in K]?: number } {
  return (value === 0 ? {} : { [key]: value }) as { [P in K]?: number };
}
