/**
 * The life of a pod on this node. It only ever moves down this list:
 *   running      containers are started and restarted as the spec asks
 *   terminating  nothing starts any more; containers are being stopped
 *   terminated   nothing runs; volumes and cgroups are being cleaned up, the final status is written
 *   finished     all resources are free; the API object of a deleted pod may go
 */
import type { Pod } from "../../api/core/v1/pod.ts";
import { timeMs } from "../../machinery/time.ts";
import { latestContainer, type PodRuntime, runningContainers } from "./runtime-state.ts";
import { initContainers, isSidecar, restartsAfter } from "./spec.ts";

/** Why a pod ends. `failed` sets phase, reason and message whatever its containers did. */
export type Ending =
  | { readonly type: "deleted" }
  | { readonly type: "completed" }
  | { readonly type: "orphaned" }
  /** Without `graceSeconds` the pod's own grace period counts. */
  | { readonly type: "failed"; readonly reason: string; readonly message: string; readonly graceSeconds?: number };

export type PodLifecycle =
  | { readonly phase: "running" }
  | { readonly phase: "terminating"; readonly ending: Ending }
  | { readonly phase: "terminated"; readonly ending: Ending }
  | { readonly phase: "finished"; readonly ending: Ending };

export interface LifecycleFacts {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly nowMs: number;
  /** No start or kill is in flight. */
  readonly idle: boolean;
  /** Volumes, cgroup and sandbox have been released. */
  readonly cleanedUp: boolean;
}

/** The next phase; the same object when nothing changes. */
export function nextLifecycle(lifecycle: PodLifecycle, facts: LifecycleFacts): PodLifecycle {
  switch (lifecycle.phase) {
    case "running": {
      const ending = endingOf(facts);
      return ending === undefined ? lifecycle : { phase: "terminating", ending };
    }
    case "terminating": {
      const stopped = facts.idle && runningContainers(facts.runtime).length === 0 && !facts.runtime.sandboxes.some((sandbox) => sandbox.ready);
      return stopped ? { phase: "terminated", ending: lifecycle.ending } : lifecycle;
    }
    case "terminated":
      return facts.cleanedUp ? { phase: "finished", ending: lifecycle.ending } : lifecycle;
    case "finished":
      return lifecycle;
  }
}

function endingOf(facts: LifecycleFacts): Ending | undefined {
  const { pod, runtime, nowMs } = facts;
  if (pod.metadata.deletionTimestamp !== undefined) return { type: "deleted" };
  // A pod that the API holds as ended must not start again, as after a restart of this kubelet.
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return { type: "completed" };
  if (pastDeadline(pod, nowMs)) {
    return { type: "failed", reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };
  }
  return facts.idle && hasCompleted(pod, runtime) ? { type: "completed" } : undefined;
}

/** When `activeDeadlineSeconds` runs out, if it is set and the pod has started. */
export function deadlineMs(pod: Pod): number | undefined {
  const start = timeMs(pod.status?.startTime);
  const seconds = pod.spec.activeDeadlineSeconds;
  return start === undefined || seconds === undefined ? undefined : start + seconds * 1000;
}

function pastDeadline(pod: Pod, nowMs: number): boolean {
  const deadline = deadlineMs(pod);
  return deadline !== undefined && nowMs >= deadline;
}

/** All main containers have ended for good, or an init container has failed for good. */
export function hasCompleted(pod: Pod, runtime: PodRuntime): boolean {
  if (initHasFailed(pod, runtime)) return true;
  return pod.spec.containers.every((container) => {
    const record = latestContainer(runtime, container.name);
    return record?.state === "exited" && !restartsAfter(pod, container, record, false);
  });
}

export function initHasFailed(pod: Pod, runtime: PodRuntime): boolean {
  if (pod.spec.containers.some((container) => latestContainer(runtime, container.name) !== undefined)) return false;
  return initContainers(pod).some((container) => {
    if (isSidecar(container)) return false;
    const record = latestContainer(runtime, container.name);
    return record?.state === "exited" && record.exitCode !== 0 && !restartsAfter(pod, container, record, true);
  });
}
