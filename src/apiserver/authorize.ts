/** Asks the authorizer about a request; a refusal reads as Kubernetes words it. */
import { StatusError } from "../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer, RequestInfo, UserInfo } from "./contract.ts";

export function attributesOfRequest(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  const { isResourceRequest, verb, group, version, resource, subresource, namespace, name, path } = info;
  return { user, verb, isResourceRequest, group, version, resource, subresource, namespace, name, path };
}

/** Throws 403 unless allowed. `annotate` takes what the audit event says of it. */
export async function authorize(authorizer: Authorizer, attributes: AuthorizationAttributes, annotate?: (key: string, value: string) => void): Promise<void> {
  const { decision, reason } = await authorizer.authorize(attributes);
  annotate?.("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
  annotate?.("authorization.k8s.io/reason", reason);
  if (decision !== "allow") throw refusal(attributes, reason);
}

function refusal(attributes: AuthorizationAttributes, reason: string): StatusError {
  const { group, resource, name } = attributes;
  const qualified = group === "" ? resource : `${resource}.${group}`;
  const subject = resource === "" ? "forbidden" : name === "" ? `${qualified} is forbidden` : `${qualified} "${name}" is forbidden`;
  return new StatusError({
    code: 403,
    reason: "Forbidden",
    message: `${subject}: ${attempt(attributes)}${reason === "" ? "" : `: ${reason}`}`,
    details: { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), ...(resource === "" ? {} : { kind: resource }) },
  });
}

function attempt({ user, verb, isResourceRequest, path, resource, subresource, group, namespace }: AuthorizationAttributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!isResourceRequest) return `${who} path ${JSON.stringify(path)}`;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}
