import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, integer, nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { flowSchemaErrors } from "./validation.ts";

export const flowDistinguisherMethod = message("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", "", {
  type: str(1, "", { required: true }),
});
export interface FlowDistinguisherMethod extends Infer<typeof flowDistinguisherMethod> {}

export const nonResourcePolicyRule = message("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", "", {
  verbs: list(1, "string", "", { required: true, listType: "set" }),
  nonResourceURLs: list(6, "string", "", { required: true, listType: "set" }),
});
export interface NonResourcePolicyRule extends Infer<typeof nonResourcePolicyRule> {}

export const resourcePolicyRule = message("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", "", {
  verbs: list(1, "string", "", { required: true, listType: "set" }),
  apiGroups: list(2, "string", "", { required: true, listType: "set" }),
  resources: list(3, "string", "", { required: true, listType: "set" }),
  clusterScope: bool(4, ""),
  namespaces: list(5, "string", "", { listType: "set" }),
});
export interface ResourcePolicyRule extends Infer<typeof resourcePolicyRule> {}

export const groupSubject = message("io.k8s.api.flowcontrol.v1.GroupSubject", "", {
  name: str(1, "", { required: true }),
});
export interface GroupSubject extends Infer<typeof groupSubject> {}

export const serviceAccountSubject = message("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", "", {
  namespace: str(1, "", { required: true }),
  name: str(2, "", { required: true }),
});
export interface ServiceAccountSubject extends Infer<typeof serviceAccountSubject> {}

export const userSubject = message("io.k8s.api.flowcontrol.v1.UserSubject", "", {
  name: str(1, "", { required: true }),
});
export interface UserSubject extends Infer<typeof userSubject> {}

export const subject = message("io.k8s.api.flowcontrol.v1.Subject", "", {
  kind: str(1, "", { required: true }),
  user: obj(2, userSubject, ""),
  group: obj(3, groupSubject, ""),
  serviceAccount: obj(4, serviceAccountSubject, ""),
});
export interface Subject extends Infer<typeof subject> {}

export const policyRulesWithSubjects = message("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", "", {
  subjects: list(1, subject, "", { required: true, listType: "atomic" }),
  resourceRules: list(2, resourcePolicyRule, "", { listType: "atomic" }),
  nonResourceRules: list(3, nonResourcePolicyRule, "", { listType: "atomic" }),
});
export interface PolicyRulesWithSubjects extends Infer<typeof policyRulesWithSubjects> {}

export const priorityLevelConfigurationReference = message("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", "", {
  name: str(1, "", { required: true }),
});
export interface PriorityLevelConfigurationReference extends Infer<typeof priorityLevelConfigurationReference> {}

export const flowSchemaSpec = message("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", "", {
  priorityLevelConfiguration: obj(1, priorityLevelConfigurationReference, "", { required: true, default: {} }),
  matchingPrecedence: int32(2, "", { default: 1000 }),
  distinguisherMethod: obj(3, flowDistinguisherMethod, ""),
  rules: list(4, policyRulesWithSubjects, "", { listType: "atomic" }),
});
export interface FlowSchemaSpec extends Infer<typeof flowSchemaSpec> {}

export const flowSchemaCondition = message("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", "", {
  type: str(1, ""),
  status: str(2, ""),
  lastTransitionTime: time(3, ""),
  reason: str(4, ""),
  message: str(5, ""),
});
export interface FlowSchemaCondition extends Infer<typeof flowSchemaCondition> {}

export const flowSchemaStatus = message("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", "", {
  conditions: list(1, flowSchemaCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface FlowSchemaStatus extends Infer<typeof flowSchemaStatus> {}

export const flowSchema = message("io.k8s.api.flowcontrol.v1.FlowSchema", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, flowSchemaSpec, "", { present: true, default: {} }),
  status: obj(3, flowSchemaStatus, ""),
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
    integer("MatchingPrecedence", "Lower numbers are tried first.", (object) => object.spec.matchingPrecedence ?? 0),
    text("DistinguisherMethod", "What tells the flows of a schema apart.", (object) => object.spec.distinguisherMethod?.type ?? "<none>"),
    ageColumn,
    text("MissingPL", "Whether the priority level does not exist.", (object) => danglingText(object)),
  ],
  status: statusSubresource<FlowSchema>({ meta: "kept" }),
});

function danglingText(object: FlowSchema): string {
  return object.status?.conditions?.find((condition) => condition.type === "Dangling")?.status ?? "?";
}
