/** metav1.Condition: validation, and the rule by which a condition of a list is set. */
import type { Condition } from "./meta.ts";
import { byteLength, regexMessage } from "./names.ts";
import { validateLabelKey } from "./object-meta.ts";
import { type FieldError, fieldError } from "./status.ts";

const reasonFormat = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonPattern = new RegExp(`^${reasonFormat}$`);
const reasonMessage =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const maxReasonBytes = 1024;
const maxMessageBytes = 32 * 1024;

export function validateConditions(conditions: readonly Partial<Condition>[], path: string): readonly FieldError[] {
  return conditions.flatMap((condition, i) => {
    const earlier = conditions.slice(0, i).some(({ type }) => type === condition.type);
    const duplicate = earlier ? [fieldError.duplicate(`${path}[${i}].type`, condition.type ?? "")] : [];
    return [...duplicate, ...validateCondition(condition, `${path}[${i}]`)];
  });
}

export function validateCondition(condition: Partial<Condition>, path: string): readonly FieldError[] {
  const { type = "", status = "", observedGeneration = 0, lastTransitionTime, reason = "", message = "" } = condition;
  const errors = [...validateLabelKey(type, `${path}.type`)];
  if (!["True", "False", "Unknown"].includes(status)) errors.push(fieldError.notSupported(`${path}.status`, status, ["False", "True", "Unknown"]));
  if (observedGeneration < 0) errors.push(fieldError.invalid(`${path}.observedGeneration`, observedGeneration, "must be greater than or equal to zero"));
  if (lastTransitionTime === undefined) errors.push(fieldError.required(`${path}.lastTransitionTime`, "must be set"));
  if (reason === "") errors.push(fieldError.required(`${path}.reason`, "must be set"));
  else if (!reasonPattern.test(reason)) {
    const detail = regexMessage(reasonMessage, reasonFormat, "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB");
    errors.push(fieldError.invalid(`${path}.reason`, reason, detail));
  }
  if (byteLength(reason) > maxReasonBytes) errors.push(fieldError.tooLong(`${path}.reason`, maxReasonBytes));
  if (byteLength(message) > maxMessageBytes) errors.push(fieldError.tooLong(`${path}.message`, maxMessageBytes));
  return errors;
}

/** A condition of any kind: those of old kinds lack observedGeneration, or have times of their own besides. */
export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

/**
 * The list with this condition in the place of the one of its type, or at the end. Its lastTransitionTime is kept while
 * the status stays the same, and is `now` (RFC 3339) otherwise, unless the condition brings one.
 */
export function withCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, condition: C, now: string): C[] {
  const list = conditions ?? [];
  const old = list.find(({ type }) => type === condition.type);
  const since = old !== undefined && old.status === condition.status ? old.lastTransitionTime : (condition.lastTransitionTime ?? now);
  const next: C = { ...condition, ...(since === undefined ? {} : { lastTransitionTime: since }) };
  return old === undefined ? [...list, next] : list.map((item) => (item === old ? next : item));
}

export function conditionIsTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}
