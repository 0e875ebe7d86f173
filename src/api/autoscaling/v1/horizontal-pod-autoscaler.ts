import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, message, obj, str, time } from "../../../machinery/schema.ts";
import { horizontalPodAutoscalerColumns } from "../../autoscaling/v2/horizontal-pod-autoscaler.columns.ts";
import { asStored } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { horizontalPodAutoscalerErrors, horizontalPodAutoscalerStatusErrors } from "../v2/horizontal-pod-autoscaler.validation.ts";
import { fromV2, toV2 } from "./horizontal-pod-autoscaler.conversion.ts";

export const crossVersionObjectReference = message(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  "An object that can be scaled.",
  {
    kind: str(1, "Kind of the object.", { required: true }),
    name: str(2, "Name of the object.", { required: true }),
    apiVersion: str(3, "Group and version of the object."),
  },
  { mapType: "atomic" },
);
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const horizontalPodAutoscalerSpec = message(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec",
  "What is scaled, within which bounds, by which metrics.",
  {
    scaleTargetRef: obj(1, crossVersionObjectReference, "The object that is scaled.", { required: true, default: {} }),
    minReplicas: int32(2, "The fewest pods; 1 unless set.", { default: 1 }),
    maxReplicas: int32(3, "The most pods.", { required: true }),
    targetCPUUtilizationPercentage: int32(4, "Percentage of the requested CPU to aim at; 80 unless set."),
  },
);
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerStatus = message("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", "What an autoscaler last saw and did.", {
  observedGeneration: int64(1, "Generation that this status is about."),
  lastScaleTime: time(2, "When the number of pods last changed."),
  currentReplicas: int32(3, "Pods there are.", { required: true }),
  desiredReplicas: int32(4, "Pods there should be.", { required: true }),
  currentCPUUtilizationPercentage: int32(5, "Percentage of the requested CPU that is used."),
});
export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}

export const horizontalPodAutoscaler = message(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  "A HorizontalPodAutoscaler sets the replicas of an object by CPU utilization.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, horizontalPodAutoscalerSpec, "The object, the target and the bounds.", { required: true, present: true, default: {} }),
    status: obj(3, horizontalPodAutoscalerStatus, "What was last seen and done."),
  },
);
export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  schema: horizontalPodAutoscaler,
  strategy: {
    validate: (object) => horizontalPodAutoscalerErrors(toV2(object)),
    ...ownedStatus<HorizontalPodAutoscaler>(() => ({ currentReplicas: 0, desiredReplicas: 0 })),
  },
  columns: asStored(horizontalPodAutoscalerColumns, toV2),
  status: statusSubresource<HorizontalPodAutoscaler>({ validateUpdate: (autoscaler) => horizontalPodAutoscalerStatusErrors(toV2(autoscaler)) }),
  storedAs: { group: "autoscaling", version: "v2", toStored: toV2, fromStored: fromV2 },
});
