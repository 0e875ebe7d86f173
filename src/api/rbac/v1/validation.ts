/** Roles and bindings (pkg/apis/rbac/validation). */

import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { dns1123SubdomainErrors, pathSegmentNameErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { each, matches } from "../../validation.ts";
import type { ClusterRole } from "./cluster-role.ts";
import type { PolicyRule, RoleRef, Subject } from "./common.ts";
import type { Role } from "./role.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** Colons and upper case are fine, as in system:node. */
export const rbacNameErrors = pathSegmentNameErrors;

export function roleErrors({ rules }: Role): readonly FieldError[] {
  return each(rules, "rules", (rule, path) => ruleErrors(path, rule, true));
}

export function newClusterRoleErrors(role: ClusterRole): readonly FieldError[] {
  return clusterRoleErrors(role, {});
}

/** Selectors once took values that no label can have; a role that has one may have others. */
export function clusterRoleUpdateErrors(role: ClusterRole, old: ClusterRole): readonly FieldError[] {
  const allowInvalidValues = (old.aggregationRule?.clusterRoleSelectors ?? []).some((selector) => validateLabelSelector(selector, "").length > 0);
  return clusterRoleErrors(role, { allowInvalidValues });
}

function clusterRoleErrors({ rules, aggregationRule }: ClusterRole, options: { allowInvalidValues?: boolean }): readonly FieldError[] {
  const errors = [...each(rules, "rules", (rule, path) => ruleErrors(path, rule, false))];
  if (aggregationRule === undefined) return errors;
  const path = "aggregationRule.clusterRoleSelectors";
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) errors.push(fieldError.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  return joined(
    errors,
    each(selectors, path, (selector, at) =>
      joined(
        validateLabelSelector(selector, at, options),
        validateLabelSelector(selector, at).length > 0 ? [fieldError.invalid(at, null, "invalid label selector.")] : none,
      ),
    ),
  );
}

function ruleErrors(path: string, rule: PolicyRule, namespaced: boolean): readonly FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors = verbs.length === 0 ? [fieldError.required(`${path}.verbs`, "verbs must contain at least one value")] : [];
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced) errors.push(fieldError.invalid(at, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      errors.push(fieldError.invalid(at, nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return errors;
  }
  if (apiGroups.length === 0) errors.push(fieldError.required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  if (resources.length === 0) errors.push(fieldError.required(`${path}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

export function roleBindingErrors(binding: Binding): readonly FieldError[] {
  return bindingErrors(binding, ["Role", "ClusterRole"], true);
}

export function clusterRoleBindingErrors(binding: Binding): readonly FieldError[] {
  return bindingErrors(binding, ["ClusterRole"], false);
}

function bindingErrors({ roleRef, subjects }: Binding, kinds: readonly string[], namespaced: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== rbacGroup) errors.push(fieldError.notSupported("roleRef.apiGroup", roleRef.apiGroup ?? "", [rbacGroup]));
  if (!kinds.includes(roleRef.kind)) errors.push(fieldError.notSupported("roleRef.kind", roleRef.kind ?? "", kinds));
  if (!roleRef.name) errors.push(fieldError.required("roleRef.name"));
  else errors.push(...matches("roleRef.name", roleRef.name, rbacNameErrors));
  return joined(
    errors,
    each(subjects, "subjects", (subject, path) => subjectErrors(path, subject, namespaced)),
  );
}

function subjectErrors(path: string, { kind, name, namespace, apiGroup = "" }: Subject, namespaced: boolean): readonly FieldError[] {
  const errors = name ? [] : [fieldError.required(`${path}.name`)];
  switch (kind) {
    case "ServiceAccount":
      if (name) errors.push(...matches(`${path}.name`, name, dns1123SubdomainErrors));
      if (apiGroup !== "") errors.push(fieldError.notSupported(`${path}.apiGroup`, apiGroup, [""]));
      if (!namespaced && !namespace) errors.push(fieldError.required(`${path}.namespace`));
      return errors;
    case "User":
    case "Group":
      return apiGroup === rbacGroup ? errors : [...errors, fieldError.notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup])];
    default:
      return [...errors, fieldError.notSupported(`${path}.kind`, kind ?? "", ["ServiceAccount", "User", "Group"])];
  }
}

/** Who may bind what was decided for this role: another one is another binding. */
export function bindingUpdateErrors(binding: Binding, old: Binding): readonly FieldError[] {
  return sameJson(binding.roleRef, old.roleRef) ? [] : [fieldError.invalid("roleRef", binding.roleRef, "cannot change roleRef")];
}
