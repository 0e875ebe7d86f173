import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { createdAtColumn, nameColumn } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { policyRule } from "./common.ts";
import { clusterRoleUpdateErrors, newClusterRoleErrors, rbacNameErrors } from "./validation.ts";

export const aggregationRule = message("io.k8s.api.rbac.v1.AggregationRule", "AggregationRule says which roles a role is made of.", {
  clusterRoleSelectors: list(1, labelSelector, "Labels of the roles; one that matches is enough.", { listType: "atomic" }),
});
export interface AggregationRule extends Infer<typeof aggregationRule> {}

export const clusterRole = message("io.k8s.api.rbac.v1.ClusterRole", "A ClusterRole is a list of permissions, for the whole cluster or for any namespace.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  rules: list(2, policyRule, "The permissions.", { listType: "atomic" }),
  aggregationRule: obj(3, aggregationRule, "Roles whose rules this one gathers."),
});
export interface ClusterRole extends Infer<typeof clusterRole> {}

export const clusterRoles = defineResource<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  resource: "clusterroles",
  singular: "clusterrole",
  namespaced: false,
  schema: clusterRole,
  strategy: { validateName: rbacNameErrors, validateCreate: newClusterRoleErrors, validateUpdate: clusterRoleUpdateErrors, allowCreateOnUpdate: true },
  ownColumns: true,
  columns: [nameColumn, createdAtColumn],
});
