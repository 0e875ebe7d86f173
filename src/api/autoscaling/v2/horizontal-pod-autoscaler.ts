import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, list, message, obj, quantity, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { horizontalPodAutoscalerColumns } from "./horizontal-pod-autoscaler.columns.ts";
import { defaultHorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.defaults.ts";
import { horizontalPodAutoscalerErrors, horizontalPodAutoscalerStatusErrors } from "./horizontal-pod-autoscaler.validation.ts";

export const metricTarget = message("io.k8s.api.autoscaling.v2.MetricTarget", "What a metric is to be.", {
  type: str(1, "Utilization, Value or AverageValue.", { required: true }),
  value: quantity(2, "Value that the metric is to have."),
  averageValue: quantity(3, "Value per pod."),
  averageUtilization: int32(4, "Percentage of what the pods request."),
});
export interface MetricTarget extends Infer<typeof metricTarget> {}

export const containerResourceMetricSource = message(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource",
  "A resource that one container of the pods uses.",
  {
    name: str(1, "Name of the resource.", { required: true }),
    target: obj(2, metricTarget, "What it is to be.", { required: true, default: {} }),
    container: str(3, "Name of the container.", { required: true }),
  },
);
export interface ContainerResourceMetricSource extends Infer<typeof containerResourceMetricSource> {}

export const metricValueStatus = message("io.k8s.api.autoscaling.v2.MetricValueStatus", "What a metric is.", {
  value: quantity(1, "Value of the metric."),
  averageValue: quantity(2, "Value per pod."),
  averageUtilization: int32(3, "Percentage of what the pods request."),
});
export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}

export const containerResourceMetricStatus = message(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus",
  "A resource that one container of the pods uses.",
  {
    name: str(1, "Name of the resource.", { required: true }),
    current: obj(2, metricValueStatus, "What it is.", { required: true, default: {} }),
    container: str(3, "Name of the container.", { required: true }),
  },
);
export interface ContainerResourceMetricStatus extends Infer<typeof containerResourceMetricStatus> {}

export const crossVersionObjectReference = message("io.k8s.api.autoscaling.v2.CrossVersionObjectReference", "An object that can be scaled.", {
  kind: str(1, "Kind of the object.", { required: true }),
  name: str(2, "Name of the object.", { required: true }),
  apiVersion: str(3, "Group and version of the object."),
});
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const metricIdentifier = message("io.k8s.api.autoscaling.v2.MetricIdentifier", "Which metric.", {
  name: str(1, "Name of the metric.", { required: true }),
  selector: obj(2, labelSelector, "Labels that narrow it down."),
});
export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}

export const externalMetricSource = message("io.k8s.api.autoscaling.v2.ExternalMetricSource", "A metric from outside the cluster.", {
  metric: obj(1, metricIdentifier, "Which metric.", { required: true, default: {} }),
  target: obj(2, metricTarget, "What it is to be.", { required: true, default: {} }),
});
export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}

export const externalMetricStatus = message("io.k8s.api.autoscaling.v2.ExternalMetricStatus", "A metric from outside the cluster.", {
  metric: obj(1, metricIdentifier, "Which metric.", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "What it is.", { required: true, default: {} }),
});
export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}

export const hpaScalingPolicy = message("io.k8s.api.autoscaling.v2.HPAScalingPolicy", "How fast the number of pods may change.", {
  type: str(1, "Pods or Percent.", { required: true }),
  value: int32(2, "The most pods, or percent of them, in a period.", { required: true }),
  periodSeconds: int32(3, "Length of the period, at most 1800 seconds.", { required: true }),
});
export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}

export const hpaScalingRules = message("io.k8s.api.autoscaling.v2.HPAScalingRules", "How the number of pods changes in one direction.", {
  selectPolicy: str(1, "Which policy counts: Max, Min or Disabled."),
  policies: list(2, hpaScalingPolicy, "Bounds on the speed.", { listType: "atomic" }),
  stabilizationWindowSeconds: int32(3, "Seconds of recommendations to look back on, at most 3600."),
  tolerance: quantity(4, "Difference from the target that is let be, such as 50m for 5 percent."),
});
export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}

export const horizontalPodAutoscalerBehavior = message(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
  "How the number of pods goes up and down.",
  {
    scaleUp: obj(1, hpaScalingRules, "On the way up."),
    scaleDown: obj(2, hpaScalingRules, "On the way down."),
  },
);
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof horizontalPodAutoscalerBehavior> {}

export const objectMetricSource = message("io.k8s.api.autoscaling.v2.ObjectMetricSource", "A metric of one object.", {
  describedObject: obj(1, crossVersionObjectReference, "The object.", { required: true, default: {} }),
  target: obj(2, metricTarget, "What it is to be.", { required: true, default: {} }),
  metric: obj(3, metricIdentifier, "Which metric.", { required: true, default: {} }),
});
export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}

export const podsMetricSource = message("io.k8s.api.autoscaling.v2.PodsMetricSource", "A metric of the pods, averaged.", {
  metric: obj(1, metricIdentifier, "Which metric.", { required: true, default: {} }),
  target: obj(2, metricTarget, "What it is to be.", { required: true, default: {} }),
});
export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}

export const resourceMetricSource = message("io.k8s.api.autoscaling.v2.ResourceMetricSource", "A resource that the pods use.", {
  name: str(1, "Name of the resource.", { required: true }),
  target: obj(2, metricTarget, "What it is to be.", { required: true, default: {} }),
});
export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}

export const metricSpec = message("io.k8s.api.autoscaling.v2.MetricSpec", "A metric to follow; one source is set.", {
  type: str(1, "Which source: Object, Pods, Resource, ContainerResource or External.", { required: true }),
  object: obj(2, objectMetricSource, "Metric of one object."),
  pods: obj(3, podsMetricSource, "Metric of the pods."),
  resource: obj(4, resourceMetricSource, "Resource that the pods use."),
  external: obj(5, externalMetricSource, "Metric from outside the cluster."),
  containerResource: obj(7, containerResourceMetricSource, "Resource that one container of the pods uses."),
});
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const horizontalPodAutoscalerSpec = message(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec",
  "What is scaled, within which bounds, by which metrics.",
  {
    scaleTargetRef: obj(1, crossVersionObjectReference, "The object that is scaled.", { required: true, default: {} }),
    minReplicas: int32(2, "The fewest pods; 1 unless set.", { default: 1 }),
    maxReplicas: int32(3, "The most pods.", { required: true }),
    metrics: list(4, metricSpec, "Metrics to follow; the largest number that they ask for counts.", { listType: "atomic" }),
    behavior: obj(5, horizontalPodAutoscalerBehavior, "How fast the number changes."),
  },
);
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerCondition = message(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition",
  "One aspect of the state of an autoscaler.",
  {
    type: str(1, "AbleToScale, ScalingActive or ScalingLimited.", { required: true }),
    status: str(2, "True, False or Unknown.", { required: true }),
    lastTransitionTime: time(3, "When the status last changed."),
    reason: str(4, "Why, in one word."),
    message: str(5, "The same for people."),
  },
);
export interface HorizontalPodAutoscalerCondition extends Infer<typeof horizontalPodAutoscalerCondition> {}

export const objectMetricStatus = message("io.k8s.api.autoscaling.v2.ObjectMetricStatus", "A metric of one object.", {
  metric: obj(1, metricIdentifier, "Which metric.", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "What it is.", { required: true, default: {} }),
  describedObject: obj(3, crossVersionObjectReference, "The object.", { required: true, default: {} }),
});
export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}

export const podsMetricStatus = message("io.k8s.api.autoscaling.v2.PodsMetricStatus", "A metric of the pods, averaged.", {
  metric: obj(1, metricIdentifier, "Which metric.", { required: true, default: {} }),
  current: obj(2, metricValueStatus, "What it is.", { required: true, default: {} }),
});
export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}

export const resourceMetricStatus = message("io.k8s.api.autoscaling.v2.ResourceMetricStatus", "A resource that the pods use.", {
  name: str(1, "Name of the resource.", { required: true }),
  current: obj(2, metricValueStatus, "What it is.", { required: true, default: {} }),
});
export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}

export const metricStatus = message("io.k8s.api.autoscaling.v2.MetricStatus", "What a metric is; one source is set.", {
  type: str(1, "Which source: Object, Pods, Resource, ContainerResource or External.", { required: true }),
  object: obj(2, objectMetricStatus, "Metric of one object."),
  pods: obj(3, podsMetricStatus, "Metric of the pods."),
  resource: obj(4, resourceMetricStatus, "Resource that the pods use."),
  external: obj(5, externalMetricStatus, "Metric from outside the cluster."),
  containerResource: obj(7, containerResourceMetricStatus, "Resource that one container of the pods uses."),
});
export interface MetricStatus extends Infer<typeof metricStatus> {}

export const horizontalPodAutoscalerStatus = message("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", "What an autoscaler last saw and did.", {
  observedGeneration: int64(1, "Generation that this status is about."),
  lastScaleTime: time(2, "When the number of pods last changed."),
  currentReplicas: int32(3, "Pods there are."),
  desiredReplicas: int32(4, "Pods there should be.", { required: true }),
  currentMetrics: list(5, metricStatus, "What the metrics are.", { listType: "atomic" }),
  conditions: list(6, horizontalPodAutoscalerCondition, "Whether the autoscaler can scale, and does.", {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    mergeKey: "type",
  }),
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
  status: statusSubresource<HorizontalPodAutoscaler>({ validateUpdate: horizontalPodAutoscalerStatusErrors }),
});
