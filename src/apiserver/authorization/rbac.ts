/**
 * RBAC. Bindings are indexed by subject and roles are compiled as they change, so that a check looks at the rules
 * bound to the user and its groups and at nothing else: some microseconds, however many bindings there are.
 */

import { clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "../../api/rbac/v1/cluster-role-binding.ts";
import type { PolicyRule, Subject } from "../../api/rbac/v1/common.ts";
import { roles } from "../../api/rbac/v1/role.ts";
import { type RoleBinding, roleBindings } from "../../api/rbac/v1/role-binding.ts";
import type { ResourceDefinition } from "../../api/resource.ts";
import { type KubeObject, objectKey } from "../../machinery/object.ts";
import { serviceAccountUser } from "../authentication/groups.ts";
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, ObjectReader, UserInfo } from "../contract.ts";
import { type CompiledRule, compileRules, ruleAllows } from "./rules.ts";

type Binding = ClusterRoleBinding | RoleBinding;

/** One subject of one binding. */
interface Grant {
  /** "" for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly roleKey: string;
  /** Names the binding in the reason: `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
  readonly description: string;
}

/** Rules of a role that does not exist, with the words that say so. */
interface MissingRole {
  readonly missing: string;
}

/** What answers "which rules does this user have": RBAC, and whoever checks for escalation. */
export interface RuleResolver {
  /** Cluster-wide rules and those of `namespace`. */
  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] };
  /** Rules of the role a binding in `namespace` refers to; undefined when there is no such role. */
  rulesOfRole(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined;
}

export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly #roles = new Map<string, readonly CompiledRule[]>();
  /** Subject -> namespace ("" for the whole cluster) -> grants. */
  readonly #grants = new Map<string, Map<string, Set<Grant>>>();
  /** What a binding put into #grants, to take it out again. */
  readonly #entries = new Map<string, { subject: string; grant: Grant }[]>();

  /** Follows the reader until `signal` aborts. */
  constructor(reader: ObjectReader, signal: AbortSignal) {
    this.#follow(reader, roles, "Role", signal);
    this.#follow(reader, clusterRoles, "ClusterRole", signal);
    for (const definition of [roleBindings, clusterRoleBindings] as readonly ResourceDefinition<Binding>[]) {
      reader.subscribe(definition, (type, binding) => this.#setBinding(definition.kind, binding, type !== "DELETED"), signal);
    }
  }

  authorize(attributes: AuthorizationAttributes): AuthorizationDecision {
    const missing: string[] = [];
    for (const grant of this.#grantsFor(attributes.user, attributes.isResourceRequest ? attributes.namespace : "")) {
      const rules = this.#rulesOf(grant);
      if ("missing" in rules) missing.push(rules.missing);
      else if (rules.some((rule) => ruleAllows(rule, attributes))) return { decision: "allow", reason: `RBAC: allowed by ${grant.description}` };
    }
    return { decision: "noOpinion", reason: missing.length === 0 ? "" : `RBAC: ${joined(missing)}` };
  }

  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const result: { rules: PolicyRule[]; errors: string[] } = { rules: [], errors: [] };
    for (const grant of this.#grantsFor(user, namespace)) {
      const rules = this.#rulesOf(grant);
      if ("missing" in rules) result.errors.push(rules.missing);
      else result.rules.push(...rules.map((rule) => rule.source));
    }
    return result;
  }

  rulesOfRole(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(kind, namespace, name))?.map((rule) => rule.source);
  }

  *#grantsFor(user: UserInfo, namespace: string): Iterable<Grant> {
    const subjects = [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)];
    for (const scope of namespace === "" ? [""] : ["", namespace]) {
      for (const subject of subjects) yield* this.#grants.get(subject)?.get(scope) ?? [];
    }
  }

  #rulesOf(grant: Grant): readonly CompiledRule[] | MissingRole {
    const rules = this.#roles.get(grant.roleKey);
    if (rules !== undefined) return rules;
    const [kind = "", , name = ""] = grant.roleKey.split("/");
    return { missing: `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found` };
  }

  #follow<T extends KubeObject & { rules?: PolicyRule[] }>(reader: ObjectReader, definition: ResourceDefinition<T>, kind: string, signal: AbortSignal): void {
    reader.subscribe(
      definition,
      (type, role) => {
        const key = roleKey(kind, role.metadata.namespace ?? "", role.metadata.name);
        if (type === "DELETED") this.#roles.delete(key);
        else this.#roles.set(key, compileRules(role.rules ?? []));
      },
      signal,
    );
  }

  #setBinding(kind: string, binding: Binding, present: boolean): void {
    const key = `${kind}/${objectKey(binding)}`;
    for (const { subject, grant } of this.#entries.get(key) ?? []) this.#removeGrant(subject, grant);
    this.#entries.delete(key);
    if (!present) return;
    const entries = grantsOf(kind, binding);
    for (const { subject, grant } of entries) this.#addGrant(subject, grant);
    this.#entries.set(key, entries);
  }

  #addGrant(subject: string, grant: Grant): void {
    const scopes = this.#grants.get(subject) ?? new Map<string, Set<Grant>>();
    const grants = scopes.get(grant.namespace) ?? new Set<Grant>();
    grants.add(grant);
    scopes.set(grant.namespace, grants);
    this.#grants.set(subject, scopes);
  }

  #removeGrant(subject: string, grant: Grant): void {
    const scopes = this.#grants.get(subject);
    const grants = scopes?.get(grant.namespace);
    grants?.delete(grant);
    if (grants?.size === 0) scopes?.delete(grant.namespace);
    if (scopes?.size === 0) this.#grants.delete(subject);
  }
}

function grantsOf(kind: string, binding: Binding): { subject: string; grant: Grant }[] {
  const namespace = kind === "ClusterRoleBinding" ? "" : (binding.metadata.namespace ?? "");
  const { roleRef, metadata } = binding;
  const name = namespace === "" ? metadata.name : `${metadata.name}/${namespace}`;
  return (binding.subjects ?? []).flatMap((subject) => {
    const key = subjectKey(subject, namespace);
    const description = `${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${describeSubject(subject)}`;
    return key === undefined ? [] : [{ subject: key, grant: { namespace, roleKey: roleKey(roleRef.kind, namespace, roleRef.name), description } }];
  });
}

/** Service accounts are users by another name; without a namespace of its own one lives in the binding's. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind !== "ServiceAccount") return `${subject.kind}:${subject.name}`;
  const namespace = subject.namespace ?? bindingNamespace;
  return namespace === "" ? undefined : `User:${serviceAccountUser(namespace, subject.name)}`;
}

function describeSubject({ kind, name, namespace }: Subject): string {
  return `${kind} ${JSON.stringify(kind === "ServiceAccount" && namespace !== undefined ? `${name}/${namespace}` : name)}`;
}

/** Slashes cannot occur in namespaces, and in role names only as `%2F`-free text that validation refuses. */
function roleKey(kind: string, namespace: string, name: string): string {
  return kind === "ClusterRole" ? `ClusterRole//${name}` : `${kind}/${namespace}/${name}`;
}

/** As k8s.io/apimachinery/pkg/util/errors prints an aggregate. */
export function joined(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`;
}
