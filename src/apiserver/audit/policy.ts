/** The audit policy (audit.k8s.io/v1 Policy): of which requests how much is recorded. */
import { dns1123SubdomainErrors } from "../../machinery/names.ts";
import { fieldError } from "../../machinery/status.ts";
import { readConfiguration, type Section } from "../configuration-file.ts";
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

const kind = { what: "audit policy", kind: "Policy", apiVersions: ["audit.k8s.io/v1"] } as const;

/** Throws, saying where, for what is no valid policy. */
export function parseAuditPolicy(text: string): AuditPolicy {
  return readConfiguration(text, kind, (root) => {
    // kubectl and editors leave it there; it says nothing.
    root.section("metadata")?.ignore();
    const rules = root.sections("rules");
    if (rules.length === 0) root.errors.push(fieldError.required("rules", "a policy without rules records nothing"));
    return { omitStages: stagesOf(root), ...managedFieldsOf(root), rules: rules.map(ruleOf) };
  });
}

function ruleOf(section: Section): AuditPolicyRule {
  const rule: AuditPolicyRule = {
    level: levelOf(section),
    users: section.texts("users"),
    userGroups: section.texts("userGroups"),
    verbs: section.texts("verbs"),
    resources: section.sections("resources").map(resourcesOf),
    namespaces: section.texts("namespaces"),
    nonResourceURLs: section.texts("nonResourceURLs"),
    omitStages: stagesOf(section),
    ...managedFieldsOf(section),
  };
  checkURLs(section, rule);
  return rule;
}

function levelOf(section: Section): AuditLevel {
  const level = section.text("level");
  if (level === "") section.errors.push(fieldError.required(section.at("level")));
  else if (!(auditLevels as readonly string[]).includes(level)) section.errors.push(fieldError.notSupported(section.at("level"), level, auditLevels));
  return level as AuditLevel;
}

function resourcesOf(section: Section): NonNullable<AuditPolicyRule["resources"]>[number] {
  const [group, resources, resourceNames] = [section.text("group"), section.texts("resources"), section.texts("resourceNames")];
  const problems = group === "" ? [] : dns1123SubdomainErrors(group);
  if (problems.length > 0) section.errors.push(fieldError.invalid(section.at("group"), group, problems.join(", ")));
  if (resourceNames.length > 0 && resources.length === 0) {
    section.errors.push(fieldError.invalid(section.at("resourceNames"), resourceNames, "using resourceNames requires at least one resource"));
  }
  return { group, resources, resourceNames };
}

function checkURLs(section: Section, { nonResourceURLs = [], resources = [], namespaces = [] }: AuditPolicyRule): void {
  const path = section.at("nonResourceURLs");
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    section.errors.push(fieldError.invalid(path, nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"));
  }
  for (const [index, url] of nonResourceURLs.entries()) {
    const refuse = (detail: string) => section.errors.push(fieldError.invalid(`${path}[${index}]`, url, detail));
    if (url === "*") continue;
    if (!url.startsWith("/")) refuse("non-resource URL rules must begin with a '/' character");
    if (url.slice(0, -1).includes("*")) refuse("non-resource URL wildcards '*' must be the final character of the rule");
  }
}

function stagesOf(section: Section): AuditStage[] {
  const stages = section.texts("omitStages");
  for (const [index, stage] of stages.entries()) {
    if ((auditStages as readonly string[]).includes(stage)) continue;
    section.errors.push(fieldError.invalid(`${section.at("omitStages")}[${index}]`, stage, `allowed stages are ${auditStages.join(",")}`));
  }
  return stages as AuditStage[];
}

/** Absent in a rule: as the policy has it. */
function managedFieldsOf(section: Section): Pick<AuditPolicyRule, "omitManagedFields"> {
  const omitManagedFields = section.optionalFlag("omitManagedFields");
  return omitManagedFields === undefined ? {} : { omitManagedFields };
}
