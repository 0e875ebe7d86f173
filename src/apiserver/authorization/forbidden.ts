/** How Kubernetes words a refusal (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters). */
import { forbidden, StatusError } from "../../machinery/status.ts";
import type { AuthorizationAttributes } from "../contract.ts";

/** 403 for `attributes`; `reason` is what the authorizers said, and may be empty. */
export function forbiddenByPolicy(attributes: AuthorizationAttributes, reason: string): StatusError {
  const said = `${escaped(forbiddenSentence(attributes))}${reason === "" ? "" : `: ${reason}`}`;
  if (!attributes.isResourceRequest) return new StatusError({ code: 403, reason: "Forbidden", message: `forbidden: ${said}`, details: {} });
  return forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, said);
}

/** Names come from clients and may end up in a browser. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function forbiddenSentence(attributes: AuthorizationAttributes): string {
  const { verb, user, resource, subresource, group, namespace } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!attributes.isResourceRequest) return `${who} path ${JSON.stringify(attributes.path)}`;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}
