/** Defaults of autoscalers that depend on other fields (pkg/apis/autoscaling/v2/defaults.go). */
import { sentEmpty } from "../../../machinery/sent-empty.ts";
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec } from "./horizontal-pod-autoscaler.ts";

/** What an autoscaler without metrics follows. */
export const defaultMetrics: readonly MetricSpec[] = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }];

export function defaultHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): void {
  if ((spec.metrics ?? []).length === 0) spec.metrics = structuredMetrics();
  const { behavior } = spec;
  if (behavior === undefined) return;
  behavior.scaleUp = completed(behavior.scaleUp, scaleUpRules());
  behavior.scaleDown = completed(behavior.scaleDown, scaleDownRules());
}

/** Who sends no policies at all wants these; who sends an empty list is told that there must be one. */
function completed(rules: HPAScalingRules | undefined, { policies = [], ...others }: HPAScalingRules): HPAScalingRules {
  return { ...others, ...(sentEmpty(rules, "policies") ? {} : { policies }), ...rules };
}

function structuredMetrics(): MetricSpec[] {
  return defaultMetrics.map((metric) => ({ ...metric }));
}

/** At most double, or four pods, every 15 seconds. */
function scaleUpRules(): HPAScalingRules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  };
}

/** All at once, after the controller's own stabilization window. */
function scaleDownRules(): HPAScalingRules {
  return { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] };
}
