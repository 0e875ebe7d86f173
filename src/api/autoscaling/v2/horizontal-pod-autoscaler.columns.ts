import { text } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "./horizontal-pod-autoscaler.ts";

export const horizontalPodAutoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  text("Reference", "Object that is scaled.", ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`),
  text("Targets", "Current and target value of each metric.", targetsText),
  text("MinPods", "Lower bound of the replicas.", ({ spec }) => String(spec.minReplicas ?? "<unset>")),
  { ...text<HorizontalPodAutoscaler>("MaxPods", "Upper bound of the replicas.", ({ spec }) => spec.maxReplicas) },
  text("Replicas", "Replicas that there are.", ({ status }) => status?.currentReplicas ?? 0),
];

const shownMetrics = 2;

function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.slice(0, shownMetrics).map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  const more = metrics.length - shownMetrics;
  return more > 0 ? `${texts.join(", ")} + ${more} more...` : texts.join(", ");
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case "External":
      return valueText(metric.external?.target, status?.external?.current, { average: " (avg)" });
    case "Pods":
      return valueText(metric.pods?.target, status?.pods?.current, { average: "" });
    case "Object":
      return valueText(metric.object?.target, status?.object?.current, { average: " (avg)" });
    case "Resource":
      return `${metric.resource?.name ?? ""}: ${resourceText(metric.resource?.target, status?.resource?.current)}`;
    case "ContainerResource":
      return `${metric.containerResource?.name ?? ""}: ${resourceText(metric.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return "<unknown type>";
  }
}

const unknown = "<unknown>";

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined, suffix: { average: string }): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}${suffix.average}`;
  return `${current?.value ?? unknown}/${target?.value ?? ""}`;
}

function resourceText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  const percent = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
  return `${percent}/${target?.averageUtilization === undefined ? "<auto>" : `${target.averageUtilization}%`}`;
}
