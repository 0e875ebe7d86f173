import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer } from "../contract.ts";
import { impersonatedUser } from "./impersonation.ts";

const alice = { name: "alice", groups: ["dev"] };

/** Allows what `allowed` lists as `resource[/subresource] name`, and keeps what it was asked. */
function authorizerOf(allowed: readonly string[]): Authorizer & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    authorize: ({ group, resource, subresource, namespace, name }: AuthorizationAttributes) => {
      const question = `${group === "" ? "" : `${group}/`}${resource}${subresource === "" ? "" : `/${subresource}`} ${namespace === "" ? "" : `${namespace}/`}${name}`;
      asked.push(question);
      return { decision: allowed.includes(question) || allowed.includes("*") ? "allow" : "noOpinion", reason: "" };
    },
  };
}

test("impersonation asks for the user, every group, the uid and every extra value", async () => {
  const authorizer = authorizerOf(["*"]);
  const headers = {
    "impersonate-user": "bob",
    "impersonate-group": ["ops", "qa"],
    "impersonate-uid": "7",
    "impersonate-extra-acme.com%2fscope": ["read", "write"],
  };
  assert.deepEqual(await impersonatedUser(alice, headers, authorizer), {
    name: "bob",
    uid: "7",
    groups: ["ops", "qa", "system:authenticated"],
    extra: { "acme.com/scope": ["read", "write"] },
  });
  assert.deepEqual(authorizer.asked, [
    "users bob",
    "groups ops",
    "groups qa",
    "authentication.k8s.io/userextras/acme.com/scope read",
    "authentication.k8s.io/userextras/acme.com/scope write",
    "authentication.k8s.io/uids 7",
  ]);
});

test("groups that Node has joined into one header are taken apart", async () => {
  const user = await impersonatedUser(alice, { "impersonate-user": "bob", "impersonate-group": "ops, system:authenticated" }, authorizerOf(["*"]));
  assert.deepEqual(user?.groups, ["ops", "system:authenticated"]);
});

test("service accounts get their own groups, anonymous stays unauthenticated", async () => {
  const authorizer = authorizerOf(["serviceaccounts shop/robot", "users system:anonymous"]);
  const robot = await impersonatedUser(alice, { "impersonate-user": "system:serviceaccount:shop:robot" }, authorizer);
  assert.deepEqual(robot?.groups, ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]);
  const anonymous = await impersonatedUser(alice, { "impersonate-user": "system:anonymous" }, authorizer);
  assert.deepEqual(anonymous?.groups, ["system:unauthenticated"]);
});

test("impersonation is refused with Kubernetes' sentence, and makes no sense without a user", async () => {
  await assert.rejects(
    impersonatedUser(alice, { "impersonate-user": "bob", "impersonate-group": "ops" }, authorizerOf(["users bob"])),
    (error) =>
      error instanceof StatusError &&
      error.code === 403 &&
      error.message === 'groups "ops" is forbidden: User "alice" cannot impersonate resource "groups" in API group "" at the cluster scope',
  );
  await assert.rejects(
    impersonatedUser(alice, { "impersonate-group": "ops" }, authorizerOf([])),
    (error) => error instanceof StatusError && error.code === 400,
  );
  assert.equal(await impersonatedUser(alice, {}, authorizerOf([])), undefined);
});
