import { joined, none } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { immutable, oneOf } from "../../validation.ts";
import type { PriorityClass } from "./priority-class.ts";

/** What users may define; above it are the two classes of the system. */
export const highestUserPriority = 1_000_000_000;
const systemPrefix = "system-";
const systemClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2 * highestUserPriority,
  "system-node-critical": 2 * highestUserPriority + 1000,
};

const preemptionPolicies = ["PreemptLowerPriority", "Never"];

export function newPriorityClassErrors(priorityClass: PriorityClass): readonly FieldError[] {
  return joined(valueErrors(priorityClass), oneOf("preemptionPolicy", priorityClass.preemptionPolicy, preemptionPolicies));
}

function valueErrors({ metadata, value = 0, globalDefault }: PriorityClass): readonly FieldError[] {
  if (!metadata.name.startsWith(systemPrefix)) {
    if (value <= highestUserPriority) return [];
    return [fieldError.forbidden("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`)];
  }
  const problem = systemClassProblem(metadata.name, value, globalDefault === true);
  if (problem === undefined) return [];
  return [fieldError.forbidden("metadata.name", `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`)];
}

function systemClassProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = Object.hasOwn(systemClasses, name) ? systemClasses[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function priorityClassUpdateErrors(priorityClass: PriorityClass, old: PriorityClass): readonly FieldError[] {
  const changed = (priorityClass.value ?? 0) !== (old.value ?? 0);
  return joined(
    changed ? [fieldError.forbidden("value", "may not be changed in an update.")] : none,
    immutable("preemptionPolicy", priorityClass.preemptionPolicy, old.preemptionPolicy),
  );
}
