import { labelSelector } from "../../../machinery/meta.ts";
import { bytes, type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";

export const matchCondition = message(
  "io.k8s.api.admissionregistration.v1.MatchCondition",
  "MatchCondition is an expression that a request must meet to be looked at.",
  {
    name: str(1, "Name of the condition, unique in its list, for messages and metrics.", { required: true }),
    expression: str(2, "CEL expression that must be true of the request.", { required: true }),
  },
);
export interface MatchCondition extends Infer<typeof matchCondition> {}

export const rule = message("io.k8s.api.admissionregistration.v1.Rule", "Rule names kinds of objects.", {
  apiGroups: list(1, "string", "Groups of the resources; * for all.", { listType: "atomic" }),
  apiVersions: list(2, "string", "Versions of the resources; * for all.", { listType: "atomic" }),
  resources: list(3, "string", "Resources and subresources, such as pods, pods/log or */*.", { listType: "atomic" }),
  scope: str(4, "Cluster, Namespaced, or * for both.", { default: "*", enum: ["*", "Cluster", "Namespaced"], enumCheck: "strict" }),
});
export interface Rule extends Infer<typeof rule> {}

export const ruleWithOperations = message(
  "io.k8s.api.admissionregistration.v1.RuleWithOperations",
  "RuleWithOperations names kinds of objects and what happens to them.",
  {
    operations: list(1, "string", "CREATE, UPDATE, DELETE, CONNECT, or * for all.", {
      listType: "atomic",
      enum: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"],
      enumCheck: "own",
    }),
    ...rule.fields,
  },
  { inline: [{ number: 2, message: rule }] },
);
export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}

export const namedRuleWithOperations = message(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  "NamedRuleWithOperations names kinds of objects, some of them, and what happens to them.",
  {
    resourceNames: list(1, "string", "Names of the objects; all of them if empty.", { listType: "atomic" }),
    ...ruleWithOperations.fields,
  },
  { inline: [{ number: 2, message: ruleWithOperations }], mapType: "atomic" },
);
export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}

export const matchResources = message(
  "io.k8s.api.admissionregistration.v1.MatchResources",
  "MatchResources selects the requests that a policy is about.",
  {
    namespaceSelector: obj(1, labelSelector, "Labels of the namespaces that requests must be in; cluster-scoped objects match always.", { default: {} }),
    objectSelector: obj(2, labelSelector, "Labels of the objects, before or after the change.", { default: {} }),
    resourceRules: list(3, namedRuleWithOperations, "Requests that match; one rule is enough.", { listType: "atomic" }),
    excludeResourceRules: list(4, namedRuleWithOperations, "Requests that do not match although they would.", { listType: "atomic" }),
    matchPolicy: str(7, "Exact, or Equivalent for other versions of the same resource too.", {
      default: "Equivalent",
      enum: ["Equivalent", "Exact"],
      enumCheck: "strict",
    }),
  },
  { mapType: "atomic" },
);
export interface MatchResources extends Infer<typeof matchResources> {}

export const paramKind = message(
  "io.k8s.api.admissionregistration.v1.ParamKind",
  "ParamKind is the kind of the objects that a policy takes its parameters from.",
  {
    apiVersion: str(1, "Group and version, such as example.com/v1."),
    kind: str(2, "Kind of the parameters."),
  },
  { mapType: "atomic" },
);
export interface ParamKind extends Infer<typeof paramKind> {}

export const paramRef = message(
  "io.k8s.api.admissionregistration.v1.ParamRef",
  "ParamRef names the objects that a policy takes its parameters from.",
  {
    name: str(1, "Name of the object; excludes selector."),
    namespace: str(2, "Namespace to look in; that of the request if empty."),
    selector: obj(3, labelSelector, "Labels of the objects; excludes name."),
    parameterNotFoundAction: str(4, "What happens if there is no such object: Allow or Deny.", { enum: ["Allow", "Deny"], enumCheck: "own" }),
  },
  { mapType: "atomic" },
);
export interface ParamRef extends Infer<typeof paramRef> {}

export const serviceReference = message(
  "io.k8s.api.admissionregistration.v1.ServiceReference",
  "ServiceReference names the Service that a webhook is behind.",
  {
    namespace: str(1, "Namespace of the Service.", { required: true }),
    name: str(2, "Name of the Service.", { required: true }),
    path: str(3, "Path of the URL to send requests to."),
    port: int32(4, "Port of the Service; 443 unless set.", { default: 443 }),
  },
);
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const variable = message(
  "io.k8s.api.admissionregistration.v1.Variable",
  "Variable is a named expression that others of the policy can use.",
  {
    name: str(1, "Name, used as variables.name.", { required: true }),
    expression: str(2, "CEL expression, evaluated when it is first used.", { required: true }),
  },
  { mapType: "atomic" },
);
export interface Variable extends Infer<typeof variable> {}

export const webhookClientConfig = message("io.k8s.api.admissionregistration.v1.WebhookClientConfig", "WebhookClientConfig says how to reach a webhook.", {
  service: obj(1, serviceReference, "Service to call; excludes url."),
  caBundle: bytes(2, "PEM certificates of authorities that sign the webhook's; those of the system if empty."),
  url: str(3, "Address to call, with https; excludes service."),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

/** Those that webhooks of both kinds begin with. */
export const webhookFields = {
  name: str(1, "Name of the webhook, a domain name of three labels or more.", { required: true }),
  clientConfig: obj(2, webhookClientConfig, "How to call it.", { required: true, default: {} }),
  rules: list(3, ruleWithOperations, "Requests that it is called for.", { listType: "atomic" }),
  failurePolicy: str(4, "Fail or Ignore: what its failure means for the request.", { default: "Fail", enum: ["Fail", "Ignore"], enumCheck: "strict" }),
  namespaceSelector: obj(5, labelSelector, "Labels of the namespaces that requests must be in.", { default: {} }),
  sideEffects: str(6, "None or NoneOnDryRun: whether calls change anything else.", { required: true, enum: ["None", "NoneOnDryRun"], enumCheck: "strict" }),
  timeoutSeconds: int32(7, "Seconds to wait for its answer, 1 to 30.", { default: 10 }),
  admissionReviewVersions: list(8, "string", "Versions of AdmissionReview that it understands, the best first.", { required: true, listType: "atomic" }),
  matchPolicy: str(9, "Exact, or Equivalent for other versions of the same resource too.", {
    default: "Equivalent",
    enum: ["Equivalent", "Exact"],
    enumCheck: "strict",
  }),
};
