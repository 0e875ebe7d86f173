/**
 * autoscaling/v1 is stored as v2. What v1 has no field for (all metrics but CPU utilization, behavior, conditions)
 * travels in annotations, as in Kubernetes, so that an update through v1 loses nothing.
 */
import type { KubeObject } from "../../../machinery/object.ts";
import { defaultMetrics } from "../v2/horizontal-pod-autoscaler.defaults.ts";
import type {
  HorizontalPodAutoscalerStatus as HorizontalPodAutoscalerStatusV2,
  HorizontalPodAutoscaler as HorizontalPodAutoscalerV2,
  MetricSpec,
  MetricStatus,
} from "../v2/horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus } from "./horizontal-pod-autoscaler.ts";

const prefix = "autoscaling.alpha.kubernetes.io/";
const annotationNames = ["metrics", "behavior", "current-metrics", "conditions"] as const;
type AnnotationName = (typeof annotationNames)[number];

export function toV2(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV2 {
  const { scaleTargetRef, minReplicas, maxReplicas, targetCPUUtilizationPercentage } = object.spec;
  const metrics = [
    ...(targetCPUUtilizationPercentage === undefined ? [] : [cpuMetric(targetCPUUtilizationPercentage)]),
    ...(parsed<MetricSpec[]>(object, "metrics") ?? []),
  ];
  // An autoscaler never is without metrics: what v2 defaults when it is written, it has when it is read.
  if (metrics.length === 0) metrics.push(...defaultMetrics);
  const behavior = parsed<HorizontalPodAutoscalerV2["spec"]["behavior"]>(object, "behavior");
  return {
    apiVersion: "autoscaling/v2",
    kind: object.kind,
    metadata: withoutAnnotations(object.metadata),
    spec: {
      scaleTargetRef,
      maxReplicas,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      metrics,
      ...(behavior === undefined ? {} : { behavior }),
    },
    ...(object.status === undefined ? {} : { status: statusToV2(object, object.status) }),
  };
}

function statusToV2(object: HorizontalPodAutoscaler, status: HorizontalPodAutoscalerStatus): HorizontalPodAutoscalerStatusV2 {
  const { currentCPUUtilizationPercentage, ...same } = status;
  const currentMetrics = [
    ...(currentCPUUtilizationPercentage === undefined ? [] : [cpuStatus(currentCPUUtilizationPercentage)]),
    ...(parsed<MetricStatus[]>(object, "current-metrics") ?? []),
  ];
  const conditions = parsed<NonNullable<HorizontalPodAutoscalerStatusV2["conditions"]>>(object, "conditions");
  return {
    ...same,
    ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

export function fromV2(stored: KubeObject): HorizontalPodAutoscaler {
  const object = stored as HorizontalPodAutoscalerV2;
  const { scaleTargetRef, minReplicas, maxReplicas, metrics = [], behavior } = object.spec;
  const cpu = metrics.findIndex(isCpuUtilization);
  const percent = metrics[cpu]?.resource?.target.averageUtilization;
  const status = object.status;
  const currentCpu = (status?.currentMetrics ?? []).findIndex((metric) => metric.type === "Resource" && metric.resource?.name === "cpu");
  return {
    apiVersion: "autoscaling/v1",
    kind: object.kind,
    metadata: withAnnotations(object.metadata, {
      metrics: nonEmpty(metrics.filter((_, index) => index !== cpu)),
      behavior,
      "current-metrics": nonEmpty((status?.currentMetrics ?? []).filter((_, index) => index !== currentCpu)),
      conditions: nonEmpty(status?.conditions ?? []),
    }),
    spec: {
      scaleTargetRef,
      maxReplicas,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }),
    },
    ...(status === undefined ? {} : { status: statusFromV2(status, currentCpu) }),
  };
}

function statusFromV2(status: HorizontalPodAutoscalerStatusV2, cpu: number): HorizontalPodAutoscalerStatus {
  const { currentMetrics = [], conditions: _, currentReplicas = 0, ...same } = status;
  const percent = currentMetrics[cpu]?.resource?.current.averageUtilization;
  return { ...same, currentReplicas, ...(percent === undefined ? {} : { currentCPUUtilizationPercentage: percent }) };
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } };
}

function cpuStatus(averageUtilization: number): MetricStatus {
  return { type: "Resource", resource: { name: "cpu", current: { averageUtilization } } };
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined;
}

function nonEmpty<T>(items: T[]): T[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** The value of one of our annotations; undefined when it is missing or not JSON, which v1 clients may write. */
function parsed<T>(object: HorizontalPodAutoscaler, name: AnnotationName): T | undefined {
  const value = object.metadata.annotations?.[prefix + name];
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value) as T;
  } catch {
    return undefined;
  }
}

function withoutAnnotations(metadata: HorizontalPodAutoscaler["metadata"]): HorizontalPodAutoscaler["metadata"] {
  const { annotations, ...rest } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !annotationNames.some((name) => key === prefix + name));
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

function withAnnotations(metadata: HorizontalPodAutoscaler["metadata"], values: Record<AnnotationName, unknown>): HorizontalPodAutoscaler["metadata"] {
  const added = annotationNames.filter((name) => values[name] !== undefined).map((name) => [prefix + name, JSON.stringify(values[name])]);
  if (added.length === 0) return metadata;
  return { ...metadata, annotations: { ...metadata.annotations, ...Object.fromEntries(added) } };
}
