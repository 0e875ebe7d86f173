/** Where a pod may run: node selectors, affinity, tolerations, spreading, gates. */

import { joined, none } from "../../../../machinery/joined.ts";
import type { LabelSelector } from "../../../../machinery/meta.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, type NameRule } from "../../../../machinery/names.ts";
import { validateLabelKey } from "../../../../machinery/object-meta.ts";
import { validateLabelSelector } from "../../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { duplicates, each, matches, optional, qualifiedName } from "../../../validation.ts";
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm, PreferredSchedulingTerm } from "../affinity.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration } from "../common.ts";
import type { PodSchedulingGate, TopologySpreadConstraint } from "../pod-spec.ts";

export function affinityErrors(path: string, affinity: Affinity | undefined): readonly FieldError[] {
  if (affinity === undefined) return none;
  return joined(
    optional(affinity.nodeAffinity, (value) => nodeAffinityErrors(`${path}.nodeAffinity`, value)),
    optional(affinity.podAffinity, (value) => podAffinityErrors(`${path}.podAffinity`, value)),
    optional(affinity.podAntiAffinity, (value) => podAffinityErrors(`${path}.podAntiAffinity`, value)),
  );
}

const requiredField = "requiredDuringSchedulingIgnoredDuringExecution";
const preferredField = "preferredDuringSchedulingIgnoredDuringExecution";

function nodeAffinityErrors(path: string, affinity: NodeAffinity): readonly FieldError[] {
  return joined(
    optional(affinity[requiredField], (selector) => nodeSelectorErrors(`${path}.${requiredField}`, selector)),
    each(affinity[preferredField], `${path}.${preferredField}`, (term, at) => preferredTermErrors(at, term)),
  );
}

/** A preference for label values that no node can have does no harm. */
function preferredTermErrors(path: string, { weight, preference }: PreferredSchedulingTerm): readonly FieldError[] {
  return joined(weightErrors(path, weight), termErrors(`${path}.preference`, preference ?? {}, { anyValue: true }));
}

function weightErrors(path: string, weight: number | undefined): readonly FieldError[] {
  const value = weight ?? 0;
  return value >= 1 && value <= 100 ? none : [fieldError.invalid(`${path}.weight`, value, "must be in the range 1-100")];
}

export function nodeSelectorErrors(path: string, { nodeSelectorTerms }: NodeSelector, options = { anyValue: false }): readonly FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if ((nodeSelectorTerms ?? []).length === 0) return [fieldError.required(at, "must have at least one node selector term")];
  return each(nodeSelectorTerms, at, (term, index) => termErrors(index, term, options));
}

/** Whether it holds values that no label can have, as it could before they were judged. */
export function hasStrangeValues(selector: NodeSelector | undefined): boolean {
  const requirements = (selector?.nodeSelectorTerms ?? []).flatMap(({ matchExpressions }) => matchExpressions ?? []);
  return requirements.some(({ values = [] }) => values.some((value) => labelValueErrors(value).length > 0));
}

function termErrors(path: string, term: NodeSelectorTerm, options: { anyValue: boolean }): readonly FieldError[] {
  return joined(
    each(term.matchExpressions, `${path}.matchExpressions`, (requirement, at) => requirementErrors(at, requirement, options)),
    each(term.matchFields, `${path}.matchFields`, fieldRequirementErrors),
  );
}

function requirementErrors(path: string, { key, operator, values = [] }: NodeSelectorRequirement, { anyValue }: { anyValue: boolean }): readonly FieldError[] {
  return joined(
    operatorErrors(path, operator, values),
    validateLabelKey(key ?? "", `${path}.key`),
    anyValue ? none : each(values, `${path}.values`, (value, at) => matches(at, value, labelValueErrors)),
  );
}

function operatorErrors(path: string, operator: string, values: readonly string[]): readonly FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0 ? none : [fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case "Exists":
    case "DoesNotExist":
      return values.length === 0 ? none : [fieldError.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case "Gt":
    case "Lt":
      return values.length === 1 ? none : [fieldError.required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [fieldError.invalid(`${path}.operator`, operator ?? "", "not a valid selector operator")];
  }
}

function fieldRequirementErrors({ key, operator, values = [] }: NodeSelectorRequirement, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== "In" && operator !== "NotIn") errors.push(fieldError.invalid(`${path}.operator`, operator ?? "", "not a valid selector operator"));
  else if (values.length !== 1) {
    errors.push(fieldError.required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  }
  if (key !== "metadata.name") return [...errors, fieldError.invalid(`${path}.key`, key ?? "", "not a valid field selector key")];
  return joined(
    errors,
    each(values, `${path}.values`, (value, at) => matches(at, value, dns1123SubdomainErrors)),
  );
}

function podAffinityErrors(path: string, affinity: PodAffinity): readonly FieldError[] {
  return joined(
    each(affinity[requiredField], `${path}.${requiredField}`, (term, at) => affinityTermErrors(at, term)),
    each(affinity[preferredField], `${path}.${preferredField}`, ({ weight, podAffinityTerm }, at) =>
      joined(weightErrors(at, weight), affinityTermErrors(`${at}.podAffinityTerm`, podAffinityTerm)),
    ),
  );
}

function affinityTermErrors(path: string, term: PodAffinityTerm): readonly FieldError[] {
  const { labelSelector, namespaceSelector, namespaces, topologyKey = "" } = term;
  return joined(
    validateLabelSelector(labelSelector, `${path}.labelSelector`),
    validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    (namespaces ?? none).flatMap((name) => matches(`${path}.namespace`, name, dns1123LabelErrors)),
    labelKeyErrors(path, term),
    topologyKey === "" ? [fieldError.required(`${path}.topologyKey`, "can not be empty")] : none,
    validateLabelKey(topologyKey, `${path}.topologyKey`),
  );
}

function labelKeyErrors(path: string, { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: PodAffinityTerm): readonly FieldError[] {
  return joined(
    keysErrors(`${path}.matchLabelKeys`, matchLabelKeys, labelSelector),
    keysErrors(`${path}.mismatchLabelKeys`, mismatchLabelKeys, labelSelector),
    repeatedKeyErrors(path, matchLabelKeys, labelSelector),
    each(matchLabelKeys, `${path}.matchLabelKeys`, (key, at) =>
      mismatchLabelKeys.includes(key) ? [fieldError.invalid(at, key, "exists in both matchLabelKeys and mismatchLabelKeys")] : none,
    ),
  );
}

function keysErrors(path: string, keys: readonly string[], selector: LabelSelector | undefined): readonly FieldError[] {
  if (keys.length === 0) return none;
  if (selector === undefined) return [fieldError.forbidden(path, "must not be specified when labelSelector is not set")];
  return each(keys, path, (key, at) => validateLabelKey(key, at));
}

/** The registry has already added each key to the selector once: whoever is there twice was in it before. */
function repeatedKeyErrors(path: string, keys: readonly string[], selector: LabelSelector | undefined): readonly FieldError[] {
  if (keys.length === 0) return none;
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  return (selector?.matchExpressions ?? []).flatMap(({ key }) => {
    const repeated = keys.includes(key) && seen.has(key);
    seen.add(key);
    return repeated ? [fieldError.invalid(`${path}[${keys.indexOf(key)}]`, key, "exists in both matchLabelKeys and labelSelector")] : [];
  });
}

export function tolerationErrors(path: string, tolerations: readonly Toleration[] | undefined): readonly FieldError[] {
  return each(tolerations, path, ({ key = "", operator = "", value = "", effect = "", tolerationSeconds }, at) => {
    const isMisplaced = tolerationSeconds !== undefined && effect !== "NoExecute";
    return joined(
      key === "" ? anyKeyErrors(`${at}.operator`, operator) : validateLabelKey(key, `${at}.key`),
      isMisplaced ? [fieldError.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")] : none,
      tolerationValueErrors(`${at}.operator`, operator, value),
    );
  });
}

function anyKeyErrors(path: string, operator: string): readonly FieldError[] {
  if (operator === "Exists") return none;
  return [fieldError.invalid(path, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"')];
}

function tolerationValueErrors(path: string, operator: string, value: string): readonly FieldError[] {
  if (operator === "Exists") return value === "" ? none : [fieldError.invalid(path, value, "value must be empty when `operator` is 'Exists'")];
  const problems = labelValueErrors(value);
  return problems.length === 0 ? none : [fieldError.invalid(path, value, problems.join(";"))];
}

export function spreadErrors(path: string, constraints: readonly TopologySpreadConstraint[] | undefined): readonly FieldError[] {
  if (constraints === undefined) return none;
  // An error goes to those that another one follows.
  const last = new Map(constraints.map(({ topologyKey, whenUnsatisfiable }, index) => [`${topologyKey} ${whenUnsatisfiable}`, index]));
  return each(constraints, path, (constraint, at, index) => {
    const { maxSkew = 0, topologyKey, whenUnsatisfiable, minDomains, labelSelector, matchLabelKeys } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(fieldError.invalid(`${at}.maxSkew`, maxSkew, positiveMessage));
    if (!topologyKey) errors.push(fieldError.required(`${at}.topologyKey`, "can not be empty"));
    if (!whenUnsatisfiable) errors.push(fieldError.notSupported(`${at}.whenUnsatisfiable`, "", ["DoNotSchedule", "ScheduleAnyway"]));
    if (last.get(`${topologyKey} ${whenUnsatisfiable}`) !== index) {
      errors.push(fieldError.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    return joined(
      errors,
      minDomainsErrors(`${at}.minDomains`, minDomains, whenUnsatisfiable),
      spreadKeyErrors(`${at}.matchLabelKeys`, matchLabelKeys ?? none, labelSelector),
      validateLabelSelector(labelSelector, `${at}.labelSelector`),
    );
  });
}

const positiveMessage = "must be greater than zero";

function minDomainsErrors(path: string, minDomains: number | undefined, action: string): readonly FieldError[] {
  if (minDomains === undefined) return none;
  return joined(
    minDomains > 0 ? none : [fieldError.invalid(path, minDomains, positiveMessage)],
    action === "DoNotSchedule" ? none : [fieldError.invalid(path, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`)],
  );
}

function spreadKeyErrors(path: string, keys: readonly string[], selector: LabelSelector | undefined): readonly FieldError[] {
  return joined(keysErrors(path, keys, selector), repeatedKeyErrors(path, keys, selector));
}

export function schedulingGateErrors(path: string, gates: readonly PodSchedulingGate[] | undefined): readonly FieldError[] {
  if (gates === undefined) return none;
  return joined(
    each(gates, path, ({ name }, at) => qualifiedName(at, name ?? "")),
    duplicates(
      gates,
      path,
      ({ name }) => name,
      (at, _gate, name) => fieldError.duplicate(at, name),
    ),
  );
}

/** One rule for the names of nodes, wherever they are referred to. */
export const nodeNameErrors: NameRule = dns1123SubdomainErrors;
