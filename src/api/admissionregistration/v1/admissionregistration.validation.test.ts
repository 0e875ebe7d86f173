/** The checks of pkg/apis/admissionregistration/validation but for CEL, one change at a time. */
import { test } from "node:test";
import { type Change, type Probe, probeCreates, probeSubresource, probeUpdates } from "../../probes.ts";
import { mutatingAdmissionPolicies } from "./mutating-admission-policy.ts";
import { mutatingAdmissionPolicyBindings } from "./mutating-admission-policy-binding.ts";
import { mutatingWebhookConfigurations } from "./mutating-webhook-configuration.ts";
import { validatingAdmissionPolicies } from "./validating-admission-policy.ts";
import { validatingAdmissionPolicyBindings } from "./validating-admission-policy-binding.ts";
import { validatingWebhookConfigurations } from "./validating-webhook-configuration.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const form = "; desired format: https://host[/path]";

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const webhook = { name: "a.example.com", clientConfig: { url: "https://h/p" }, rules: [rule], sideEffects: "None", admissionReviewVersions: ["v1"] };
const [at, first] = ["webhooks[0]", "webhooks[0].rules[0]"];
const resources = (...names: string[]): Change => ({ [`${first}.resources`]: names });
const url = (text: string): Change => ({ [`${at}.clientConfig.url`]: text });
const service = (change: object): Change => ({ [`${at}.clientConfig`]: { service: { name: "s", namespace: "n", ...change } } });
const servicePath = `${at}.clientConfig.service.path`;

const webhookProbes: Probe[] = [
  [{ [`${at}.name`]: "" }, `${at}.name: Required value`],
  [{ [`${at}.name`]: "a.b" }, `${at}.name: Invalid value: "a.b": should be a domain with at least three segments separated by dots`],
  [{ [`${at}.name`]: "A.b.c" }, `${at}.name: Invalid value: "A.b.c": ${subdomain}`],
  [{ "webhooks[1]": webhook }, 'webhooks[1].name: Duplicate value: "a.example.com"'],
  [{ [`${first}.operations`]: [] }, `${first}.operations: Required value`],
  [{ [`${first}.operations`]: ["*", "CREATE"] }, `${first}.operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`],
  [{ [`${first}.operations`]: ["x"] }, `${first}.operations[0]: Unsupported value: "x": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`],
  [{ [`${first}.apiGroups`]: [] }, `${first}.apiGroups: Required value`],
  [{ [`${first}.apiGroups`]: ["*", ""] }, `${first}.apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other API groups`],
  [{ [`${first}.apiVersions`]: [""] }, `${first}.apiVersions[0]: Required value`],
  [{ [`${first}.apiVersions`]: ["*", "v1"] }, `${first}.apiVersions: Invalid value: ["*","v1"]: if '*' is present, must not specify other API versions`],
  [{ [`${first}.scope`]: "x" }, `${first}.scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"`],
  [resources(), `${first}.resources: Required value`],
  [resources(""), `${first}.resources[0]: Required value`],
  [resources("*/*", "pods"), `${first}.resources: Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources`],
  [resources("*", "pods"), `${first}.resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`],
  [resources("*", "pods/log")],
  [resources("pods/*", "pods/log"), `${first}.resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`],
  [resources("*/log", "pods/log"), `${first}.resources[1]: Invalid value: "pods/log": if '*/log' is present, must not specify pods/log`],
  [{ [`${at}.sideEffects`]: undefined }, `${at}.sideEffects: Required value: must specify one of None, NoneOnDryRun`],
  [{ [`${at}.sideEffects`]: "Some" }, `${at}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`],
  [{ [`${at}.failurePolicy`]: "x" }, `${at}.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"`],
  [{ [`${at}.matchPolicy`]: "x" }, `${at}.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"`],
  [{ [`${at}.timeoutSeconds`]: 31 }, `${at}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`],
  [
    { [`${at}.objectSelector`]: { matchExpressions: [{ key: "a", operator: "x" }] } },
    `${at}.objectSelector.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator`,
  ],
  [{ [`${at}.clientConfig`]: {} }, `${at}.clientConfig: Required value: exactly one of url or service is required`],
  [
    url("h"),
    `${at}.clientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme${form}`,
    `${at}.clientConfig.url: Invalid value: "": host must be specified${form}`,
  ],
  [url("http://h"), `${at}.clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme${form}`],
  [url("https://u:p@h"), `${at}.clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL`],
  [url("https://h#f"), `${at}.clientConfig.url: Invalid value: "f": fragments are not permitted in the URL`],
  [url("https://h?q"), `${at}.clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL`],
  [url("https://h:p"), `${at}.clientConfig.url: Required value: url must be a valid URL: parse "https://h:p": invalid port ":p" after host${form}`],
  [url(":h"), `${at}.clientConfig.url: Required value: url must be a valid URL: parse ":h": missing protocol scheme${form}`],
  [service({ path: "" })],
  [service({ path: "/a/b/" })],
  [service({ name: "" }), `${at}.clientConfig.service.namespace: Required value: service namespace is required`],
  [service({ port: 0 }), `${at}.clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive`],
  [service({ path: "//" }), `${servicePath}: Invalid value: "//": segment[0] may not be empty`],
  [service({ path: "/a//b" }), `${servicePath}: Invalid value: "/a//b": segment[1] may not be empty`],
  [service({ path: "ab" }), `${servicePath}: Invalid value: "ab": must start with a '/'`],
  [service({ path: "/A" }), `${servicePath}: Invalid value: "/A": segment[0]: ${subdomain}`],
  [{ [`${at}.admissionReviewVersions`]: [] }, `${at}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`],
  [{ [`${at}.admissionReviewVersions`]: ["v1", "v1"] }, `${at}.admissionReviewVersions[1]: Invalid value: "v1": duplicate version`],
  [{ [`${at}.admissionReviewVersions`]: ["v2"] }, `${at}.admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1`],
  [
    { [`${at}.matchConditions`]: [{ name: "", expression: " " }] },
    `${at}.matchConditions[0].expression: Required value`,
    `${at}.matchConditions[0].name: Required value`,
  ],
  [
    {
      [`${at}.matchConditions`]: [
        { name: "a", expression: "true" },
        { name: "a", expression: "true" },
      ],
    },
    `${at}.matchConditions[1].name: Duplicate value: "a"`,
  ],
  [{ [`${at}.matchConditions`]: [{ name: "-", expression: "true" }] }, `${at}.matchConditions[0].name: Invalid value: "-": ${qualified}`],
];

test("webhook configurations, which keep what older releases let in", () => {
  probeCreates(validatingWebhookConfigurations, { webhooks: [webhook] }, webhookProbes);
  probeCreates(mutatingWebhookConfigurations, { webhooks: [webhook] }, [
    ...webhookProbes,
    [{ [`${at}.reinvocationPolicy`]: "x" }, `${at}.reinvocationPolicy: Unsupported value: "x": supported values: "IfNeeded", "Never"`],
  ]);
  probeUpdates(validatingWebhookConfigurations, { webhooks: [webhook, webhook] }, [[{ "webhooks[2]": webhook }]]);
  probeUpdates(validatingWebhookConfigurations, { webhooks: [{ ...webhook, admissionReviewVersions: ["v2"] }] }, [
    [{ [`${at}.admissionReviewVersions`]: ["v3"] }],
    [{ "webhooks[1]": webhook }, 'webhooks[1].name: Duplicate value: "a.example.com"'],
  ]);
});

const policy = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "true" }] };
const rules = "spec.matchConstraints.resourceRules[0]";

const policyProbes: Probe[] = [
  [{ "spec.matchConstraints": undefined }, "spec.matchConstraints: Required value"],
  [{ "spec.matchConstraints.resourceRules": [] }, "spec.matchConstraints.resourceRules: Required value"],
  [
    { [`${rules}.resourceNames`]: ["a/b", "a", "a"] },
    `${rules}.resourceNames[0]: Invalid value: "a/b": may not contain '/'`,
    `${rules}.resourceNames[2]: Duplicate value: "a"`,
  ],
  [{ "spec.paramKind": {} }, "spec.paramKind.apiVersion: Required value", "spec.paramKind.kind: Required value"],
  [{ "spec.paramKind": { apiVersion: "a/b/c", kind: "K" } }, 'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  [{ "spec.paramKind": { apiVersion: "A/v1", kind: "K" } }, `spec.paramKind.apiVersion: Invalid value: "A": ${subdomain}`],
  [{ "spec.paramKind": { apiVersion: "a/", kind: "K" } }, 'spec.paramKind.apiVersion: Invalid value: "a/": version must be specified'],
  [
    { "spec.paramKind": { apiVersion: "v1", kind: "1" } },
    `spec.paramKind.kind: Invalid value: "1": may have mixed case, but should otherwise match: ${label1035}`,
  ],
  [
    { "spec.variables": [{ name: " ", expression: "" }] },
    "spec.variables[0].name: Required value: name is not specified",
    "spec.variables[0].expression: Required value: expression is not specified",
  ],
  [{ "spec.variables": [{ name: "in", expression: "1" }] }, 'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier'],
];

test("validating policies", () => {
  const none = "validations or auditAnnotations must contain at least one item";
  const validation = (change: object): Change => ({ "spec.validations": [{ expression: "true", ...change }] });
  const annotations = (...list: object[]): Change => ({ "spec.auditAnnotations": list });
  const audit = "spec.auditAnnotations[0]";
  probeCreates(validatingAdmissionPolicies, { spec: policy }, [
    ...policyProbes,
    [{ "spec.validations": [] }, `spec.validations: Required value: ${none}`, `spec.auditAnnotations: Required value: ${none}`],
    [validation({ expression: " " }), "spec.validations[0].expression: Required value: expression is not specified"],
    [validation({ message: " " }), 'spec.validations[0].message: Invalid value: " ": message must be non-empty if specified'],
    [validation({ message: "a\nb" }), 'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks'],
    [validation({ messageExpression: " " }), 'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified'],
    [validation({ reason: "x" }), 'spec.validations[0].reason: Unsupported value: "x": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'],
    [
      annotations({ key: "-", valueExpression: "" }),
      `${audit}.key: Invalid value: "x/-": ${qualified}`,
      `${audit}.valueExpression: Required value: valueExpression is not specified`,
    ],
    [annotations({ key: "a", valueExpression: "a".repeat(5121) }), `${audit}.valueExpression: Required value: must not exceed 5120 bytes in length`],
    [annotations({ key: "a", valueExpression: "''" }, { key: "a", valueExpression: "''" }), 'spec.auditAnnotations[1].key: Duplicate value: "a"'],
  ]);
  probeSubresource(validatingAdmissionPolicies, validatingAdmissionPolicies.status, { spec: policy }, {}, [
    [{ "status.observedGeneration": 1 }],
    [
      { "status.typeChecking": { expressionWarnings: [{}] } },
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    ],
    [
      { "status.conditions": [{ type: "A", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", message: "", reason: "" }] },
      "status.conditions[0].reason: Required value: must be set",
    ],
  ]);
});

test("mutating policies", () => {
  const { validations: _, ...rest } = policy;
  const mutation = { patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'remove', path: '/a'}]" } };
  const own = "spec.mutations[0]";
  probeCreates(mutatingAdmissionPolicies, { spec: { ...rest, reinvocationPolicy: "Never", mutations: [mutation] } }, [
    ...policyProbes,
    [{ "spec.mutations": [] }, "spec.mutations: Required value: mutations must contain at least one item"],
    [{ "spec.reinvocationPolicy": undefined }, "spec.reinvocationPolicy: Required value"],
    [{ [`${own}.patchType`]: "" }, `${own}.patchType: Required value`],
    [{ [`${own}.patchType`]: "x" }, `${own}.patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"`],
    [{ [`${own}.jsonPatch`]: undefined }, `${own}.jsonPatch: Required value: must be specified when patchType is JSONPatch`],
    [{ [`${own}.jsonPatch`]: { expression: "" } }, `${own}.jsonPatch.expression: Required value: expression is not specified`],
    [
      { [`${own}.applyConfiguration`]: { expression: "" } },
      `${own}.applyConfiguration: Invalid value: "{}": must not be specified when patchType is JSONPatch`,
    ],
  ]);
});

const bindingProbes: Probe[] = [
  [{ "spec.policyName": "" }, "spec.policyName: Required value"],
  [{ "spec.policyName": "A" }, `spec.policyName: Invalid value: "A": ${subdomain}`],
  [
    { "spec.paramRef": {} },
    "spec.paramRef: Required value: one of name or selector must be specified",
    "spec.paramRef.parameterNotFoundAction: Required value",
  ],
  [
    { "spec.paramRef": { name: "a", selector: {}, parameterNotFoundAction: "Deny" } },
    "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
    "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
  ],
  [
    { "spec.paramRef": { name: "a/b", parameterNotFoundAction: "x" } },
    "spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'",
    'spec.paramRef.parameterNotFoundAction: Unsupported value: "x": supported values: "Deny", "Allow"',
  ],
  [{ "spec.matchResources": { resourceRules: [{ ...rule, operations: [] }] } }, "spec.matchResouces.resourceRules[0].operations: Required value"],
];

test("bindings of policies", () => {
  const actions = "spec.validationActions";
  const both = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
  probeCreates(mutatingAdmissionPolicyBindings, { spec: { policyName: "p" } }, bindingProbes);
  probeCreates(validatingAdmissionPolicyBindings, { spec: { policyName: "p", validationActions: ["Deny"] } }, [
    ...bindingProbes,
    [{ [actions]: [] }, `${actions}: Required value: at least one validation action is required`],
    [{ [actions]: ["Audit", "Audit"] }, `${actions}[1]: Duplicate value: "Audit"`],
    [{ [actions]: ["x"] }, `${actions}[0]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn"`],
    [{ [actions]: ["Deny", "Warn"] }, `${actions}: Invalid value: ["Deny","Warn"]: ${both}`],
  ]);
});
