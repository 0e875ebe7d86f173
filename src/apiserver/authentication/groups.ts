/** Users and groups that Kubernetes itself gives a meaning to (k8s.io/apiserver/pkg/authentication/user). */
export const anonymousUser = "system:anonymous";
export const authenticatedGroup = "system:authenticated";
export const unauthenticatedGroup = "system:unauthenticated";
/** Members pass every authorization check. */
export const mastersGroup = "system:masters";
export const nodesGroup = "system:nodes";
export const nodeUserPrefix = "system:node:";
export const serviceAccountsGroup = "system:serviceaccounts";
const serviceAccountPrefix = "system:serviceaccount:";

export function serviceAccountUser(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`];
}

/** Namespace and name of a service account's user name; undefined for any other user. */
export function parseServiceAccountUser(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, name, ...rest] = user.slice(serviceAccountPrefix.length).split(":");
  if (namespace === undefined || name === undefined || rest.length > 0 || namespace === "" || name === "") return undefined;
  return { namespace, name };
}

/** The node a user speaks for: `system:node:<name>` in group system:nodes (NodeIdentifier). */
export function nodeOf(user: { readonly name: string; readonly groups: readonly string[] }): string | undefined {
  if (!user.name.startsWith(nodeUserPrefix) || !user.groups.includes(nodesGroup)) return undefined;
  return user.name.slice(nodeUserPrefix.length);
}

/** Keys of UserInfo.extra for bound tokens and certificates. */
export const extraKeys = {
  credentialId: "authentication.kubernetes.io/credential-id",
  podName: "authentication.kubernetes.io/pod-name",
  podUid: "authentication.kubernetes.io/pod-uid",
  nodeName: "authentication.kubernetes.io/node-name",
  nodeUid: "authentication.kubernetes.io/node-uid",
} as const;
