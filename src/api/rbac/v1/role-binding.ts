import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { bindingColumns } from "./binding.columns.ts";
import { roleRef, subject } from "./common.ts";
import { defaultBinding } from "./defaults.ts";
import { bindingUpdateErrors, rbacNameErrors, roleBindingErrors } from "./validation.ts";

export const roleBinding = message("io.k8s.api.rbac.v1.RoleBinding", "A RoleBinding gives a role to users in one namespace.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  subjects: list(2, subject, "Who gets it.", { listType: "atomic" }),
  roleRef: obj(3, roleRef, "Role that is given; it cannot be changed.", { required: true, default: {} }),
});
export interface RoleBinding extends Infer<typeof roleBinding> {}

export const roleBindings = defineResource<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  resource: "rolebindings",
  singular: "rolebinding",
  namespaced: true,
  schema: roleBinding,
  strategy: {
    validateName: rbacNameErrors,
    validate: roleBindingErrors,
    validateUpdate: bindingUpdateErrors,
    allowCreateOnUpdate: true,
    defaults: defaultBinding,
  },
  ownColumns: true,
  columns: bindingColumns,
});
