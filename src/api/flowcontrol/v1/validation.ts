/** pkg/apis/flowcontrol/validation. */
import { sameJson } from "../../../machinery/json.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { duplicates, each, matches, oneOf, required } from "../../validation.ts";
import type { FlowSchema, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from "./flow-schema.ts";
import type { PriorityLevelConfiguration, QueuingConfiguration } from "./priority-level-configuration.ts";

const maxPrecedence = 10_000;

export function flowSchemaErrors({ metadata, spec, status }: FlowSchema): FieldError[] {
  const { matchingPrecedence = 0, priorityLevelConfiguration, rules } = spec;
  const errors = conditionErrors(status?.conditions);
  if (matchingPrecedence <= 0) errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, "must be a positive value"));
  if (matchingPrecedence > maxPrecedence)
    errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, `must not be greater than ${maxPrecedence}`));
  if (matchingPrecedence === 1 && metadata.name !== "exempt") {
    errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  const level = priorityLevelConfiguration?.name;
  errors.push(
    ...(level ? matches("spec.priorityLevelConfiguration.name", level, dns1123SubdomainErrors) : [fieldError.required("spec.priorityLevelConfiguration.name")]),
  );
  return [...errors, ...each(rules, "spec.rules", (rule, at) => ruleErrors(at, rule))];
}

/** Conditions merge by their type, so each has one of its own. */
function conditionErrors(conditions: readonly { readonly type?: string }[] | undefined): FieldError[] {
  const path = "status.conditions";
  const nameless = each(conditions, path, ({ type }, at) => required(`${at}.type`, type, "must not be empty"));
  return [
    ...duplicates(
      conditions,
      path,
      ({ type }) => type,
      (at, _condition, type) => fieldError.duplicate(`${at}.type`, type),
    ),
    ...nameless,
  ];
}

function ruleErrors(path: string, { subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects): FieldError[] {
  const errors = subjects.length === 0 ? [fieldError.required(`${path}.subjects`, "subjects must contain at least one value")] : [];
  errors.push(...each(subjects, `${path}.subjects`, (subject, at) => subjectErrors(at, subject)));
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(fieldError.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  return [
    ...errors,
    ...each(resourceRules, `${path}.resourceRules`, (rule, at) => resourceRuleErrors(at, rule)),
    ...each(nonResourceRules, `${path}.nonResourceRules`, ({ verbs, nonResourceURLs }, at) => [
      ...wildcardListErrors(`${at}.verbs`, verbs, "verbs"),
      ...wildcardListErrors(`${at}.nonResourceURLs`, nonResourceURLs, "nonResourceURLs"),
    ]),
  ];
}

const subjectKinds = { Group: "group", ServiceAccount: "serviceAccount", User: "user" } as const;

function subjectErrors(path: string, subject: Subject): FieldError[] {
  const kind = subject.kind;
  if (!Object.hasOwn(subjectKinds, kind ?? "")) return [fieldError.notSupported(`${path}.kind`, kind ?? "", Object.keys(subjectKinds))];
  const field = subjectKinds[kind as keyof typeof subjectKinds];
  const errors = Object.values(subjectKinds)
    .filter((other) => other !== field && subject[other] !== undefined)
    .map((other) => fieldError.forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${other[0]?.toUpperCase()}${other.slice(1)}'`));
  const named = subject[field];
  if (named === undefined) return [...errors, fieldError.required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`)];
  errors.push(...required(`${path}.${field}.name`, named.name));
  if (field !== "serviceAccount") return errors;
  const namespace = subject.serviceAccount?.namespace ?? "";
  if (namespace === "") errors.push(fieldError.required(`${path}.serviceAccount.namespace`, "must specify namespace for service account"));
  else if (namespace !== "*") errors.push(...matches(`${path}.serviceAccount.namespace`, namespace, dns1123LabelErrors));
  return errors;
}

function resourceRuleErrors(path: string, { verbs, apiGroups, resources, namespaces = [], clusterScope }: ResourcePolicyRule): FieldError[] {
  const errors = [
    ...wildcardListErrors(`${path}.verbs`, verbs, "verbs"),
    ...wildcardListErrors(`${path}.apiGroups`, apiGroups, "apiGroups"),
    ...wildcardListErrors(`${path}.resources`, resources, "resources"),
  ];
  const at = `${path}.namespaces`;
  if (namespaces.length === 0 && clusterScope !== true)
    return [...errors, fieldError.required(at, "resource rules that are not cluster scoped must supply at least one namespace")];
  if (namespaces.includes("*")) return namespaces.length > 1 ? [...errors, fieldError.invalid(at, namespaces, `"*" may not accompany other entries`)] : errors;
  return [...errors, ...each(namespaces, at, (namespace, index) => matches(index, namespace, dns1123LabelErrors))];
}

/** A list with at least one entry, in which `*` stands alone. */
function wildcardListErrors(path: string, values: readonly string[] | undefined, what: string): FieldError[] {
  if (values === undefined || values.length === 0) return [fieldError.required(path, `${what} must contain at least one value`)];
  if (values.includes("*") && values.length > 1) return [fieldError.invalid(path, values, `if '*' is present, must not specify other ${what}`)];
  return duplicates(
    values,
    path,
    (value) => value,
    (at, value) => fieldError.duplicate(at, value),
  );
}

const maxHashBits = 60;
const maxQueues = 10 * 1000 * 1000;

export function priorityLevelConfigurationErrors({ metadata, spec, status }: PriorityLevelConfiguration): FieldError[] {
  const { type, limited, exempt } = spec;
  const errors = [...conditionErrors(status?.conditions), ...oneOf("spec.type", type, ["Exempt", "Limited"])];
  if (metadata.name === "exempt" && type !== "Exempt") errors.push(fieldError.invalid("spec.type", type, "type must be 'Exempt' if object name is 'exempt'"));
  if (metadata.name !== "exempt" && type === "Exempt")
    errors.push(fieldError.invalid("spec.type", type, "type must not be 'Exempt' if object name is not 'exempt'"));
  if (type === "Exempt" && limited !== undefined) errors.push(fieldError.forbidden("spec.limited", "must be nil if the type is not Limited"));
  if (type === "Limited" && exempt !== undefined) errors.push(fieldError.forbidden("spec.exempt", "must be nil if the type is Limited"));
  if (type !== "Limited") return errors;
  if (limited === undefined) return [...errors, fieldError.required("spec.limited", "must not be empty when type is Limited")];
  const path = "spec.limited.limitResponse";
  const response = limited.limitResponse;
  errors.push(...oneOf(`${path}.type`, response?.type, ["Queue", "Reject"]));
  if (response?.type === "Reject" && response.queuing !== undefined)
    errors.push(fieldError.forbidden(`${path}.queuing`, "must be nil if limited.limitResponse.type is not Limited"));
  if (response?.type === "Queue") {
    errors.push(
      ...(response.queuing === undefined
        ? [fieldError.required(`${path}.queuing`, "must not be empty if limited.limitResponse.type is Limited")]
        : queuingErrors(`${path}.queuing`, response.queuing)),
    );
  }
  return errors;
}

function queuingErrors(path: string, { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(fieldError.invalid(`${path}.queueLengthLimit`, queueLengthLimit, "must be positive"));
  if (queues <= 0) errors.push(fieldError.invalid(`${path}.queues`, queues, "must be positive"));
  else if (queues > maxQueues) errors.push(fieldError.invalid(`${path}.queues`, queues, `must not be greater than ${maxQueues}`));
  if (handSize <= 0) errors.push(fieldError.invalid(`${path}.handSize`, handSize, "must be positive"));
  else if (handSize > queues) errors.push(fieldError.invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (hashBits(queues, handSize) > maxHashBits) {
    errors.push(
      fieldError.invalid(
        `${path}.handSize`,
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`,
      ),
    );
  }
  return errors;
}

/** Bits that dealing a hand takes: one choice out of ever fewer queues. */
function hashBits(queues: number, handSize: number): number {
  let bits = 0;
  for (let dealt = 0; dealt < handSize; dealt++) bits += Math.log2(queues - dealt);
  return Math.ceil(bits);
}

/** The last resorts match what the server expects of them. */
export function mandatoryFlowSchemaErrors({ metadata, spec }: FlowSchema, old: FlowSchema): FieldError[] {
  if (!["exempt", "catch-all"].includes(metadata.name) || sameJson(spec, old.spec)) return [];
  return [fieldError.invalid("spec", spec, `spec of '${metadata.name}' must equal the fixed value`)];
}
