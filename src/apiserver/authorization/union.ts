/** Several authorizers as one. */
import { mastersGroup } from "../authentication/groups.ts";
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from "../contract.ts";
import { joined } from "./rbac.ts";

/**
 * As kube-apiserver builds its chain: system:masters pass before any of `authorizers` is asked, then the first that
 * allows or denies decides.
 */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  const chain = [mastersAuthorizer, ...authorizers];
  return {
    authorize: (attributes) => ask(chain, 0, attributes, []),
  };
}

/** Asks those from `from` on, at once as long as they answer at once. `silent`: the answers of those before, who had no opinion. */
function ask(
  chain: readonly Authorizer[],
  from: number,
  attributes: AuthorizationAttributes,
  silent: readonly AuthorizationDecision[],
): AuthorizationDecision | Promise<AuthorizationDecision> {
  const authorizer = chain[from];
  if (authorizer === undefined) return noneOf(silent);
  const next = (decision: AuthorizationDecision) => (decision.decision === "noOpinion" ? ask(chain, from + 1, attributes, [...silent, decision]) : decision);
  const answer = authorizer.authorize(attributes);
  return answer instanceof Promise ? answer.then(next) : next(answer);
}

function noneOf(silent: readonly AuthorizationDecision[]): AuthorizationDecision {
  const reasons = silent.flatMap(({ reason }) => (reason === "" ? [] : [reason]));
  const errors = silent.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return { decision: "noOpinion", reason: reasons.join("\n"), ...(errors.length === 0 ? {} : { error: joined(errors) }) };
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
