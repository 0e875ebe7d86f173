/** Defaults of the batch group that depend on other fields (pkg/apis/batch/v1/defaults.go). */
import { defaultPodSpec } from "../../core/v1/pod-spec.defaults.ts";
import type { JobSpec } from "./common.ts";
import type { CronJob } from "./cron-job.ts";
import type { Job } from "./job.ts";

const maxInt32 = 2 ** 31 - 1;

export function defaultJob({ spec }: Job): void {
  // One pod to completion, unless the client asks for a work queue by naming parallelism alone.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  // With a limit per index the total is no limit of its own.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
  defaultPodSpec(spec.template?.spec);
}

/** A template of jobs gets the defaults of its pods; those of the job wait until it is made. */
export function defaultCronJob({ spec }: CronJob): void {
  defaultJobTemplate(spec.jobTemplate?.spec);
}

function defaultJobTemplate(spec: JobSpec | undefined): void {
  defaultPodSpec(spec?.template?.spec);
}
