import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, boolean, containerColumns, formatSelector, goBoolean, integer, nameColumn, since, text, wide } from "../../columns.ts";
import { objectReference } from "../../core/v1/common.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { jobSpec } from "./common.ts";
import { cronJobErrors } from "./cron-job.validation.ts";
import { defaultCronJob } from "./defaults.ts";
import { cronJobWarnings } from "./warnings.ts";

export const jobTemplateSpec = message("io.k8s.api.batch.v1.JobTemplateSpec", "A job to come.", {
  metadata: obj(1, objectMeta, "Labels and annotations of the job.", { default: {} }),
  spec: obj(2, jobSpec, "What the job runs.", { default: {} }),
});
export interface JobTemplateSpec extends Infer<typeof jobTemplateSpec> {}

export const cronJobSpec = message("io.k8s.api.batch.v1.CronJobSpec", "CronJobSpec says when jobs are started, and which.", {
  schedule: str(1, "When, in cron form.", { required: true }),
  startingDeadlineSeconds: int64(2, "How late a job may start.", { min: 0 }),
  concurrencyPolicy: str(3, "What happens when the last job still runs: Allow, Forbid or Replace.", { default: "Allow", enum: ["Allow", "Forbid", "Replace"] }),
  suspend: bool(4, "Whether no further jobs start.", { default: false }),
  jobTemplate: obj(5, jobTemplateSpec, "The jobs.", { required: true, default: {} }),
  successfulJobsHistoryLimit: int32(6, "Successful jobs to keep.", { default: 3, min: 0 }),
  failedJobsHistoryLimit: int32(7, "Failed jobs to keep.", { default: 1, min: 0 }),
  timeZone: str(8, "Time zone of the schedule."),
});
export interface CronJobSpec extends Infer<typeof cronJobSpec> {}

export const cronJobStatus = message("io.k8s.api.batch.v1.CronJobStatus", "What a cron job has done so far.", {
  active: list(1, objectReference, "Jobs that run now.", { listType: "atomic" }),
  lastScheduleTime: time(4, "When a job was last started."),
  lastSuccessfulTime: time(5, "When a job was last complete."),
});
export interface CronJobStatus extends Infer<typeof cronJobStatus> {}

export const cronJob = message("io.k8s.api.batch.v1.CronJob", "A CronJob starts Jobs on a schedule.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, cronJobSpec, "When, and which jobs.", { required: true, present: true, default: {} }),
  status: obj(3, cronJobStatus, "What runs, and when it last started."),
});
export interface CronJob extends Infer<typeof cronJob> {}

export const cronJobs = defineResource<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  resource: "cronjobs",
  singular: "cronjob",
  shortNames: ["cj"],
  categories: ["all"],
  namespaced: true,
  schema: cronJob,
  strategy: withStrictTemplate(
    { warnings: cronJobWarnings, validate: cronJobErrors, defaults: defaultCronJob, ...specAndStatus<CronJob>(() => ({})) },
    "spec.jobTemplate.spec.template",
    (object) => object.spec.jobTemplate?.spec?.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    text("Schedule", "When jobs start, in cron form.", (object) => object.spec.schedule),
    text("Timezone", "Time zone of the schedule.", (object) => object.spec.timeZone ?? "<none>"),
    boolean("Suspend", "Whether no further jobs start.", (object) => goBoolean(object.spec.suspend)),
    integer("Active", "Jobs that run now.", (object) => object.status?.active?.length ?? 0),
    text("Last Schedule", "Time since a job was last started.", ({ status }, now) =>
      status?.lastScheduleTime === undefined ? "<none>" : since(status.lastScheduleTime, now),
    ),
    ageColumn,
    ...containerColumns<CronJob>((object) => object.spec.jobTemplate.spec?.template.spec?.containers),
    wide(text("Selector", "Labels of the pods of the jobs.", (object) => formatSelector(object.spec.jobTemplate.spec?.selector))),
  ],
  status: statusSubresource<CronJob>(),
});
