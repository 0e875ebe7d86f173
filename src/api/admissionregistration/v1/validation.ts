/** pkg/apis/admissionregistration/validation, without the compilation of CEL, which admission does. */
import { cIdentifierErrors, dns1035LabelErrors, dns1123SubdomainErrors, fullyQualifiedNameErrors, qualifiedNameErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { duplicates, each, matches, optional, portNumber, required } from "../../validation.ts";
import type { MatchCondition, MatchResources, ParamKind, ParamRef, RuleWithOperations, ServiceReference, Variable, WebhookClientConfig } from "./common.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import type { MutatingWebhook } from "./mutating-webhook-configuration.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";
import type { ValidatingWebhook } from "./validating-webhook-configuration.ts";

const maxMatchConditions = 64;
const maxTimeoutSeconds = 30;
const knownReviewVersions = ["v1", "v1beta1"];

/** Both kinds of webhook configurations. */
export function webhookConfigurationErrors({ webhooks }: { webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[] }): FieldError[] {
  return [
    ...each(webhooks, "webhooks", (webhook, at) => webhookErrors(at, webhook)),
    ...duplicates(
      webhooks,
      "webhooks",
      ({ name }) => name,
      (at, _webhook, name) => fieldError.duplicate(`${at}.name`, name),
    ),
  ];
}

function webhookErrors(path: string, webhook: MutatingWebhook | ValidatingWebhook): FieldError[] {
  const { name = "", clientConfig = {}, rules, timeoutSeconds, sideEffects, admissionReviewVersions } = webhook;
  const badTimeout = timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > maxTimeoutSeconds);
  return [
    ...matches(`${path}.name`, name, fullyQualifiedNameErrors),
    ...each(rules, `${path}.rules`, (rule, at) => ruleErrors(at, rule)),
    ...required(`${path}.sideEffects`, sideEffects, "must specify one of None, NoneOnDryRun"),
    ...(badTimeout
      ? [fieldError.invalid(`${path}.timeoutSeconds`, timeoutSeconds, `the timeout value must be between 1 and ${maxTimeoutSeconds} seconds`)]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
    ...clientConfigErrors(`${path}.clientConfig`, clientConfig),
    ...reviewVersionErrors(`${path}.admissionReviewVersions`, admissionReviewVersions ?? []),
    ...matchConditionErrors(`${path}.matchConditions`, webhook.matchConditions),
  ];
}

function ruleErrors(path: string, { operations = [], apiGroups = [], apiVersions = [], resources = [] }: RuleWithOperations): FieldError[] {
  const errors = wildcardErrors(`${path}.operations`, operations, "operations");
  errors.push(...wildcardErrors(`${path}.apiGroups`, apiGroups, "apiGroups"), ...wildcardErrors(`${path}.apiVersions`, apiVersions, "apiVersions"));
  errors.push(...each(apiVersions, `${path}.apiVersions`, (version, at) => required(at, version)));
  if (resources.length === 0) return [...errors, fieldError.required(`${path}.resources`)];
  errors.push(...each(resources, `${path}.resources`, (resource, at) => required(at, resource)));
  const everything = resources.includes("*/*")
    ? resources.length > 1
    : resources.includes("*") && resources.some((resource) => resource !== "*" && !resource.includes("/"));
  if (everything)
    errors.push(
      fieldError.invalid(
        `${path}.resources`,
        resources,
        resources.includes("*/*")
          ? "if '*/*' is present, must not specify other resources"
          : "if '*' is present, must not specify other resources without subresources",
      ),
    );
  return errors;
}

function wildcardErrors(path: string, values: readonly string[], what: string): FieldError[] {
  if (values.length === 0) return [fieldError.required(path)];
  if (values.length === 1 || !values.includes("*")) return [];
  return [
    fieldError.invalid(
      path,
      values,
      `if '*' is present, must not specify other ${what === "apiGroups" ? "API groups" : what === "apiVersions" ? "API versions" : what}`,
    ),
  ];
}

function clientConfigErrors(path: string, { url, service }: WebhookClientConfig): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [fieldError.required(path, "exactly one of url or service is required")];
  return url === undefined ? [...optional(service, (reference) => serviceErrors(`${path}.service`, reference))] : urlErrors(`${path}.url`, url);
}

function urlErrors(path: string, text: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  if (!URL.canParse(text)) return [fieldError.required(path, `url must be a valid URL: parse ${JSON.stringify(text)}${form}`)];
  const url = new URL(text);
  const errors: FieldError[] = [];
  if (url.protocol !== "https:") errors.push(fieldError.invalid(path, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${form}`));
  if (url.host === "") errors.push(fieldError.invalid(path, url.host, `host must be specified${form}`));
  if (url.username !== "" || url.password !== "") errors.push(fieldError.invalid(path, url.username, "user information is not permitted in the URL"));
  if (url.hash !== "") errors.push(fieldError.invalid(path, url.hash.slice(1), "fragments are not permitted in the URL"));
  if (url.search !== "") errors.push(fieldError.invalid(path, url.search.slice(1), "query parameters are not permitted in the URL"));
  return errors;
}

function serviceErrors(path: string, { name, namespace, path: url, port = 443 }: ServiceReference): FieldError[] {
  const errors = [
    ...required(`${path}.name`, name, "service name is required"),
    ...required(`${path}.namespace`, namespace, "service namespace is required"),
    ...portNumber(`${path}.port`, port),
  ];
  if (url === undefined || url === "/") return errors;
  if (!url.startsWith("/")) return [...errors, fieldError.invalid(`${path}.path`, url, "must start with a '/'")];
  const segments = url.slice(1).split("/");
  const last = segments.length - 1;
  return [
    ...errors,
    ...segments.flatMap((segment, index) => {
      if (segment === "") return index === last ? [] : [fieldError.invalid(`${path}.path`, url, `segment[${index}] may not be empty`)];
      return dns1123SubdomainErrors(segment).map((text) => fieldError.invalid(`${path}.path`, url, `segment[${index}]: ${text}`));
    }),
  ];
}

function reviewVersionErrors(path: string, versions: readonly string[]): FieldError[] {
  if (versions.length === 0) return [fieldError.required(path, `must specify one of ${knownReviewVersions.join(", ")}`)];
  const errors = each(versions, path, (version, at) => matches(at, version, dns1035LabelErrors));
  const repeated = duplicates(
    versions,
    path,
    (version) => version,
    (at, version) => ({ ...fieldError.invalid(at, version, "duplicate version") }),
  );
  const known = versions.some((version) => knownReviewVersions.includes(version));
  return [...errors, ...repeated, ...(known ? [] : [fieldError.invalid(path, versions, `must include at least one of ${knownReviewVersions.join(", ")}`)])];
}

function matchConditionErrors(path: string, conditions: readonly MatchCondition[] | undefined): FieldError[] {
  const count = (conditions ?? []).length;
  return [
    ...(count > maxMatchConditions ? [fieldError.tooMany(path, count, maxMatchConditions)] : []),
    ...each(conditions, path, ({ name = "", expression }, at) => [
      ...(expression?.trim() ? [] : [fieldError.required(`${at}.expression`)]),
      ...(name === "" ? [fieldError.required(`${at}.name`)] : matches(`${at}.name`, name, qualifiedNameErrors)),
    ]),
    ...duplicates(
      conditions,
      path,
      ({ name }) => name,
      (at, _condition, name) => fieldError.duplicate(`${at}.name`, name),
    ),
  ];
}

export function validatingAdmissionPolicyErrors({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const errors = policyErrors(spec);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.push(fieldError.required("spec.validations", "validations or auditAnnotations must contain at least one item"));
    errors.push(fieldError.required("spec.auditAnnotations", "validations or auditAnnotations must contain at least one item"));
  }
  return [
    ...errors,
    ...each(validations, "spec.validations", ({ expression, message, reason }, at) => [
      ...(expression?.trim() ? [] : [fieldError.required(`${at}.expression`, "expression is not specified")]),
      ...(message !== undefined && message !== "" && message.trim() === ""
        ? [fieldError.invalid(`${at}.message`, message, "message must be non-empty if specified")]
        : []),
      ...(message?.includes("\n") ? [fieldError.invalid(`${at}.message`, message, "message must not contain line breaks")] : []),
      ...(reason === undefined || reasons.includes(reason) ? [] : [fieldError.notSupported(`${at}.reason`, reason, reasons)]),
    ]),
    ...each(auditAnnotations, "spec.auditAnnotations", ({ key = "", valueExpression }, at) => [
      ...(key === "" ? [fieldError.required(`${at}.key`)] : matches(`${at}.key`, key, qualifiedNameErrors)),
      ...(valueExpression?.trim() ? [] : [fieldError.required(`${at}.valueExpression`, "valueExpression is not specified")]),
    ]),
  ];
}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

export function mutatingAdmissionPolicyErrors({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const { mutations = [], reinvocationPolicy } = spec;
  const errors = [...policyErrors(spec), ...required("spec.reinvocationPolicy", reinvocationPolicy)];
  if (mutations.length === 0) errors.push(fieldError.required("spec.mutations", "mutations must contain at least one item"));
  return [
    ...errors,
    ...each(mutations, "spec.mutations", ({ patchType, applyConfiguration, jsonPatch }, at) => {
      if (!patchType) return [fieldError.required(`${at}.patchType`)];
      const [own, other] = patchType === "JSONPatch" ? (["jsonPatch", "applyConfiguration"] as const) : (["applyConfiguration", "jsonPatch"] as const);
      const set = { applyConfiguration, jsonPatch };
      return [
        ...(set[own] === undefined ? [fieldError.required(`${at}.${own}`, `must be specified when patchType is ${patchType}`)] : []),
        ...(set[own] !== undefined && !set[own].expression?.trim() ? [fieldError.required(`${at}.${own}.expression`, "expression is not specified")] : []),
        ...(set[other] === undefined ? [] : [fieldError.invalid(`${at}.${other}`, "{}", `must not be specified when patchType is ${patchType}`)]),
      ];
    }),
  ];
}

interface Policy {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
  readonly failurePolicy?: string;
}

/** What both kinds of policies have. */
function policyErrors({ paramKind, matchConstraints, matchConditions, variables, failurePolicy }: Policy): FieldError[] {
  return [
    ...required("spec.failurePolicy", failurePolicy),
    ...optional(paramKind, ({ apiVersion, kind }) => [...required("spec.paramKind.apiVersion", apiVersion), ...required("spec.paramKind.kind", kind)]),
    ...(matchConstraints === undefined ? [fieldError.required("spec.matchConstraints")] : matchResourcesErrors("spec.matchConstraints", matchConstraints)),
    ...(matchConstraints !== undefined && (matchConstraints.resourceRules ?? []).length === 0
      ? [fieldError.required("spec.matchConstraints.resourceRules")]
      : []),
    ...matchConditionErrors("spec.matchConditions", matchConditions),
    ...each(variables, "spec.variables", ({ name = "", expression }, at) => [
      ...(name === "" ? [fieldError.required(`${at}.name`)] : matches(`${at}.name`, name, cIdentifierErrors)),
      ...(expression?.trim() ? [] : [fieldError.required(`${at}.expression`, "expression is not specified")]),
    ]),
    ...duplicates(
      variables,
      "spec.variables",
      ({ name }) => name,
      (at, _variable, name) => fieldError.duplicate(`${at}.name`, name),
    ),
  ];
}

function matchResourcesErrors(path: string, resources: MatchResources): FieldError[] {
  return [
    ...required(`${path}.matchPolicy`, resources.matchPolicy),
    ...validateLabelSelector(resources.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(resources.objectSelector, `${path}.objectSelector`),
    ...each(resources.resourceRules, `${path}.resourceRules`, (rule, at) => ruleErrors(at, rule)),
    ...each(resources.excludeResourceRules, `${path}.excludeResourceRules`, (rule, at) => ruleErrors(at, rule)),
  ];
}

interface PolicyBinding {
  readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources };
}

export function policyBindingErrors({ spec }: PolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources } = spec;
  return [
    ...(policyName ? matches("spec.policyName", policyName, dns1123SubdomainErrors) : [fieldError.required("spec.policyName")]),
    ...optional(paramRef, (reference) => paramRefErrors("spec.paramRef", reference)),
    ...optional(matchResources, (resources) => matchResourcesErrors("spec.matchResouces", resources)),
  ];
}

function paramRefErrors(path: string, { name, selector, parameterNotFoundAction }: ParamRef): FieldError[] {
  const errors: FieldError[] = [];
  if (name) {
    errors.push(...matches(`${path}.name`, name, dns1123SubdomainErrors));
    if (selector !== undefined) errors.push(fieldError.forbidden(`${path}.name`, "name and selector are mutually exclusive"));
  } else if (selector === undefined) errors.push(fieldError.required(path, "one of name or selector must be specified"));
  return [...errors, ...validateLabelSelector(selector, `${path}.selector`), ...required(`${path}.parameterNotFoundAction`, parameterNotFoundAction)];
}

export function validatingAdmissionPolicyBindingErrors(binding: ValidatingAdmissionPolicyBinding): FieldError[] {
  const actions = binding.spec.validationActions ?? [];
  const path = "spec.validationActions";
  const errors = policyBindingErrors(binding);
  if (actions.length === 0) errors.push(fieldError.required(path, "at least one validation action is required"));
  if (actions.includes("Deny") && actions.includes("Warn")) {
    errors.push(
      fieldError.invalid(
        path,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  }
  const repeated = duplicates(
    actions,
    path,
    (action) => action,
    (at, action) => fieldError.duplicate(at, action),
  );
  return [...errors, ...repeated];
}
