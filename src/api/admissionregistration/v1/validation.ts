/** Policies and their bindings (pkg/apis/admissionregistration/validation). */
import { validateConditions } from "../../../machinery/conditions.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors, pathSegmentNameErrors, qualifiedNameErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { each, matches, optional, required } from "../../validation.ts";
import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from "./common.ts";
import { ExpressionChecks } from "./expressions.validation.ts";
import type { MutatingAdmissionPolicy, Mutation } from "./mutating-admission-policy.ts";
import { expressionErrors, matchConditionErrors, matchResourcesErrors } from "./rules.validation.ts";
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from "./validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";

const maxAuditAnnotations = 20;
const maxAuditExpressionBytes = 5 * 1024;

export function validatingAdmissionPolicyErrors(
  { metadata, spec }: ValidatingAdmissionPolicy,
  _context?: unknown,
  old?: ValidatingAdmissionPolicy,
): readonly FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const checks = new ExpressionChecks(spec, { old });
  const errors = policyErrors(spec, checks);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const rule = "validations or auditAnnotations must contain at least one item";
    return [...errors, fieldError.required("spec.validations", rule), fieldError.required("spec.auditAnnotations", rule)];
  }
  return joined(
    errors,
    each(validations, "spec.validations", (validation, at) => validationErrors(validation, at, checks)),
    auditAnnotationsErrors("spec.auditAnnotations", auditAnnotations, metadata.name, checks),
  );
}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

function validationErrors(validation: Validation, path: string, checks: ExpressionChecks): readonly FieldError[] {
  const { expression, messageExpression = "", message = "", reason } = validation;
  const errors = [...expressionErrors(`${path}.expression`, expression, { check: checks.validation })];
  if (messageExpression !== "" && messageExpression.trim() === "")
    errors.push(fieldError.invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified"));
  else if (messageExpression !== "") errors.push(...checks.message(`${path}.messageExpression`, messageExpression));
  if (message !== "" && message.trim() === "") errors.push(fieldError.invalid(`${path}.message`, message, "message must be non-empty if specified"));
  else if (/[\n\r]/.test(message.trim())) errors.push(fieldError.invalid(`${path}.message`, message, "message must not contain line breaks"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(fieldError.notSupported(`${path}.reason`, reason, reasons));
  return errors;
}

/** Keys of annotations of audit events get the policy's name for a domain. */
function auditAnnotationsErrors(path: string, annotations: readonly AuditAnnotation[], policy: string, checks: ExpressionChecks): readonly FieldError[] {
  const keys = annotations.map(({ key = "" }) => key);
  const tooMany = keys.length > maxAuditAnnotations;
  return joined(
    tooMany ? [fieldError.invalid(path, annotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`)] : none,
    each(annotations, path, ({ key = "", valueExpression }, at, index) =>
      joined(
        policy === ""
          ? [fieldError.invalid(`${at}.key`, key, "requires metadata.name be non-empty")]
          : matches(`${at}.key`, `${policy}/${key}`, qualifiedNameErrors),
        expressionErrors(`${at}.valueExpression`, valueExpression, { check: checks.annotation, name: "valueExpression", maxBytes: maxAuditExpressionBytes }),
        keys.indexOf(key) < index ? [fieldError.duplicate(`${at}.key`, key)] : none,
      ),
    ),
  );
}

export function validatingAdmissionPolicyStatusErrors({ status }: ValidatingAdmissionPolicy): readonly FieldError[] {
  return joined(
    each(status?.typeChecking?.expressionWarnings, "status.typeChecking.expressionWarnings", ({ warning, fieldRef }, at) =>
      joined(required(`${at}.warning`, warning), fieldRef?.trim() ? none : [fieldError.required(`${at}.fieldRef`)]),
    ),
    validateConditions(status?.conditions ?? [], "status.conditions"),
  );
}

export function mutatingAdmissionPolicyErrors({ spec }: MutatingAdmissionPolicy, _context?: unknown, old?: MutatingAdmissionPolicy): readonly FieldError[] {
  const { mutations = [], reinvocationPolicy } = spec;
  const checks = new ExpressionChecks(spec, { old, mutation: true });
  return joined(
    policyErrors(spec, checks),
    mutations.length === 0 ? [fieldError.required("spec.mutations", "mutations must contain at least one item")] : none,
    each(mutations, "spec.mutations", (mutation, at) => mutationErrors(mutation, at, checks)),
    required("spec.reinvocationPolicy", reinvocationPolicy),
  );
}

const forms = { JSONPatch: "jsonPatch", ApplyConfiguration: "applyConfiguration" } as const;

/** The form of a mutation that goes with its type, and no other. */
function mutationErrors(mutation: Mutation, path: string, checks: ExpressionChecks): readonly FieldError[] {
  const { patchType } = mutation;
  if (!patchType) return [fieldError.required(`${path}.patchType`)];
  if (!Object.hasOwn(forms, patchType)) return [];
  const own = forms[patchType as keyof typeof forms];
  const other = own === "jsonPatch" ? "applyConfiguration" : "jsonPatch";
  const form = mutation[own];
  return joined(
    form === undefined
      ? [fieldError.required(`${path}.${own}`, `must be specified when patchType is ${patchType}`)]
      : expressionErrors(`${path}.${own}.expression`, form.expression, { check: own === "jsonPatch" ? checks.jsonPatch : checks.appliedObject }),
    mutation[other] === undefined ? none : [fieldError.invalid(`${path}.${other}`, "{}", `must not be specified when patchType is ${patchType}`)],
  );
}

interface Policy {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
  readonly failurePolicy?: string;
}

/** What both kinds of policies have. */
function policyErrors({ paramKind, matchConstraints, matchConditions, variables, failurePolicy }: Policy, checks: ExpressionChecks): readonly FieldError[] {
  const rules = matchConstraints?.resourceRules ?? [];
  return joined(
    required("spec.failurePolicy", failurePolicy),
    optional(paramKind, (kind) => paramKindErrors("spec.paramKind", kind)),
    matchConstraints === undefined ? [fieldError.required("spec.matchConstraints")] : matchResourcesErrors("spec.matchConstraints", matchConstraints),
    matchConstraints !== undefined && rules.length === 0 ? [fieldError.required("spec.matchConstraints.resourceRules")] : none,
    matchConditionErrors("spec.matchConditions", matchConditions, checks.condition),
    each(variables, "spec.variables", ({ name = "", expression }, at) =>
      joined(
        variableNameErrors(`${at}.name`, name),
        expressionErrors(`${at}.expression`, expression, { check: (path, text) => checks.variable(path, name, text) }),
      ),
    ),
  );
}

const reservedWords = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

function variableNameErrors(path: string, name: string): readonly FieldError[] {
  if (name.trim() === "") return [fieldError.required(path, "name is not specified")];
  const isIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reservedWords.has(name);
  return isIdentifier ? [] : [fieldError.invalid(path, name, "name is not a valid CEL identifier")];
}

function paramKindErrors(path: string, { apiVersion = "", kind = "" }: ParamKind): readonly FieldError[] {
  const errors = [...apiVersionErrors(`${path}.apiVersion`, apiVersion)];
  if (kind === "") return [...errors, fieldError.required(`${path}.kind`)];
  const problems = dns1035LabelErrors(kind.toLowerCase());
  if (problems.length > 0) errors.push(fieldError.invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(",")}`));
  return errors;
}

function apiVersionErrors(path: string, apiVersion: string): readonly FieldError[] {
  if (apiVersion === "") return [fieldError.required(path)];
  const parts = apiVersion === "/" ? ["", ""] : apiVersion.split("/");
  if (parts.length > 2) return [fieldError.invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group, version] = parts.length === 2 ? [parts[0]!, parts[1]!] : ["", apiVersion];
  const named = (value: string, problems: readonly string[]) => (problems.length > 0 ? [fieldError.invalid(path, value, problems.join(","))] : []);
  return joined(
    group === "" ? none : named(group, dns1123SubdomainErrors(group)),
    version === "" ? [fieldError.invalid(path, apiVersion, "version must be specified")] : named(version, dns1035LabelErrors(version)),
  );
}

interface PolicyBinding {
  readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources };
}

export function policyBindingErrors({ spec }: PolicyBinding): readonly FieldError[] {
  const { policyName, paramRef, matchResources } = spec;
  return joined(
    policyName ? matches("spec.policyName", policyName, dns1123SubdomainErrors) : [fieldError.required("spec.policyName")],
    optional(paramRef, (reference) => paramRefErrors("spec.paramRef", reference)),
    // The letter that is missing is missing upstream.
    optional(matchResources, (resources) => matchResourcesErrors("spec.matchResouces", resources)),
  );
}

const notFoundActions = ["Deny", "Allow"];

function paramRefErrors(path: string, { name = "", selector, parameterNotFoundAction: action }: ParamRef): readonly FieldError[] {
  const errors: FieldError[] = [];
  const both = name !== "" && selector !== undefined;
  const refusal = "name and selector are mutually exclusive";
  if (name !== "") errors.push(...matches(`${path}.name`, name, pathSegmentNameErrors));
  if (both) errors.push(fieldError.forbidden(`${path}.name`, refusal));
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (both) errors.push(fieldError.forbidden(`${path}.selector`, refusal));
  if (name === "" && selector === undefined) errors.push(fieldError.required(path, "one of name or selector must be specified"));
  if (!action) errors.push(fieldError.required(`${path}.parameterNotFoundAction`));
  else if (!notFoundActions.includes(action)) errors.push(fieldError.notSupported(`${path}.parameterNotFoundAction`, action, notFoundActions));
  return errors;
}

const validationActions = ["Audit", "Deny", "Warn"];

export function validatingAdmissionPolicyBindingErrors(binding: ValidatingAdmissionPolicyBinding): readonly FieldError[] {
  const actions = binding.spec.validationActions ?? [];
  const path = "spec.validationActions";
  const wrong = each(actions, path, (action, at, index) =>
    joined(
      validationActions.includes(action) ? none : [fieldError.notSupported(at, action, validationActions)],
      actions.indexOf(action) < index ? [fieldError.duplicate(at, action)] : none,
    ),
  );
  const errors = [...wrong];
  const twice = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
  if (actions.includes("Deny") && actions.includes("Warn")) errors.push(fieldError.invalid(path, actions, twice));
  if (actions.length === 0) errors.push(fieldError.required(path, "at least one validation action is required"));
  return joined(policyBindingErrors(binding), errors);
}
