import { joined, none } from "../../../machinery/joined.ts";
import { maxLengthMessage } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { required } from "../../validation.ts";
import type { CronJob } from "./cron-job.ts";
import { scheduleProblem } from "./cron-schedule.ts";
import { jobSpecErrors } from "./job.validation.ts";

/** Names of jobs end in a dash and ten digits, and have to fit a label. */
const maxNameLength = 52;

export function cronJobErrors({ metadata, spec }: CronJob): readonly FieldError[] {
  const template = spec.jobTemplate?.spec;
  return joined(
    metadata.name.length > maxNameLength ? [fieldError.invalid("metadata.name", metadata.name, maxLengthMessage(maxNameLength))] : none,
    scheduleErrors(spec.schedule ?? ""),
    timeZoneErrors(spec.timeZone),
    required("spec.concurrencyPolicy", spec.concurrencyPolicy),
    jobSpecErrors("spec.jobTemplate.spec", template ?? { template: {} }),
    template?.selector === undefined ? none : [fieldError.invalid("spec.jobTemplate.spec.selector", template.selector, "`selector` will be auto-generated")],
    template?.manualSelector === true ? [fieldError.notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"])] : none,
  );
}

function scheduleErrors(schedule: string): readonly FieldError[] {
  if (schedule === "") return [fieldError.required("spec.schedule")];
  if (schedule.includes("TZ")) return [fieldError.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")];
  const problem = scheduleProblem(schedule);
  return problem === undefined ? [] : [fieldError.invalid("spec.schedule", schedule, problem)];
}

function timeZoneErrors(timeZone: string | undefined): readonly FieldError[] {
  if (timeZone === undefined) return [];
  if (timeZone === "") return [fieldError.invalid("spec.timeZone", "", "timeZone must be nil or non-empty string")];
  if (timeZone.toLowerCase() === "local")
    return [fieldError.invalid("spec.timeZone", timeZone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")];
  return isTimeZone(timeZone) ? [] : [fieldError.invalid("spec.timeZone", timeZone, `unknown time zone ${timeZone}`)];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
