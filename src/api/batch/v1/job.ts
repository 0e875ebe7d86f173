import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { jobSpec } from "./common.ts";
import { jobColumns } from "./job.columns.ts";
import { jobStrategy } from "./job.strategy.ts";
import { jobStatusErrors } from "./job-status.validation.ts";

export const jobCondition = message("io.k8s.api.batch.v1.JobCondition", "One aspect of the state of a job.", {
  type: str(1, "Complete, Failed, Suspended, SuccessCriteriaMet or FailureTarget.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastProbeTime: time(3, "When it was last looked at."),
  lastTransitionTime: time(4, "When the status last changed."),
  reason: str(5, "Why, in one word."),
  message: str(6, "The same for people."),
});
export interface JobCondition extends Infer<typeof jobCondition> {}

export const uncountedTerminatedPods = message("io.k8s.api.batch.v1.UncountedTerminatedPods", "Pods that have ended and are not in the counts yet.", {
  succeeded: list(1, "string", "UIDs of those that succeeded.", { listType: "set" }),
  failed: list(2, "string", "UIDs of those that failed.", { listType: "set" }),
});
export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}

export const jobStatus = message("io.k8s.api.batch.v1.JobStatus", "JobStatus tells how far a job is.", {
  conditions: list(1, jobCondition, "Whether the job is complete, failed or suspended.", { listType: "atomic", patch: "merge", mergeKey: "type" }),
  startTime: time(2, "When the job was first taken up."),
  completionTime: time(3, "When the job was complete."),
  active: int32(4, "Pods that are pending or running."),
  succeeded: int32(5, "Pods that have succeeded."),
  failed: int32(6, "Pods that have failed."),
  completedIndexes: str(7, "Indexes that have succeeded."),
  uncountedTerminatedPods: obj(8, uncountedTerminatedPods, "Pods that have ended and are not counted yet."),
  ready: int32(9, "Pods that are ready."),
  failedIndexes: str(10, "Indexes that have failed."),
  terminating: int32(11, "Pods that are being deleted."),
});
export interface JobStatus extends Infer<typeof jobStatus> {}

export const job = message("io.k8s.api.batch.v1.Job", "A Job runs pods until enough of them have succeeded.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, jobSpec, "Which pods, how many, and what to do about failures.", { present: true, default: {} }),
  status: obj(3, jobStatus, "How far the job is."),
});
export interface Job extends Infer<typeof job> {}

export const jobs = defineResource<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  resource: "jobs",
  singular: "job",
  categories: ["all"],
  namespaced: true,
  schema: job,
  strategy: withStrictTemplate(jobStrategy, "spec.template", (object) => object.spec.template),
  ownColumns: true,
  columns: jobColumns,
  selectableFields: { "status.successful": (object) => String(object.status?.succeeded ?? 0) },
  status: statusSubresource<Job>({ validateUpdate: jobStatusErrors }),
});
