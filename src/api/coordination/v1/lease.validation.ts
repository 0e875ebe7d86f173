import { joined, none } from "../../../machinery/joined.ts";
import { qualifiedNameErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { matches, nonNegative, optional } from "../../validation.ts";
import type { Lease } from "./lease.ts";

const strategies = ["OldestEmulationVersion"];

export function leaseErrors({ spec }: Lease): readonly FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder } = spec;
  return joined(
    seconds !== undefined && seconds <= 0 ? [fieldError.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")] : none,
    nonNegative("spec.leaseTransitions", leaseTransitions),
    // Upstream names the field twice.
    optional(strategy, (name) => strategyErrors("spec.strategy.strategy", name)),
    preferredHolder && !strategy ? [fieldError.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")] : none,
  );
}

/** One of Kubernetes' own, or one with a domain. */
function strategyErrors(path: string, name: string): readonly FieldError[] {
  if (name.includes("/")) return matches(path, name, qualifiedNameErrors);
  return strategies.includes(name) ? [] : [fieldError.notSupported(path, name, strategies)];
}
