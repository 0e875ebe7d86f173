/** The authenticator the request chain sees: every configured one in turn, then anonymous. */
import { unauthorized } from "../../machinery/status.ts";
import type { Authenticator, Credentials, UserInfo } from "../contract.ts";
import type { AnonymousConfiguration } from "./authentication-configuration.ts";
import { anonymousUser, authenticatedGroup, unauthenticatedGroup } from "./groups.ts";
import { bearerToken } from "./headers.ts";

export interface UnionOptions {
  /** Where requests without credentials become system:anonymous. Default everywhere. */
  readonly anonymous?: AnonymousConfiguration;
}

/**
 * The first authenticator that knows the user wins, whatever others thought of the credentials. Bad credentials are
 * never anonymous: when none succeeded and one refused, the request is 401.
 */
export function unionAuthenticator(authenticators: readonly Authenticator[], options: UnionOptions = {}): Authenticator {
  const { enabled: allowAnonymous, paths } = options.anonymous ?? { enabled: true, paths: undefined };
  return {
    async authenticate(credentials) {
      let refused = false;
      for (const authenticator of authenticators) {
        try {
          const user = await authenticator.authenticate(credentials);
          if (user !== undefined) return withAuthenticatedGroup(user);
        } catch (error) {
          if (!isUnauthorized(error)) throw error;
          refused = true;
        }
      }
      if (refused || !allowAnonymous || claimsIdentity(credentials)) throw unauthorized();
      if (paths !== undefined && !paths.includes(credentials.path ?? "")) throw unauthorized();
      return { name: anonymousUser, groups: [unauthenticatedGroup] };
    },
  };
}

/** A bearer token that nobody recognised is a failed login, not an anonymous request. Other schemes are ignored. */
function claimsIdentity(credentials: Credentials): boolean {
  return bearerToken(credentials.headers) !== undefined;
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 401;
}

/** Everyone who has proved an identity is a member of system:authenticated. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
