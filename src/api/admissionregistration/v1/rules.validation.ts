/** Which requests a webhook or a policy is about (pkg/apis/admissionregistration/validation). */
import { joined, none } from "../../../machinery/joined.ts";
import { byteLength, pathSegmentNameErrors, qualifiedNameErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { each, matches, required } from "../../validation.ts";
import type { MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations } from "./common.ts";
import type { CheckExpression } from "./expressions.validation.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

export function ruleErrors(
  path: string,
  { operations: wanted = [], apiGroups = [], apiVersions = [], resources = [] }: RuleWithOperations,
): readonly FieldError[] {
  return joined(
    listErrors(`${path}.operations`, wanted, "operations"),
    each(wanted, `${path}.operations`, (operation, at) => (operations.includes(operation) ? none : [fieldError.notSupported(at, operation, operations)])),
    listErrors(`${path}.apiGroups`, apiGroups, "API groups"),
    listErrors(`${path}.apiVersions`, apiVersions, "API versions"),
    each(apiVersions, `${path}.apiVersions`, (version, at) => required(at, version)),
    resourceErrors(`${path}.resources`, resources),
  );
}

/** At least one, and `*` alone. */
function listErrors(path: string, values: readonly string[], what: string): readonly FieldError[] {
  if (values.length === 0) return [fieldError.required(path)];
  return values.length > 1 && values.includes("*") ? [fieldError.invalid(path, values, `if '*' is present, must not specify other ${what}`)] : [];
}

/** `resource`, `resource/subresource`, and either part as `*`: what a wildcard before it covers already is refused. */
function resourceErrors(path: string, resources: readonly string[]): readonly FieldError[] {
  if (resources.length === 0) return [fieldError.required(path)];
  const [whole, anyResource] = [new Set<string>(), new Set<string>()];
  const covered = each(resources, path, (text, at) => {
    if (text === "") return [fieldError.required(at)];
    const slash = text.indexOf("/");
    if (slash < 0) return [];
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const coveredBy = (by: string) => fieldError.invalid(at, text, `if '${by}' is present, must not specify ${text}`);
    const found = [...(whole.has(resource) ? [coveredBy(`${resource}/*`)] : []), ...(anyResource.has(subresource) ? [coveredBy(`*/${subresource}`)] : [])];
    if (subresource === "*") whole.add(resource);
    if (resource === "*") anyResource.add(subresource);
    return found;
  });
  const errors = [...covered];
  if (resources.length > 1 && resources.includes("*/*"))
    errors.push(fieldError.invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  // Upstream looks at the last one without a subresource only.
  const last = resources.findLast((text) => text !== "" && !text.includes("/"));
  if (resources.includes("*") && last !== undefined && last !== "*")
    errors.push(fieldError.invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

export function matchResourcesErrors(path: string, resources: MatchResources): readonly FieldError[] {
  return joined(
    required(`${path}.matchPolicy`, resources.matchPolicy),
    validateLabelSelector(resources.namespaceSelector, `${path}.namespaceSelector`),
    validateLabelSelector(resources.objectSelector, `${path}.objectSelector`),
    each(resources.resourceRules, `${path}.resourceRules`, (rule, at) => namedRuleErrors(at, rule)),
    each(resources.excludeResourceRules, `${path}.excludeResourceRules`, (rule, at) => namedRuleErrors(at, rule)),
  );
}

function namedRuleErrors(path: string, rule: NamedRuleWithOperations): readonly FieldError[] {
  const names = rule.resourceNames ?? [];
  const errors = each(names, `${path}.resourceNames`, (name, at, index) =>
    joined(matches(at, name, pathSegmentNameErrors), names.indexOf(name) < index ? [fieldError.duplicate(at, name)] : none),
  );
  return joined(errors, ruleErrors(path, rule));
}

const maxMatchConditions = 64;

export function matchConditionErrors(path: string, conditions: readonly MatchCondition[] | undefined, check: CheckExpression): readonly FieldError[] {
  const names = (conditions ?? []).map(({ name = "" }) => name);
  return joined(
    names.length > maxMatchConditions ? [fieldError.tooMany(path, names.length, maxMatchConditions)] : none,
    each(conditions, path, ({ name = "", expression }, at, index) =>
      joined(
        expression?.trim() ? check(`${at}.expression`, expression) : [fieldError.required(`${at}.expression`)],
        name === "" ? [fieldError.required(`${at}.name`)] : matches(`${at}.name`, name, qualifiedNameErrors),
        name !== "" && names.indexOf(name) < index ? [fieldError.duplicate(`${at}.name`, name)] : none,
      ),
    ),
  );
}

interface ExpressionRules {
  readonly check: CheckExpression;
  readonly name?: string;
  readonly maxBytes?: number;
}

/** Text of more than white space, that compiles. */
export function expressionErrors(
  path: string,
  expression: string | undefined,
  { check, name = "expression", maxBytes = Number.POSITIVE_INFINITY }: ExpressionRules,
): readonly FieldError[] {
  const text = expression?.trim() ?? "";
  if (text === "") return [fieldError.required(path, `${name} is not specified`)];
  return byteLength(text) > maxBytes ? [fieldError.required(path, `must not exceed ${maxBytes} bytes in length`)] : check(path, expression!);
}
