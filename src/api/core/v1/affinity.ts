import { labelSelector } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { nodeSelector, nodeSelectorTerm } from "./common.ts";

export const preferredSchedulingTerm = message("io.k8s.api.core.v1.PreferredSchedulingTerm", "", {
  weight: int32(1, "", { required: true }),
  preference: obj(2, nodeSelectorTerm, "", { required: true, default: {} }),
});
export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}

export const nodeAffinity = message("io.k8s.api.core.v1.NodeAffinity", "", {
  requiredDuringSchedulingIgnoredDuringExecution: obj(1, nodeSelector, ""),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, preferredSchedulingTerm, "", { listType: "atomic" }),
});
export interface NodeAffinity extends Infer<typeof nodeAffinity> {}

export const podAffinityTerm = message("io.k8s.api.core.v1.PodAffinityTerm", "", {
  labelSelector: obj(1, labelSelector, ""),
  namespaces: list(2, "string", "", { listType: "atomic" }),
  topologyKey: str(3, "", { required: true }),
  namespaceSelector: obj(4, labelSelector, ""),
  matchLabelKeys: list(5, "string", "", { listType: "atomic" }),
  mismatchLabelKeys: list(6, "string", "", { listType: "atomic" }),
});
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

export const weightedPodAffinityTerm = message("io.k8s.api.core.v1.WeightedPodAffinityTerm", "", {
  weight: int32(1, "", { required: true }),
  podAffinityTerm: obj(2, podAffinityTerm, "", { required: true, default: {} }),
});
export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}

export const podAffinity = message("io.k8s.api.core.v1.PodAffinity", "", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm, "", { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm, "", { listType: "atomic" }),
});
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const podAntiAffinity = message("io.k8s.api.core.v1.PodAntiAffinity", "", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm, "", { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm, "", { listType: "atomic" }),
});
export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}

export const affinity = message("io.k8s.api.core.v1.Affinity", "Affinity is a group of scheduling rules.", {
  nodeAffinity: obj(1, nodeAffinity, "Which nodes the pod should run on."),
  podAffinity: obj(2, podAffinity, "Pods that it should run near to."),
  podAntiAffinity: obj(3, podAntiAffinity, "Pods that it should keep away from."),
});
export interface Affinity extends Infer<typeof affinity> {}
