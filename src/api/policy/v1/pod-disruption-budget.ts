import { condition, labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, intOrString, list, map, message, obj, str } from "../../../machinery/schema.ts";

export const podDisruptionBudgetSpec = message("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", "", {
  minAvailable: intOrString(1, ""),
  selector: obj(2, labelSelector, "", { patch: "replace" }),
  maxUnavailable: intOrString(3, ""),
  unhealthyPodEvictionPolicy: str(4, ""),
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

export const podDisruptionBudget = message("io.k8s.api.policy.v1.PodDisruptionBudget", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, podDisruptionBudgetSpec, "", { present: true }),
  status: obj(3, podDisruptionBudgetStatus, ""),
});
export interface PodDisruptionBudget extends Infer<typeof podDisruptionBudget> {}
