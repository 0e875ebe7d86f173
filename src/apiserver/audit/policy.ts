/** The audit policy (audit.k8s.io/v1 Policy): of which requests how much is recorded. */
import { parseYaml } from "../../machinery/yaml-codec.ts";
import type { RequestInfo, UserInfo } from "../contract.ts";

export const auditLevels = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type AuditLevel = (typeof auditLevels)[number];
export const auditStages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type AuditStage = (typeof auditStages)[number];

export interface AuditPolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group?: string; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[] }[];
  /** "" stands for requests without a namespace. */
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditPolicy {
  readonly rules: readonly AuditPolicyRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

const nothing: AuditDecision = { level: "None", omitStages: [], omitManagedFields: false };

/** By the first rule that fits; without one nothing is recorded. */
export function auditDecision(policy: AuditPolicy, info: RequestInfo, user: UserInfo): AuditDecision {
  const rule = policy.rules.find((candidate) => ruleMatches(candidate, info, user));
  if (rule === undefined) return nothing;
  const omitStages = [...(policy.omitStages ?? []), ...(rule.omitStages ?? [])];
  return { level: rule.level, omitStages, omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false };
}

function ruleMatches(rule: AuditPolicyRule, info: RequestInfo, user: UserInfo): boolean {
  if (!allows(rule.users, user.name) || !allows(rule.verbs, info.verb)) return false;
  if (rule.userGroups?.length && !rule.userGroups.some((group) => user.groups.includes(group))) return false;
  if (rule.namespaces?.length || rule.resources?.length) return info.isResourceRequest && matchesResource(rule, info);
  if (!rule.nonResourceURLs?.length) return true;
  return !info.isResourceRequest && rule.nonResourceURLs.some((url) => matchesPath(url, info.path));
}

function allows(values: readonly string[] | undefined, value: string): boolean {
  return !values?.length || values.includes(value);
}

function matchesPath(url: string, path: string): boolean {
  return url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1)));
}

function matchesResource({ namespaces, resources }: AuditPolicyRule, info: RequestInfo): boolean {
  if (!allows(namespaces, info.namespace)) return false;
  if (!resources?.length) return true;
  return resources.some(({ group = "", resources: names, resourceNames }) => {
    if (group !== info.group || !allows(resourceNames, info.name)) return false;
    return !names?.length || names.some((name) => namesResource(name, info));
  });
}

function namesResource(name: string, { resource, subresource }: RequestInfo): boolean {
  if (name === "*" || name === (subresource === "" ? resource : `${resource}/${subresource}`)) return true;
  if (name.startsWith("*/")) return subresource === name.slice(2);
  return name.endsWith("/*") && resource === name.slice(0, -2);
}

/** Throws, saying where, for what is no valid policy. */
export function parseAuditPolicy(text: string): AuditPolicy {
  const policy = parseYaml(text, { strict: true }) as (AuditPolicy & { readonly apiVersion?: string; readonly kind?: string }) | null;
  if (policy?.kind !== "Policy" || policy.apiVersion !== "audit.k8s.io/v1") throw refusal("must be kind Policy of audit.k8s.io/v1");
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) throw refusal("rules must have at least one entry");
  checkStages(policy.omitStages, "omitStages");
  for (const [index, rule] of policy.rules.entries()) checkRule(rule, `rules[${index}]`);
  return policy;
}

function checkRule(rule: AuditPolicyRule, path: string): void {
  if (!auditLevels.includes(rule.level)) throw refusal(`${path}.level must be one of ${auditLevels.join(", ")}, not ${JSON.stringify(rule.level)}`);
  if (rule.nonResourceURLs?.length && (rule.resources?.length || rule.namespaces?.length)) {
    throw refusal(`${path} cannot apply to both regular resources and non-resource URLs`);
  }
  for (const url of rule.nonResourceURLs ?? []) {
    if (url !== "*" && (!url.startsWith("/") || url.slice(0, -1).includes("*")))
      throw refusal(`${path}.nonResourceURLs has ${JSON.stringify(url)}: it must begin with "/", with "*" at its end only`);
  }
  checkStages(rule.omitStages, `${path}.omitStages`);
}

function checkStages(stages: readonly AuditStage[] | undefined, path: string): void {
  const unknown = stages?.find((stage) => !auditStages.includes(stage));
  if (unknown !== undefined) throw refusal(`${path} must hold ${auditStages.join(", ")}, not ${JSON.stringify(unknown)}`);
}

function refusal(reason: string): Error {
  return new Error(`cannot use the audit policy: ${reason}`);
}
