import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { bindingColumns } from "./binding.columns.ts";
import { roleRef, subject } from "./common.ts";
import { defaultBinding } from "./defaults.ts";
import { bindingUpdateErrors, clusterRoleBindingErrors, rbacNameErrors } from "./validation.ts";

export const clusterRoleBinding = message("io.k8s.api.rbac.v1.ClusterRoleBinding", "A ClusterRoleBinding gives a ClusterRole to users in the whole cluster.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  subjects: list(2, subject, "Who gets it.", { listType: "atomic" }),
  roleRef: obj(3, roleRef, "Role that is given; it cannot be changed.", { required: true, default: {} }),
});
export interface ClusterRoleBinding extends Infer<typeof clusterRoleBinding> {}

export const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  resource: "clusterrolebindings",
  singular: "clusterrolebinding",
  namespaced: false,
  schema: clusterRoleBinding,
  strategy: {
    validateName: rbacNameErrors,
    validate: clusterRoleBindingErrors,
    validateUpdate: bindingUpdateErrors,
    allowCreateOnUpdate: true,
    defaults: defaultBinding,
  },
  ownColumns: true,
  columns: bindingColumns,
});
