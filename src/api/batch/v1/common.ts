import { labelSelector } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, message, obj, str } from "../../../machinery/schema.ts";
import { podTemplateSpec } from "../../core/v1/pod-spec.ts";

export const podFailurePolicyOnExitCodesRequirement = message(
  "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement",
  "Exit codes that a rule is about.",
  {
    containerName: str(1, "Container whose code counts; any unless set."),
    operator: str(2, "In or NotIn.", { required: true, enum: ["In", "NotIn"] }),
    values: list(3, "int32", "The codes; 0 is not allowed with In.", { required: true, listType: "set" }),
  },
);
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof podFailurePolicyOnExitCodesRequirement> {}

export const podFailurePolicyOnPodConditionsPattern = message(
  "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
  "A condition of the pod that a rule is about.",
  {
    type: str(1, "Type of the condition.", { required: true }),
    status: str(2, "Status of the condition; True unless set.", { default: "True", enum: ["False", "True", "Unknown"] }),
  },
);
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof podFailurePolicyOnPodConditionsPattern> {}

export const podFailurePolicyRule = message("io.k8s.api.batch.v1.PodFailurePolicyRule", "What to do about some failures.", {
  action: str(1, "Count, FailIndex, FailJob or Ignore.", { required: true, enum: ["Count", "FailIndex", "FailJob", "Ignore"] }),
  onExitCodes: obj(2, podFailurePolicyOnExitCodesRequirement, "Exit codes that it is about."),
  onPodConditions: list(3, podFailurePolicyOnPodConditionsPattern, "Conditions of the pod that it is about.", { listType: "atomic" }),
});
export interface PodFailurePolicyRule extends Infer<typeof podFailurePolicyRule> {}

export const podFailurePolicy = message("io.k8s.api.batch.v1.PodFailurePolicy", "What failures of pods mean for the job.", {
  rules: list(1, podFailurePolicyRule, "Rules, the first of which that fits holds.", { required: true, listType: "atomic" }),
});
export interface PodFailurePolicy extends Infer<typeof podFailurePolicy> {}

export const successPolicyRule = message("io.k8s.api.batch.v1.SuccessPolicyRule", "When a job has succeeded.", {
  succeededIndexes: str(1, "Indexes that have to succeed, such as 0,2-4."),
  succeededCount: int32(2, "How many of them have to succeed; all unless set."),
});
export interface SuccessPolicyRule extends Infer<typeof successPolicyRule> {}

export const successPolicy = message("io.k8s.api.batch.v1.SuccessPolicy", "When a job has succeeded before all indexes have.", {
  rules: list(1, successPolicyRule, "Rules, one of which suffices.", { required: true, listType: "atomic" }),
});
export interface SuccessPolicy extends Infer<typeof successPolicy> {}

export const jobSpec = message("io.k8s.api.batch.v1.JobSpec", "JobSpec says what a job runs and when it is done.", {
  parallelism: int32(1, "Pods that may run at once.", { min: 0 }),
  completions: int32(2, "Pods that have to succeed.", { min: 0 }),
  activeDeadlineSeconds: int64(3, "Seconds after which the job has failed.", { min: 0 }),
  selector: obj(4, labelSelector, "Labels of the job's pods; generated unless manualSelector is set."),
  manualSelector: bool(5, "Whether selector and labels are the client's business.", { default: false }),
  template: obj(6, podTemplateSpec, "The pods.", { required: true, default: {} }),
  backoffLimit: int32(7, "Failures after which the job has failed.", { min: 0 }),
  ttlSecondsAfterFinished: int32(8, "Seconds after its end until the job is deleted.", { min: 0 }),
  completionMode: str(9, "NonIndexed, or Indexed for pods with numbers.", { default: "NonIndexed", enum: ["Indexed", "NonIndexed"], enumCheck: "strict" }),
  suspend: bool(10, "Whether no pods run for now.", { default: false }),
  podFailurePolicy: obj(11, podFailurePolicy, "What failures of pods mean for the job."),
  backoffLimitPerIndex: int32(12, "Failures of one index after which it has failed.", { min: 0 }),
  maxFailedIndexes: int32(13, "Failed indexes after which the job has failed.", { min: 0 }),
  podReplacementPolicy: str(14, "When a new pod is made: TerminatingOrFailed or Failed.", { enum: ["Failed", "TerminatingOrFailed"], enumCheck: "strict" }),
  managedBy: str(15, "Controller that runs the job instead of the built-in one."),
  successPolicy: obj(16, successPolicy, "When the job has succeeded before all indexes have."),
});
export interface JobSpec extends Infer<typeof jobSpec> {}
