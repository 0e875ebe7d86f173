/** What a CronJob does now: keep its list of active Jobs, start the Job that is due, clear old ones away. */
import type { CronJob, CronJobStatus } from "../../api/batch/v1/cron-job.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import { cronJobs } from "../../client/resources.ts";
import { copyJson } from "../../machinery/json.ts";
import type { Draft } from "../../machinery/object.ts";
import { conditionOf } from "../job/plan.ts";
import { controllerReference } from "../shared/owners.ts";
import { timeMs, timeText } from "../shared/time.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";

export interface CronEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface CronState {
  readonly cronJob: CronJob;
  /** The Jobs that it controls. */
  readonly jobs: readonly Job[];
  readonly nowMs: number;
}

export interface CronPlan {
  /** Before `create`: two Jobs must not run at once when they replace each other. */
  readonly delete: readonly Job[];
  readonly create?: { readonly draft: Draft<Job>; readonly scheduledMs: number };
  /** Without the Job that is about to be created. */
  readonly status: CronJobStatus;
  readonly events: readonly CronEvent[];
  readonly againMs?: number;
}

const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";
const tooManyMissed = 100;
/** Schedules are kept to the second; a moment more, so that the time has surely come. */
const slackMs = 100;

export function planCronJob(state: CronState): CronPlan {
  const { cronJob } = state;
  const events: CronEvent[] = [];
  const status = keepBooks(state, events);
  const cleared = surplusJobs(cronJob, state.jobs);
  const idle: CronPlan = { delete: cleared, status, events };
  if (cronJob.metadata.deletionTimestamp !== undefined || cronJob.spec.suspend === true) return idle;
  const schedule = readSchedule(cronJob, events);
  if (schedule === undefined) return idle;
  const due = lastDue(state, schedule, events);
  const nextMs = schedule.next(state.nowMs);
  const again = nextMs === undefined ? {} : { againMs: nextMs - state.nowMs + slackMs };
  const plan = due === undefined ? {} : startDue(state, status, due, events);
  return { ...idle, ...again, ...plan, delete: [...cleared, ...(plan.delete ?? [])] };
}

function finishedType(job: Job): "Complete" | "Failed" | undefined {
  if (conditionOf(job.status, "Complete") !== undefined) return "Complete";
  return conditionOf(job.status, "Failed") === undefined ? undefined : "Failed";
}

function keepBooks({ cronJob, jobs }: CronState, events: CronEvent[]): CronJobStatus {
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const active = (cronJob.status?.active ?? []).filter((reference) => {
    const job = byUid.get(reference.uid ?? "");
    if (job === undefined) events.push({ type: "Normal", reason: "MissingJob", message: `Active job went missing: ${reference.name ?? ""}` });
    const finished = job === undefined ? undefined : finishedType(job);
    if (finished !== undefined)
      events.push({ type: "Normal", reason: "SawCompletedJob", message: `Saw completed job: ${reference.name ?? ""}, condition: ${finished}` });
    return job !== undefined && finished === undefined;
  });
  const known = new Set((cronJob.status?.active ?? []).map((reference) => reference.uid));
  for (const job of jobs) {
    if (known.has(job.metadata.uid) || finishedType(job) !== undefined) continue;
    events.push({ type: "Warning", reason: "UnexpectedJob", message: `Saw a job that the controller did not create or forgot: ${job.metadata.name}` });
  }
  const successes = jobs.filter((job) => finishedType(job) === "Complete").map((job) => timeMs(job.status?.completionTime));
  const lastSuccessMs = Math.max(timeMs(cronJob.status?.lastSuccessfulTime), ...successes);
  const { lastScheduleTime } = cronJob.status ?? {};
  return {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastSuccessMs === 0 ? {} : { lastSuccessfulTime: timeText(lastSuccessMs) }),
  };
}

/** Finished Jobs beyond the limits, the oldest first. */
function surplusJobs(cronJob: CronJob, jobs: readonly Job[]): Job[] {
  const surplus = (type: "Complete" | "Failed", limit: number | undefined) => {
    if (limit === undefined) return [];
    const finished = jobs.filter((job) => finishedType(job) === type && job.metadata.deletionTimestamp === undefined);
    finished.sort((a, b) => timeMs(a.status?.startTime) - timeMs(b.status?.startTime) || (a.metadata.name < b.metadata.name ? -1 : 1));
    return finished.slice(0, Math.max(0, finished.length - limit));
  };
  return [...surplus("Complete", cronJob.spec.successfulJobsHistoryLimit), ...surplus("Failed", cronJob.spec.failedJobsHistoryLimit)];
}

function readSchedule({ spec }: CronJob, events: CronEvent[]): Schedule | undefined {
  const timeZone = spec.timeZone ?? "UTC";
  try {
    return parseSchedule(spec.schedule, timeZone);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RangeError) events.push({ type: "Warning", reason: "UnknownTimeZone", message: `invalid timeZone: "${timeZone}": ${message}` });
    else events.push({ type: "Warning", reason: "UnparseableSchedule", message: `unparseable schedule: "${spec.schedule}" : ${message}` });
    return undefined;
  }
}

/** The latest time that has come since the last one used, however many were missed. */
function lastDue({ cronJob, nowMs }: CronState, schedule: Schedule, events: CronEvent[]): number | undefined {
  const deadline = cronJob.spec.startingDeadlineSeconds;
  const since = timeMs(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  const earliest = deadline === undefined ? since : Math.max(since, nowMs - deadline * 1000);
  let due: number | undefined;
  let missed = 0;
  for (let at = schedule.next(earliest); at !== undefined && at <= nowMs; at = schedule.next(at)) {
    due = at;
    if (++missed === tooManyMissed) return jumpToLast(schedule, at, nowMs, events);
  }
  return due;
}

/** A CronJob that slept for years must not be gone through minute by minute: the search starts closer to now. */
function jumpToLast(schedule: Schedule, fromMs: number, nowMs: number, events: CronEvent[]): number {
  events.push({
    type: "Warning",
    reason: "TooManyMissedTimes",
    message: "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
  });
  let due = fromMs;
  for (let span = nowMs - fromMs; span > 1000; span /= 2) {
    const at = schedule.next(nowMs - span);
    if (at !== undefined && at <= nowMs) due = Math.max(due, at);
  }
  return due;
}

function startDue({ cronJob, jobs, nowMs }: CronState, status: CronJobStatus, dueMs: number, events: CronEvent[]): Partial<CronPlan> {
  const { concurrencyPolicy, startingDeadlineSeconds } = cronJob.spec;
  if (startingDeadlineSeconds !== undefined && dueMs + startingDeadlineSeconds * 1000 < nowMs) {
    events.push({ type: "Warning", reason: "MissSchedule", message: `Missed scheduled time to start a job: ${timeText(dueMs)}` });
    return {};
  }
  const draft = jobDraft(cronJob, dueMs);
  if (jobs.some((job) => job.metadata.name === draft.metadata.name)) return { create: { draft, scheduledMs: dueMs } };
  const active = status.active ?? [];
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    events.push({
      type: "Normal",
      reason: "JobAlreadyActive",
      message: "Not starting job because prior execution is running and concurrency policy is Forbid",
    });
    return {};
  }
  const replaced = concurrencyPolicy === "Replace" ? jobs.filter((job) => active.some((reference) => reference.uid === job.metadata.uid)) : [];
  const kept = active.filter((reference) => !replaced.some((job) => job.metadata.uid === reference.uid));
  const { active: _, ...rest } = status;
  return { delete: replaced, create: { draft, scheduledMs: dueMs }, status: kept.length === 0 ? rest : { ...rest, active: kept } };
}

/** Named by the minute, so that one time never starts two Jobs. */
function jobDraft(cronJob: CronJob, scheduledMs: number): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(scheduledMs / 60_000)}`,
      namespace: cronJob.metadata.namespace ?? "",
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: timeText(scheduledMs) },
      ownerReferences: [controllerReference(cronJob, cronJobs)],
    },
    spec: copyJson(spec ?? ({ template: {} } as Job["spec"])),
  };
}
