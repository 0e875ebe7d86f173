/**
 * Policy rules: what a request needs of a rule, and when one set of rules covers another
 * (k8s.io/kubernetes/pkg/apis/rbac/v1 and k8s.io/component-helpers/auth/rbac/validation).
 */
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import type { AuthorizationAttributes } from "../contract.ts";

/** What cluster-admin holds. */
export const allRights: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** A rule made ready for matching: sets instead of lists. */
export interface CompiledRule {
  readonly source: PolicyRule;
  readonly verbs: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  /** Empty: any name. */
  readonly names: ReadonlySet<string>;
  readonly urls: readonly string[];
}

export function compileRules(rules: readonly PolicyRule[]): CompiledRule[] {
  return rules.map((rule) => ({
    source: rule,
    verbs: new Set(rule.verbs),
    groups: new Set(rule.apiGroups),
    resources: new Set(rule.resources),
    names: new Set(rule.resourceNames),
    urls: rule.nonResourceURLs ?? [],
  }));
}

export function ruleAllows(rule: CompiledRule, attributes: AuthorizationAttributes): boolean {
  if (!hasOrAll(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResourceRequest) return rule.urls.some((pattern) => urlMatches(pattern, attributes.path));
  if (!hasOrAll(rule.groups, attributes.group)) return false;
  if (!resourceMatches(rule.resources, attributes.resource, attributes.subresource)) return false;
  return rule.names.size === 0 || rule.names.has(attributes.name);
}

function hasOrAll(set: ReadonlySet<string>, value: string): boolean {
  return set.has(value) || set.has("*");
}

/** `*` is every resource and subresource; a subresource of all resources is written as `*` + `/scale`. */
function resourceMatches(resources: ReadonlySet<string>, resource: string, subresource: string): boolean {
  if (resources.has("*")) return true;
  if (subresource === "") return resources.has(resource);
  return resources.has(`${resource}/${subresource}`) || resources.has(`*/${subresource}`);
}

/** A pattern may end with `*` for any rest. */
function urlMatches(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}

/** The parts of `wanted` that `held` does not cover, each cut down to one verb, group, resource and name. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const names = rule.resourceNames ?? [];
  const resources = (rule.apiGroups ?? []).flatMap((group) => (rule.resources ?? []).map((resource) => ({ apiGroups: [group], resources: [resource] })));
  const named = resources.flatMap((part) => (names.length === 0 ? [part] : names.map((name) => ({ ...part, resourceNames: [name] }))));
  const urls = (rule.nonResourceURLs ?? []).map((url) => ({ nonResourceURLs: [url] }));
  return rule.verbs.flatMap((verb) => [...named, ...urls].map((part) => ({ ...part, verbs: [verb] })));
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  return (
    includesAll(rule.verbs, part.verbs) &&
    includesAll(rule.apiGroups, part.apiGroups) &&
    resourcesCover(rule.resources ?? [], part.resources ?? []) &&
    (part.nonResourceURLs ?? []).every((url) => (rule.nonResourceURLs ?? []).some((pattern) => urlCovers(pattern, url))) &&
    namesCover(rule.resourceNames ?? [], part.resourceNames ?? [])
  );
}

function includesAll(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return held.includes("*") || wanted.every((value) => held.includes(value));
}

function resourcesCover(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.includes("*")) return true;
  return wanted.every((resource) => {
    const slash = resource.indexOf("/");
    return held.includes(resource) || (slash >= 0 && held.includes(`*${resource.slice(slash)}`));
  });
}

function urlCovers(pattern: string, wanted: string): boolean {
  if (pattern === wanted) return true;
  return pattern.endsWith("*") && wanted.startsWith(pattern.slice(0, -1));
}

/** A rule for named objects never covers one for all of them. */
function namesCover(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.length === 0) return true;
  return wanted.length > 0 && wanted.every((name) => held.includes(name));
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`, one line each, rules that differ in verbs only joined. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const lines = compact(rules).map((rule) => {
    const parts: [string, readonly string[] | undefined][] = [
      ["APIGroups", rule.apiGroups],
      ["Resources", rule.resources],
      ["NonResourceURLs", rule.nonResourceURLs],
      ["ResourceNames", rule.resourceNames],
      ["Verbs", rule.verbs],
    ];
    return `{${parts.flatMap(([name, values]) => (values === undefined || values.length === 0 ? [] : [`${name}:${quoteList(values)}`])).join(", ")}}`;
  });
  return lines.sort().join("\n");
}

function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.nonResourceURLs, rule.resourceNames]);
    const joined = byTarget.get(key);
    byTarget.set(key, joined === undefined ? rule : { ...rule, verbs: [...joined.verbs, ...rule.verbs] });
  }
  return [...byTarget.values()];
}

/** As Go prints a list of strings with %q. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
