/** Tokens that a server of somebody else's knows: TokenReview to a webhook (--authentication-token-webhook-config-file). */
import { createHash } from "node:crypto";
import type { TokenReview, TokenReviewStatus } from "../../api/authentication/v1/token-review.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { UserInfo } from "../contract.ts";
import { ExpiringCache } from "../remote/expiring-cache.ts";
import { type Webhook, WebhookError } from "../remote/webhook.ts";
import type { KnownToken, TokenAuthenticator } from "./token-authenticator.ts";
import { TokenRefused } from "./token-refused.ts";

export interface WebhookTokensOptions {
  /** That of the schema of TokenReview. */
  readonly webhook: Webhook;
  /** Audiences that name this API server: those of a review that tells none. */
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Of answers, good and bad. Default two minutes. */
  readonly cacheTtlMs?: number;
}

const maxAnswers = 4096;

export function webhookTokens({ webhook, audiences: own, now, logger, signal, cacheTtlMs = 120_000 }: WebhookTokensOptions): TokenAuthenticator {
  const answers = new ExpiringCache<TokenReviewStatus>(now, maxAnswers);
  /** Requests that come together with one token ask once. */
  const asking = new Map<string, Promise<TokenReviewStatus>>();
  const ask = async (key: string, token: string, audiences: readonly string[]): Promise<TokenReviewStatus> => {
    const review = { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", metadata: {}, spec: { token, audiences: [...audiences] } };
    const answer = (await webhook(review, signal)) as unknown as TokenReview;
    const status = answer.status ?? {};
    answers.set(key, status, cacheTtlMs);
    return status;
  };
  const statusOf = (token: string, audiences: readonly string[]): Promise<TokenReviewStatus> => {
    const key = createHash("sha256")
      .update(JSON.stringify([audiences, token]))
      .digest("base64");
    const known = answers.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const pending = asking.get(key) ?? ask(key, token, audiences).finally(() => asking.delete(key));
    asking.set(key, pending);
    return pending;
  };
  return {
    async authenticateToken(token, audiences) {
      try {
        return knownToken(await statusOf(token, audiences), audiences, own);
      } catch (error) {
        if (!(error instanceof WebhookError)) throw error;
        logger.error({ err: error }, "cannot ask the authentication webhook");
        throw new TokenRefused(error.message);
      }
    },
  };
}

function knownToken(status: TokenReviewStatus, wanted: readonly string[], own: readonly string[]): KnownToken | undefined {
  const held = (status.audiences ?? []).length > 0 ? (status.audiences ?? []) : own;
  const audiences = wanted.filter((audience) => held.includes(audience));
  if (audiences.length === 0) return undefined;
  if (status.authenticated === true) return { user: userOf(status), audiences };
  if ((status.error ?? "") !== "") throw new TokenRefused(status.error ?? "");
  return undefined;
}

function userOf({ user }: TokenReviewStatus): UserInfo {
  const { username = "", uid, groups = [], extra } = user ?? {};
  if (username === "") throw new TokenRefused("the authentication webhook named no user");
  return { name: username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}
