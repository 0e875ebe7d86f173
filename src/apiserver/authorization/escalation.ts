/**
 * Nobody can grant what they do not hold: checks writes of roles and bindings (RBAC's escalate and bind verbs). An
 * admission plugin, because it needs the final object.
 */
import type { ClusterRole } from "../../api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import type { RoleBinding } from "../../api/rbac/v1/role-binding.ts";
import { sameJson } from "../../machinery/json.ts";
import { forbidden, type GroupResource, notFound } from "../../machinery/status.ts";
import { mastersGroup } from "../authentication/groups.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, UserInfo } from "../contract.ts";
import type { RuleResolver } from "./rbac.ts";
import { allRights, describeRules, quoteList, uncovered } from "./rules.ts";

const rbacGroup = "rbac.authorization.k8s.io";

export function escalationPlugin(authorizer: Authorizer, resolver: RuleResolver): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    handles: (operation, { group }, subresource) => group === rbacGroup && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
    async validate(attributes) {
      if (attributes.user.groups.includes(mastersGroup)) return;
      if (attributes.definition.resource.endsWith("bindings")) await checkBinding(attributes, authorizer, resolver);
      else await checkRole(attributes, authorizer, resolver);
    },
  };
}

async function checkRole(attributes: AdmissionAttributes, authorizer: Authorizer, resolver: RuleResolver): Promise<void> {
  const role = attributes.object as ClusterRole;
  const old = attributes.oldObject as ClusterRole | undefined;
  if (await mayDo("escalate", attributes, attributes.definition.resource, attributes.name, authorizer)) return;
  if (role.aggregationRule !== undefined && !sameJson(role.aggregationRule, old?.aggregationRule) && !holds(attributes, allRights, resolver)) {
    throw refuse(attributes, "must have cluster-admin privileges to use an aggregationRule");
  }
  if (old !== undefined && sameJson(role.rules ?? [], old.rules ?? [])) return;
  confirmNoEscalation(attributes, role.rules ?? [], resolver);
}

async function checkBinding(attributes: AdmissionAttributes, authorizer: Authorizer, resolver: RuleResolver): Promise<void> {
  const binding = attributes.object as RoleBinding;
  const old = attributes.oldObject as RoleBinding | undefined;
  if (old !== undefined && sameJson(binding.roleRef, old.roleRef) && sameJson(binding.subjects ?? [], old.subjects ?? [])) return;
  const { kind, name } = binding.roleRef;
  const resource = kind === "ClusterRole" ? "clusterroles" : "roles";
  if (await mayDo("bind", attributes, resource, name, authorizer)) return;
  const rules = resolver.rulesOfRole(kind, attributes.namespace, name);
  if (rules === undefined) throw notFound({ group: rbacGroup, resource: kind.toLowerCase() }, name);
  confirmNoEscalation(attributes, rules, resolver);
}

async function mayDo(verb: string, attributes: AdmissionAttributes, resource: string, name: string, authorizer: Authorizer): Promise<boolean> {
  const { decision } = await authorizer.authorize({
    user: attributes.user,
    verb,
    isResourceRequest: true,
    group: rbacGroup,
    version: "v1",
    resource,
    subresource: "",
    namespace: attributes.namespace,
    name,
    path: "",
  });
  return decision === "allow";
}

function holds(attributes: AdmissionAttributes, rules: readonly PolicyRule[], resolver: RuleResolver): boolean {
  return uncovered(resolver.rulesFor(attributes.user, attributes.namespace).rules, rules).length === 0;
}

function confirmNoEscalation(attributes: AdmissionAttributes, rules: readonly PolicyRule[], resolver: RuleResolver): void {
  const held = resolver.rulesFor(attributes.user, attributes.namespace);
  const missing = uncovered(held.rules, rules);
  if (missing.length === 0) return;
  const trouble = held.errors.length === 0 ? "" : `; resolution errors: ${quoteList(held.errors)}`;
  throw refuse(attributes, `${describeUser(attributes.user)} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}${trouble}`);
}

function describeUser(user: UserInfo): string {
  return `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)})`;
}

function refuse(attributes: AdmissionAttributes, reason: string): Error {
  const gr: GroupResource = { group: rbacGroup, resource: attributes.definition.resource };
  return forbidden(gr, attributes.name, reason);
}
