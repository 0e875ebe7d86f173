/** Bearer tokens: the ways to know one, asked in turn (k8s.io/apiserver/pkg/authentication/token). */
import { unauthorized } from "../../machinery/status.ts";
import type { Authenticator, UserInfo } from "../contract.ts";
import { bearerToken } from "./headers.ts";
import { TokenRefused } from "./token-refused.ts";

export interface KnownToken {
  readonly user: UserInfo;
  /** Those of the wanted audiences that the token is good for. */
  readonly audiences: readonly string[];
}

export interface TokenAuthenticator {
  /**
   * `audiences` (at least one) are those that would do. Undefined for a token that is none of this authenticator's;
   * throws TokenRefused for one that is but will not do.
   */
  authenticateToken(token: string, audiences: readonly string[]): Promise<KnownToken | undefined>;
}

/** The first that knows the token wins, whatever others thought of it; without one, what they said of it is told. */
export function unionOfTokens(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const refusals: string[] = [];
      for (const authenticator of authenticators) {
        try {
          const known = await authenticator.authenticateToken(token, audiences);
          if (known !== undefined) return known;
        } catch (error) {
          if (!(error instanceof TokenRefused)) throw error;
          refusals.push(error.message);
        }
      }
      if (refusals.length > 0) throw new TokenRefused(refusals.join(", "));
      return undefined;
    },
  };
}

/** Knows users by tokens that name no audience; throws TokenRefused. */
export type TokenUsers = (token: string) => Promise<UserInfo | undefined>;

/** Tokens that name no audience are good for this API server, by whichever of its `own` audiences it is called. */
export function withoutAudiences(own: readonly string[], userOf: TokenUsers): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const shared = audiences.filter((audience) => own.includes(audience));
      if (shared.length === 0) return undefined;
      const user = await userOf(token);
      return user === undefined ? undefined : { user, audiences: shared };
    },
  };
}

/** Requests with a token for one of the API server's `own` audiences. */
export function bearerTokenAuthenticator(tokens: TokenAuthenticator, own: readonly string[]): Authenticator {
  return {
    async authenticate({ headers }) {
      const token = bearerToken(headers);
      if (token === undefined) return undefined;
      try {
        return (await tokens.authenticateToken(token, own))?.user;
      } catch (error) {
        if (error instanceof TokenRefused) throw unauthorized();
        throw error;
      }
    },
  };
}
