/**
 * Impersonation: a request acts as another user when the real one may. Whoever may `impersonate` somebody may do all
 * that they may; constrained impersonation (KEP-5284) is asked for first, and also says what for.
 */
import { badRequest } from "../../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer, Credentials, UserInfo } from "../contract.ts";
import { headerValues, repeatedValues } from "./headers.ts";
import { impersonationModes, type WantedUser } from "./impersonation-modes.ts";
import { extraOf } from "./request-header.ts";

export interface ImpersonatedUser {
  readonly user: UserInfo;
  /** The verb that allowed it, for the audit; undefined for plain `impersonate`. */
  readonly constraint: string | undefined;
}

/** Which mode last worked for a user is tried first: the others would fail again, and their errors would be told. */
const maxRemembered = 10_000;

export class Impersonation {
  readonly #authorizer: Authorizer;
  /** User name -> index in `impersonationModes`; insertion order is age. */
  readonly #lastModes = new Map<string, number>();

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /**
   * Undefined when the request asks for nobody. `attributes` are those of the request, with the real user. Throws 403
   * when the user may not, 400 for a uid, groups or extra values without a user.
   */
  async resolve(credentials: Credentials, attributes: AuthorizationAttributes): Promise<ImpersonatedUser | undefined> {
    const wanted = wantedUser(credentials);
    if (wanted === undefined) return undefined;
    const { name } = attributes.user;
    const last = this.#lastModes.get(name);
    const order = [...(last === undefined ? [] : [last]), ...impersonationModes.keys().filter((index) => index !== last)];
    let firstError: unknown;
    for (const index of order) {
      try {
        const impersonated = await impersonationModes[index]!(wanted, attributes, this.#authorizer);
        if (impersonated === undefined) continue;
        this.#remember(name, index);
        return impersonated;
      } catch (error) {
        firstError ??= error;
      }
    }
    throw firstError;
  }

  #remember(name: string, index: number): void {
    this.#lastModes.delete(name);
    if (this.#lastModes.size >= maxRemembered) this.#lastModes.delete(this.#lastModes.keys().next().value!);
    this.#lastModes.set(name, index);
  }
}

const prefix = "impersonate-";
const extraPrefix = "impersonate-extra-";

function wantedUser(credentials: Credentials): WantedUser | undefined {
  const { headers } = credentials;
  if (!hasImpersonation(headers)) return undefined;
  const [name = ""] = headerValues(headers, "impersonate-user");
  const [uid = ""] = headerValues(headers, "impersonate-uid");
  const groups = repeatedValues(credentials, "impersonate-group");
  const extra = extraOf(credentials, [extraPrefix]);
  if (name !== "") return { name, uid, groups, extra };
  if (groups.length === 0 && Object.keys(extra).length === 0 && uid === "") return undefined;
  throw badRequest("requested impersonation of a uid, groups or extra values without impersonating a user name");
}

/** Whether the headers may ask for somebody; false for nearly all requests. */
export function hasImpersonation(headers: Credentials["headers"]): boolean {
  for (const name in headers) if (name.startsWith(prefix)) return true;
  return false;
}

/** For whoever handles or forwards the request: the impersonated user has made it. */
export function withoutImpersonation(headers: Credentials["headers"]): Credentials["headers"] {
  const isOurs = (name: string) => name === "impersonate-user" || name === "impersonate-uid" || name === "impersonate-group" || name.startsWith(extraPrefix);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOurs(name)));
}
