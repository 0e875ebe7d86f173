/** podFailurePolicy and successPolicy of Jobs (KEP-3329, KEP-3998). */
import type { PodFailurePolicyRule } from "../../api/batch/v1/common.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { parseIndexes } from "./indexes.ts";

export interface FailureVerdict {
  readonly action: "FailJob" | "FailIndex" | "Ignore" | "Count";
  /** Why the Job fails, for FailJob. */
  readonly message: string;
}

/** What the first matching rule says of a failed pod; without one it counts. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchRule(rule, pod);
    if (match !== undefined) return { action: rule.action as FailureVerdict["action"], message: `${match} matching ${rule.action} rule at index ${index}` };
  }
  return { action: "Count", message: "" };
}

function matchRule({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const where = `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    for (const { name, state } of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
      const code = state?.terminated?.exitCode;
      if (code === undefined || code === 0 || (containerName !== undefined && containerName !== name)) continue;
      if (values.includes(code) === (operator === "In")) return `Container ${name} for pod ${where} failed with exit code ${code}`;
    }
    return undefined;
  }
  for (const { type, status = "True" } of onPodConditions ?? []) {
    if (pod.status?.conditions?.some((condition) => condition.type === type && condition.status === status)) return `Pod ${where} has condition ${type}`;
  }
  return undefined;
}

/** Index of the first success rule that holds; undefined when none does. */
export function metSuccessRule(job: Job, succeeded: ReadonlySet<number>): number | undefined {
  const rules = job.spec.successPolicy?.rules ?? [];
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, job.spec.completions ?? 0);
    const met = wanted === undefined ? succeeded.size : [...wanted].filter((item) => succeeded.has(item)).length;
    return met >= (succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY);
  });
  return index < 0 ? undefined : index;
}
