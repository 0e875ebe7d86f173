/** What components of ours may do that have no role in Kubernetes' own defaults: addons bring their roles with them. */
import type { ClusterRole } from "../api/rbac/v1/cluster-role.ts";
import type { Client } from "../client/client.ts";
import { clusterRoleBindings, clusterRoles } from "../client/resources.ts";

export interface ComponentRole {
  readonly name: string;
  /** Service account in kube-system that the component acts as. */
  readonly account: string;
  readonly rules: NonNullable<ClusterRole["rules"]>;
}

const follow = ["get", "list", "watch"];

/** The account of cluster DNS; its role, system:coredns, is one of the API server's defaults. */
export const clusterDnsAccount = "coredns";

export const cloudControllerManagerRole: ComponentRole = {
  name: "system:cloud-controller-manager",
  account: "cloud-controller-manager",
  rules: [
    { apiGroups: [""], resources: ["nodes"], verbs: follow },
    { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch", "update"] },
  ],
};

export function accountUser(account: string): { name: string; groups: string[] } {
  return {
    name: `system:serviceaccount:kube-system:${account}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  };
}

/** Idempotent: server-side apply. */
export async function ensureComponentRole(client: Client, { name, account, rules }: ComponentRole): Promise<void> {
  const options = { type: "apply", fieldManager: "coracle", force: true } as const;
  const apiVersion = "rbac.authorization.k8s.io/v1";
  await client.of(clusterRoles).patch(name, { apiVersion, kind: "ClusterRole", metadata: { name }, rules }, options);
  const binding = {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name: account, namespace: "kube-system" }],
  };
  await client.of(clusterRoleBindings).patch(name, binding, options);
}
