/** Several authorizers as one. */
import { mastersGroup } from "../authentication/groups.ts";
import type { AuthorizationDecision, Authorizer } from "../contract.ts";
import { joined } from "./rbac.ts";

/**
 * As kube-apiserver builds its chain: system:masters pass before any of `authorizers` is asked, then the first that
 * allows or denies decides.
 */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  const chain = [mastersAuthorizer, ...authorizers];
  return {
    async authorize(attributes) {
      const reasons: string[] = [];
      const errors: string[] = [];
      for (const authorizer of chain) {
        const answer = authorizer.authorize(attributes);
        const decision = answer instanceof Promise ? await answer : answer;
        if (decision.decision !== "noOpinion") return decision;
        if (decision.reason !== "") reasons.push(decision.reason);
        if (decision.error !== undefined) errors.push(decision.error);
      }
      return { decision: "noOpinion", reason: reasons.join("\n"), ...(errors.length === 0 ? {} : { error: joined(errors) }) };
    },
  };
}

const allow: AuthorizationDecision = { decision: "allow", reason: "" };
const noOpinion: AuthorizationDecision = { decision: "noOpinion", reason: "" };

/** Members of system:masters may do everything, whatever RBAC says: the way back in after a bad policy. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(mastersGroup) ? allow : noOpinion),
};

/** --authorization-mode=AlwaysAllow and AlwaysDeny. */
export const alwaysAllowAuthorizer: Authorizer = { authorize: () => allow };
export const alwaysDenyAuthorizer: Authorizer = { authorize: () => ({ decision: "noOpinion", reason: "Everything is forbidden." }) };
