/** Asks the authorizer about a request. */
import type { AuthorizationAttributes, Authorizer, RequestInfo, UserInfo } from "../contract.ts";
import { forbiddenByPolicy } from "./forbidden.ts";

export function attributesOfRequest(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  const { isResourceRequest, verb, group, version, resource, subresource, namespace, name, path } = info;
  return { user, verb, isResourceRequest, group, version, resource, subresource, namespace, name, path };
}

/** Throws 403 unless allowed. `annotate` takes what the audit event says of it. */
export async function authorize(authorizer: Authorizer, attributes: AuthorizationAttributes, annotate?: (key: string, value: string) => void): Promise<void> {
  const { decision, reason } = await authorizer.authorize(attributes);
  annotate?.("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
  annotate?.("authorization.k8s.io/reason", reason);
  if (decision !== "allow") throw forbiddenByPolicy(attributes, reason);
}
