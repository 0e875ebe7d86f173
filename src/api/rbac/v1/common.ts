import { type Infer, list, message, str } from "../../../machinery/schema.ts";

export const policyRule = message("io.k8s.api.rbac.v1.PolicyRule", "", {
  verbs: list(1, "string", "", { required: true, listType: "atomic" }),
  apiGroups: list(2, "string", "", { listType: "atomic" }),
  resources: list(3, "string", "", { listType: "atomic" }),
  resourceNames: list(4, "string", "", { listType: "atomic" }),
  nonResourceURLs: list(5, "string", "", { listType: "atomic" }),
});
export interface PolicyRule extends Infer<typeof policyRule> {}

export const roleRef = message("io.k8s.api.rbac.v1.RoleRef", "", {
  apiGroup: str(1, ""),
  kind: str(2, "", { required: true }),
  name: str(3, "", { required: true }),
});
export interface RoleRef extends Infer<typeof roleRef> {}

export const subject = message("io.k8s.api.rbac.v1.Subject", "", {
  kind: str(1, "", { required: true }),
  apiGroup: str(2, ""),
  name: str(3, "", { required: true }),
  namespace: str(4, ""),
});
export interface Subject extends Infer<typeof subject> {}
