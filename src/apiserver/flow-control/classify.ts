/** Which FlowSchema a request belongs to, and which of its flows. */
import type { FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from "../../api/flowcontrol/v1/flow-schema.ts";
import type { RequestInfo, UserInfo } from "../contract.ts";

/** In the order in which they are tried: by precedence, then by name. */
export function inMatchingOrder(schemas: Iterable<FlowSchema>): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema) => spec.matchingPrecedence ?? 1000;
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function matchesSchema({ spec }: FlowSchema, info: RequestInfo, user: UserInfo): boolean {
  return spec.rules?.some((rule) => matchesRule(rule, info, user)) ?? false;
}

function matchesRule(rule: PolicyRulesWithSubjects, info: RequestInfo, user: UserInfo): boolean {
  if (!rule.subjects.some((subject) => isSubject(subject, user))) return false;
  if (info.isResourceRequest) return rule.resourceRules?.some((resource) => matchesResource(resource, info)) ?? false;
  return rule.nonResourceRules?.some((nonResource) => matchesPath(nonResource, info)) ?? false;
}

function isSubject(subject: Subject, user: UserInfo): boolean {
  if (subject.kind === "User") return subject.user?.name === "*" || subject.user?.name === user.name;
  if (subject.kind === "Group") return subject.group?.name === "*" || user.groups.includes(subject.group?.name ?? "");
  const { namespace = "", name = "" } = subject.serviceAccount ?? {};
  const prefix = `system:serviceaccount:${namespace}:`;
  return name === "*" ? user.name.startsWith(prefix) && user.name.length > prefix.length : user.name === prefix + name;
}

function matchesResource(rule: ResourcePolicyRule, info: RequestInfo): boolean {
  const resource = info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`;
  if (!has(rule.verbs, info.verb) || !has(rule.apiGroups, info.group) || !has(rule.resources, resource)) return false;
  return info.namespace === "" ? rule.clusterScope === true : has(rule.namespaces ?? [], info.namespace);
}

function matchesPath(rule: NonResourcePolicyRule, info: RequestInfo): boolean {
  if (!has(rule.verbs, info.verb)) return false;
  return rule.nonResourceURLs.some((url) => url === "*" || url === info.path || (url.endsWith("/*") && info.path.startsWith(url.slice(0, -1))));
}

function has(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}

/** What tells the flows of a schema apart; "" where all are one. */
export function flowDistinguisher({ spec }: FlowSchema, info: RequestInfo, user: UserInfo): string {
  const method = spec.distinguisherMethod?.type;
  if (method === "ByUser") return user.name;
  return method === "ByNamespace" ? info.namespace : "";
}
