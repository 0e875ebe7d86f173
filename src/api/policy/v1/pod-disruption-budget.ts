import { condition, labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, intOrString, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { podDisruptionBudgetErrors, podDisruptionBudgetStatusErrors } from "./pod-disruption-budget.validation.ts";

export const podDisruptionBudgetSpec = message("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", "", {
  minAvailable: intOrString(1, ""),
  selector: obj(2, labelSelector, "", { patch: "replace" }),
  maxUnavailable: intOrString(3, ""),
  unhealthyPodEvictionPolicy: str(4, "", { enum: ["AlwaysAllow", "IfHealthyBudget"], enumCheck: "strict" }),
});
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

export const podDisruptionBudgetStatus = message("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", "", {
  observedGeneration: int64(1, ""),
  disruptedPods: map(2, "time", ""),
  disruptionsAllowed: int32(3, ""),
  currentHealthy: int32(4, ""),
  desiredHealthy: int32(5, ""),
  expectedPods: int32(6, ""),
  conditions: list(7, condition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface PodDisruptionBudgetStatus extends Infer<typeof podDisruptionBudgetStatus> {}

export const podDisruptionBudget = message(
  "io.k8s.api.policy.v1.PodDisruptionBudget",
  "A PodDisruptionBudget bounds how many pods of a kind may be evicted at once.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, podDisruptionBudgetSpec, "The pods and the bound.", { present: true, default: {} }),
    status: obj(3, podDisruptionBudgetStatus, "What may go now."),
  },
);
export interface PodDisruptionBudget extends Infer<typeof podDisruptionBudget> {}

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  resource: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  namespaced: true,
  schema: podDisruptionBudget,
  strategy: {
    validate: podDisruptionBudgetErrors,
    ...specAndStatus<PodDisruptionBudget>(() => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 })),
    allowUnconditionalUpdate: false,
  },
  columns: [
    text("Min Available", "Pods that must stay.", (object) => String(object.spec.minAvailable ?? "N/A")),
    text("Max Unavailable", "Pods that may be missing.", (object) => String(object.spec.maxUnavailable ?? "N/A")),
    integer("Allowed Disruptions", "Pods that may be evicted now.", (object) => object.status?.disruptionsAllowed ?? 0),
  ],
  status: statusSubresource<PodDisruptionBudget>({ validateUpdate: podDisruptionBudgetStatusErrors }),
});
