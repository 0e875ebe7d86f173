/**
 * What a Job does next. Ended pods are counted exactly once, in three steps that survive a crash between any two: the
 * pod's uid goes into status.uncountedTerminatedPods; then the finalizer that kept the pod goes; then the uid turns into a
 * count (KEP-2307). Terminal conditions come last, when no pod is left to count or to wait for: FailureTarget and
 * SuccessCriteriaMet announce them.
 */
import type { Job, JobCondition, JobStatus } from "../../api/batch/v1/job.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { rankForDeletion } from "../shared/pod-ranking.ts";
import { isActive, isReady, isTerminal, isTerminating } from "../shared/pod-state.ts";
import { timeMs, timeText } from "../shared/time.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { failureCount, finishedMs, ignoredFailureCount, indexOf, isIndexed, isTracked, type NewPod } from "./job-pod.ts";
import { judgeFailure, metSuccessRule } from "./policies.ts";

/** Failures since the last success, for the pause before the next pod. Kept in memory: a restart starts anew. */
export interface FailureRecord {
  readonly failures: number;
  readonly lastMs: number;
}

export interface JobState {
  readonly job: Job;
  /** The pods that the Job owns, ended and terminating ones included. */
  readonly pods: readonly Pod[];
  /** All that was created and deleted before has been seen. */
  readonly mayManage: boolean;
  readonly record: FailureRecord;
  readonly nowMs: number;
}

export interface JobEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface JobPlan {
  readonly create: readonly NewPod[];
  readonly delete: readonly Pod[];
  /** Active pods once `create` and `delete` have succeeded. */
  readonly active: number;
  readonly status: JobStatus;
  /** Once `status` has been written. */
  readonly release: readonly Pod[];
  readonly events: readonly JobEvent[];
  readonly record: FailureRecord;
  readonly againMs?: number;
}

const maxPerSync = 500;
const maxUncounted = 500;
const noLimit = 2 ** 31 - 1;
const backOffMs = { first: 10_000, most: 600_000 };

/** What the Job is coming to, once decided. */
interface Outcome {
  readonly success: boolean;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(status: JobStatus | undefined, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

export function isFinished(job: Job): boolean {
  return conditionOf(job.status, "Complete") !== undefined || conditionOf(job.status, "Failed") !== undefined;
}

export function planJob(state: JobState): JobPlan {
  return new Planner(state).plan();
}

class Planner {
  readonly #state: JobState;
  readonly #job: Job;
  readonly #completions: number;
  readonly #active: readonly Pod[];
  readonly #terminating: number;
  readonly #events: JobEvent[] = [];
  readonly #waits: number[] = [];
  /** Ended pods that no status knows of yet. */
  readonly #newSucceeded: readonly Pod[];
  readonly #newFailed: readonly Pod[];
  readonly #succeededIndexes: Set<number>;
  readonly #failedIndexes: Set<number>;
  #conditions: JobCondition[];
  #startTime: string | undefined;

  constructor(state: JobState) {
    const { job, pods } = state;
    this.#state = state;
    this.#job = job;
    this.#completions = job.spec.completions ?? 0;
    this.#active = pods.filter(isActive);
    this.#terminating = pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length;
    this.#conditions = [...(job.status?.conditions ?? [])];
    this.#startTime = job.status?.startTime;
    const known = new Set([...(job.status?.uncountedTerminatedPods?.succeeded ?? []), ...(job.status?.uncountedTerminatedPods?.failed ?? [])]);
    const fresh = pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid));
    this.#newSucceeded = fresh.filter((pod) => pod.status?.phase === "Succeeded");
    this.#newFailed = fresh.filter((pod) => this.#hasFailed(pod));
    this.#succeededIndexes = this.#countSucceededIndexes();
    this.#failedIndexes = this.#countFailedIndexes();
  }

  plan(): JobPlan {
    this.#start();
    const outcome = this.#outcome();
    const record = this.#record();
    const steps = this.#steps(outcome, record);
    if (outcome === undefined && this.#mayManage()) this.#noteSuspension();
    const active = this.#active.length + steps.create.length - steps.delete.length;
    const counted = this.#count(outcome);
    if (outcome !== undefined) this.#conclude(outcome, active, counted);
    const againMs = this.#waits.length === 0 ? undefined : Math.min(...this.#waits);
    return {
      ...steps,
      active,
      status: this.#status(active, steps.delete, counted),
      release: counted.release,
      events: this.#events,
      record,
      ...(againMs === undefined ? {} : { againMs }),
    };
  }

  #steps(outcome: Outcome | undefined, record: FailureRecord): { create: readonly NewPod[]; delete: readonly Pod[] } {
    if (!this.#state.mayManage) return { create: [], delete: [] };
    if (outcome !== undefined) return { create: [], delete: this.#active };
    return this.#mayManage() ? this.#manage(record) : { create: [], delete: [] };
  }

  #isSuspended(): boolean {
    return this.#job.spec.suspend === true;
  }

  #mayManage(): boolean {
    return this.#state.mayManage && this.#job.metadata.deletionTimestamp === undefined;
  }

  /** Pods that are deleted count as failed at once, unless only those that have really failed are replaced. */
  #hasFailed(pod: Pod): boolean {
    if (pod.status?.phase === "Failed") return true;
    const policy = this.#job.spec.podReplacementPolicy ?? (this.#job.spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed");
    return policy !== "Failed" && isTerminating(pod) && pod.status?.phase !== "Succeeded";
  }

  #start(): void {
    if (this.#startTime === undefined && !this.#isSuspended()) this.#startTime = timeText(this.#state.nowMs);
  }

  /* ---- indexes ---- */

  #validIndex(pod: Pod): number | undefined {
    const index = indexOf(pod);
    return index !== undefined && index < this.#completions ? index : undefined;
  }

  #countSucceededIndexes(): Set<number> {
    if (!isIndexed(this.#job)) return new Set();
    const indexes = parseIndexes(this.#job.status?.completedIndexes, this.#completions);
    for (const pod of this.#newSucceeded) {
      const index = this.#validIndex(pod);
      if (index !== undefined) indexes.add(index);
    }
    return indexes;
  }

  #countFailedIndexes(): Set<number> {
    const limit = this.#job.spec.backoffLimitPerIndex;
    if (limit === undefined) return new Set();
    const indexes = parseIndexes(this.#job.status?.failedIndexes, this.#completions);
    for (const pod of this.#newFailed) {
      const index = this.#validIndex(pod);
      if (index === undefined) continue;
      const { action } = judgeFailure(this.#job, pod);
      if (action === "FailIndex" || (action !== "Ignore" && failureCount(pod) >= limit)) indexes.add(index);
    }
    return indexes;
  }

  /**
   * The newest failed pod of each index that is to run again. It carries the index's count of failures, so it stays
   * uncollected until another pod has taken the count over.
   */
  #waitingPerIndex(): Map<number, Pod> {
    const waiting = new Map<number, Pod>();
    if (this.#job.spec.backoffLimitPerIndex === undefined) return waiting;
    const busy = new Set(this.#active.map(indexOf));
    for (const pod of this.#state.pods) {
      const index = this.#validIndex(pod);
      if (index === undefined || !isTracked(pod) || !this.#hasFailed(pod)) continue;
      if (busy.has(index) || this.#failedIndexes.has(index) || this.#succeededIndexes.has(index)) continue;
      const known = waiting.get(index);
      const total = (of: Pod) => failureCount(of) + ignoredFailureCount(of);
      if (known === undefined || total(known) <= total(pod)) waiting.set(index, pod);
    }
    return waiting;
  }

  /* ---- outcome ---- */

  #succeeded(): number {
    if (isIndexed(this.#job)) return this.#succeededIndexes.size;
    const { succeeded = 0, uncountedTerminatedPods } = this.#job.status ?? {};
    return succeeded + (uncountedTerminatedPods?.succeeded?.length ?? 0) + this.#newSucceeded.length;
  }

  #failed(): number {
    const { failed = 0, uncountedTerminatedPods } = this.#job.status ?? {};
    return failed + (uncountedTerminatedPods?.failed?.length ?? 0) + this.#newFailed.filter((pod) => judgeFailure(this.#job, pod).action !== "Ignore").length;
  }

  #outcome(): Outcome | undefined {
    const announced = conditionOf(this.#job.status, "FailureTarget") ?? conditionOf(this.#job.status, "SuccessCriteriaMet");
    if (announced !== undefined) {
      return { success: announced.type === "SuccessCriteriaMet", reason: announced.reason ?? "", message: announced.message ?? "" };
    }
    return this.#failure() ?? this.#indexOutcome() ?? this.#completion();
  }

  #failure(): Outcome | undefined {
    const { spec } = this.#job;
    const fail = (reason: string, message: string): Outcome => ({ success: false, reason, message });
    for (const pod of this.#state.pods.filter((item) => this.#hasFailed(item))) {
      const { action, message } = judgeFailure(this.#job, pod);
      if (action === "FailJob") return fail("PodFailurePolicy", message);
    }
    const limit = spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : noLimit);
    if (this.#failed() > limit || this.#restartsExceed(limit)) return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
    const leftMs = this.#deadlineLeftMs();
    if (leftMs !== undefined && leftMs <= 0) return fail("DeadlineExceeded", "Job was active longer than specified deadline");
    if (leftMs !== undefined) this.#waits.push(leftMs);
    return undefined;
  }

  /** Pods that restart their containers in place fail without ending. */
  #restartsExceed(limit: number): boolean {
    if (this.#job.spec.template.spec?.restartPolicy !== "OnFailure") return false;
    let restarts = 0;
    for (const pod of this.#active) {
      if (pod.status?.phase !== "Running" && pod.status?.phase !== "Pending") continue;
      for (const status of [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])]) restarts += status.restartCount;
    }
    return limit === 0 ? restarts > 0 : restarts >= limit;
  }

  #deadlineLeftMs(): number | undefined {
    const seconds = this.#job.spec.activeDeadlineSeconds;
    if (seconds === undefined || this.#isSuspended() || this.#startTime === undefined) return undefined;
    return timeMs(this.#startTime) + seconds * 1000 - this.#state.nowMs;
  }

  #indexOutcome(): Outcome | undefined {
    if (!isIndexed(this.#job)) return undefined;
    const { backoffLimitPerIndex, maxFailedIndexes } = this.#job.spec;
    if (backoffLimitPerIndex !== undefined) {
      if (maxFailedIndexes !== undefined && this.#failedIndexes.size > maxFailedIndexes) {
        return { success: false, reason: "MaxFailedIndexesExceeded", message: "Job has exceeded the specified maximal number of failed indexes" };
      }
      if (this.#failedIndexes.size > 0 && this.#failedIndexes.size + this.#succeededIndexes.size >= this.#completions) {
        return { success: false, reason: "FailedIndexes", message: "Job has failed indexes" };
      }
    }
    const rule = metSuccessRule(this.#job, this.#succeededIndexes);
    return rule === undefined ? undefined : { success: true, reason: "SuccessPolicy", message: `Matched rules at index ${rule}` };
  }

  /** Without completions one success is enough, once all the others have ended too. */
  #completion(): Outcome | undefined {
    const { completions } = this.#job.spec;
    if (!this.#mayManage()) return undefined;
    const enough =
      completions === undefined ? this.#succeeded() > 0 && this.#active.length === 0 : this.#succeeded() >= completions && this.#active.length === 0;
    return enough ? { success: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods" } : undefined;
  }

  /* ---- pods ---- */

  #record(): FailureRecord {
    const failed = this.#newFailed.filter((pod) => judgeFailure(this.#job, pod).action !== "Ignore");
    const ended = (pods: readonly Pod[]) => Math.max(0, ...pods.map((pod) => finishedMs(pod, this.#state.nowMs)));
    const before = this.#newSucceeded.length > 0 ? { failures: 0, lastMs: 0 } : this.#state.record;
    const later = failed.filter((pod) => finishedMs(pod, this.#state.nowMs) >= ended(this.#newSucceeded));
    if (later.length === 0) return before;
    return { failures: before.failures + later.length, lastMs: Math.max(before.lastMs, ended(later)) };
  }

  #manage(record: FailureRecord): { create: readonly NewPod[]; delete: readonly Pod[] } {
    if (this.#isSuspended()) return { create: [], delete: this.#active };
    const wanted = this.#wantedActive();
    const surplus = this.#surplus(Math.max(0, this.#active.length - wanted));
    // Never both in one round: an index may be free only once its second pod has gone.
    if (surplus.length > 0) return { create: [], delete: surplus.slice(0, maxPerSync) };
    const holding = this.#replacesFailedOnly() ? this.#terminating : 0;
    const missing = Math.min(maxPerSync, wanted - holding - this.#active.length);
    return { create: missing > 0 ? this.#create(missing, record) : [], delete: [] };
  }

  #replacesFailedOnly(): boolean {
    return (this.#job.spec.podReplacementPolicy ?? (this.#job.spec.podFailurePolicy === undefined ? "" : "Failed")) === "Failed";
  }

  #wantedActive(): number {
    const { completions, parallelism = 1 } = this.#job.spec;
    if (completions === undefined) return this.#succeeded() > 0 ? this.#active.length : parallelism;
    return Math.max(0, Math.min(parallelism, completions - this.#succeeded() - this.#failedIndexes.size));
  }

  /** Pods of no index, or of one that has a pod or has ended, go in any case; then others, by rank. */
  #surplus(atLeast: number): Pod[] {
    const useless: Pod[] = [];
    const seen = new Set<number>();
    for (const pod of isIndexed(this.#job) ? [...this.#active].sort(byCreation) : []) {
      const index = this.#validIndex(pod);
      if (index === undefined || seen.has(index) || this.#succeededIndexes.has(index) || this.#failedIndexes.has(index)) useless.push(pod);
      else seen.add(index);
    }
    if (useless.length >= atLeast) return useless;
    const left = this.#active.filter((pod) => !useless.includes(pod));
    return [...useless, ...rankForDeletion(left, () => 0, this.#state.nowMs).slice(0, atLeast - useless.length)];
  }

  #create(count: number, record: FailureRecord): NewPod[] {
    if (this.#job.spec.backoffLimitPerIndex !== undefined) return this.#createPerIndex(count);
    const waitMs = pauseMs(record.failures, record.lastMs, this.#state.nowMs);
    if (waitMs > 0) {
      this.#waits.push(waitMs);
      return [];
    }
    if (!isIndexed(this.#job)) return Array.from({ length: count }, () => ({}));
    return this.#pendingIndexes(count).map((index) => ({ index }));
  }

  /** Each index has a pause of its own. */
  #createPerIndex(count: number): NewPod[] {
    const waiting = this.#waitingPerIndex();
    const pods: NewPod[] = [];
    for (const index of this.#pendingIndexes(count)) {
      const last = waiting.get(index);
      const failures = last === undefined ? { counted: 0, ignored: 0 } : this.#failuresAfter(last);
      const waitMs = last === undefined ? 0 : pauseMs(failures.counted + failures.ignored, finishedMs(last, this.#state.nowMs), this.#state.nowMs);
      if (waitMs > 0) this.#waits.push(waitMs);
      else pods.push({ index, failures });
    }
    return pods;
  }

  #failuresAfter(pod: Pod): { counted: number; ignored: number } {
    const ignored = judgeFailure(this.#job, pod).action === "Ignore" ? 1 : 0;
    return { counted: failureCount(pod) + 1 - ignored, ignored: ignoredFailureCount(pod) + ignored };
  }

  #pendingIndexes(count: number): number[] {
    const busy = new Set(this.#active.map(indexOf));
    if (this.#replacesFailedOnly()) for (const pod of this.#state.pods) if (isTerminating(pod) && !isTerminal(pod)) busy.add(indexOf(pod));
    const pending: number[] = [];
    for (let index = 0; index < this.#completions && pending.length < count; index++) {
      if (!busy.has(index) && !this.#succeededIndexes.has(index) && !this.#failedIndexes.has(index)) pending.push(index);
    }
    return pending;
  }

  /* ---- status ---- */

  #noteSuspension(): void {
    const { nowMs } = this.#state;
    const known = this.#conditions.find((condition) => condition.type === "Suspended");
    if (this.#isSuspended() && known?.status !== "True") {
      this.#setCondition("Suspended", "True", "JobSuspended", "Job suspended");
      this.#events.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
    } else if (!this.#isSuspended() && known?.status === "True") {
      this.#setCondition("Suspended", "False", "JobResumed", "Job resumed");
      this.#events.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
      // The deadline counts from here.
      this.#startTime = timeText(nowMs);
    }
  }

  #setCondition(type: string, status: string, reason: string, message: string): void {
    const now = timeText(this.#state.nowMs);
    const condition: JobCondition = { type, status, reason, message, lastProbeTime: now, lastTransitionTime: now };
    const index = this.#conditions.findIndex((item) => item.type === type);
    if (index < 0) this.#conditions.push(condition);
    else this.#conditions[index] = condition;
  }

  /** The steps of counting: uids whose pods have been let go turn into counts, ended pods into uids. */
  #count(outcome: Outcome | undefined): Counted {
    const byUid = new Map(this.#state.pods.map((pod) => [pod.metadata.uid, pod]));
    const held = (uid: string) => byUid.has(uid) && isTracked(byUid.get(uid)!);
    const { uncountedTerminatedPods: uncounted, succeeded = 0, failed = 0 } = this.#job.status ?? {};
    const waiting = { succeeded: (uncounted?.succeeded ?? []).filter(held), failed: (uncounted?.failed ?? []).filter(held) };
    const counts = {
      succeeded: succeeded + (uncounted?.succeeded ?? []).length - waiting.succeeded.length,
      failed: failed + (uncounted?.failed ?? []).length - waiting.failed.length,
    };
    const release: Pod[] = [];
    const delayed = new Set(this.#waitingPerIndex().values());
    for (const pod of this.#state.pods) {
      if (!isTracked(pod) || waiting.succeeded.length + waiting.failed.length >= maxUncounted) continue;
      if (!this.#mayRelease(pod, outcome, delayed)) continue;
      release.push(pod);
      this.#note(pod, outcome, waiting);
    }
    return { ...counts, waiting, release };
  }

  #mayRelease(pod: Pod, outcome: Outcome | undefined, delayed: ReadonlySet<Pod>): boolean {
    if (this.#job.metadata.deletionTimestamp !== undefined || outcome !== undefined || pod.status?.phase === "Succeeded") return true;
    return this.#hasFailed(pod) && !delayed.has(pod);
  }

  #note(pod: Pod, outcome: Outcome | undefined, waiting: Counted["waiting"]): void {
    const { uid } = pod.metadata;
    if (waiting.succeeded.includes(uid) || waiting.failed.includes(uid)) return;
    if (pod.status?.phase === "Succeeded") {
      // For indexed Jobs the index is count enough.
      if (!isIndexed(this.#job)) waiting.succeeded.push(uid);
      return;
    }
    if (!this.#hasFailed(pod) && (outcome === undefined || outcome.success)) return;
    if (isIndexed(this.#job) && this.#validIndex(pod) === undefined) return;
    if (judgeFailure(this.#job, pod).action !== "Ignore") waiting.failed.push(uid);
  }

  /** Announced at once; final when nothing runs, nothing ends and everything has been counted. */
  #conclude(outcome: Outcome, active: number, counted: Counted): void {
    const { success, reason, message } = outcome;
    const announced = conditionOf(this.#job.status, success ? "SuccessCriteriaMet" : "FailureTarget") !== undefined;
    if (!announced) this.#setCondition(success ? "SuccessCriteriaMet" : "FailureTarget", "True", reason, message);
    const settled = this.#state.mayManage && active === 0 && this.#active.length === 0 && this.#terminating === 0;
    if (!settled || counted.release.length > 0 || counted.waiting.succeeded.length + counted.waiting.failed.length > 0) return;
    this.#setCondition(success ? "Complete" : "Failed", "True", reason, message);
    if (success) this.#events.push({ type: "Normal", reason: "Completed", message: "Job completed" });
    else this.#events.push({ type: "Warning", reason, message });
  }

  #status(active: number, deleted: readonly Pod[], { succeeded, failed, waiting }: Counted): JobStatus {
    const indexed = isIndexed(this.#job);
    const succeededNow = indexed ? this.#succeededIndexes.size : succeeded;
    const completed = this.#conditions.find((condition) => condition.type === "Complete" && condition.status === "True");
    const completionTime = this.#job.status?.completionTime ?? completed?.lastTransitionTime;
    const kept = this.#active.filter((pod) => !deleted.includes(pod));
    return {
      ...(this.#conditions.length === 0 ? {} : { conditions: this.#conditions }),
      ...(this.#startTime === undefined ? {} : { startTime: this.#startTime }),
      ...(completionTime === undefined ? {} : { completionTime }),
      ...(active === 0 ? {} : { active }),
      ...(succeededNow === 0 ? {} : { succeeded: succeededNow }),
      ...(failed === 0 ? {} : { failed }),
      ...(indexed && this.#succeededIndexes.size > 0 ? { completedIndexes: formatIndexes(this.#succeededIndexes) } : {}),
      ...(this.#job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(this.#failedIndexes) }),
      uncountedTerminatedPods: {
        ...(waiting.succeeded.length === 0 ? {} : { succeeded: waiting.succeeded }),
        ...(waiting.failed.length === 0 ? {} : { failed: waiting.failed }),
      },
      ready: kept.filter(isReady).length,
      terminating: this.#terminating,
    };
  }
}

interface Counted {
  readonly succeeded: number;
  readonly failed: number;
  readonly waiting: { readonly succeeded: string[]; readonly failed: string[] };
  readonly release: readonly Pod[];
}

function byCreation(a: Pod, b: Pod): number {
  return timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** What is left of 10 s, 20 s, 40 s … to 10 min after the last failure. */
function pauseMs(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  return Math.max(0, lastMs + Math.min(backOffMs.most, backOffMs.first * 2 ** Math.min(failures - 1, 20)) - nowMs);
}
