import type { RoleRef, Subject } from "./common.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** Groups may be left out of bindings: roles are RBAC's, and so are users and groups. */
export function defaultBinding(binding: { roleRef: RoleRef; subjects?: Subject[] }): void {
  binding.roleRef.apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= rbacGroup;
  }
}
