/** Warnings about jobs (pkg/api/job/warnings.go). */
import { isNewGeneration } from "../../apps/v1/warnings.ts";
import { podNamePrefixWarnings, podTemplateWarnings } from "../../core/v1/pod.warnings.ts";
import type { JobSpec } from "./common.ts";
import type { CronJob } from "./cron-job.ts";
import type { Job } from "./job.ts";

const manyCompletions = 100_000;
const manyPods = 10_000;

export function jobWarnings(job: Job, old: Job | undefined): string[] {
  return [...(old === undefined ? podNamePrefixWarnings(job.metadata.name) : []), ...(isNewGeneration(job, old) ? jobSpecWarnings("spec", job.spec) : [])];
}

export function cronJobWarnings(cronJob: CronJob, old: CronJob | undefined): string[] {
  return [
    ...(old === undefined ? podNamePrefixWarnings(cronJob.metadata.name) : []),
    ...(isNewGeneration(cronJob, old) ? jobSpecWarnings("spec.jobTemplate.spec", cronJob.spec.jobTemplate?.spec) : []),
  ];
}

function jobSpecWarnings(path: string, spec: JobSpec | undefined): string[] {
  if (spec === undefined) return [];
  const huge = spec.completionMode === "Indexed" && (spec.completions ?? 0) > manyCompletions && (spec.parallelism ?? 0) > manyPods;
  const text =
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
  return [...(huge ? [`${path}: ${text}`] : []), ...podTemplateWarnings(`${path}.template`, spec.template)];
}
