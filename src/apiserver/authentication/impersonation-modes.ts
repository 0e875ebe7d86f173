/**
 * The ways to be allowed to impersonate (k8s.io/apiserver/pkg/endpoints/filters/impersonation, KEP-5284). A constrained
 * mode needs two permissions: `impersonate:<mode>` on whom, and `impersonate-on:<mode>:<verb>` on what is then done.
 */
import { dns1123SubdomainErrors, domainPrefixedPathErrors } from "../../machinery/names.ts";
import { authorize } from "../authorization/authorize.ts";
import { forbiddenByPolicy } from "../authorization/forbidden.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo } from "../contract.ts";
import {
  anonymousUser,
  authenticatedGroup,
  extraKeys,
  mastersGroup,
  nodesGroup,
  nodeUserPrefix,
  parseServiceAccountUser,
  serviceAccountGroups,
  unauthenticatedGroup,
} from "./groups.ts";
import type { ImpersonatedUser } from "./impersonation.ts";

/** As the headers have it. */
export interface WantedUser {
  readonly name: string;
  /** "" for none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Undefined when the mode is not for this; throws 403 when it is and is not allowed. */
export type ImpersonationMode = (wanted: WantedUser, attributes: AuthorizationAttributes, authorizer: Authorizer) => Promise<ImpersonatedUser | undefined>;

/** From here on one check for all of them is tried before one each. */
const manyChecks = 4;

/** In the order in which they are tried. */
export const impersonationModes: readonly ImpersonationMode[] = [
  (wanted, attributes, authorizer) => {
    if (!namesOnly(wanted) || !isAssociatedNode(attributes.user, wanted.name)) return absent;
    return constrained("associated-node", wanted, { ...attributes, user: withoutNode(attributes.user) }, authorizer);
  },
  async (wanted, attributes, authorizer) =>
    namesOnly(wanted) && nodeNameOf(wanted.name) !== undefined ? constrained("arbitrary-node", wanted, attributes, authorizer) : undefined,
  async (wanted, attributes, authorizer) =>
    namesOnly(wanted) && parseServiceAccountUser(wanted.name) !== undefined ? constrained("serviceaccount", wanted, attributes, authorizer) : undefined,
  async (wanted, attributes, authorizer) =>
    nodeNameOf(wanted.name) === undefined && parseServiceAccountUser(wanted.name) === undefined
      ? constrained("user-info", wanted, attributes, authorizer)
      : undefined,
  legacy,
];

const absent = Promise.resolve(undefined);

async function legacy(wanted: WantedUser, { user }: AuthorizationAttributes, authorizer: Authorizer): Promise<ImpersonatedUser> {
  const check = checksOf(user, "impersonate", "", authorizer);
  await checkName(wanted, check);
  if (wanted.uid !== "") await check({ group: identityGroup, resource: "uids", name: wanted.uid });
  for (const name of wanted.groups) await check({ resource: "groups", name });
  await checkExtra(wanted, check);
  return { user: effectiveUser(wanted, false), constraint: undefined };
}

async function constrained(mode: string, wanted: WantedUser, attributes: AuthorizationAttributes, authorizer: Authorizer): Promise<ImpersonatedUser> {
  await authorize(authorizer, { ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` });
  const verb = `impersonate:${mode}`;
  const check = checksOf(attributes.user, verb, identityGroup, authorizer);
  // Service accounts of a DaemonSet are given the nodes they run on, whichever these are.
  if (mode === "associated-node") await check({ resource: "nodes", name: "*" });
  else await checkName(wanted, check, nodeNameOf(wanted.name));
  if (wanted.uid !== "") await check({ resource: "uids", name: wanted.uid });
  await checkGroupsAtOnce(wanted, check);
  await checkExtraAtOnce(wanted, check);
  return { user: effectiveUser(wanted, true), constraint: verb };
}

const identityGroup = "authentication.k8s.io";

interface Check {
  (what: Partial<AuthorizationAttributes>): Promise<void>;
  /** 403 for what is not even asked. */
  refuse(what: Partial<AuthorizationAttributes>, reason: string): Error;
}

function checksOf(user: UserInfo, verb: string, group: string, authorizer: Authorizer): Check {
  const attributesOf = (what: Partial<AuthorizationAttributes>): AuthorizationAttributes => ({
    user,
    verb,
    isResourceRequest: true,
    group,
    version: "v1",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
    path: "",
    ...what,
  });
  const check = async (what: Partial<AuthorizationAttributes>) => authorize(authorizer, attributesOf(what));
  return Object.assign(check, { refuse: (what: Partial<AuthorizationAttributes>, reason: string) => forbiddenByPolicy(attributesOf(what), reason) });
}

function checkName({ name }: WantedUser, check: Check, node?: string): Promise<void> {
  if (node !== undefined) return check({ resource: "nodes", name: node });
  const account = parseServiceAccountUser(name);
  return account === undefined ? check({ resource: "users", name }) : check({ resource: "serviceaccounts", namespace: account.namespace, name: account.name });
}

async function checkExtra({ extra }: WantedUser, check: Check): Promise<void> {
  for (const [subresource, values] of Object.entries(extra)) {
    for (const name of values) await check({ group: identityGroup, resource: "userextras", subresource, name });
  }
}

async function checkGroupsAtOnce({ groups }: WantedUser, check: Check): Promise<void> {
  if (groups.includes("")) throw check.refuse({ resource: "groups" }, "impersonating the empty string group is not allowed");
  if (groups.includes(mastersGroup)) {
    throw check.refuse({ resource: "groups", name: mastersGroup }, "impersonating the system:masters group is not allowed");
  }
  if (groups.length >= manyChecks && (await passes(check({ resource: "groups", name: "*" })))) return;
  for (const name of groups) await check({ resource: "groups", name });
}

async function checkExtraAtOnce(wanted: WantedUser, check: Check): Promise<void> {
  const trouble = extraTrouble(wanted);
  if (trouble !== undefined) throw check.refuse({ resource: "userextras" }, trouble);
  const isLarge = Object.values(wanted.extra).flat().length >= manyChecks;
  if (isLarge && (await passes(check({ resource: "userextras", subresource: "*", name: "*" })))) return;
  await checkExtra(wanted, check);
}

function extraTrouble({ extra }: WantedUser): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === "") return "impersonating the empty string key in extra is not allowed";
    const [problem] = domainPrefixedPathErrors(key);
    if (problem !== undefined) return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(key)}: ${problem}`;
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
    if (values.length === 0) return "impersonating empty values in extra is not allowed";
    if (values.includes("")) return "impersonating the empty string value in extra is not allowed";
  }
  return undefined;
}

async function passes(check: Promise<void>): Promise<boolean> {
  return check.then(
    () => true,
    () => false,
  );
}

/** Nodes and service accounts have groups of their own, and everyone has one of the two of the system. */
function effectiveUser({ name, uid, groups, extra }: WantedUser, isConstrained: boolean): UserInfo {
  const account = parseServiceAccountUser(name);
  let own = [...groups];
  if (isConstrained && nodeNameOf(name) !== undefined) own = [nodesGroup];
  else if (account !== undefined && groups.length === 0) own = serviceAccountGroups(account.namespace);
  return {
    name,
    ...(uid === "" ? {} : { uid }),
    groups: withSystemGroup(name, own),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function withSystemGroup(name: string, groups: string[]): string[] {
  if (name === anonymousUser) return groups.includes(unauthenticatedGroup) ? groups : [...groups, unauthenticatedGroup];
  return groups.includes(unauthenticatedGroup) || groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup];
}

function namesOnly({ uid, groups, extra }: WantedUser): boolean {
  return uid === "" && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeNameOf(user: string): string | undefined {
  if (!user.startsWith(nodeUserPrefix)) return undefined;
  const name = user.slice(nodeUserPrefix.length);
  return dns1123SubdomainErrors(name).length === 0 ? name : undefined;
}

/** A service account in a pod of that node, by what its token says. */
function isAssociatedNode(user: UserInfo, wanted: string): boolean {
  const nodes = user.extra?.[extraKeys.nodeName] ?? [];
  return parseServiceAccountUser(user.name) !== undefined && nodes.length === 1 && nodes[0] === nodeNameOf(wanted);
}

/** Authorizers are asked about the account on any of its nodes; the audit keeps which. */
function withoutNode(user: UserInfo): UserInfo {
  return { ...user, extra: { "authentication.kubernetes.io/associated-node-keys": Object.keys(user.extra ?? {}).sort() } };
}
