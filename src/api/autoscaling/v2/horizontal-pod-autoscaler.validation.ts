/** pkg/apis/autoscaling/validation, for autoscaling/v2; v1 is validated in its stored form. */
import { joined, none } from "../../../machinery/joined.ts";
import { pathSegmentNameErrors } from "../../../machinery/names.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { containerResourceNameErrors } from "../../core/v1/validation/resources.ts";
import { countErrors, each, label, matches, optional, required } from "../../validation.ts";
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "./horizontal-pod-autoscaler.ts";

const maxStabilizationSeconds = 3600;
const maxPeriodSeconds = 1800;

export function horizontalPodAutoscalerErrors({ spec }: HorizontalPodAutoscaler): readonly FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics, behavior } = spec;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) errors.push(fieldError.invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  if (maxReplicas < 1) errors.push(fieldError.invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(fieldError.invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  return joined(
    errors,
    referenceErrors("spec.scaleTargetRef", scaleTargetRef ?? {}),
    each(metrics, "spec.metrics", (metric, at) => metricErrors(at, metric)),
    minReplicas === 0 ? idleErrors(metrics ?? []) : none,
    optional(behavior?.scaleUp, (rules) => rulesErrors("spec.behavior.scaleUp", rules)),
    optional(behavior?.scaleDown, (rules) => rulesErrors("spec.behavior.scaleDown", rules)),
  );
}

/** Pods that are not there have no metrics to come back by. */
function idleErrors(metrics: readonly MetricSpec[]): readonly FieldError[] {
  if (metrics.some(({ type }) => type === "Object" || type === "External")) return [];
  return [fieldError.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas")];
}

export function horizontalPodAutoscalerStatusErrors({ status }: HorizontalPodAutoscaler): readonly FieldError[] {
  return status === undefined ? [] : countErrors("status", status, ["currentReplicas", "desiredReplicas"]);
}

function referenceErrors(path: string, { kind, name }: Partial<CrossVersionObjectReference>): readonly FieldError[] {
  return joined(
    kind ? matches(`${path}.kind`, kind, pathSegmentNameErrors) : [fieldError.required(`${path}.kind`)],
    name ? matches(`${path}.name`, name, pathSegmentNameErrors) : [fieldError.required(`${path}.name`)],
  );
}

const sources = { Object: "object", External: "external", Pods: "pods", Resource: "resource", ContainerResource: "containerResource" } as const;
type MetricType = keyof typeof sources;
const metricTypes = Object.keys(sources) as MetricType[];

/** One source is there, and it is that of the type. The first that is there is judged, whether or not it is the right one. */
function metricErrors(path: string, metric: MetricSpec): readonly FieldError[] {
  const { type = "" } = metric;
  const [first, ...more] = metricTypes.filter((candidate) => metric[sources[candidate]] !== undefined);
  const errors = type === "" ? [fieldError.required(`${path}.type`, "must specify a metric source type")] : [];
  if (first !== undefined) errors.push(...sourceErrors(`${path}.${sources[first]}`, metric, first));
  const expected = metricTypes.find((candidate) => candidate === type);
  if (expected === undefined) errors.push(fieldError.notSupported(`${path}.type`, type, [...metricTypes].sort()));
  else if (metric[sources[expected]] === undefined) {
    errors.push(fieldError.required(`${path}.${sources[expected]}`, "must populate information for the given metric source"));
  }
  if (first === undefined || more.length === 0) return errors;
  const strangers = [first, ...more].filter((candidate) => candidate !== expected);
  return joined(
    errors,
    strangers.map((candidate) => fieldError.forbidden(`${path}.${sources[candidate]}`, "must populate the given metric source only")),
  );
}

function sourceErrors(path: string, metric: MetricSpec, type: MetricType): readonly FieldError[] {
  switch (type) {
    case "Object":
      return joined(
        referenceErrors(`${path}.describedObject`, metric.object?.describedObject ?? {}),
        identifierErrors(`${path}.metric`, metric.object?.metric),
        valueErrors(`${path}.target`, metric.object?.target, "must set either a target value or averageValue"),
      );
    case "Pods":
      return joined(identifierErrors(`${path}.metric`, metric.pods?.metric), podsTargetErrors(`${path}.target`, metric.pods?.target));
    case "External":
      return joined(
        identifierErrors(`${path}.metric`, metric.external?.metric),
        valueErrors(`${path}.target`, metric.external?.target, "must set either a target value for metric or a per-pod target"),
        bothValuesErrors(`${path}.target`, metric.external?.target),
      );
    case "Resource":
      return joined(
        required(`${path}.name`, metric.resource?.name, "must specify a resource name"),
        resourceTargetErrors(`${path}.target`, metric.resource?.target),
      );
    case "ContainerResource":
      return joined(containerResourceErrors(path, metric.containerResource ?? {}), resourceTargetErrors(`${path}.target`, metric.containerResource?.target));
  }
}

/** Whether the selector can be read is for the metrics API to tell. */
function identifierErrors(path: string, metric: MetricIdentifier | undefined): readonly FieldError[] {
  const name = metric?.name ?? "";
  return name === "" ? [fieldError.required(`${path}.name`, "must specify a metric name")] : matches(`${path}.name`, name, pathSegmentNameErrors);
}

const targetTypes = ["AverageValue", "Utilization", "Value"];

function positiveErrors(path: string, target: MetricTarget): readonly FieldError[] {
  const { type = "", averageUtilization } = target;
  const errors: FieldError[] = [];
  if (!type) errors.push(fieldError.required(`${path}.type`, "must specify a metric target type"));
  if (!targetTypes.includes(type)) errors.push(fieldError.invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue"));
  for (const field of ["value", "averageValue"] as const) {
    const value = target[field];
    if (value !== undefined && parseQuantity(value).nanos <= 0n) errors.push(fieldError.invalid(`${path}.${field}`, value, "must be positive"));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(fieldError.invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
  return errors;
}

function valueErrors(path: string, target: MetricTarget | undefined, message: string): readonly FieldError[] {
  const errors = positiveErrors(path, target ?? { type: "" });
  const isSet = target?.value !== undefined || target?.averageValue !== undefined;
  return isSet ? errors : [...errors, fieldError.required(`${path}.averageValue`, message)];
}

function bothValuesErrors(path: string, target: MetricTarget | undefined): readonly FieldError[] {
  if (target?.value === undefined || target.averageValue === undefined) return [];
  return [fieldError.forbidden(`${path}.value`, "may not set both a target value for metric and a per-pod target")];
}

function containerResourceErrors(path: string, { name, container }: Partial<ContainerResourceMetricSource>): readonly FieldError[] {
  return joined(
    name ? containerResourceNameErrors(`${path}.name`, name) : [fieldError.required(`${path}.name`, "must specify a resource name")],
    container ? label(`${path}.container`, container) : [fieldError.required(`${path}.container`, "must specify a container")],
  );
}

function podsTargetErrors(path: string, target: MetricTarget | undefined): readonly FieldError[] {
  const errors = positiveErrors(path, target ?? { type: "" });
  return target?.averageValue === undefined ? [...errors, fieldError.required(`${path}.averageValue`, "must specify a positive target averageValue")] : errors;
}

function resourceTargetErrors(path: string, target: MetricTarget | undefined): readonly FieldError[] {
  const errors = [...positiveErrors(path, target ?? { type: "" })];
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(fieldError.required(`${path}.averageUtilization`, "must set either a target raw value or a target utilization"));
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(fieldError.forbidden(`${path}.averageValue`, "may not set both a target raw value and a target utilization"));
  return errors;
}

const selectPolicies = ["Disabled", "Max", "Min"];
const policyTypes = ["Percent", "Pods"];

function rulesErrors(path: string, rules: HPAScalingRules): readonly FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0)
    errors.push(fieldError.invalid(`${path}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero"));
  if (window !== undefined && window > maxStabilizationSeconds) {
    errors.push(fieldError.invalid(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${maxStabilizationSeconds}`));
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy))
    errors.push(fieldError.notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies));
  if (policies.length === 0) errors.push(fieldError.required(`${path}.policies`, "must specify at least one Policy"));
  return joined(
    errors,
    each(policies, `${path}.policies`, ({ type = "", value = 0, periodSeconds = 0 }, at) =>
      joined(
        policyTypes.includes(type) ? none : [fieldError.notSupported(`${at}.type`, type, policyTypes)],
        value > 0 ? none : [fieldError.invalid(`${at}.value`, value, "must be greater than zero")],
        periodSeconds > 0 ? none : [fieldError.invalid(`${at}.periodSeconds`, periodSeconds, "must be greater than zero")],
        periodSeconds > maxPeriodSeconds
          ? [fieldError.invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`)]
          : none,
      ),
    ),
  );
}
