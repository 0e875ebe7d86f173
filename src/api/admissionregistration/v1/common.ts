import { labelSelector } from "../../../machinery/meta.ts";
import { bytes, type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";

export const matchCondition = message("io.k8s.api.admissionregistration.v1.MatchCondition", "", {
  name: str(1, "", { required: true }),
  expression: str(2, "", { required: true }),
});
export interface MatchCondition extends Infer<typeof matchCondition> {}

export const rule = message("io.k8s.api.admissionregistration.v1.Rule", "", {
  apiGroups: list(1, "string", "", { listType: "atomic" }),
  apiVersions: list(2, "string", "", { listType: "atomic" }),
  resources: list(3, "string", "", { listType: "atomic" }),
  scope: str(4, "", { default: "*", enum: ["*", "Cluster", "Namespaced"] }),
});
export interface Rule extends Infer<typeof rule> {}

export const ruleWithOperations = message(
  "io.k8s.api.admissionregistration.v1.RuleWithOperations",
  "",
  {
    operations: list(1, "string", "", { listType: "atomic" }),
    ...rule.fields,
  },
  { inline: [{ number: 2, message: rule }] },
);
export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}

export const namedRuleWithOperations = message(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  "",
  {
    resourceNames: list(1, "string", "", { listType: "atomic" }),
    ...ruleWithOperations.fields,
  },
  { inline: [{ number: 2, message: ruleWithOperations }], mapType: "atomic" },
);
export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}

export const matchResources = message(
  "io.k8s.api.admissionregistration.v1.MatchResources",
  "",
  {
    namespaceSelector: obj(1, labelSelector, "", { default: {} }),
    objectSelector: obj(2, labelSelector, "", { default: {} }),
    resourceRules: list(3, namedRuleWithOperations, "", { listType: "atomic" }),
    excludeResourceRules: list(4, namedRuleWithOperations, "", { listType: "atomic" }),
    matchPolicy: str(7, "", { default: "Equivalent", enum: ["Equivalent", "Exact"] }),
  },
  { mapType: "atomic" },
);
export interface MatchResources extends Infer<typeof matchResources> {}

export const paramKind = message(
  "io.k8s.api.admissionregistration.v1.ParamKind",
  "",
  {
    apiVersion: str(1, ""),
    kind: str(2, ""),
  },
  { mapType: "atomic" },
);
export interface ParamKind extends Infer<typeof paramKind> {}

export const paramRef = message(
  "io.k8s.api.admissionregistration.v1.ParamRef",
  "",
  {
    name: str(1, ""),
    namespace: str(2, ""),
    selector: obj(3, labelSelector, ""),
    parameterNotFoundAction: str(4, ""),
  },
  { mapType: "atomic" },
);
export interface ParamRef extends Infer<typeof paramRef> {}

export const serviceReference = message("io.k8s.api.admissionregistration.v1.ServiceReference", "", {
  namespace: str(1, "", { required: true }),
  name: str(2, "", { required: true }),
  path: str(3, ""),
  port: int32(4, "", { default: 443 }),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const variable = message("io.k8s.api.admissionregistration.v1.Variable", "", {
  name: str(1, "", { required: true }),
  expression: str(2, "", { required: true }),
});
export interface Variable extends Infer<typeof variable> {}

export const webhookClientConfig = message("io.k8s.api.admissionregistration.v1.WebhookClientConfig", "", {
  service: obj(1, serviceReference, ""),
  caBundle: bytes(2, ""),
  url: str(3, ""),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}
