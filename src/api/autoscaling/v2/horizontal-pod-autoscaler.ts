import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, list, message, obj, quantity, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { horizontalPodAutoscalerColumns } from "./horizontal-pod-autoscaler.columns.ts";
import { defaultHorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.defaults.ts";
import { horizontalPodAutoscalerErrors } from "./horizontal-pod-autoscaler.validation.ts";

export const metricTarget = message("io.k8s.api.autoscaling.v2.MetricTarget", "", {
  type: str(1, "", { required: true }),
  value: quantity(2, ""),
  averageValue: quantity(3, ""),
  averageUtilization: int32(4, ""),
});
export interface MetricTarget extends Infer<typeof metricTarget> {}

export const containerResourceMetricSource = message("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", "", {
  name: str(1, "", { required: true }),
  target: obj(2, metricTarget, "", { required: true, default: {} }),
  container: str(3, "", { required: true }),
});
export interface ContainerResourceMetricSource extends Infer<typeof containerResourceMetricSource> {}

export const metricValueStatus = message("io.k8s.api.autoscaling.v2.MetricValueStatus", "", {
  value: quantity(1, ""),
  averageValue: quantity(2, ""),
  averageUtilization: int32(3, ""),
});
export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}

export const containerResourceMetricStatus = message("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", "", {
  name: str(1, "", { required: true }),
  current: obj(2, metricValueStatus, "", { required: true, default: {} }),
  container: str(3, "", { required: true }),
});
export interface ContainerResourceMetricStatus extends Infer<typeof containerResourceMetricStatus> {}

export const crossVersionObjectReference = message(
  "io.k8s.api.autoscaling.v2.CrossVersionObjectReference",
  "",
  {
    kind: str(1, "", { required: true }),
    name: str(2, "", { required: true }),
    apiVersion: str(3, ""),
  },
  { mapType: "atomic" },
);
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const metricIdentifier = message("io.k8s.api.autoscaling.v2.MetricIdentifier", "", {
  name: str(1, "", { required: true }),
  selector: obj(2, labelSelector, ""),
});
export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}

export const externalMetricSource = message("io.k8s.api.autoscaling.v2.ExternalMetricSource", "", {
  metric: obj(1, metricIdentifier, "", { required: true, default: {} }),
  target: obj(2, metricTarget, "", { required: true, default: {} }),
});
export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}

export const externalMetricStatus = message("io.k8s.api.autoscaling.v2.ExternalMetricStatus", "", {
  metric: obj(1, metricIdentifier, "", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "", { required: true, default: {} }),
});
export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}

export const hpaScalingPolicy = message("io.k8s.api.autoscaling.v2.HPAScalingPolicy", "", {
  type: str(1, "", { required: true }),
  value: int32(2, "", { required: true }),
  periodSeconds: int32(3, "", { required: true }),
});
export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}

export const hpaScalingRules = message("io.k8s.api.autoscaling.v2.HPAScalingRules", "", {
  selectPolicy: str(1, ""),
  policies: list(2, hpaScalingPolicy, "", { listType: "atomic" }),
  stabilizationWindowSeconds: int32(3, ""),
  tolerance: quantity(4, ""),
});
export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}

export const horizontalPodAutoscalerBehavior = message("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", "", {
  scaleUp: obj(1, hpaScalingRules, ""),
  scaleDown: obj(2, hpaScalingRules, ""),
});
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof horizontalPodAutoscalerBehavior> {}

export const objectMetricSource = message("io.k8s.api.autoscaling.v2.ObjectMetricSource", "", {
  describedObject: obj(1, crossVersionObjectReference, "", { required: true, default: {} }),
  target: obj(2, metricTarget, "", { required: true, default: {} }),
  metric: obj(3, metricIdentifier, "", { required: true, default: {} }),
});
export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}

export const podsMetricSource = message("io.k8s.api.autoscaling.v2.PodsMetricSource", "", {
  metric: obj(1, metricIdentifier, "", { required: true, default: {} }),
  target: obj(2, metricTarget, "", { required: true, default: {} }),
});
export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}

export const resourceMetricSource = message("io.k8s.api.autoscaling.v2.ResourceMetricSource", "", {
  name: str(1, "", { required: true }),
  target: obj(2, metricTarget, "", { required: true, default: {} }),
});
export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}

export const metricSpec = message("io.k8s.api.autoscaling.v2.MetricSpec", "", {
  type: str(1, "", { required: true }),
  object: obj(2, objectMetricSource, ""),
  pods: obj(3, podsMetricSource, ""),
  resource: obj(4, resourceMetricSource, ""),
  external: obj(5, externalMetricSource, ""),
  containerResource: obj(7, containerResourceMetricSource, ""),
});
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const horizontalPodAutoscalerSpec = message("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", "", {
  scaleTargetRef: obj(1, crossVersionObjectReference, "", { required: true, default: {} }),
  minReplicas: int32(2, "", { default: 1 }),
  maxReplicas: int32(3, "", { required: true }),
  metrics: list(4, metricSpec, "", { listType: "atomic" }),
  behavior: obj(5, horizontalPodAutoscalerBehavior, ""),
});
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerCondition = message("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  lastTransitionTime: time(3, ""),
  reason: str(4, ""),
  message: str(5, ""),
});
export interface HorizontalPodAutoscalerCondition extends Infer<typeof horizontalPodAutoscalerCondition> {}

export const objectMetricStatus = message("io.k8s.api.autoscaling.v2.ObjectMetricStatus", "", {
  metric: obj(1, metricIdentifier, "", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "", { required: true, default: {} }),
  describedObject: obj(3, crossVersionObjectReference, "", { required: true, default: {} }),
});
export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}

export const podsMetricStatus = message("io.k8s.api.autoscaling.v2.PodsMetricStatus", "", {
  metric: obj(1, metricIdentifier, "", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "", { required: true, default: {} }),
});
export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}

export const resourceMetricStatus = message("io.k8s.api.autoscaling.v2.ResourceMetricStatus", "", {
  name: str(1, "", { required: true }),
  current: obj(2, metricValueStatus, "", { required: true, default: {} }),
});
export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}

export const metricStatus = message("io.k8s.api.autoscaling.v2.MetricStatus", "", {
  type: str(1, "", { required: true }),
  object: obj(2, objectMetricStatus, ""),
  pods: obj(3, podsMetricStatus, ""),
  resource: obj(4, resourceMetricStatus, ""),
  external: obj(5, externalMetricStatus, ""),
  containerResource: obj(7, containerResourceMetricStatus, ""),
});
export interface MetricStatus extends Infer<typeof metricStatus> {}

export const horizontalPodAutoscalerStatus = message("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", "", {
  observedGeneration: int64(1, ""),
  lastScaleTime: time(2, ""),
  currentReplicas: int32(3, ""),
  desiredReplicas: int32(4, "", { required: true }),
  currentMetrics: list(5, metricStatus, "", { listType: "atomic" }),
  conditions: list(6, horizontalPodAutoscalerCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}

export const horizontalPodAutoscaler = message(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "A HorizontalPodAutoscaler sets the replicas of an object by metrics.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, horizontalPodAutoscalerSpec, "The object, the metrics and the bounds.", { required: true, present: true, default: {} }),
    status: obj(3, horizontalPodAutoscalerStatus, "What was last seen and done."),
  },
);
export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}

export const horizontalPodAutoscalersV2 = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  schema: horizontalPodAutoscaler,
  strategy: {
    validate: horizontalPodAutoscalerErrors,
    defaults: defaultHorizontalPodAutoscaler,
    ...ownedStatus<HorizontalPodAutoscaler>(() => ({ desiredReplicas: 0 })),
  },
  columns: horizontalPodAutoscalerColumns,
  status: statusSubresource<HorizontalPodAutoscaler>(),
});
