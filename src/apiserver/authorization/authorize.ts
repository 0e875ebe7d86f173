/** Asks the authorizer about a request. */
import { internalError } from "../../machinery/status.ts";
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../contract.ts";
import { forbiddenByPolicy } from "./forbidden.ts";
import { narrows, requestSelectors } from "./request-selectors.ts";

export function attributesOfRequest(user: UserInfo, info: RequestInfo, query: URLSearchParams): AuthorizationAttributes {
  const { isResourceRequest, verb, group, version, resource, subresource, namespace, name, path } = info;
  const attributes = { user, verb, isResourceRequest, group, version, resource, subresource, namespace, name, path };
  return narrows(info) ? { ...attributes, ...requestSelectors(info, query) } : attributes;
}

type Annotate = (key: string, value: string) => void;

/**
 * Throws (or rejects with) 403 unless allowed, 500 when that could not be found out. Undefined when it was found out at once.
 * `annotate` takes what the audit event says of it.
 */
export function authorize(authorizer: Authorizer, attributes: AuthorizationAttributes, annotate?: Annotate): Promise<void> | undefined {
  const decision = authorizer.authorize(attributes);
  if (decision instanceof Promise) return decision.then((late) => enforce(late, attributes, annotate));
  enforce(decision, attributes, annotate);
  return undefined;
}

function enforce({ decision, reason, error }: AuthorizationDecision, attributes: AuthorizationAttributes, annotate: Annotate | undefined): void {
  if (decision !== "allow" && error !== undefined) {
    annotate?.("authorization.k8s.io/reason", "internal error");
    throw internalError(error);
  }
  annotate?.("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
  annotate?.("authorization.k8s.io/reason", reason);
  if (decision !== "allow") throw forbiddenByPolicy(attributes, reason);
}
