import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { jobSpec } from "./common.ts";
import { jobColumns } from "./job.columns.ts";
import { jobStrategy } from "./job.strategy.ts";

export const jobCondition = message("io.k8s.api.batch.v1.JobCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  lastProbeTime: time(3, ""),
  lastTransitionTime: time(4, ""),
  reason: str(5, ""),
  message: str(6, ""),
});
export interface JobCondition extends Infer<typeof jobCondition> {}

export const uncountedTerminatedPods = message("io.k8s.api.batch.v1.UncountedTerminatedPods", "", {
  succeeded: list(1, "string", "", { listType: "set" }),
  failed: list(2, "string", "", { listType: "set" }),
});
export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}

export const jobStatus = message("io.k8s.api.batch.v1.JobStatus", "", {
  conditions: list(1, jobCondition, "", { listType: "atomic", patch: "merge", mergeKey: "type" }),
  startTime: time(2, ""),
  completionTime: time(3, ""),
  active: int32(4, ""),
  succeeded: int32(5, ""),
  failed: int32(6, ""),
  completedIndexes: str(7, ""),
  uncountedTerminatedPods: obj(8, uncountedTerminatedPods, ""),
  ready: int32(9, ""),
  failedIndexes: str(10, ""),
  terminating: int32(11, ""),
});
export interface JobStatus extends Infer<typeof jobStatus> {}

export const job = message("io.k8s.api.batch.v1.Job", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, jobSpec, "", { present: true, default: {} }),
  status: obj(3, jobStatus, ""),
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
  strategy: jobStrategy,
  ownColumns: true,
  columns: jobColumns,
  selectableFields: { "status.successful": (object) => String(object.status?.succeeded ?? 0) },
  status: statusSubresource<Job>(),
});
