/** Asks the authorizer about a request. */
import { internalError } from "../../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer, RequestInfo, UserInfo } from "../contract.ts";
import { forbiddenByPolicy } from "./forbidden.ts";
import { requestSelectors } from "./request-selectors.ts";

export function attributesOfRequest(user: UserInfo, info: RequestInfo, query: URLSearchParams): AuthorizationAttributes {
  const { isResourceRequest, verb, group, version, resource, subresource, namespace, name, path } = info;
  return { user, verb, isResourceRequest, group, version, resource, subresource, namespace, name, path, ...requestSelectors(info, query) };
}

/** Throws 403 unless allowed, 500 when that could not be found out. `annotate` takes what the audit event says of it. */
export async function authorize(authorizer: Authorizer, attributes: AuthorizationAttributes, annotate?: (key: string, value: string) => void): Promise<void> {
  const { decision, reason, error } = await authorizer.authorize(attributes);
  if (decision !== "allow" && error !== undefined) {
    annotate?.("authorization.k8s.io/reason", "internal error");
    throw internalError(error);
  }
  annotate?.("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
  annotate?.("authorization.k8s.io/reason", reason);
  if (decision !== "allow") throw forbiddenByPolicy(attributes, reason);
}
