/**
 * Impersonation: a request acts as another user when the real one may `impersonate` that user, each group, the uid
 * and each extra value.
 */
import { badRequest } from "../../machinery/status.ts";
import { forbiddenByPolicy } from "../authorization/forbidden.ts";
import type { AuthorizationAttributes, Authorizer, Credentials, UserInfo } from "../contract.ts";
import { anonymousUser, authenticatedGroup, parseServiceAccountUser, serviceAccountGroups, unauthenticatedGroup } from "./groups.ts";
import { headerValues, repeatedValues } from "./headers.ts";
import { extraOf } from "./request-header.ts";

interface Wanted {
  readonly name: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The impersonated user; undefined when the request asks for none. Throws 403 when `user` may not, 400 for a uid, group or extra without a user. */
export async function impersonatedUser(user: UserInfo, headers: Credentials["headers"], authorizer: Authorizer): Promise<UserInfo | undefined> {
  const wanted = readHeaders(headers);
  if (wanted === undefined) return undefined;
  for (const attributes of checksFor(user, wanted)) {
    const decision = await authorizer.authorize(attributes);
    if (decision.decision !== "allow") throw forbiddenByPolicy(attributes, decision.reason);
  }
  return {
    name: wanted.name,
    ...(wanted.uid === undefined ? {} : { uid: wanted.uid }),
    groups: effectiveGroups(wanted),
    ...(Object.keys(wanted.extra).length === 0 ? {} : { extra: wanted.extra }),
  };
}

function readHeaders(headers: Credentials["headers"]): Wanted | undefined {
  const [name = ""] = headerValues(headers, "impersonate-user");
  const groups = repeatedValues(headers, "impersonate-group").filter((group) => group !== "");
  const extra = extraOf(headers, ["impersonate-extra-"]);
  const [uid = ""] = headerValues(headers, "impersonate-uid");
  if (name === "") {
    if (groups.length === 0 && Object.keys(extra).length === 0 && uid === "") return undefined;
    throw badRequest("requested impersonation of a uid, groups or extra values without impersonating a user");
  }
  return { name, uid: uid === "" ? undefined : uid, groups, extra };
}

function checksFor(user: UserInfo, wanted: Wanted): AuthorizationAttributes[] {
  const check = (group: string, resource: string, name: string, rest: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
    user,
    verb: "impersonate",
    isResourceRequest: true,
    group,
    version: "v1",
    resource,
    subresource: "",
    namespace: "",
    name,
    path: "",
    ...rest,
  });
  const account = parseServiceAccountUser(wanted.name);
  return [
    account === undefined ? check("", "users", wanted.name) : check("", "serviceaccounts", account.name, { namespace: account.namespace }),
    ...wanted.groups.map((group) => check("", "groups", group)),
    ...Object.entries(wanted.extra).flatMap(([key, values]) =>
      values.map((value) => check("authentication.k8s.io", "userextras", value, { subresource: key })),
    ),
    ...(wanted.uid === undefined ? [] : [check("authentication.k8s.io", "uids", wanted.uid)]),
  ];
}

/** Service accounts get their own groups unless others were asked for; everyone gets one of the two system groups. */
function effectiveGroups(wanted: Wanted): string[] {
  const account = parseServiceAccountUser(wanted.name);
  const groups = wanted.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...wanted.groups];
  if (groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup)) return groups;
  return [...groups, wanted.name === anonymousUser ? unauthenticatedGroup : authenticatedGroup];
}
