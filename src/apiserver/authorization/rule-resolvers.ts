/** Which rules a user has by all authorizers together, for SelfSubjectRulesReview. */
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import { nodeOf } from "../authentication/groups.ts";
import type { UserInfo } from "../contract.ts";
import type { AuthorizerConfiguration } from "./authorization-configuration.ts";
import type { RuleResolver } from "./rbac.ts";
import { allRights } from "./rules.ts";

export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Why there may be more of them. */
  readonly errors: readonly string[];
}

export type RulesForUser = (user: UserInfo, namespace: string) => UserRules;

/** `types` are those of the authorizers, in their order. */
export function ruleResolverOf(types: readonly AuthorizerConfiguration["type"][], rbac: RuleResolver): RulesForUser {
  return (user, namespace) => {
    const all = types.map((type) => rulesBy(type, user, namespace, rbac));
    return { rules: all.flatMap(({ rules }) => rules), errors: all.flatMap(({ errors }) => errors) };
  };
}

function rulesBy(type: AuthorizerConfiguration["type"], user: UserInfo, namespace: string, rbac: RuleResolver): UserRules {
  switch (type) {
    case "RBAC":
      return rbac.rulesFor(user, namespace);
    case "Node":
      // What it allows depends on the pods of the moment and cannot be listed.
      return { rules: [], errors: nodeOf(user) === undefined ? [] : ["node authorizer does not support user rule resolution"] };
    case "AlwaysAllow":
      return { rules: allRights, errors: [] };
    case "AlwaysDeny":
      return { rules: [], errors: [] };
    case "Webhook":
      return { rules: [], errors: ["webhook authorizer does not support user rule resolution"] };
  }
}
