/**
 * Brings the default roles and bindings into being, and adds to existing ones what an upgrade brought: rules and
 * subjects that are missing, never taking any away. An object annotated `rbac.authorization.kubernetes.io/autoupdate:
 * "false"` is left alone (k8s.io/kubernetes/pkg/registry/rbac/reconciliation).
 */
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "../../api/rbac/v1/cluster-role-binding.ts";
import type { PolicyRule, Subject } from "../../api/rbac/v1/common.ts";
import { type Role, roles } from "../../api/rbac/v1/role.ts";
import { type RoleBinding, roleBindings } from "../../api/rbac/v1/role-binding.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { staleAggregations } from "../authorization/aggregation.ts";
import { uncovered } from "../authorization/rules.ts";
import { clusterRoleDefaults, type DefaultRole } from "./cluster-roles.ts";
import { controllerRoleDefaults } from "./controller-roles.ts";
import { account, clusterBindingDefaults, namespaceBindingDefaults, namespaceRoleDefaults } from "./namespace-roles.ts";

const rbacGroup = "rbac.authorization.k8s.io";
const autoUpdate = `${rbacGroup.replace("k8s.io", "kubernetes.io")}/autoupdate`;
const defaultLabels = { "kubernetes.io/bootstrapping": "rbac-defaults" };

type RbacObject = ClusterRole | Role | ClusterRoleBinding | RoleBinding;

/** One thing to be done to the store. */
export type Write =
  | { readonly verb: "create"; readonly resource: ResourceRef; readonly object: KubeObject }
  | { readonly verb: "update"; readonly resource: ResourceRef; readonly object: KubeObject }
  /** A binding's roleRef cannot change: it is deleted first. */
  | { readonly verb: "replace"; readonly resource: ResourceRef; readonly object: KubeObject };

export interface RbacState {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

/** What has to be written so that the defaults hold. */
export function planRbac(state: RbacState): Write[] {
  return [
    ...planKind(clusterRoles, state.clusterRoles, defaultClusterRoles(), mergedRole),
    ...planKind(roles, state.roles, defaultRoles(), mergedRole),
    ...planKind(clusterRoleBindings, state.clusterRoleBindings, defaultClusterRoleBindings(), mergedBinding),
    ...planKind(roleBindings, state.roleBindings, defaultRoleBindings(), mergedBinding),
  ];
}

function planKind<T extends RbacObject>(
  resource: ResourceRef,
  existing: readonly T[],
  expected: readonly T[],
  merge: (found: T, wanted: T) => T | undefined,
): Write[] {
  const known = new Map(existing.map((object) => [keyOf(object), object]));
  return expected.flatMap((wanted): Write[] => {
    const found = known.get(keyOf(wanted));
    if (found === undefined) return [{ verb: "create", resource, object: wanted }];
    if (found.metadata.annotations?.[autoUpdate] === "false") return [];
    if ("roleRef" in found && "roleRef" in wanted && !sameJson(found.roleRef, wanted.roleRef)) return [{ verb: "replace", resource, object: wanted }];
    const object = merge(found, wanted);
    return object === undefined ? [] : [{ verb: "update", resource, object }];
  });
}

function keyOf({ metadata }: RbacObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** The found role with what it lacks; undefined when it lacks nothing. Rules of aggregating roles are not ours to set. */
function mergedRole<T extends ClusterRole | Role>(found: T, wanted: T): T | undefined {
  const aggregation = "aggregationRule" in wanted ? wanted.aggregationRule : undefined;
  const missing = aggregation === undefined ? uncovered(found.rules ?? [], wanted.rules ?? []) : [];
  const metadata = mergedMetadata(found, wanted);
  const aggregates = sameJson("aggregationRule" in found ? found.aggregationRule : undefined, aggregation);
  if (missing.length === 0 && aggregates && metadata === undefined) return undefined;
  const rules = missing.length === 0 ? (found.rules ?? []) : [...(found.rules ?? []), ...missing];
  return { ...found, metadata: metadata ?? found.metadata, rules, ...(aggregation === undefined ? {} : { aggregationRule: aggregation }) };
}

function mergedBinding<T extends ClusterRoleBinding | RoleBinding>(found: T, wanted: T): T | undefined {
  const missing = (wanted.subjects ?? []).filter((subject) => !(found.subjects ?? []).some((other) => sameJson(other, subject)));
  const metadata = mergedMetadata(found, wanted);
  if (missing.length === 0 && metadata === undefined) return undefined;
  return { ...found, metadata: metadata ?? found.metadata, subjects: [...(found.subjects ?? []), ...missing] };
}

function mergedMetadata<T extends RbacObject>(found: T, wanted: T): T["metadata"] | undefined {
  const labels = { ...wanted.metadata.labels, ...found.metadata.labels };
  const annotations = { ...wanted.metadata.annotations, ...found.metadata.annotations };
  if (sameJson(labels, found.metadata.labels ?? {}) && sameJson(annotations, found.metadata.annotations ?? {})) return undefined;
  return { ...found.metadata, labels, annotations };
}

function metadataOf(name: string, namespace?: string, labels: Readonly<Record<string, string>> = {}): KubeObject["metadata"] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...defaultLabels, ...labels },
    annotations: { [autoUpdate]: "true" },
  } as unknown as KubeObject["metadata"];
}

/** With the rules of aggregating roles already summed up, so that they hold before the aggregation loop's first pass. */
export function defaultClusterRoles(): ClusterRole[] {
  const own = Object.entries(clusterRoleDefaults).map(([name, role]) => clusterRoleOf(name, role));
  const controllers = Object.entries(controllerRoleDefaults).map(([name, rules]) => clusterRoleOf(`system:controller:${name}`, { rules }));
  let all = [...own, ...controllers];
  // view flows into edit and edit into admin: each round settles one level.
  for (let stale = staleAggregations(all); stale.length > 0; stale = staleAggregations(all)) {
    const rules = new Map(stale.map((item) => [item.role.metadata.name, item.rules]));
    all = all.map((role) => ({ ...role, rules: rules.get(role.metadata.name) ?? role.rules ?? [] }));
  }
  return all;
}

function clusterRoleOf(name: string, role: DefaultRole): ClusterRole {
  const label = (to: string): string => `${rbacGroup}/aggregate-to-${to}`;
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: "ClusterRole",
    metadata: metadataOf(name, undefined, role.aggregateTo === undefined ? {} : { [label(role.aggregateTo)]: "true" }),
    rules: [...(role.rules ?? [])],
    ...(role.aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label(role.aggregates)]: "true" } }] } }),
  };
}

function defaultRoles(): Role[] {
  return entriesByNamespace(namespaceRoleDefaults).map(([namespace, name, rules]) => ({
    apiVersion: `${rbacGroup}/v1`,
    kind: "Role",
    metadata: metadataOf(name, namespace),
    rules: [...(rules as readonly PolicyRule[])],
  }));
}

function defaultClusterRoleBindings(): ClusterRoleBinding[] {
  const own = Object.entries(clusterBindingDefaults);
  const controllers = Object.keys(controllerRoleDefaults).map((name): [string, readonly Subject[]] => [`system:controller:${name}`, [account(name)]]);
  return [...own, ...controllers].map(([name, subjects]) => ({
    apiVersion: `${rbacGroup}/v1`,
    kind: "ClusterRoleBinding",
    metadata: metadataOf(name),
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name },
    ...(subjects.length === 0 ? {} : { subjects: [...subjects] }),
  }));
}

function defaultRoleBindings(): RoleBinding[] {
  return entriesByNamespace(namespaceBindingDefaults).map(([namespace, name, binding]) => ({
    apiVersion: `${rbacGroup}/v1`,
    kind: "RoleBinding",
    metadata: metadataOf(name, namespace),
    roleRef: { apiGroup: rbacGroup, kind: "Role", name: binding.role },
    subjects: [...binding.subjects],
  }));
}

function entriesByNamespace<T>(table: Readonly<Record<string, Readonly<Record<string, T>>>>): [string, string, T][] {
  return Object.entries(table).flatMap(([namespace, entries]) => Object.entries(entries).map(([name, value]): [string, string, T] => [namespace, name, value]));
}
