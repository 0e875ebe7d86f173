/** TokenReview and SelfSubjectReview: who is this, who am I (authentication.k8s.io/v1). */

import type { UserInfo as UserInfoObject } from "../../api/authentication/v1/common.ts";
import { type SelfSubjectReview, selfSubjectReviews } from "../../api/authentication/v1/self-subject-review.ts";
import { type TokenReview, tokenReviews } from "../../api/authentication/v1/token-review.ts";
import { badRequest } from "../../machinery/status.ts";
import type { UserInfo, VirtualHandler } from "../contract.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { TokenRefused } from "./token-refused.ts";
import { withAuthenticatedGroup } from "./union.ts";

export interface TokenReviewOptions {
  /** Every way to know a token. */
  readonly tokens: TokenAuthenticator;
  /** Audiences that name this API server. */
  readonly audiences: readonly string[];
}

type Status = NonNullable<TokenReview["status"]>;

export function tokenReviewHandler(options: TokenReviewOptions): VirtualHandler {
  return {
    definition: tokenReviews,
    async create(request) {
      const review = request.body as TokenReview;
      const { token = "", audiences = [] } = review.spec ?? {};
      if (token === "") throw badRequest("token is required for TokenReview in authentication");
      return { ...review, status: await reviewToken(token, audiences.length === 0 ? options.audiences : audiences, options.tokens) };
    },
  };
}

async function reviewToken(token: string, audiences: readonly string[], tokens: TokenAuthenticator): Promise<Status> {
  try {
    const known = await tokens.authenticateToken(token, audiences);
    if (known === undefined) return { authenticated: false, user: {}, error: "invalid bearer token" };
    return { authenticated: true, user: userObject(withAuthenticatedGroup(known.user)), audiences: [...known.audiences] };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return { authenticated: false, user: {}, error: `[invalid bearer token, ${error.message}]` };
  }
}

export function selfSubjectReviewHandler(): VirtualHandler {
  return {
    definition: selfSubjectReviews,
    async create(request) {
      return { ...(request.body as SelfSubjectReview), status: { userInfo: userObject(request.user) } } as SelfSubjectReview;
    },
  };
}

/** authentication.k8s.io/v1 UserInfo: the same as ours under other names. */
export function userObject(user: UserInfo): UserInfoObject {
  const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}
