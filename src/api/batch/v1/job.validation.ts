/** Jobs and templates of jobs (pkg/apis/batch/validation). */
import { joined, none } from "../../../machinery/joined.ts";
import { copyJson, sameJson } from "../../../machinery/json.ts";
import { dns1123LabelErrors, domainPrefixedPathErrors, maxLengthMessage } from "../../../machinery/names.ts";
import { selectorOf } from "../../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../../machinery/selectors/labels.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { isReadable, selectorMismatchErrors } from "../../apps/v1/validation.ts";
import { podTemplateErrors } from "../../core/v1/validation/pod-spec.ts";
import { each, immutable, matches, ratchetedSelector, required } from "../../validation.ts";
import type { JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicy } from "./common.ts";
import { countIndexes, parseIndexes } from "./indexes.ts";
import type { Job } from "./job.ts";
import { jobLabels } from "./job-labels.ts";

const maxIndexedParallelism = 100_000;
/** Jobs with a limit per index keep account of every index, hence the lower bounds. */
const maxIndexes = 100_000;
const maxManagedByLength = 63;

/** Jobs made before 1.27 have labels without a domain only, and keep them so. */
export function jobErrors(job: Job, old?: Job): readonly FieldError[] {
  const before = old?.spec.template?.metadata?.labels;
  const prefixed = old === undefined || (before?.[jobLabels.jobName] !== undefined && before[jobLabels.controllerUid] !== undefined);
  return joined(jobSpecErrors("spec", job.spec), selectorErrors(job, old), generatedSelectorErrors(job, prefixed));
}

/** What holds for new jobs only: the names of pods to come. */
export function newJobErrors({ spec, metadata }: Job): readonly FieldError[] {
  return indexedNameErrors(spec, metadata.name);
}

function selectorErrors({ spec }: Job, old?: Job): readonly FieldError[] {
  const errors = spec.selector === undefined ? [fieldError.required("spec.selector")] : ratchetedSelector("spec.selector", spec.selector, old?.spec.selector);
  return joined(errors, selectorMismatchErrors("spec.template", spec.template ?? {}, spec.selector));
}

/** The registry has set these; what differs was sent by the client. */
function generatedSelectorErrors({ metadata, spec }: Job, prefixed: boolean): readonly FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const labels = spec.template?.metadata?.labels ?? {};
  const wanted: Record<string, string> = {
    ...(prefixed ? { [jobLabels.controllerUid]: metadata.uid, [jobLabels.jobName]: metadata.name } : {}),
    [jobLabels.legacyControllerUid]: metadata.uid,
    [jobLabels.legacyJobName]: metadata.name,
  };
  const errors = Object.entries(wanted)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) => labelError(`spec.template.metadata.labels[${key}]`, labels, labels[key], value));
  if (!isReadable(spec.selector) || matchesLabels(selectorOf(spec.selector), wanted)) return errors;
  return [...errors, fieldError.invalid("spec.selector", spec.selector, "`selector` not auto-generated")];
}

function labelError(path: string, labels: object, value: string | undefined, wanted: string): FieldError {
  return value === undefined ? fieldError.required(path, `must be '${wanted}'`) : fieldError.invalid(path, labels, `must be '${wanted}'`);
}

/** Pods of an indexed job are named after their index: the last one has to fit, too. */
function indexedNameErrors({ completionMode, completions = 0 }: JobSpec, name: string): readonly FieldError[] {
  if (completionMode !== "Indexed" || completions <= 0) return [];
  const last = `${name}-${completions - 1}`;
  const errors = dns1123LabelErrors(last).map((text) =>
    fieldError.invalid("metadata.name", name, `will not able to create pod with invalid DNS label "${last}": ${text}`),
  );
  return errors.slice(0, 1);
}

export function jobSpecErrors(path: string, spec: JobSpec): readonly FieldError[] {
  return joined(
    indexErrors(path, spec),
    managedByErrors(`${path}.managedBy`, spec.managedBy),
    podTemplateErrors(`${path}.template`, spec.template),
    restartPolicyErrors(`${path}.template.spec.restartPolicy`, spec),
    spec.podFailurePolicy === undefined ? none : failurePolicyErrors(`${path}.podFailurePolicy`, spec.podFailurePolicy, spec),
    spec.successPolicy === undefined ? none : successPolicyErrors(`${path}.successPolicy`, spec.successPolicy, spec),
  );
}

function indexErrors(path: string, spec: JobSpec): readonly FieldError[] {
  const { completionMode, completions, parallelism = 1, backoffLimitPerIndex, maxFailedIndexes, podFailurePolicy, podReplacementPolicy } = spec;
  const indexed = completionMode === "Indexed";
  const errors: FieldError[] = [];
  if (indexed && completions === undefined) errors.push(fieldError.required(`${path}.completions`, "when completion mode is Indexed"));
  if (indexed && parallelism > maxIndexedParallelism) {
    errors.push(
      fieldError.invalid(`${path}.parallelism`, parallelism, `must be less than or equal to ${maxIndexedParallelism} when completion mode is Indexed`),
    );
  }
  if (!indexed && backoffLimitPerIndex !== undefined) {
    errors.push(fieldError.invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, "requires indexed completion mode"));
  }
  if (maxFailedIndexes !== undefined) errors.push(...maxFailedErrors(`${path}.maxFailedIndexes`, maxFailedIndexes, completions, backoffLimitPerIndex));
  if (podFailurePolicy !== undefined && podReplacementPolicy !== "Failed") {
    errors.push(fieldError.notSupported(`${path}.podReplacementPolicy`, podReplacementPolicy, ["Failed"]));
  }
  return errors;
}

function maxFailedErrors(path: string, max: number, completions: number | undefined, backoffLimitPerIndex: number | undefined): readonly FieldError[] {
  if (backoffLimitPerIndex === undefined)
    return [fieldError.required(path.replace("maxFailedIndexes", "backoffLimitPerIndex"), "when maxFailedIndexes is specified")];
  if (completions !== undefined && max > completions) return [fieldError.invalid(path, max, "must be less than or equal to completions")];
  return max > maxIndexes ? [fieldError.invalid(path, max, `must be less than or equal to ${maxIndexes}`)] : [];
}

function managedByErrors(path: string, managedBy: string | undefined): readonly FieldError[] {
  if (managedBy === undefined) return [];
  const tooLong = managedBy.length > maxManagedByLength ? [fieldError.invalid(path, managedBy, maxLengthMessage(maxManagedByLength))] : [];
  return joined(matches(path, managedBy, domainPrefixedPathErrors), tooLong);
}

/** The default of pods is Always, with which no pod ever completes. */
function restartPolicyErrors(path: string, spec: JobSpec): readonly FieldError[] {
  const policy = spec.template?.spec?.restartPolicy ?? "";
  if (policy === "" || policy === "Always") return [fieldError.required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== "OnFailure" && policy !== "Never") return [fieldError.notSupported(path, policy, ["OnFailure", "Never"])];
  if (spec.podFailurePolicy === undefined || policy === "Never") return [];
  return [fieldError.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

const maxRules = 20;
const maxExitCodes = 255;
const maxPatterns = 20;

function failurePolicyErrors(path: string, { rules = [] }: PodFailurePolicy, spec: JobSpec): readonly FieldError[] {
  const names = new Set([...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map(({ name }) => name));
  return joined(
    rules.length > maxRules ? [fieldError.tooMany(`${path}.rules`, rules.length, maxRules)] : none,
    each(rules, `${path}.rules`, (rule, at) => failureRuleErrors(at, rule, spec, names)),
  );
}

function failureRuleErrors(path: string, rule: PodFailurePolicyRule, spec: JobSpec, names: ReadonlySet<string>): readonly FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = [...required(`${path}.action`, action)];
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    errors.push(fieldError.invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set"));
  }
  if (onExitCodes !== undefined) errors.push(...exitCodeErrors(`${path}.onExitCodes`, onExitCodes, names));
  if (onPodConditions.length > maxPatterns) errors.push(fieldError.tooMany(`${path}.onPodConditions`, onPodConditions.length, maxPatterns));
  errors.push(
    ...each(onPodConditions, `${path}.onPodConditions`, ({ type, status }, at) => joined(required(`${at}.type`, type), required(`${at}.status`, status))),
  );
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    errors.push(fieldError.invalid(path, "", "specifying both OnExitCodes and OnPodConditions is not supported"));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.push(fieldError.invalid(path, "", "specifying one of OnExitCodes and OnPodConditions is required"));
  }
  return errors;
}

function exitCodeErrors(
  path: string,
  { operator, values = [], containerName }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
): readonly FieldError[] {
  const errors = [...required(`${path}.operator`, operator)];
  if (containerName !== undefined && !names.has(containerName)) {
    errors.push(fieldError.invalid(`${path}.containerName`, containerName, "must be one of the container or initContainer names in the pod template"));
  }
  const at = `${path}.values`;
  if (values.length === 0) errors.push(fieldError.invalid(at, values, "at least one value is required"));
  if (values.length > maxExitCodes) errors.push(fieldError.tooMany(at, values.length, maxExitCodes));
  const ordered = values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
  const distinct = new Set(values).size === values.length;
  if (operator === "In" && values.includes(0)) errors.push(fieldError.invalid(`${at}[${values.indexOf(0)}]`, 0, "must not be 0 for the In operator"));
  if (!distinct)
    errors.push(
      fieldError.duplicate(
        at,
        values.find((value, index) => values.indexOf(value) !== index),
      ),
    );
  else if (!ordered) errors.push(fieldError.invalid(at, values, "must be ordered"));
  return errors;
}

function successPolicyErrors(path: string, { rules = [] }: SuccessPolicy, spec: JobSpec): readonly FieldError[] {
  const at = `${path}.rules`;
  if (spec.completionMode !== "Indexed") return [fieldError.invalid(path, { rules }, "requires indexed completion mode")];
  if (rules.length === 0) return [fieldError.required(at, "at least one rules must be specified when the successPolicy is specified")];
  if (rules.length > maxRules) return [fieldError.tooMany(at, rules.length, maxRules)];
  return each(rules, at, ({ succeededCount, succeededIndexes }, index) => {
    if (succeededCount === undefined && succeededIndexes === undefined) {
      return [fieldError.required(index, "at least one of succeededCount or succeededIndexes must be specified")];
    }
    const total = spec.completions ?? 0;
    const parsed = parseIndexes(succeededIndexes ?? "", total);
    if (typeof parsed === "string") return [fieldError.invalid(`${index}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${parsed}`)];
    const indexes = succeededIndexes === undefined ? total : countIndexes(parsed);
    if (succeededCount !== undefined && (succeededCount < 1 || succeededCount > indexes)) {
      return [
        fieldError.invalid(
          `${index}.succeededCount`,
          succeededCount,
          `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`,
        ),
      ];
    }
    return [];
  });
}

export function jobUpdateErrors({ spec }: Job, old: Job): readonly FieldError[] {
  return joined(
    completionsErrors(spec, old.spec),
    immutable("spec.selector", spec.selector, old.spec.selector),
    templateErrors(spec, old),
    immutable("spec.completionMode", spec.completionMode, old.spec.completionMode),
    immutable("spec.podFailurePolicy", spec.podFailurePolicy ?? null, old.spec.podFailurePolicy ?? null),
    immutable("spec.backoffLimitPerIndex", spec.backoffLimitPerIndex ?? null, old.spec.backoffLimitPerIndex ?? null),
    immutable("spec.managedBy", spec.managedBy ?? null, old.spec.managedBy ?? null),
    immutable("spec.successPolicy", spec.successPolicy ?? null, old.spec.successPolicy ?? null),
  );
}

/** An indexed job can be resized, its parallelism with it (KEP-3715). */
function completionsErrors(spec: JobSpec, old: JobSpec): readonly FieldError[] {
  if (spec.completions === old.completions) return [];
  const elastic = spec.completionMode === "Indexed" && spec.completions !== undefined && old.completions !== undefined;
  if (!elastic) return immutable("spec.completions", spec.completions ?? null, old.completions ?? null);
  if (spec.completions === spec.parallelism) return [];
  return [fieldError.invalid("spec.completions", spec.completions, "can only be modified in tandem with spec.parallelism")];
}

/** Until a suspended job has started, a queue may still say where its pods go (KEP-2926). */
function templateErrors(spec: JobSpec, old: Job): readonly FieldError[] {
  const template = copyJson(spec.template ?? {});
  const before = copyJson(old.spec.template ?? {});
  if (old.spec.suspend === true && old.status?.startTime === undefined) {
    for (const { metadata, spec: podSpec } of [template, before]) {
      delete metadata?.labels;
      delete metadata?.annotations;
      for (const field of ["nodeSelector", "tolerations", "schedulingGates"] as const) delete podSpec?.[field];
      delete podSpec?.affinity?.nodeAffinity;
      if (podSpec?.affinity !== undefined && Object.keys(podSpec.affinity).length === 0) delete podSpec.affinity;
    }
  }
  return sameJson(template, before) ? [] : [fieldError.invalid("spec.template", spec.template, "field is immutable")];
}
