import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { type ApiServerFlags, checkFlags, identityOptions, mergedFlags } from "./api-server-flags.ts";
import { CertificateAuthority } from "./certificates.ts";
import { ReloadedFile } from "./reloaded-file.ts";

const folder = mkdtempSync(join(tmpdir(), "flags-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const kubeconfig = (server: string) =>
  `{apiVersion: v1, kind: Config, clusters: [{name: a, cluster: {server: "${server}"}}], users: [{name: a, user: {}}], contexts: [{name: a, context: {cluster: a, user: a}}], current-context: a}`;
const authentication = (rest: string) => `{apiVersion: apiserver.config.k8s.io/v1, kind: AuthenticationConfiguration, ${rest}}`;
const authorization = (rest: string) => `{apiVersion: apiserver.config.k8s.io/v1, kind: AuthorizationConfiguration, authorizers: [${rest}]}`;

test("flags stay until they are given anew or taken back; files keep their place", () => {
  const first = mergedFlags({ authorizationConfig: "rights.yaml", anonymousAuth: false, name: "not one of them" } as ApiServerFlags);
  assert.deepEqual(first, { authorizationConfig: resolve("rights.yaml"), anonymousAuth: false });
  assert.deepEqual(mergedFlags({}, first), first);
  assert.deepEqual(mergedFlags({ authorizationConfig: "", auditLogMaxage: 3 }, first), { anonymousAuth: false, auditLogMaxage: 3 });
});

test("what the control plane could not start with is refused before it starts, by the file's name", () => {
  const hook = (path: string) =>
    `{type: Webhook, name: a, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${path}}}}`;
  const cases: [ApiServerFlags, RegExp][] = [
    [{ authenticationConfig: join(folder, "none") }, /cannot use .*none: ENOENT/],
    [{ authenticationConfig: file("oidc", authentication("jwt: [{}]")) }, /cannot use .*oidc: .*jwt\[0\]\.issuer: Required/],
    [{ authenticationConfig: file("both", authentication("anonymous: {enabled: true}")), anonymousAuth: true }, /cannot use --anonymous-auth/],
    [{ authorizationConfig: file("rights", authorization("{type: Wizard, name: a}")) }, /cannot use .*rights: .*Unsupported value: "Wizard"/],
    [{ authorizationConfig: file("hook", authorization(hook(join(folder, "no-kubeconfig")))) }, /no-kubeconfig/],
    [{ tokenAuthFile: file("tokens", "secret\n") }, /cannot use .*tokens: .*line 1 needs at least a token/],
    [{ authenticationTokenWebhookConfigFile: file("ftp", kubeconfig("ftp://x")) }, /"ftp:\/\/x" is no URL/],
    [{ requestheaderAllowedNames: ["a"] }, /--requestheader-client-ca-file says/],
    [{ requestheaderClientCaFile: file("ca", "nothing") }, /holds no certificates in PEM form/],
    [
      {
        admissionControlConfigFile: file(
          "plugins",
          "{apiVersion: apiserver.config.k8s.io/v1, kind: AdmissionConfiguration, plugins: [{name: PodSecurity, path: none}]}",
        ),
      },
      /cannot use .*plugins: ENOENT/,
    ],
    [{ auditWebhookConfigFile: file("audit", kubeconfig("https://x")) }, /without a policy/],
  ];
  for (const [flags, expected] of cases) assert.throws(() => checkFlags(flags, { clusterDomain: "cluster.local", audits: false }), expected);
});

test("every flag reaches the API server's identities", async () => {
  const ca = (await CertificateAuthority.create("proxies", Date.now())).pem.certificate;
  const flags: ApiServerFlags = {
    authenticationConfig: file("authn", authentication("jwt: []")),
    authorizationConfig: file("authz", authorization("{type: RBAC, name: rbac}")),
    tokenAuthFile: file("users", 'abc,jane,7,"dev,ops"'),
    authenticationTokenWebhookConfigFile: file("tokens-hook", kubeconfig("https://x")),
    anonymousAuth: false,
    requestheaderClientCaFile: file("proxies", ca),
    requestheaderUsernameHeaders: ["X-User"],
    auditWebhookConfigFile: file("events-hook", kubeconfig("https://x")),
  };
  checkFlags(flags, { clusterDomain: "cluster.local", audits: true });
  const options = identityOptions(flags, { clusterDomain: "cluster.local" });
  assert.deepEqual([...(options.tokenFile?.values() ?? [])], [{ name: "jane", uid: "7", groups: ["dev", "ops"] }]);
  assert.deepEqual(options.authorization?.value.authorizers, [{ type: "RBAC", name: "rbac" }]);
  assert.deepEqual(options.frontProxy, { ca, allowedNames: [], usernameHeaders: ["X-User"] });
  assert.deepEqual(options.anonymous, { enabled: false, paths: undefined });
  assert.deepEqual(options.authentication?.value, { jwt: [], anonymous: undefined });
  assert.equal(options.authenticationWebhook?.kubeConfigFile, flags.authenticationTokenWebhookConfigFile);
});

test("a file is read again when it changes; a version that cannot be used changes nothing", async () => {
  const clock = new VirtualClock();
  const path = file("number", "1");
  const errors: unknown[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (fields: unknown) => void errors.push(fields), child: () => logger };
  const number = new ReloadedFile(path, (text) => {
    if (Number.isNaN(Number(text))) throw new Error("no number");
    return Number(text);
  });
  const life = new AbortController();
  const seen: number[] = [];
  const following = number.follow({ clock, logger, signal: life.signal }, (value) => seen.push(value));
  const change = async (text: string) => {
    writeFileSync(path, text);
    await clock.advance(5_000);
    // Reading takes real time; then the next pause begins.
    while (clock.pending === 0) await new Promise((resolved) => setImmediate(resolved));
  };
  await change("2");
  await change("two");
  await change("3");
  assert.deepEqual(seen, [2, 3]);
  assert.equal(number.value, 3);
  assert.equal(errors.length, 1);
  life.abort();
  await following;
  assert.equal(clock.pending, 0);
});
