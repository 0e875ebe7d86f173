import { validateConditions } from "../../../machinery/conditions.ts";
import { joined } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { atMostAllErrors, countOrPercentErrors } from "../../apps/v1/validation.ts";
import { countErrors, ratchetedSelector } from "../../validation.ts";
import type { PodDisruptionBudget } from "./pod-disruption-budget.ts";

export function podDisruptionBudgetErrors({ spec }: PodDisruptionBudget, old?: PodDisruptionBudget): readonly FieldError[] {
  const { minAvailable, maxUnavailable } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(fieldError.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
  for (const field of ["minAvailable", "maxUnavailable"] as const) {
    const value = spec[field];
    if (value !== undefined) errors.push(...countOrPercentErrors(`spec.${field}`, value), ...atMostAllErrors(`spec.${field}`, value));
  }
  return joined(errors, ratchetedSelector("spec.selector", spec.selector, old?.spec.selector));
}

export function podDisruptionBudgetStatusErrors({ status = {} }: PodDisruptionBudget): readonly FieldError[] {
  return joined(
    validateConditions(status.conditions ?? [], "status.conditions"),
    countErrors("status", status, ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"]),
  );
}
