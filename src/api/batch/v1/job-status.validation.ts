/**
 * What /status of a job may become, whichever controller writes it (KEP-4368, pkg/apis/batch/validation). What a write
 * leaves as it was is not judged, so that a status stored by an older server can still be updated.
 */
import { joined } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { timeMs } from "../../../machinery/time.ts";
import { nonNegative } from "../../validation.ts";
import { commonIndex, parseIndexes } from "./indexes.ts";
import type { Job, JobStatus, UncountedTerminatedPods } from "./job.ts";

const counts = ["active", "succeeded", "failed", "ready", "terminating"] as const;

export function jobStatusErrors(job: Job, old: Job): readonly FieldError[] {
  const change = new StatusChange(job, old);
  return joined(
    counts.flatMap((field) => nonNegative(`status.${field}`, change.now[field])),
    uncountedErrors(change.now.uncountedTerminatedPods),
    endErrors(change),
    timeErrors(change),
    finishedErrors(change),
    indexErrors(change, job),
    readyErrors(change),
    successErrors(change, job),
    transitionErrors(change, job),
  );
}

class StatusChange {
  readonly now: JobStatus;
  readonly before: JobStatus;

  constructor(job: Job, old: Job) {
    this.now = job.status ?? {};
    this.before = old.status ?? {};
  }

  is(type: string): boolean {
    return isTrue(this.now, type);
  }

  was(type: string): boolean {
    return isTrue(this.before, type);
  }

  get isFinished(): boolean {
    return this.is("Complete") || this.is("Failed");
  }

  get wasFinished(): boolean {
    return this.was("Complete") || this.was("Failed");
  }

  /** Whether one of these conditions has come or gone. */
  turned(...types: string[]): boolean {
    return types.some((type) => this.is(type) !== this.was(type));
  }

  changed(...fields: (keyof JobStatus)[]): boolean {
    return fields.some((field) => !sameJson(this.now[field] ?? null, this.before[field] ?? null));
  }
}

function isTrue({ conditions = [] }: JobStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

/** Errors of conditions print no value. */
function conditionsError(detail: string): FieldError {
  return { type: "FieldValueInvalid", field: "status.conditions", detail };
}

function uncountedErrors(pods: UncountedTerminatedPods | undefined): readonly FieldError[] {
  const seen = new Set<string>();
  return (["succeeded", "failed"] as const).flatMap((field) =>
    (pods?.[field] ?? []).flatMap((uid, index) => {
      const path = `status.uncountedTerminatedPods.${field}[${index}]`;
      if (uid === "") return [fieldError.invalid(path, uid, "must not be empty")];
      if (seen.has(uid)) return [fieldError.duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** How a job may end. */
function endErrors(change: StatusChange): readonly FieldError[] {
  const errors: FieldError[] = [];
  const complete = change.is("Complete");
  if (change.turned("Complete", "Failed") && complete && change.is("Failed")) {
    errors.push(conditionsError("cannot set Complete=True and Failed=true conditions"));
  }
  if (change.turned("Complete", "FailureTarget") && complete && change.is("FailureTarget")) {
    errors.push(conditionsError("cannot set Complete=True and FailureTarget=true conditions"));
  }
  if ((change.turned("Failed") || change.changed("failedIndexes")) && change.is("Failed") && !change.is("FailureTarget")) {
    errors.push(conditionsError("cannot set Failed=True condition without the FailureTarget=true condition"));
  }
  if (change.turned("Complete", "SuccessCriteriaMet") && complete && !change.is("SuccessCriteriaMet")) {
    errors.push(conditionsError("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"));
  }
  return errors;
}

function timeErrors(change: StatusChange): readonly FieldError[] {
  const { startTime, completionTime } = change.now;
  const errors: FieldError[] = [];
  if (change.turned("Complete") || change.changed("completionTime")) {
    if (completionTime !== undefined && !change.is("Complete")) {
      errors.push(fieldError.invalid("status.completionTime", completionTime, "cannot set completionTime when there is no Complete=True condition"));
    } else if (completionTime === undefined && change.is("Complete")) {
      errors.push(fieldError.required("status.completionTime", "completionTime is required for Complete jobs"));
    }
  }
  const backwards = (timeMs(completionTime) ?? Number.POSITIVE_INFINITY) < (timeMs(startTime) ?? 0);
  if (change.changed("startTime", "completionTime") && backwards) {
    errors.push(fieldError.invalid("status.completionTime", completionTime, "completionTime cannot be set before startTime"));
  }
  return errors;
}

/** A job has ended when no pod of it is left, running or uncounted. */
function finishedErrors(change: StatusChange): readonly FieldError[] {
  if (!change.isFinished) return [];
  const { active = 0, terminating = 0, uncountedTerminatedPods: uncounted } = change.now;
  const judged = (field: keyof JobStatus) => change.isFinished !== change.wasFinished || change.changed(field);
  const errors: FieldError[] = [];
  if (judged("active") && active > 0) errors.push(fieldError.invalid("status.active", active, "active>0 is invalid for finished job"));
  const some = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length > 0;
  if (judged("uncountedTerminatedPods") && some) {
    errors.push(fieldError.invalid("status.uncountedTerminatedPods", uncounted, "uncountedTerminatedPods needs to be empty for finished job"));
  }
  if (judged("terminating") && terminating > 0) {
    errors.push(fieldError.invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  }
  return errors;
}

function indexErrors(change: StatusChange, { spec }: Job): readonly FieldError[] {
  const { completedIndexes = "", failedIndexes } = change.now;
  const total = spec.completions;
  const errors: FieldError[] = [];
  if (change.changed("completedIndexes")) {
    errors.push(...formatErrors("completedIndexes", completedIndexes, total));
    if (completedIndexes !== "" && spec.completionMode !== "Indexed") {
      errors.push(fieldError.invalid("status.completedIndexes", completedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode"));
    }
  }
  if (failedIndexes === undefined || !change.changed("failedIndexes", "completedIndexes")) return errors;
  if (change.changed("failedIndexes")) {
    if (spec.backoffLimitPerIndex !== undefined) errors.push(...formatErrors("failedIndexes", failedIndexes, total));
    else errors.push(fieldError.invalid("status.failedIndexes", failedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"));
  }
  return joined(errors, overlapErrors(completedIndexes, failedIndexes, total));
}

function formatErrors(field: "completedIndexes" | "failedIndexes", text: string, total: number | undefined): readonly FieldError[] {
  const parsed = total === undefined ? [] : parseIndexes(text, total);
  return typeof parsed === "string" ? [fieldError.invalid(`status.${field}`, text, `error parsing ${field}: ${parsed}`)] : [];
}

function overlapErrors(completedIndexes: string, failedIndexes: string, total: number | undefined): readonly FieldError[] {
  if (total === undefined) return [];
  const [completed, failed] = [parseIndexes(completedIndexes, total), parseIndexes(failedIndexes, total)];
  if (typeof completed === "string" || typeof failed === "string") return [];
  const common = commonIndex(completed, failed);
  if (common === undefined) return [];
  return [fieldError.invalid("status.failedIndexes", failedIndexes, `failedIndexes and completedIndexes overlap at index: ${common}`)];
}

function readyErrors(change: StatusChange): readonly FieldError[] {
  const { ready = 0, active = 0 } = change.now;
  if (ready <= Math.max(active, 0) || !change.changed("ready", "active")) return [];
  return [fieldError.invalid("status.ready", ready, "cannot set more ready pods than active")];
}

/** Success that is decided excludes failure, and a job with a policy ends well by that policy only (KEP-3998). */
function successErrors(change: StatusChange, { spec }: Job): readonly FieldError[] {
  const errors: FieldError[] = [];
  const met = change.is("SuccessCriteriaMet");
  if (met && change.is("Failed")) errors.push(conditionsError("cannot set SuccessCriteriaMet=True and Failed=true conditions"));
  if (met && change.is("FailureTarget")) errors.push(conditionsError("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"));
  if (spec.successPolicy !== undefined && !met && change.is("Complete")) {
    errors.push(conditionsError("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"));
  }
  return errors;
}

/** What is decided stays decided, and what is counted stays counted. */
function transitionErrors(change: StatusChange, { spec }: Job): readonly FieldError[] {
  const { now, before } = change;
  const errors = ["Failed", "Complete", "FailureTarget"]
    .filter((type) => change.was(type) && !change.is(type))
    .map((type) => conditionsError(`cannot disable the terminal ${type}=True condition`));
  // An elastic job (KEP-3715) that shrinks forgets the indexes beyond its end.
  const elastic = spec.completionMode === "Indexed" && spec.completions !== undefined && spec.completions === spec.parallelism;
  for (const field of elastic ? (["failed"] as const) : (["failed", "succeeded"] as const)) {
    const count = now[field] ?? 0;
    if (count < (before[field] ?? 0)) errors.push(fieldError.invalid(`status.${field}`, count, `cannot decrease the ${field} counter`));
  }
  if (now.completionTime !== undefined && before.completionTime !== undefined && change.changed("completionTime")) {
    errors.push(fieldError.invalid("status.completionTime", now.completionTime, "completionTime cannot be mutated"));
  }
  errors.push(...startErrors(change, spec.suspend === true, spec.completions === 0));
  if (change.was("SuccessCriteriaMet") && !change.is("SuccessCriteriaMet")) {
    errors.push(conditionsError("cannot disable the SuccessCriteriaMet=True condition"));
  }
  if (change.was("Complete") && !change.was("SuccessCriteriaMet") && change.is("SuccessCriteriaMet")) {
    errors.push(conditionsError("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"));
  }
  return errors;
}

/** A suspended job that wants no pods is complete without ever having started. */
function startErrors(change: StatusChange, suspended: boolean, wantsNone: boolean): readonly FieldError[] {
  const { now, before } = change;
  const errors: FieldError[] = [];
  const judged = change.isFinished !== change.wasFinished || change.changed("startTime");
  if (judged && change.isFinished && now.startTime === undefined && !(suspended && wantsNone)) {
    errors.push(fieldError.required("status.startTime", "startTime is required for finished job"));
  }
  if (before.startTime !== undefined && change.changed("startTime") && !suspended) {
    errors.push(fieldError.required("status.startTime", "startTime cannot be removed for unsuspended job"));
  }
  return errors;
}
