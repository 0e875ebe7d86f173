import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { nonNegative, qualifiedName } from "../../validation.ts";
import type { Lease } from "./lease.ts";

export function leaseErrors({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(fieldError.invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
  }
  errors.push(...nonNegative("spec.leaseTransitions", leaseTransitions));
  if (strategy !== undefined) errors.push(...qualifiedName("spec.strategy", strategy));
  if (preferredHolder && strategy === undefined) errors.push(fieldError.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"));
  return errors;
}
