import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { flowSchemaErrors } from "./validation.ts";

export const flowDistinguisherMethod = message(
  "io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod",
  "FlowDistinguisherMethod tells the flows of a schema apart.",
  {
    type: str(1, "ByUser or ByNamespace.", { required: true, enum: ["ByNamespace", "ByUser"], enumCheck: "own" }),
  },
);
export interface FlowDistinguisherMethod extends Infer<typeof flowDistinguisherMethod> {}

export const nonResourcePolicyRule = message(
  "io.k8s.api.flowcontrol.v1.NonResourcePolicyRule",
  "NonResourcePolicyRule matches requests that are not for a resource.",
  {
    verbs: list(1, "string", "HTTP methods, in lower case; * for all.", { required: true, listType: "set" }),
    nonResourceURLs: list(6, "string", "Paths; a final /* stands for any rest, * alone for all.", { required: true, listType: "set" }),
  },
);
export interface NonResourcePolicyRule extends Infer<typeof nonResourcePolicyRule> {}

export const resourcePolicyRule = message("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", "ResourcePolicyRule matches requests for resources.", {
  verbs: list(1, "string", "What is done; * for all.", { required: true, listType: "set" }),
  apiGroups: list(2, "string", "Groups of the resources; * for all.", { required: true, listType: "set" }),
  resources: list(3, "string", "The resources; * for all.", { required: true, listType: "set" }),
  clusterScope: bool(4, "Whether requests without a namespace match."),
  namespaces: list(5, "string", "Namespaces of the requests; * for all.", { listType: "set" }),
});
export interface ResourcePolicyRule extends Infer<typeof resourcePolicyRule> {}

export const groupSubject = message("io.k8s.api.flowcontrol.v1.GroupSubject", "GroupSubject names a group of users.", {
  name: str(1, "Name of the group; * for all.", { required: true }),
});
export interface GroupSubject extends Infer<typeof groupSubject> {}

export const serviceAccountSubject = message("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", "ServiceAccountSubject names a service account.", {
  namespace: str(1, "Namespace of the account.", { required: true }),
  name: str(2, "Name of the account; * for all.", { required: true }),
});
export interface ServiceAccountSubject extends Infer<typeof serviceAccountSubject> {}

export const userSubject = message("io.k8s.api.flowcontrol.v1.UserSubject", "UserSubject names a user.", {
  name: str(1, "Name of the user; * for all.", { required: true }),
});
export interface UserSubject extends Infer<typeof userSubject> {}

export const subject = message("io.k8s.api.flowcontrol.v1.Subject", "Subject is one who makes requests.", {
  kind: str(1, "User, Group or ServiceAccount.", { required: true }),
  user: obj(2, userSubject, "The user, for that kind."),
  group: obj(3, groupSubject, "The group, for that kind."),
  serviceAccount: obj(4, serviceAccountSubject, "The account, for that kind."),
});
export interface Subject extends Infer<typeof subject> {}

export const policyRulesWithSubjects = message(
  "io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects",
  "PolicyRulesWithSubjects matches requests by who makes them and what they are for.",
  {
    subjects: list(1, subject, "Who makes them; one is enough.", { required: true, listType: "atomic" }),
    resourceRules: list(2, resourcePolicyRule, "Requests for resources; one is enough.", { listType: "atomic" }),
    nonResourceRules: list(3, nonResourcePolicyRule, "Requests for other paths; one is enough.", { listType: "atomic" }),
  },
);
export interface PolicyRulesWithSubjects extends Infer<typeof policyRulesWithSubjects> {}

export const priorityLevelConfigurationReference = message(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference",
  "PriorityLevelConfigurationReference names a priority level.",
  {
    name: str(1, "Name of the level.", { required: true }),
  },
);
export interface PriorityLevelConfigurationReference extends Infer<typeof priorityLevelConfigurationReference> {}

export const flowSchemaSpec = message("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", "FlowSchemaSpec says which requests match, and where they go.", {
  priorityLevelConfiguration: obj(1, priorityLevelConfigurationReference, "Priority level of the requests.", { required: true, default: {} }),
  matchingPrecedence: int32(2, "Order among schemas, 1 to 10000; the lowest that matches wins.", { default: 1000 }),
  distinguisherMethod: obj(3, flowDistinguisherMethod, "What tells its flows apart; without one there is a single flow."),
  rules: list(4, policyRulesWithSubjects, "Requests that match; one rule is enough.", { listType: "atomic" }),
});
export interface FlowSchemaSpec extends Infer<typeof flowSchemaSpec> {}

export const flowSchemaCondition = message("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", "FlowSchemaCondition is one thing that holds of a schema.", {
  type: str(1, "What it is about, such as Dangling."),
  status: str(2, "True, False or Unknown."),
  lastTransitionTime: time(3, "When the status last changed."),
  reason: str(4, "Why, in one word."),
  message: str(5, "Why, for people."),
});
export interface FlowSchemaCondition extends Infer<typeof flowSchemaCondition> {}

export const flowSchemaStatus = message("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", "FlowSchemaStatus is the state of a schema.", {
  conditions: list(1, flowSchemaCondition, "What holds of the schema.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface FlowSchemaStatus extends Infer<typeof flowSchemaStatus> {}

export const flowSchema = message("io.k8s.api.flowcontrol.v1.FlowSchema", "A FlowSchema sorts requests into flows of a priority level.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, flowSchemaSpec, "Which requests, and where they go.", { present: true, default: {} }),
  status: obj(3, flowSchemaStatus, "The state of the schema."),
});
export interface FlowSchema extends Infer<typeof flowSchema> {}

export const flowSchemas = defineResource<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  resource: "flowschemas",
  singular: "flowschema",
  namespaced: false,
  schema: flowSchema,
  strategy: {
    validate: flowSchemaErrors,
    ...specAndStatus<FlowSchema>(() => ({})),
  },
  ownColumns: true,
  columns: [
    nameColumn,
    text("PriorityLevel", "Priority level of the matching requests.", (object) => object.spec.priorityLevelConfiguration.name),
    text("MatchingPrecedence", "Lower numbers are tried first.", (object) => object.spec.matchingPrecedence ?? 0),
    text("DistinguisherMethod", "What tells the flows of a schema apart.", (object) => object.spec.distinguisherMethod?.type ?? "<none>"),
    ageColumn,
    text("MissingPL", "Whether the priority level does not exist.", (object) => danglingText(object)),
  ],
  status: statusSubresource<FlowSchema>({ meta: "kept" }),
});

function danglingText(object: FlowSchema): string {
  return object.status?.conditions?.find((condition) => condition.type === "Dangling")?.status ?? "?";
}
