import { ageColumn, nameColumn, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { ClusterRoleBinding } from "./cluster-role-binding.ts";
import type { RoleBinding } from "./role-binding.ts";

type AnyBinding = RoleBinding | ClusterRoleBinding;

/** Role bindings and cluster role bindings show the same. */
export const bindingColumns: readonly Column<AnyBinding>[] = [
  nameColumn,
  text("Role", "Role that is granted.", (object) => `${object.roleRef.kind}/${object.roleRef.name}`),
  ageColumn,
  wide(text("Users", "Users who get the role.", (object) => names(object, "User"))),
  wide(text("Groups", "Groups that get the role.", (object) => names(object, "Group"))),
  wide(text("ServiceAccounts", "Service accounts that get the role.", (object) => names(object, "ServiceAccount"))),
];

function names(object: AnyBinding, kind: string): string {
  return (object.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === "ServiceAccount" ? `${namespace ?? ""}/${name}` : name))
    .join(", ");
}
