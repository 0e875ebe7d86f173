import { labelSelector } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { nodeSelector, nodeSelectorTerm } from "./common.ts";

export const preferredSchedulingTerm = message("io.k8s.api.core.v1.PreferredSchedulingTerm", "Nodes that are better than others.", {
  weight: int32(1, "How much better, 1 to 100.", { required: true }),
  preference: obj(2, nodeSelectorTerm, "Which nodes.", { required: true, default: {} }),
});
export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}

export const nodeAffinity = message("io.k8s.api.core.v1.NodeAffinity", "Nodes a pod wants.", {
  requiredDuringSchedulingIgnoredDuringExecution: obj(1, nodeSelector, "Nodes it may be scheduled to."),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, preferredSchedulingTerm, "Nodes it is better scheduled to.", { listType: "atomic" }),
});
export interface NodeAffinity extends Infer<typeof nodeAffinity> {}

export const podAffinityTerm = message("io.k8s.api.core.v1.PodAffinityTerm", "Pods, and how near a node is to them.", {
  labelSelector: obj(1, labelSelector, "Which pods."),
  namespaces: list(2, "string", "In which namespaces; in the pod's own when none are given.", { listType: "atomic" }),
  topologyKey: str(3, "Label of nodes whose value nodes near each other share.", { required: true }),
  namespaceSelector: obj(4, labelSelector, "Namespaces by their labels, besides those listed."),
  matchLabelKeys: list(5, "string", "Labels in which the pods are like this one.", { listType: "atomic" }),
  mismatchLabelKeys: list(6, "string", "Labels in which the pods differ from this one.", { listType: "atomic" }),
});
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

export const weightedPodAffinityTerm = message("io.k8s.api.core.v1.WeightedPodAffinityTerm", "Pods whose nearness counts.", {
  weight: int32(1, "How much it counts, 1 to 100.", { required: true }),
  podAffinityTerm: obj(2, podAffinityTerm, "Which pods.", { required: true, default: {} }),
});
export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}

export const podAffinity = message("io.k8s.api.core.v1.PodAffinity", "Pods to be near to.", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm, "Pods that have to be near.", { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm, "Pods that had better be near.", { listType: "atomic" }),
});
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const podAntiAffinity = message("io.k8s.api.core.v1.PodAntiAffinity", "Pods to be far from.", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm, "Pods that must not be near.", { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm, "Pods that had better not be near.", { listType: "atomic" }),
});
export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}

export const affinity = message("io.k8s.api.core.v1.Affinity", "Affinity is a group of scheduling rules.", {
  nodeAffinity: obj(1, nodeAffinity, "Which nodes the pod should run on."),
  podAffinity: obj(2, podAffinity, "Pods that it should run near to."),
  podAntiAffinity: obj(3, podAntiAffinity, "Pods that it should keep away from."),
});
export interface Affinity extends Infer<typeof affinity> {}
