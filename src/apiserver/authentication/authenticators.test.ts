import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { type Secret, secrets } from "../../api/core/v1/secret.ts";
import { CertificateAuthority, type KeyPair } from "../../cluster/certificates.ts";
import { StatusError } from "../../machinery/status.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import type { Authenticator, Credentials } from "../contract.ts";
import { bootstrapTokens } from "./bootstrap-token.ts";
import { clientCertificateAuthenticator } from "./client-certificate.ts";
import { object } from "./fixtures.ts";
import { bearerToken } from "./headers.ts";
import { requestHeaderAuthenticator } from "./request-header.ts";
import { fileTokens, parseTokenFile } from "./token-file.ts";
import { unionAuthenticator } from "./union.ts";

const now = Date.UTC(2026, 5, 1);
const clientCa = await CertificateAuthority.create("kubernetes", now);
const proxyCa = await CertificateAuthority.create("front-proxy-ca", now);

function der(pair: KeyPair): Uint8Array {
  return new X509Certificate(pair.certificate).raw;
}

function bearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` } };
}

const is401 = (error: unknown): boolean => error instanceof StatusError && error.code === 401;

test("a client certificate's common name is the user and its organizations are the groups", async () => {
  const authenticator = clientCertificateAuthenticator({ ca: clientCa.pem.certificate, now: () => now });
  const certificate = der(await clientCa.issue({ commonName: "system:node:n1", organizations: ["system:nodes", "ops"], usage: "client" }, now));
  const user = await authenticator.authenticate({ headers: {}, clientCertificate: certificate });
  assert.equal(user?.name, "system:node:n1");
  assert.deepEqual([...user.groups].sort(), ["ops", "system:nodes"]);
  assert.match(user.extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "", /^X509SHA256=[0-9a-f]{64}$/);
});

test("a client certificate of another authority says nothing; an expired one or a server's is refused", async () => {
  let clock = now;
  const authenticator = clientCertificateAuthenticator({ ca: clientCa.pem.certificate, now: () => clock });
  const stranger = der(await proxyCa.issue({ commonName: "root", usage: "client" }, now));
  assert.equal(await authenticator.authenticate({ headers: {}, clientCertificate: stranger }), undefined);
  const server = der(await clientCa.issue({ commonName: "root", usage: "server" }, now));
  await assert.rejects(authenticator.authenticate({ headers: {}, clientCertificate: server }), is401);
  const certificate = der(await clientCa.issue({ commonName: "jane", usage: "client" }, now));
  assert.equal((await authenticator.authenticate({ headers: {}, clientCertificate: certificate }))?.name, "jane");
  clock += 366 * 24 * 3_600_000;
  await assert.rejects(authenticator.authenticate({ headers: {}, clientCertificate: certificate }), is401);
});

test("static tokens come from a CSV file with quoted groups", async () => {
  const users = parseTokenFile('t0ken,jane,uid-1,"dev,ops"\n\n# comment\nother,joe,uid-2\n');
  const userOf = fileTokens(users);
  assert.deepEqual(await userOf("t0ken"), { name: "jane", uid: "uid-1", groups: ["dev", "ops"] });
  assert.deepEqual(await userOf("other"), { name: "joe", uid: "uid-2", groups: [] });
  assert.equal(await userOf("t0ke"), undefined);
  assert.throws(
    () => parseTokenFile("sEcret,jane"),
    (error: Error) => error.message.includes("line 1") && !error.message.includes("sEcret"),
  );
});

test("bootstrap tokens are secrets of kube-system that allow authentication and have not expired", async () => {
  const data = { "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true" };
  const secretOf = (changes: Record<string, string>, rest: Partial<Secret> = {}): Secret =>
    object<Secret>("Secret", "bootstrap-token-abcdef", "kube-system", {
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(Object.entries({ ...data, ...changes }).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
      ...rest,
    });
  const cases: [string, Secret, string, string[] | undefined][] = [
    ["valid", secretOf({}), "abcdef.0123456789abcdef", ["system:bootstrappers"]],
    [
      "extra groups",
      secretOf({ "auth-extra-groups": "system:bootstrappers:workers" }),
      "abcdef.0123456789abcdef",
      ["system:bootstrappers", "system:bootstrappers:workers"],
    ],
    ["group outside of its family", secretOf({ "auth-extra-groups": "system:masters" }), "abcdef.0123456789abcdef", undefined],
    ["wrong secret", secretOf({}), "abcdef.0123456789abcdeX".toLowerCase(), undefined],
    ["expired", secretOf({ expiration: "2026-01-01T00:00:00Z" }), "abcdef.0123456789abcdef", undefined],
    ["not yet expired", secretOf({ expiration: "2027-01-01T00:00:00Z" }), "abcdef.0123456789abcdef", ["system:bootstrappers"]],
    ["expiration that is no time", secretOf({ expiration: "soon" }), "abcdef.0123456789abcdef", undefined],
    ["for signing only", secretOf({ "usage-bootstrap-authentication": "false" }), "abcdef.0123456789abcdef", undefined],
    ["another type", secretOf({}, { type: "Opaque" }), "abcdef.0123456789abcdef", undefined],
  ];
  for (const [name, secret, token, groups] of cases) {
    const user = await bootstrapTokens(new FakeReader().put(secrets, secret), () => now)(token);
    assert.deepEqual(user, groups === undefined ? undefined : { name: "system:bootstrap:abcdef", groups }, name);
  }
});

test("a front proxy with a certificate of its CA and an allowed name vouches for users", async () => {
  const authenticator = requestHeaderAuthenticator({ ca: proxyCa.pem.certificate, allowedNames: ["front-proxy-client"], now: () => now });
  const headers = { "x-remote-user": "jane", "x-remote-group": ["dev", "ops"], "x-remote-extra-acme.com%2fproject": "p1", "x-remote-uid": "42" };
  const proxy = der(await proxyCa.issue({ commonName: "front-proxy-client", usage: "client" }, now));
  assert.deepEqual(await authenticator.authenticate({ headers, clientCertificate: proxy }), {
    name: "jane",
    uid: "42",
    groups: ["dev", "ops"],
    extra: { "acme.com/project": ["p1"] },
  });
  const wrongName = der(await proxyCa.issue({ commonName: "someone", usage: "client" }, now));
  const wrongCa = der(await clientCa.issue({ commonName: "front-proxy-client", usage: "client" }, now));
  for (const clientCertificate of [wrongName, wrongCa]) assert.equal(await authenticator.authenticate({ headers, clientCertificate }), undefined);
  assert.equal(await authenticator.authenticate({ headers }), undefined);
});

test("the union adds system:authenticated, falls back to anonymous, and never for a bad token", async () => {
  const knows: Authenticator = { authenticate: async ({ headers }) => (bearerToken(headers) === "good" ? { name: "jane", groups: ["dev"] } : undefined) };
  const refuses: Authenticator = {
    authenticate: async ({ headers }) => {
      if (bearerToken(headers) === "bad") throw new StatusError({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
      return undefined;
    },
  };
  const union = unionAuthenticator([refuses, knows]);
  assert.deepEqual(await union.authenticate(bearer("good")), { name: "jane", groups: ["dev", "system:authenticated"] });
  assert.deepEqual(await union.authenticate({ headers: {} }), { name: "system:anonymous", groups: ["system:unauthenticated"] });
  assert.deepEqual(await union.authenticate({ headers: { authorization: "Basic eDp5" } }), { name: "system:anonymous", groups: ["system:unauthenticated"] });
  await assert.rejects(union.authenticate(bearer("bad")), is401);
  await assert.rejects(union.authenticate(bearer("unknown")), is401);
  await assert.rejects(unionAuthenticator([knows], { anonymous: { enabled: false, paths: undefined } }).authenticate({ headers: {} }), is401);
});

test("anonymous requests can be kept to some paths", async () => {
  const union = unionAuthenticator([], { anonymous: { enabled: true, paths: ["/livez", "/healthz"] } });
  assert.equal((await union.authenticate({ headers: {}, path: "/livez" }))?.name, "system:anonymous");
  for (const path of ["/livez/ping", "/api", ""]) await assert.rejects(union.authenticate({ headers: {}, path }), is401, path);
});

test("browsers send the token in a WebSocket subprotocol", () => {
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from("t0ken").toString("base64url")}`;
  assert.equal(bearerToken({ "sec-websocket-protocol": `v5.channel.k8s.io, ${protocol}` }), "t0ken");
  assert.equal(bearerToken({ authorization: "bearer  abc" }), "abc");
  assert.equal(bearerToken({ authorization: "Basic abc" }), undefined);
});
