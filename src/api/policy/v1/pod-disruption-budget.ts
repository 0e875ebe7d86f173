import { condition, labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, intOrString, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { podDisruptionBudgetErrors, podDisruptionBudgetStatusErrors } from "./pod-disruption-budget.validation.ts";

export const podDisruptionBudgetSpec = message("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", "Which pods, and how many of them have to stay.", {
  minAvailable: intOrString(1, "Pods that have to stay, as a number or percentage."),
  selector: obj(2, labelSelector, "Labels of the pods; an empty selector means all of the namespace.", { patch: "replace" }),
  maxUnavailable: intOrString(3, "Pods that may be missing, as a number or percentage; instead of minAvailable."),
  unhealthyPodEvictionPolicy: str(4, "Whether pods that run but are not ready may always be evicted: IfHealthyBudget or AlwaysAllow.", {
    enum: ["AlwaysAllow", "IfHealthyBudget"],
    enumCheck: "strict",
  }),
});
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

export const podDisruptionBudgetStatus = message("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", "How many pods may go now.", {
  observedGeneration: int64(1, "Generation that this status is about."),
  disruptedPods: map(2, "time", "Pods whose eviction was granted and not seen yet, with the time."),
  disruptionsAllowed: int32(3, "Evictions that are granted now."),
  currentHealthy: int32(4, "Pods that are healthy."),
  desiredHealthy: int32(5, "Pods that have to be healthy."),
  expectedPods: int32(6, "Pods that the budget counts."),
  conditions: list(7, condition, "Whether evictions are granted.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
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
    anyFinalizer: true,
    validate: (budget, _context, old) => podDisruptionBudgetErrors(budget, old),
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
