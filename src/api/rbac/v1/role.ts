import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { createdAtColumn, nameColumn } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { policyRule } from "./common.ts";
import { rbacNameErrors, roleErrors } from "./validation.ts";

export const role = message("io.k8s.api.rbac.v1.Role", "A Role is a list of permissions in one namespace.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  rules: list(2, policyRule, "The permissions.", { listType: "atomic" }),
});
export interface Role extends Infer<typeof role> {}

export const roles = defineResource<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  resource: "roles",
  singular: "role",
  namespaced: true,
  schema: role,
  strategy: { validateName: rbacNameErrors, validate: roleErrors, allowCreateOnUpdate: true },
  ownColumns: true,
  columns: [nameColumn, createdAtColumn],
});
