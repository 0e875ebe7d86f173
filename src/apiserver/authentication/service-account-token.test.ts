import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenRequest } from "../../api/authentication/v1/token-request.ts";
import type { TokenReview } from "../../api/authentication/v1/token-review.ts";
import { nodes } from "../../api/core/v1/node.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { secrets } from "../../api/core/v1/secret.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import { StatusError } from "../../machinery/status.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object, objectRequest, testPod, testSigningKey } from "./fixtures.ts";
import { jwks, openidConfiguration } from "./oidc-discovery.ts";
import { tokenReviewHandler } from "./reviews.ts";
import { ServiceAccountTokens } from "./service-account-token.ts";
import { bearerTokenAuthenticator } from "./token-authenticator.ts";
import { tokenRequestHandler } from "./token-issuer.ts";
import { unionAuthenticator } from "./union.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
const key = testSigningKey();

function setup() {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const reader = new FakeReader()
    .put(serviceAccounts, object("ServiceAccount", "default", "shop"))
    .put(nodes, object("Node", "node-1", ""))
    .put(secrets, object("Secret", "tied", "shop"))
    .put(pods, testPod("web", "shop", { serviceAccountName: "default", nodeName: "node-1" }), testPod("other", "shop", { serviceAccountName: "robot" }));
  const now = () => clock.now;
  const tokens = new ServiceAccountTokens({ issuers: [issuer], keys: [key], audiences: [issuer], reader, now });
  const handler = tokenRequestHandler({ issuer, key, audiences: [issuer], reader, now });
  const issue = async (spec: Partial<TokenRequest["spec"]> = {}, name = "default") => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec } as TokenRequest;
    return (await handler.handle?.(
      objectRequest({ info: { namespace: "shop", name, resource: "serviceaccounts", subresource: "token" }, body }),
    )) as TokenRequest;
  };
  const authenticator = unionAuthenticator([bearerTokenAuthenticator(tokens, [issuer])]);
  const login = (token: string) => authenticator.authenticate({ headers: { authorization: `Bearer ${token}` } });
  const review = async (token: string, audiences?: string[]) => {
    const create = tokenReviewHandler({ tokens, audiences: [issuer] }).create;
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token, ...(audiences === undefined ? {} : { audiences }) },
    };
    const answer = await create?.(objectRequest({ body: body as unknown as TokenReview }));
    return (answer as TokenReview | undefined)?.status;
  };
  return { clock, reader, issue, login, review };
}

test("a token bound to a pod carries the pod, its node and the account", async () => {
  const { issue, login } = setup();
  const { status, spec } = await issue({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", uid: "uid-web" } });
  assert.equal(status?.expirationTimestamp, "2026-01-01T01:00:00Z");
  assert.deepEqual(spec.audiences, [issuer]);
  const user = await login(status.token ?? "");
  assert.equal(user?.name, "system:serviceaccount:shop:default");
  assert.equal(user.uid, "uid-default");
  assert.deepEqual(user.groups, ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]);
  assert.match(user.extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "", /^JTI=[0-9a-f-]{36}$/);
  assert.deepEqual(user.extra?.["authentication.kubernetes.io/pod-name"], ["web"]);
  assert.deepEqual(user.extra?.["authentication.kubernetes.io/pod-uid"], ["uid-web"]);
  assert.deepEqual(user.extra?.["authentication.kubernetes.io/node-name"], ["node-1"]);
  assert.deepEqual(user.extra?.["authentication.kubernetes.io/node-uid"], ["uid-node-1"]);
});

test("deleting what a token is bound to revokes it at once, also when it was accepted before", async () => {
  const pod = { kind: "Pod", apiVersion: "v1", name: "web" };
  const cases = [
    { bound: pod, revoke: (reader: FakeReader) => reader.remove(pods, "shop/web") },
    { bound: pod, revoke: (reader: FakeReader) => reader.remove(serviceAccounts, "shop/default") },
    {
      bound: pod,
      revoke: (reader: FakeReader) => reader.put(pods, { ...testPod("web", "shop"), metadata: { name: "web", namespace: "shop", uid: "recreated" } }),
    },
    { bound: { kind: "Secret", apiVersion: "v1", name: "tied" }, revoke: (reader: FakeReader) => reader.remove(secrets, "shop/tied") },
    { bound: { kind: "Node", apiVersion: "v1", name: "node-1" }, revoke: (reader: FakeReader) => reader.remove(nodes, "node-1") },
  ];
  for (const { bound, revoke } of cases) {
    const { issue, login, reader } = setup();
    const token = (await issue({ boundObjectRef: bound })).status?.token ?? "";
    assert.equal((await login(token))?.uid, "uid-default");
    revoke(reader);
    await assert.rejects(login(token), (error) => error instanceof StatusError && error.code === 401, bound.kind);
  }
});

test("a pod that was deleted less than a minute ago keeps its token", async () => {
  const { issue, login, reader, clock } = setup();
  const token = (await issue({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web" } })).status?.token ?? "";
  const pod = testPod("web", "shop");
  reader.put(pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date(clock.now).toISOString() } });
  clock.now += 59_000;
  assert.equal((await login(token))?.name, "system:serviceaccount:shop:default");
  clock.now += 2_000;
  await assert.rejects(login(token));
});

test("tokens expire, and tokens of other keys, issuers or audiences are refused", async () => {
  const { issue, login, review, clock, reader } = setup();
  const token = (await issue()).status?.token ?? "";
  const foreign = tokenRequestHandler({ issuer, key: testSigningKey(), audiences: [issuer], reader, now: () => clock.now });
  const forged = (await foreign.handle?.(objectRequest({ info: { namespace: "shop", name: "default" } }))) as TokenRequest;
  await assert.rejects(login(forged.status?.token ?? ""));
  const elsewhere = (await issue({ audiences: ["vault"] })).status?.token ?? "";
  await assert.rejects(login(elsewhere));
  assert.deepEqual((await review(elsewhere, ["vault", "other"]))?.audiences, ["vault"]);
  const tampered = token.replace(/\.([^.]+)\./, (_, payload) => {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return `.${Buffer.from(JSON.stringify({ ...claims, sub: "system:serviceaccount:kube-system:admin" })).toString("base64url")}.`;
  });
  await assert.rejects(login(tampered));
  await assert.rejects(login("no-token-at-all"));
  clock.now += 3_600_000 + 61_000;
  assert.deepEqual(await review(token), { authenticated: false, user: {}, error: "[invalid bearer token, service account token has expired]" });
});

test("TokenReview names the user as authentication.k8s.io does", async () => {
  const { issue, review } = setup();
  const status = await review((await issue()).status?.token ?? "");
  assert.equal(status?.authenticated, true);
  assert.equal(status.user?.username, "system:serviceaccount:shop:default");
  assert.deepEqual(status.user?.groups, ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]);
  assert.deepEqual(status.audiences, [issuer]);
});

test("a token request is refused in Kubernetes' words", async () => {
  const cases: [string, Partial<TokenRequest["spec"]>, string, number, string][] = [
    [
      "too short",
      { expirationSeconds: 599 },
      "default",
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    ["no such account", {}, "ghost", 404, 'serviceaccounts "ghost" not found'],
    ["no such pod", { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "ghost" } }, "default", 404, 'pods "ghost" not found'],
    [
      "pod of another account",
      { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "other" } },
      "default",
      400,
      'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
    ],
    [
      "another kind",
      { boundObjectRef: { kind: "Job", apiVersion: "batch/v1", name: "x" } },
      "default",
      400,
      "cannot bind token to object of type batch/v1, Kind=Job",
    ],
  ];
  for (const [name, spec, account, code, message] of cases) {
    const { issue } = setup();
    await assert.rejects(issue(spec, account), (error) => error instanceof StatusError && error.code === code && error.message === message, name);
  }
  const { issue } = setup();
  await assert.rejects(
    issue({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", uid: "older" } }),
    (error) => error instanceof StatusError && error.code === 409,
  );
});

test("a pod's API token lives a year when extended, and warns after the hour it asked for", async () => {
  const { issue, login, clock } = setup();
  const { status } = await issue({ expirationSeconds: 3607, boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web" } });
  assert.equal(status?.expirationTimestamp, "2027-01-01T00:00:00Z");
  const claims = JSON.parse(Buffer.from(status.token?.split(".")[1] ?? "", "base64url").toString());
  assert.equal(claims["kubernetes.io"].warnafter, clock.now / 1000 + 3607);
  clock.now += 180 * 24 * 3_600_000;
  assert.equal((await login(status.token ?? ""))?.name, "system:serviceaccount:shop:default");
});

test("discovery documents name the issuer, the keys' place and their public halves only", () => {
  assert.deepEqual(openidConfiguration({ issuer, keys: [key] }), {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
  const [published] = jwks([key]).keys as Record<string, string>[];
  assert.deepEqual(Object.keys(published ?? {}).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
  assert.equal(published?.["kid"], key.id);
});
