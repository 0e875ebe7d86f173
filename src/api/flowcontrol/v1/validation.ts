/** pkg/apis/flowcontrol/validation. */
import { joined } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { duplicates, each, matches, required } from "../../validation.ts";
import type { FlowSchema, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from "./flow-schema.ts";
import { mandatoryFlowSchemaSpecs, mandatoryPriorityLevelSpecs } from "./mandatory.ts";
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "./priority-level-configuration.ts";

const maxPrecedence = 10_000;

export function flowSchemaErrors(schema: FlowSchema): readonly FieldError[] {
  const { metadata, spec } = schema;
  const fixed = mandatoryFlowSchemaSpecs.get(metadata.name);
  const errors = [...specErrors(schema)];
  if (fixed !== undefined && !sameJson(spec, fixed)) errors.push(fieldError.invalid("spec", spec, `spec of '${metadata.name}' must equal the fixed value`));
  return joined(errors, conditionErrors(schema.status?.conditions));
}

const distinguishers = ["ByNamespace", "ByUser"];

function specErrors({ metadata, spec }: FlowSchema): readonly FieldError[] {
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules } = spec;
  const errors: FieldError[] = [];
  if (matchingPrecedence <= 0) errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, "must be a positive value"));
  if (matchingPrecedence > maxPrecedence)
    errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, `must not be greater than ${maxPrecedence}`));
  if (matchingPrecedence === 1 && metadata.name !== "exempt") {
    errors.push(fieldError.invalid("spec.matchingPrecedence", matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (distinguisherMethod !== undefined && !distinguishers.includes(distinguisherMethod.type ?? "")) {
    // The value is the whole method, with the name of its field in Go.
    errors.push(fieldError.notSupported("spec.distinguisherMethod.type", { Type: distinguisherMethod.type ?? "" }, distinguishers));
  }
  const level = priorityLevelConfiguration?.name;
  errors.push(
    ...(level
      ? matches("spec.priorityLevelConfiguration.name", level, dns1123SubdomainErrors)
      : [fieldError.required("spec.priorityLevelConfiguration.name", "must reference a priority level")]),
  );
  return joined(
    errors,
    each(rules, "spec.rules", (rule, at) => ruleErrors(at, rule)),
  );
}

/** Conditions merge by their type, so each has one of its own. */
function conditionErrors(conditions: readonly { readonly type?: string }[] | undefined): readonly FieldError[] {
  const path = "status.conditions";
  const nameless = each(conditions, path, ({ type }, at) => required(`${at}.type`, type, "must not be empty"));
  return joined(
    duplicates(
      conditions,
      path,
      ({ type }) => type,
      (at, _condition, type) => fieldError.duplicate(`${at}.type`, type),
    ),
    nameless,
  );
}

function ruleErrors(path: string, { subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects): readonly FieldError[] {
  const errors = subjects.length === 0 ? [fieldError.required(`${path}.subjects`, "subjects must contain at least one value")] : [];
  errors.push(...each(subjects, `${path}.subjects`, (subject, at) => subjectErrors(at, subject)));
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(fieldError.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  return joined(
    errors,
    each(resourceRules, `${path}.resourceRules`, (rule, at) => resourceRuleErrors(at, rule)),
    each(nonResourceRules, `${path}.nonResourceRules`, ({ verbs, nonResourceURLs }, at) =>
      joined(
        verbErrors(`${at}.verbs`, verbs),
        wildcardListErrors(`${at}.nonResourceURLs`, nonResourceURLs, "nonResourceURLs must contain at least one value", "non-resource URLs", urlErrors),
      ),
    ),
  );
}

const subjectKinds = { Group: "group", ServiceAccount: "serviceAccount", User: "user" } as const;

function subjectErrors(path: string, subject: Subject): readonly FieldError[] {
  const kind = subject.kind ?? "";
  if (!Object.hasOwn(subjectKinds, kind)) return [fieldError.notSupported(`${path}.kind`, kind, Object.keys(subjectKinds))];
  const field = subjectKinds[kind as keyof typeof subjectKinds];
  const others = (["serviceAccount", "user", "group"] as const).filter((other) => other !== field && subject[other] !== undefined);
  return joined(
    ownSubjectErrors(`${path}.${field}`, subject, field),
    others.map((other) => fieldError.forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${kindOf(other)}'`)),
  );
}

type SubjectField = (typeof subjectKinds)[keyof typeof subjectKinds];

function kindOf(field: SubjectField): string {
  return `${field[0]?.toUpperCase()}${field.slice(1)}`;
}

function ownSubjectErrors(path: string, subject: Subject, field: SubjectField): readonly FieldError[] {
  const named = subject[field];
  if (named === undefined) return [fieldError.required(path, `${field} is required when subject kind is '${kindOf(field)}'`)];
  const errors = [...required(`${path}.name`, named.name)];
  if (field !== "serviceAccount") return errors;
  const [name = "", namespace = ""] = [named.name, subject.serviceAccount?.namespace];
  if (name !== "" && name !== "*") errors.push(...matches(`${path}.name`, name, dns1123SubdomainErrors));
  if (namespace === "") errors.push(fieldError.required(`${path}.namespace`, "must specify namespace for service account"));
  else errors.push(...matches(`${path}.namespace`, namespace, dns1123LabelErrors));
  return errors;
}

function resourceRuleErrors(path: string, { verbs, apiGroups, resources, namespaces = [], clusterScope }: ResourcePolicyRule): readonly FieldError[] {
  const errors = [
    ...verbErrors(`${path}.verbs`, verbs),
    ...wildcardListErrors(`${path}.apiGroups`, apiGroups, "resource rules must supply at least one api group", "api groups"),
    ...wildcardListErrors(`${path}.resources`, resources, "resource rules must supply at least one resource", "resources"),
  ];
  const at = `${path}.namespaces`;
  if (namespaces.length === 0 && clusterScope === true) return errors;
  const empty = "resource rules that are not cluster scoped must supply at least one namespace";
  return joined(errors, wildcardListErrors(at, namespaces, empty, "namespaces", namespaceErrors));
}

function namespaceErrors(path: string, namespace: string): readonly FieldError[] {
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return dns1123LabelErrors(namespace).map((error) => fieldError.invalid(path, namespace, intro + error));
}

const supportedVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

function verbErrors(path: string, verbs: readonly string[] = []): readonly FieldError[] {
  const errors = wildcardListErrors(path, verbs, "verbs must contain at least one value", "verbs");
  if (errors.length > 0 || verbs.includes("*") || verbs.every((verb) => supportedVerbs.includes(verb))) return errors;
  return [fieldError.notSupported(path, verbs, supportedVerbs)];
}

type ItemErrors = (path: string, value: string) => readonly FieldError[];

/** A list with at least one entry, in which `*` stands alone. */
function wildcardListErrors(
  path: string,
  values: readonly string[] | undefined,
  empty: string,
  others: string,
  item: ItemErrors = () => [],
): readonly FieldError[] {
  if (values === undefined || values.length === 0) return [fieldError.required(path, empty)];
  if (values.includes("*")) {
    return values.length > 1 ? [fieldError.invalid(path, values, `if '*' is present, must not specify other ${others}`)] : [];
  }
  return each(values, path, (value, at) => item(at, value));
}

/** Paths may end in a wildcard of whole segments. */
function urlErrors(path: string, url: string): readonly FieldError[] {
  const reason = urlProblem(url);
  return reason === undefined ? [] : [fieldError.invalid(path, url, reason)];
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const wildcards = url.split("*").length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith("/*")) ? "wildcard can only do suffix matching" : undefined;
}

const maxHashBits = 60;
const maxQueues = 10 * 1000 * 1000;

const levelTypes = ["Exempt", "Limited"];
const responseTypes = ["Queue", "Reject"];

export function priorityLevelConfigurationErrors({ metadata, spec, status }: PriorityLevelConfiguration): readonly FieldError[] {
  const { type, limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((metadata.name === "exempt") !== (type === "Exempt"))
    errors.push(fieldError.invalid("spec.type", type ?? "", "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === "Exempt") {
    if (limited !== undefined) errors.push(fieldError.forbidden("spec.limited", "must be nil if the type is not Limited"));
    if (exempt !== undefined) errors.push(...shareErrors("spec.exempt", exempt));
  }
  if (type === "Limited") {
    if (exempt !== undefined) errors.push(fieldError.forbidden("spec.exempt", "must be nil if the type is Limited"));
    if (limited === undefined) errors.push(fieldError.required("spec.limited", "must not be empty when type is Limited"));
    else errors.push(...limitedErrors("spec.limited", limited));
  }
  if (!levelTypes.includes(type ?? "")) errors.push(fieldError.notSupported("spec.type", type ?? "", levelTypes));
  return joined(errors, mandatoryLevelErrors(metadata.name, spec), conditionErrors(status?.conditions));
}

/** Of the exempt level's spec an administrator may say what it lends. */
function mandatoryLevelErrors(name: string, spec: PriorityLevelConfigurationSpec): readonly FieldError[] {
  const fixed = mandatoryPriorityLevelSpecs.get(name);
  if (fixed === undefined) return [];
  const { exempt: _, ...rest } = spec;
  const { exempt: __, ...fixedRest } = fixed;
  if (name === "exempt" ? sameJson(rest, fixedRest) : sameJson(spec, fixed)) return [];
  const except = name === "exempt" ? " except the 'spec.exempt' field" : "";
  return [fieldError.invalid("spec", spec, `spec of '${name}'${except} must equal the fixed value`)];
}

interface Shares {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

function shareErrors(path: string, { nominalConcurrencyShares = 0, lendablePercent = 0 }: Shares): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (nominalConcurrencyShares < 0)
    errors.push(fieldError.invalid(`${path}.nominalConcurrencyShares`, nominalConcurrencyShares, "must be a non-negative integer"));
  if (lendablePercent < 0 || lendablePercent > 100)
    errors.push(fieldError.invalid(`${path}.lendablePercent`, lendablePercent, "must be between 0 and 100, inclusive"));
  return errors;
}

function limitedErrors(at: string, limited: LimitedPriorityLevelConfiguration): readonly FieldError[] {
  const errors = [...shareErrors(at, limited)];
  const { borrowingLimitPercent = 0, limitResponse: response } = limited;
  if (borrowingLimitPercent < 0)
    errors.push(fieldError.invalid(`${at}.borrowingLimitPercent`, borrowingLimitPercent, "if specified, must be a non-negative integer"));
  const path = `${at}.limitResponse`;
  if (!responseTypes.includes(response?.type ?? "")) errors.push(fieldError.notSupported(`${path}.type`, response?.type ?? "", responseTypes));
  if (response?.type === "Reject" && response.queuing !== undefined)
    errors.push(fieldError.forbidden(`${path}.queuing`, "must be nil if limited.limitResponse.type is not Limited"));
  if (response?.type !== "Queue") return errors;
  if (response.queuing === undefined) return [...errors, fieldError.required(`${path}.queuing`, "must not be empty if limited.limitResponse.type is Limited")];
  return joined(errors, queuingErrors(`${path}.queuing`, response.queuing));
}

function queuingErrors(path: string, { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration): readonly FieldError[] {
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
