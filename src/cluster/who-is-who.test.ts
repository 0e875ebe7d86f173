/**
 * Every way to be someone, on the wire: an API server set up by the files and flags that administrators use, asked over
 * TLS who it takes each caller for (SelfSubjectReview), and when it no longer does.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { UserInfo } from "../api/authentication/v1/common.ts";
import type { ServiceAccount } from "../api/core/v1/service-account.ts";
import { issueLegacyToken } from "../apiserver/authentication/legacy-token-issuer.ts";
import { signingKeyOf } from "../apiserver/authentication/token-keys.ts";
import type { ApiServer } from "../apiserver/server.ts";
import { createMemoryStore } from "../storage/memory/index.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { startApiServer } from "./api-server.ts";
import { checkFlags, identityOptions } from "./api-server-flags.ts";
import { CertificateAuthority, createSigningKey, type KeyPair } from "./certificates.ts";
import { systemClock } from "./system-clock.ts";

type Json = Readonly<Record<string, unknown>>;
interface Caller {
  readonly token?: string;
  readonly certificate?: KeyPair;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}
interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

const life = new AbortController();
const folder = mkdtempSync(join(tmpdir(), "who-"));
const closers: (() => void)[] = [];
const clusterDomain = "cluster.local";
const base = "/api/v1/namespaces/default";
const reviews: { readonly spec: { readonly resourceAttributes?: Json } }[] = [];

let server: ApiServer;
let store: ReturnType<typeof createMemoryStore>;
let serviceAccountKey: string;
let port = 0;
let ca: CertificateAuthority;
let frontCA: CertificateAuthority;
let proxies: CertificateAuthority;
let admin: Caller;
let issuers: Issuer[];

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function client(authority: CertificateAuthority, commonName: string, ...organizations: string[]): Promise<KeyPair> {
  return authority.issue({ commonName, organizations, usage: "client" }, Date.now());
}

interface Issuer {
  readonly url: string;
  token(claims: Json): Promise<string>;
}

async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" }] };
  const pair = await ca.issue({ commonName: "issuer", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  const http = createServer({ key: pair.key, cert: pair.certificate }, ({ url }, response) => {
    const documents: Readonly<Record<string, Json>> = { "/.well-known/openid-configuration": { issuer: address, jwks_uri: `${address}/keys` }, "/keys": jwks };
    response.setHeader("content-type", "application/json").end(JSON.stringify(documents[url ?? ""] ?? {}));
  });
  const address = `https://127.0.0.1:${await listening(http)}`;
  return {
    url: address,
    token: (claims) =>
      new SignJWT({ iss: address, aud: "coracle", ...claims }).setProtectedHeader({ alg: "ES256", kid: "k" }).setExpirationTime("10m").sign(privateKey),
  };
}

function listening(http: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
  closeAllConnections(): void;
}): Promise<number> {
  closers.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return new Promise((resolve) => http.listen(0, "127.0.0.1", () => resolve((http.address() as AddressInfo).port)));
}

/** Knows one token; allows `hooked` to read ConfigMaps and denies `banned` everything. */
async function startWebhook(): Promise<string> {
  const http = createPlainServer(async (message, response) => {
    let text = "";
    for await (const chunk of message) text += String(chunk);
    const review = JSON.parse(text);
    reviews.push(review);
    const { token, user, resourceAttributes } = review.spec;
    const known = { authenticated: true, user: { username: "hooked", uid: "h1", groups: ["hooks"], extra: { from: ["afar"] } } };
    const right =
      user === "banned"
        ? { allowed: false, denied: true, reason: "banned" }
        : { allowed: user === "hooked" && resourceAttributes?.resource === "configmaps", reason: "" };
    const status = review.kind === "TokenReview" ? (token === "hook-token" ? known : { authenticated: false }) : right;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ ...review, status }));
  });
  return file(
    "webhook.kubeconfig",
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "hook", cluster: { server: `http://127.0.0.1:${await listening(http)}/` } }],
      users: [{ name: "hook", user: {} }],
      contexts: [{ name: "hook", context: { cluster: "hook", user: "hook" } }],
      "current-context": "hook",
    }),
  );
}

function authenticationFile(): string {
  const jwt = issuers.map(({ url }, index) => ({
    issuer: { url, audiences: ["coracle"], certificateAuthority: ca.pem.certificate },
    claimMappings: {
      username: { claim: "sub", prefix: `idp${index}:` },
      groups: { claim: "teams", prefix: "" },
      ...(index === 0 ? { uid: { claim: "oid" } } : {}),
    },
    ...(index === 0 ? {} : { claimValidationRules: [{ claim: "hd", requiredValue: "example.com" }] }),
  }));
  const anonymous = { enabled: true, conditions: [{ path: "/healthz" }] };
  return file("authentication.yaml", JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", anonymous, jwt }));
}

function authorizationFile(kubeConfigFile: string): string {
  const webhook = {
    timeout: "3s",
    unauthorizedTTL: "1s",
    subjectAccessReviewVersion: "v1",
    failurePolicy: "Deny",
    connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
  };
  const authorizers = [
    { type: "Node", name: "node" },
    { type: "RBAC", name: "rbac" },
    { type: "Webhook", name: "hook", webhook },
  ];
  return file("authorization.yaml", JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers }));
}

before(async () => {
  [ca, frontCA, proxies] = (await Promise.all(["ca", "front-proxy-ca", "proxies"].map((name) => CertificateAuthority.create(name, Date.now())))) as [
    CertificateAuthority,
    CertificateAuthority,
    CertificateAuthority,
  ];
  issuers = await Promise.all([startIssuer(), startIssuer()]);
  const webhook = await startWebhook();
  const flags = {
    authenticationConfig: authenticationFile(),
    authorizationConfig: authorizationFile(webhook),
    tokenAuthFile: file("tokens.csv", 'static,jane,7,"dev,ops"\nban,banned,8\n'),
    authenticationTokenWebhookConfigFile: webhook,
    requestheaderClientCaFile: file("proxies.pem", proxies.pem.certificate),
    requestheaderAllowedNames: ["gate"],
  };
  checkFlags(flags, { clusterDomain, audits: false });
  store = createMemoryStore({ clock: systemClock });
  serviceAccountKey = await createSigningKey();
  server = await startServer(flags);
  const serving = await ca.issue({ commonName: "kube-apiserver", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  ({ port } = await server.listen({ host: "127.0.0.1", port: 0, cert: serving.certificate, key: serving.key }));
  admin = { certificate: await client(ca, "root", "system:masters") };
});

function startServer(flags: Parameters<typeof identityOptions>[0]): Promise<ApiServer> {
  return startApiServer({
    ...identityOptions(flags, { clusterDomain }),
    store,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    signal: life.signal,
    clientCA: ca.pem.certificate,
    requestHeaderCA: frontCA.pem.certificate,
    serviceAccountKey,
    serviceSubnet: "10.96.0.0/16",
    clusterDomain,
    advertiseAddress: "192.0.2.1",
    advertisePort: 6443,
  });
}

after(async () => {
  life.abort();
  await server.close();
  for (const close of closers) close();
  rmSync(folder, { recursive: true });
});

function send(caller: Caller, method: string, path: string, body?: Json): Promise<Answer> {
  const { token, certificate, headers } = caller;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const identity = certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key };
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      method,
      path,
      ca: ca.pem.certificate,
      agent: false as const,
      ...identity,
      headers: { ...headers, ...bearer, "content-type": type },
    };
    const outgoing = request(options, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      assert.notEqual(answer.headers["audit-id"], undefined, "every answer has its Audit-ID");
      resolve({ code: answer.statusCode ?? 0, body: text.startsWith("{") ? JSON.parse(text) : text });
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function created(path: string, body: Json): Promise<Json> {
  const answer = await send(admin, "POST", path, body);
  assert.equal(answer.code, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** 401 for nobody. What every credential adds by itself (its id) is left out. */
async function who(caller: Caller): Promise<object | number> {
  const { code, body } = await send(caller, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
  });
  if (code !== 201) return code;
  const { extra = {}, ...user } = body.status.userInfo as UserInfo;
  const { "authentication.kubernetes.io/credential-id": _id, ...rest } = extra;
  return { ...user, ...(Object.keys(rest).length === 0 ? {} : { extra: rest }) };
}

async function review(token: string): Promise<Json> {
  return (
    await send(admin, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec: { token } })
  ).body.status;
}

const all = "system:authenticated";
const accountUser = (name: string, uid: unknown) => ({
  username: `system:serviceaccount:default:${name}`,
  uid,
  groups: ["system:serviceaccounts", "system:serviceaccounts:default", all],
});

test("certificates, tokens of every kind and front proxies each name their user", async () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const data = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:new",
  };
  const entries = Object.entries(data).map(([key, value]) => [key, encoded(value)]);
  await created("/api/v1/namespaces/kube-system/secrets", {
    metadata: { name: "bootstrap-token-abcdef" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(entries),
  });
  const [gate, stranger, front] = await Promise.all([client(proxies, "gate"), client(proxies, "stranger"), client(frontCA, "front-proxy-client")]);
  const remote = {
    "x-remote-user": "remy",
    "x-remote-uid": "u9",
    "x-remote-group": ["far", "away"],
    "x-remote-extra-scope": "all",
    "x-remote-extra-example.com%2fpath": "x",
  };
  const remy = { username: "remy", uid: "u9", groups: ["far", "away", all], extra: { scope: ["all"], "example.com/path": ["x"] } };
  const cases: [string, Caller, object | number][] = [
    ["client certificate", { certificate: await client(ca, "carol", "dev", "ops") }, { username: "carol", groups: ["dev", "ops", all] }],
    ["another authority's", { certificate: await client(proxies, "carol", "system:masters") }, 401],
    ["token file", { token: "static" }, { username: "jane", uid: "7", groups: ["dev", "ops", all] }],
    [
      "bootstrap token",
      { token: "abcdef.0123456789abcdef" },
      { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:bootstrappers:new", all] },
    ],
    ["its wrong half", { token: "abcdef.0123456789abcdee" }, 401],
    [
      "first issuer",
      { token: await issuers[0]!.token({ sub: "ann", teams: ["a", "b"], oid: "o1" }) },
      { username: "idp0:ann", uid: "o1", groups: ["a", "b", all] },
    ],
    ["second issuer", { token: await issuers[1]!.token({ sub: "ann", hd: "example.com" }) }, { username: "idp1:ann", groups: [all] }],
    ["without what it requires", { token: await issuers[1]!.token({ sub: "ann", hd: "example.org" }) }, 401],
    ["for somebody else", { token: await issuers[0]!.token({ sub: "ann", aud: "other" }) }, 401],
    ["webhook", { token: "hook-token" }, { username: "hooked", uid: "h1", groups: ["hooks", all], extra: { from: ["afar"] } }],
    ["front proxy", { certificate: gate, headers: remote }, remy],
    ["the cluster's own", { certificate: front, headers: remote }, remy],
    ["a proxy of another name", { certificate: stranger, headers: remote }, 401],
    ["nobody's word", { certificate: await client(ca, "carol"), headers: remote }, { username: "carol", groups: [all] }],
    ["unknown token", { token: "none" }, 401],
    ["a good certificate beside a bad token", { token: "none", certificate: await client(ca, "carol") }, { username: "carol", groups: [all] }],
    ["nothing", {}, 401],
  ];
  for (const [name, caller, expected] of cases) assert.deepEqual(await who(caller), expected, name);
  assert.equal((await send({}, "GET", "/healthz")).code, 200, "anonymous where the configuration says");
});

test("tokens of service accounts end with what they are bound to", async () => {
  const account = (await created(`${base}/serviceaccounts`, { metadata: { name: "robot" } })) as unknown as ServiceAccount;
  const { uid } = account.metadata;
  const requested = async (bound?: Json) => {
    const spec = { expirationSeconds: 600, ...(bound === undefined ? {} : { boundObjectRef: { apiVersion: "v1", ...bound } }) };
    const { status } = await created(`${base}/serviceaccounts/robot/token`, { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", spec });
    return (status as { token: string }).token;
  };
  const pod = await created(`${base}/pods`, { metadata: { name: "p" }, spec: { serviceAccountName: "robot", containers: [{ name: "c", image: "x" }] } });
  const secret = await created(`${base}/secrets`, { metadata: { name: "s" } });
  const uidOf = (object: Json) => (object["metadata"] as { uid: string }).uid;
  const [plain, ofPod, ofSecret] = await Promise.all([
    requested(),
    requested({ kind: "Pod", name: "p", uid: uidOf(pod) }),
    requested({ kind: "Secret", name: "s", uid: uidOf(secret) }),
  ]);
  const legacy = await issueLegacyToken(account, "robot-token", signingKeyOf(serviceAccountKey));
  await created(`${base}/secrets`, {
    metadata: { name: "robot-token", annotations: { "kubernetes.io/service-account.name": "robot", "kubernetes.io/service-account.uid": uid } },
    type: "kubernetes.io/service-account-token",
    data: { token: Buffer.from(legacy).toString("base64") },
  });
  const robot = accountUser("robot", uid);
  assert.deepEqual(await who({ token: plain }), robot);
  assert.deepEqual(await who({ token: ofPod }), {
    ...robot,
    extra: { "authentication.kubernetes.io/pod-name": ["p"], "authentication.kubernetes.io/pod-uid": [uidOf(pod)] },
  });
  for (const token of [ofSecret, legacy]) assert.deepEqual(await who({ token }), robot);
  const { authenticated, audiences } = await review(ofPod);
  assert.deepEqual([authenticated, audiences], [true, [`https://kubernetes.default.svc.${clusterDomain}`]]);

  const gone = async (path: string, ...tokens: string[]) => {
    assert.equal((await send(admin, "DELETE", `${base}/${path}`)).code, 200);
    for (const token of tokens) assert.equal(await who({ token }), 401, path);
  };
  await gone("pods/p?gracePeriodSeconds=0", ofPod);
  await gone("secrets/s", ofSecret);
  await gone("secrets/robot-token", legacy);
  await gone("serviceaccounts/robot", plain);
  await created(`${base}/serviceaccounts`, { metadata: { name: "robot" } });
  assert.equal(await who({ token: plain }), 401, "another account of the same name");
  assert.match(String((await review(plain))["error"]), /^\[invalid bearer token, /);
});

test("impersonation: every part of a user, to those who may", async () => {
  const headers = { "impersonate-user": "eve", "impersonate-group": ["a", "b"], "impersonate-uid": "9", "impersonate-extra-scope": ["x", "y"] };
  assert.deepEqual(await who({ ...admin, headers }), { username: "eve", uid: "9", groups: ["a", "b", all], extra: { scope: ["x", "y"] } });
  const { code, body } = await send({ token: "static", headers: { "impersonate-user": "eve" } }, "GET", base);
  // Of the modes of impersonation (KEP-5284) the first tells what was missing.
  const missing =
    'namespaces "default" is forbidden: User "jane" cannot impersonate-on:user-info:get resource "namespaces" in API group "" in the namespace "default"';
  assert.deepEqual([code, body.message], [403, missing]);
  assert.equal((await send({ ...admin, headers: { "impersonate-group": "a" } }, "GET", base)).code, 400);
});

test("reviews of rights say what requests get, webhook included", async () => {
  const group = "/apis/authorization.k8s.io/v1";
  const attributes = (resource: string) => ({ resourceAttributes: { verb: "list", version: "v1", resource, namespace: "default" } });
  const ask = async (spec: Json, path = "subjectaccessreviews", caller = admin, kind = "SubjectAccessReview") =>
    (await send(caller, "POST", `${group}/${path}`, { kind, apiVersion: "authorization.k8s.io/v1", spec })).body.status;
  const hooked: Caller = { token: "hook-token" };
  assert.equal((await ask({ ...attributes("configmaps"), user: "hooked" })).allowed, true);
  assert.equal((await send(hooked, "GET", `${base}/configmaps`)).code, 200);
  assert.equal((await ask({ ...attributes("secrets"), user: "hooked" }, "subjectaccessreviews")).allowed, false);
  assert.deepEqual(await ask({ ...attributes("secrets"), user: "banned" }), { allowed: false, denied: true, reason: "banned" });
  const banned = await send({ token: "ban" }, "GET", `${base}/secrets`);
  assert.equal(banned.body.message, 'secrets is forbidden: User "banned" cannot list resource "secrets" in API group "" in the namespace "default": banned');
  assert.equal((await ask(attributes("configmaps"), "selfsubjectaccessreviews", hooked, "SelfSubjectAccessReview")).allowed, true);
  const local = { ...attributes("configmaps"), user: "hooked" };
  assert.equal(
    (
      await send(admin, "POST", `${group}/namespaces/default/localsubjectaccessreviews`, {
        kind: "LocalSubjectAccessReview",
        apiVersion: "authorization.k8s.io/v1",
        spec: local,
      })
    ).body.status.allowed,
    true,
  );
  const rules = await ask({ namespace: "default" }, "selfsubjectrulesreviews", hooked, "SelfSubjectRulesReview");
  assert.deepEqual([rules.incomplete, rules.evaluationError], [true, "webhook authorizer does not support user rule resolution"]);
  await send(hooked, "GET", `${base}/configmaps?fieldSelector=metadata.name%3Da&labelSelector=app`);
  const resourceAttributes = reviews.at(-1)?.spec.resourceAttributes;
  assert.deepEqual(resourceAttributes?.["fieldSelector"], { requirements: [{ key: "metadata.name", operator: "In", values: ["a"] }] });
  assert.deepEqual(resourceAttributes?.["labelSelector"], { requirements: [{ key: "app", operator: "Exists" }] });
});

test("default roles and bindings come back at the next start, unless they are not to be updated", async () => {
  const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  const rules = [{ verbs: ["get"], nonResourceURLs: ["/mine"] }];
  const autoupdate = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
  const before = (await send(admin, "GET", `${roles}/system:discovery`)).body.rules;
  await send(admin, "PATCH", `${roles}/system:discovery`, { rules });
  await send(admin, "PATCH", `${roles}/system:monitoring`, { metadata: { annotations: autoupdate }, rules });
  await send(admin, "DELETE", `${roles}/system:node-proxier`);
  const second = await startServer({});
  const urls = (held: typeof rules) => held.flatMap(({ nonResourceURLs }) => nonResourceURLs);
  assert.deepEqual(urls((await send(admin, "GET", `${roles}/system:discovery`)).body.rules).sort(), [...urls(rules), ...urls(before)].sort());
  assert.deepEqual((await send(admin, "GET", `${roles}/system:monitoring`)).body.rules, rules);
  assert.equal((await send(admin, "GET", `${roles}/system:node-proxier`)).code, 200);
  await second.close();
});
