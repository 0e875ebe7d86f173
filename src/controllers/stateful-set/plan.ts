/**
 * What a StatefulSet does next. Pods are made from the lowest ordinal up, removed and updated from the highest down; unless
 * management is parallel, only one at a time, and not before all lower ones are available.
 */
import type { ControllerRevision } from "../../api/apps/v1/controller-revision.ts";
import type { StatefulSet, StatefulSetStatus } from "../../api/apps/v1/stateful-set.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { scaledCount } from "../../machinery/int-or-string.ts";
import { isAvailable, isReady, isTerminal, isTerminating } from "../shared/pod-state.ts";
import { ordinalOf, revisionOf } from "./ordinal-pod.ts";

export interface StatefulState {
  readonly set: StatefulSet;
  /** The pods that the set owns. */
  readonly pods: readonly Pod[];
  /** What runs, until an update is complete. */
  readonly current: ControllerRevision;
  /** What is to run. */
  readonly update: ControllerRevision;
  readonly nowMs: number;
}

export interface StatefulPlan {
  readonly create: readonly { readonly ordinal: number; readonly revision: ControllerRevision }[];
  readonly delete: readonly Pod[];
  /** Those of `delete` that ended by themselves. */
  readonly ended: readonly Pod[];
  readonly status: StatefulSetStatus;
}

export function planStatefulSet(state: StatefulState): StatefulPlan {
  const status = statusOf(state);
  const idle = { create: [], delete: [], ended: [], status };
  if (state.set.metadata.deletionTimestamp !== undefined) return idle;
  const steps = fill(state) ?? shrink(state) ?? update(state);
  return { ...idle, ...steps };
}

type Steps = Partial<Pick<StatefulPlan, "create" | "delete" | "ended">>;

function range({ set }: StatefulState): { start: number; end: number } {
  const start = set.spec.ordinals?.start ?? 0;
  return { start, end: start + (set.spec.replicas ?? 1) };
}

function isMonotonic({ set }: StatefulState): boolean {
  return set.spec.podManagementPolicy !== "Parallel";
}

function podAt({ set, pods }: StatefulState, ordinal: number): Pod | undefined {
  return pods.find((pod) => ordinalOf(set, pod) === ordinal);
}

function healthy({ set, nowMs }: StatefulState, pod: Pod): boolean {
  return pod.status?.phase === "Running" && !isTerminating(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
}

/** Pods that are missing or have ended; undefined when none is, `{}` to wait for one. */
function fill(state: StatefulState): Steps | undefined {
  const create: { ordinal: number; revision: ControllerRevision }[] = [];
  const ended: Pod[] = [];
  const { start, end } = range(state);
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = podAt(state, ordinal);
    if (pod === undefined) create.push({ ordinal, revision: revisionFor(state, ordinal) });
    else if (isTerminal(pod) && !isTerminating(pod)) ended.push(pod);
    else if (!isMonotonic(state) || healthy(state, pod)) continue;
    if (isMonotonic(state)) return { create, delete: ended, ended };
  }
  return create.length + ended.length === 0 ? undefined : { create, delete: ended, ended };
}

/** A pod made anew is of the current revision where the update has not come to its ordinal yet. */
function revisionFor({ set, current, update: next }: StatefulState, ordinal: number): ControllerRevision {
  const start = set.spec.ordinals?.start ?? 0;
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return next;
  const partition = rollingUpdate?.partition;
  const reached = partition === undefined ? (set.status?.currentReplicas ?? 0) : partition;
  return ordinal < start + reached ? current : next;
}

/** Pods out of range, the highest ordinal first. */
function shrink(state: StatefulState): Steps | undefined {
  const { start, end } = range(state);
  const ordinal = (pod: Pod) => ordinalOf(state.set, pod) ?? Number.NaN;
  const condemned = state.pods.filter((pod) => ordinal(pod) < start || ordinal(pod) >= end).sort((a, b) => ordinal(b) - ordinal(a));
  const staying = condemned.filter((pod) => !isTerminating(pod));
  if (condemned.length === 0) return undefined;
  if (!isMonotonic(state)) return staying.length === 0 ? undefined : { delete: staying };
  const [target] = condemned;
  if (target === undefined || isTerminating(target)) return {};
  // One that is unwell halts the way down, unless it is the lowest that is: it may be what the others wait for.
  const unwellBelow = condemned.slice(1).some((pod) => !healthy(state, pod));
  return !healthy(state, target) && unwellBelow ? {} : { delete: [target] };
}

/** Pods of an old revision down to the partition, no more unavailable at once than allowed. */
function update(state: StatefulState): Steps {
  const { set, update: next } = state;
  if (set.spec.updateStrategy?.type === "OnDelete") return {};
  const { partition = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const { start, end } = range(state);
  const allowed = Math.max(1, scaledCount(maxUnavailable, end - start, "up"));
  const remove: Pod[] = [];
  let unavailable = 0;
  for (let ordinal = end - 1; ordinal >= start + partition && unavailable < allowed; ordinal--) {
    const pod = podAt(state, ordinal);
    if (pod === undefined || isTerminating(pod)) unavailable++;
    else if (revisionOf(pod) !== next.metadata.name) {
      remove.push(pod);
      unavailable++;
    } else if (!healthy(state, pod)) unavailable++;
  }
  return { delete: remove };
}

function statusOf(state: StatefulState): StatefulSetStatus {
  const { set, pods, current, update: next, nowMs } = state;
  const count = (of: (pod: Pod) => boolean) => pods.filter(of).length;
  const running = (pod: Pod) => pod.status?.phase === "Running" && !isTerminating(pod);
  const ofRevision = (revision: ControllerRevision) => count((pod) => !isTerminating(pod) && revisionOf(pod) === revision.metadata.name);
  const ready = count((pod) => running(pod) && isReady(pod));
  const updated = ofRevision(next);
  // All are of the new revision and ready: it becomes the current one.
  const complete = set.spec.updateStrategy?.type !== "OnDelete" && updated === pods.length && updated === (set.spec.replicas ?? 1) && ready === pods.length;
  const { collisionCount, conditions } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    ...positive("readyReplicas", ready),
    ...positive("currentReplicas", complete ? updated : ofRevision(current)),
    ...positive("updatedReplicas", updated),
    availableReplicas: count((pod) => running(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)),
    currentRevision: complete ? next.metadata.name : current.metadata.name,
    updateRevision: next.metadata.name,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

function positive<K extends string>(key: K, value: number): { [P in K]?: number } {
  return (value === 0 ? {} : { [key]: value }) as { [P in K]?: number };
}
