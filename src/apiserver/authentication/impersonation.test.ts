import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer, Credentials, UserInfo } from "../contract.ts";
import { Impersonation } from "./impersonation.ts";

const alice = { name: "alice", groups: ["dev"] };
const agent: UserInfo = {
  name: "system:serviceaccount:ops:agent",
  groups: ["system:serviceaccounts"],
  extra: { "authentication.kubernetes.io/node-name": ["n1"], "authentication.kubernetes.io/node-uid": ["u1"] },
};

/** A question reads `verb [group/]resource[/subresource] [namespace/]name`. */
function questionOf({ verb, group, resource, subresource, namespace, name }: AuthorizationAttributes): string {
  return `${verb} ${group === "" ? "" : `${group}/`}${resource}${subresource === "" ? "" : `/${subresource}`} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** Allows what `allowed` lists, or what begins with a listed text that ends with `…`. Keeps what it was asked. */
function authorizerOf(...allowed: string[]): Authorizer & { asked: string[]; users: UserInfo[] } {
  const asked: string[] = [];
  const users: UserInfo[] = [];
  return {
    asked,
    users,
    authorize: (attributes) => {
      const question = questionOf(attributes);
      asked.push(question);
      users.push(attributes.user);
      const isAllowed = allowed.some((text) => (text.endsWith("…") ? question.startsWith(text.slice(0, -1)) : question === text));
      return { decision: isAllowed ? "allow" : "noOpinion", reason: "" };
    },
  };
}

function resolve(user: UserInfo, headers: Credentials["headers"], authorizer: Authorizer, impersonation = new Impersonation(authorizer)) {
  const request = { verb: "list", isResourceRequest: true, group: "", version: "v1", resource: "pods", subresource: "", namespace: "shop", name: "", path: "" };
  return impersonation.resolve({ headers }, { ...request, user });
}

const as = (name: string, more: Credentials["headers"] = {}) => ({ "impersonate-user": name, ...more });
const is403 = (message: string | RegExp) => (error: unknown) =>
  error instanceof StatusError && error.code === 403 && (typeof message === "string" ? error.message === message : message.test(error.message));

test("plain impersonation asks for the user, the uid, every group and every extra value", async () => {
  const authorizer = authorizerOf("impersonate …");
  const headers = as("bob", { "impersonate-group": ["ops", "qa, dev"], "impersonate-uid": "7", "impersonate-extra-acme.com%2fscope": ["read", "write"] });
  assert.deepEqual(await resolve(alice, headers, authorizer), {
    user: { name: "bob", uid: "7", groups: ["ops", "qa, dev", "system:authenticated"], extra: { "acme.com/scope": ["read", "write"] } },
    constraint: undefined,
  });
  assert.deepEqual(authorizer.asked, [
    "impersonate-on:user-info:list pods shop/",
    "impersonate users bob",
    "impersonate authentication.k8s.io/uids 7",
    "impersonate groups ops",
    "impersonate groups qa, dev",
    "impersonate authentication.k8s.io/userextras/acme.com/scope read",
    "impersonate authentication.k8s.io/userextras/acme.com/scope write",
  ]);
});

test("service accounts get their own groups, anonymous stays unauthenticated", async () => {
  const authorizer = authorizerOf("impersonate serviceaccounts shop/robot", "impersonate users system:anonymous");
  const robot = await resolve(alice, as("system:serviceaccount:shop:robot"), authorizer);
  assert.deepEqual(robot?.user.groups, ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]);
  const anonymous = await resolve(alice, as("system:anonymous"), authorizer);
  assert.deepEqual(anonymous?.user.groups, ["system:unauthenticated"]);
});

const group = "authentication.k8s.io";
const constrained: readonly [string, UserInfo, Credentials["headers"], string[], string, string[]][] = [
  [
    "a user, for one verb on one resource",
    alice,
    as("bob", { "impersonate-group": ["ops"] }),
    ["impersonate-on:user-info:list pods shop/", `impersonate:user-info ${group}/users bob`, `impersonate:user-info ${group}/groups ops`],
    "impersonate:user-info",
    ["ops", "system:authenticated"],
  ],
  [
    "many groups by one permission",
    alice,
    as("bob", { "impersonate-group": ["a", "b", "c", "d"] }),
    ["impersonate-on:user-info:list pods shop/", `impersonate:user-info ${group}/users bob`, `impersonate:user-info ${group}/groups *`],
    "impersonate:user-info",
    ["a", "b", "c", "d", "system:authenticated"],
  ],
  [
    "a service account",
    alice,
    as("system:serviceaccount:shop:robot"),
    ["impersonate-on:serviceaccount:list pods shop/", `impersonate:serviceaccount ${group}/serviceaccounts shop/robot`],
    "impersonate:serviceaccount",
    ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
  ],
  [
    "any node",
    alice,
    as("system:node:n1"),
    ["impersonate-on:arbitrary-node:list pods shop/", `impersonate:arbitrary-node ${group}/nodes n1`],
    "impersonate:arbitrary-node",
    ["system:nodes", "system:authenticated"],
  ],
  [
    "the node that an account's pod is on",
    agent,
    as("system:node:n1"),
    ["impersonate-on:associated-node:list pods shop/", `impersonate:associated-node ${group}/nodes *`],
    "impersonate:associated-node",
    ["system:nodes", "system:authenticated"],
  ],
];

test("constrained impersonation asks for whom, and for what", async () => {
  for (const [name, user, headers, allowed, constraint, groups] of constrained) {
    const impersonated = await resolve(user, headers, authorizerOf(...allowed));
    assert.deepEqual([impersonated?.constraint, impersonated?.user.groups, impersonated?.user.name], [constraint, groups, headers["impersonate-user"]], name);
    for (const missing of allowed) {
      const rest = authorizerOf(...allowed.filter((question) => question !== missing));
      await assert.rejects(resolve(user, headers, rest), is403(/cannot impersonate/), `${name} without ${missing}`);
    }
  }
});

test("an account impersonates no other node by way of its own, and authorizers do not see which it is", async () => {
  const authorizer = authorizerOf("impersonate:associated-node …", "impersonate-on:associated-node:…");
  await assert.rejects(resolve(agent, as("system:node:n2"), authorizer), is403(/impersonate-on:arbitrary-node:list/));
  await resolve(agent, as("system:node:n1"), authorizer);
  assert.deepEqual(authorizer.users.at(-1)?.extra, {
    "authentication.kubernetes.io/associated-node-keys": ["authentication.kubernetes.io/node-name", "authentication.kubernetes.io/node-uid"],
  });
});

test("what constrained impersonation never allows, plain impersonation still may", async () => {
  const everything = authorizerOf("impersonate…");
  const masters = await resolve(alice, as("bob", { "impersonate-group": ["system:masters"] }), everything);
  assert.deepEqual([masters?.constraint, masters?.user.groups], [undefined, ["system:masters", "system:authenticated"]]);
  const onlyConstrained = authorizerOf("impersonate-on:…", "impersonate:…");
  const refused: readonly [Credentials["headers"], RegExp][] = [
    [{ "impersonate-group": ["system:masters"] }, /impersonating the system:masters group is not allowed/],
    [{ "impersonate-group": [""] }, /the empty string group/],
    [{ "impersonate-extra-scope": ["x"] }, /invalid key in extra/],
    [{ "impersonate-extra-acme.com%2fscope": [""] }, /the empty string value/],
  ];
  for (const [headers, message] of refused) await assert.rejects(resolve(alice, as("bob", headers), onlyConstrained), is403(message));
});

test("a refusal names what was missing first, which is the mode that worked last", async () => {
  const authorizer = authorizerOf("impersonate users bob");
  const impersonation = new Impersonation(authorizer);
  await assert.rejects(
    resolve(alice, as("bob", { "impersonate-group": ["ops"] }), authorizer, impersonation),
    is403('pods is forbidden: User "alice" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "shop"'),
  );
  await resolve(alice, as("bob"), authorizer, impersonation);
  await assert.rejects(
    resolve(alice, as("bob", { "impersonate-group": ["ops"] }), authorizer, impersonation),
    is403('groups "ops" is forbidden: User "alice" cannot impersonate resource "groups" in API group "" at the cluster scope'),
  );
});

test("impersonation makes no sense without a user", async () => {
  for (const headers of [{ "impersonate-group": "ops" }, { "impersonate-uid": "7" }, { "impersonate-extra-acme.com%2fx": "1" }]) {
    await assert.rejects(resolve(alice, headers, authorizerOf()), (error) => error instanceof StatusError && error.code === 400);
  }
  assert.equal(await resolve(alice, {}, authorizerOf()), undefined);
});
