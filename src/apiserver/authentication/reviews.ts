/** TokenReview and SelfSubjectReview: who is this, who am I (authentication.k8s.io/v1). */

import type { UserInfo as UserInfoObject } from "../../api/authentication/v1/common.ts";
import { type SelfSubjectReview, selfSubjectReviews } from "../../api/authentication/v1/self-subject-review.ts";
import { type TokenReview, tokenReviews } from "../../api/authentication/v1/token-review.ts";
import { badRequest, StatusError } from "../../machinery/status.ts";
import type { Authenticator, UserInfo, VirtualHandler } from "../contract.ts";
import { anonymousUser } from "./groups.ts";
import type { ServiceAccountTokenVerifier } from "./service-account-token.ts";
import { TokenRefused } from "./token-refused.ts";
import { withAuthenticatedGroup } from "./union.ts";

export interface TokenReviewOptions {
  /** The whole chain of the server, for tokens that are not service accounts'. */
  readonly authenticator: Authenticator;
  readonly serviceAccountTokens: ServiceAccountTokenVerifier;
  /** Audiences that name this API server. */
  readonly audiences: readonly string[];
}

export function tokenReviewHandler(options: TokenReviewOptions): VirtualHandler {
  return {
    definition: tokenReviews,
    async create(request) {
      const review = request.body as TokenReview;
      if ((review.spec?.token ?? "") === "") throw badRequest("token is required for TokenReview in authentication");
      return { ...review, status: await reviewToken(review.spec.token, review.spec.audiences ?? [], options) };
    },
  };
}

async function reviewToken(token: string, audiences: readonly string[], options: TokenReviewOptions): Promise<NonNullable<TokenReview["status"]>> {
  try {
    const verified = await options.serviceAccountTokens.verify(token, audiences);
    if (verified !== undefined) return { authenticated: true, user: userObject(withAuthenticatedGroup(verified.user)), audiences: [...verified.audiences] };
    return await reviewOther(token, audiences, options);
  } catch (error) {
    if (error instanceof TokenRefused) return { authenticated: false, user: {}, error: `[invalid bearer token, ${error.message}]` };
    if (error instanceof StatusError && error.code === 401) return { authenticated: false, user: {}, error: "invalid bearer token" };
    throw error;
  }
}

/** Static and bootstrap tokens know no audiences: they are good for this API server's. */
async function reviewOther(token: string, audiences: readonly string[], options: TokenReviewOptions): Promise<NonNullable<TokenReview["status"]>> {
  const user = await options.authenticator.authenticate({ headers: { authorization: `Bearer ${token}` } });
  if (user === undefined || user.name === anonymousUser) return { authenticated: false, user: {} };
  if (audiences.length === 0) return { authenticated: true, user: userObject(user), audiences: [...options.audiences] };
  const shared = audiences.filter((audience) => options.audiences.includes(audience));
  if (shared.length === 0) return { authenticated: false, user: {} };
  return { authenticated: true, user: userObject(user), audiences: shared };
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
