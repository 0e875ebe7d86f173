/** Parts that the validation of workloads shares: selector and template, and how they roll out. */
import { joined, none } from "../../../machinery/joined.ts";
import type { LabelSelector } from "../../../machinery/meta.ts";
import { percentErrors } from "../../../machinery/names.ts";
import { selectorOf, validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../../machinery/selectors/labels.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { PodTemplateSpec } from "../../core/v1/pod-spec.ts";
import { podTemplateErrors } from "../../core/v1/validation/pod-spec.ts";
import { nonNegative, ratchetedSelector } from "../../validation.ts";

/**
 * A selector that has to be there and select something. `kind` is how upstream's message calls the workload;
 * `unreadable` what it says of a selector that cannot be read, besides what is wrong with it; `old` may be strange and stay so.
 */
export function workloadSelectorErrors(
  path: string,
  selector: LabelSelector | undefined,
  kind: string,
  options: { unreadable?: string; old?: LabelSelector | undefined } = {},
): readonly FieldError[] {
  if (selector === undefined) return [fieldError.required(path)];
  return joined(
    ratchetedSelector(path, selector, options.old),
    isEmpty(selector) ? [fieldError.invalid(path, selector, `empty selector is invalid for ${kind}`)] : none,
    options.unreadable === undefined || isReadable(selector) ? none : [fieldError.invalid(path, selector, options.unreadable)],
  );
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

export function isReadable(selector: LabelSelector | undefined): boolean {
  return validateLabelSelector(selector, "").length === 0;
}

/** A template of pods that run for ever, and that the selector finds again. */
export function workloadTemplateErrors(
  path: string,
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
  kind: string,
): readonly FieldError[] {
  if (template === undefined) return [fieldError.required(path)];
  return joined(selectorMismatchErrors(path, template, selector), podTemplateErrors(path, template), endlessErrors(path, template, kind));
}

/** Pods of workloads run for ever. */
export function endlessErrors(path: string, { spec }: PodTemplateSpec, kind: string): readonly FieldError[] {
  const policy = spec?.restartPolicy;
  return joined(
    policy === "Always" ? none : [fieldError.notSupported(`${path}.spec.restartPolicy`, policy ?? "", ["Always"])],
    spec?.activeDeadlineSeconds === undefined
      ? none
      : [fieldError.forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`)],
  );
}

/** No selector finds nothing; one that cannot be read has been told of. */
export function selectorMismatchErrors(path: string, template: PodTemplateSpec, selector: LabelSelector | undefined): readonly FieldError[] {
  if (!isReadable(selector) || matchesLabels(selectorOf(selector), template.metadata?.labels ?? {})) return [];
  return [mismatchError(path, template)];
}

export function mismatchError(path: string, template: PodTemplateSpec): FieldError {
  return fieldError.invalid(`${path}.metadata.labels`, template.metadata?.labels, "`selector` does not match template `labels`");
}

/** A count, or a percentage. */
export function countOrPercentErrors(path: string, value: number | string | undefined): readonly FieldError[] {
  if (typeof value === "string") return percentErrors(value).map((text) => fieldError.invalid(path, value, text));
  return nonNegative(path, value);
}

export function atMostAllErrors(path: string, value: number | string | undefined): readonly FieldError[] {
  const percent = percentValue(value);
  return percent !== undefined && percent > 100 ? [fieldError.invalid(path, value, "must not be greater than 100%")] : [];
}

function percentValue(value: number | string | undefined): number | undefined {
  return typeof value === "string" && percentErrors(value).length === 0 ? Number(value.slice(0, -1)) : undefined;
}

/** Neither 0 nor 0%. */
export function isSome(value: number | string | undefined): boolean {
  return typeof value === "number" ? value !== 0 : (percentValue(value) ?? 0) !== 0;
}

/** Counts of a status that are parts of another one. */
export function partErrors<S extends object>(status: S, parts: readonly (keyof S & string)[], whole: keyof S & string, name: string): readonly FieldError[] {
  const count = (field: keyof S) => (typeof status[field] === "number" ? (status[field] as number) : 0);
  return parts.filter((part) => count(part) > count(whole)).map((part) => fieldError.invalid(`status.${part}`, count(part), `cannot be greater than ${name}`));
}

export function collisionErrors(now: number | undefined, before: number | undefined): readonly FieldError[] {
  const decremented = before !== undefined && (now === undefined || now < before);
  return decremented ? [fieldError.invalid("status.collisionCount", now, "cannot be decremented")] : [];
}
