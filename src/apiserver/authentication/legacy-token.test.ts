import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { type Secret, secrets } from "../../api/core/v1/secret.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object, testSigningKey } from "./fixtures.ts";
import { ServiceAccountTokens } from "./service-account-token.ts";

const key = testSigningKey();
const prefix = "kubernetes.io/serviceaccount/";

function sign(changes: Record<string, string> = {}): Promise<string> {
  const claims = {
    iss: "kubernetes/serviceaccount",
    sub: "system:serviceaccount:shop:robot",
    [`${prefix}namespace`]: "shop",
    [`${prefix}service-account.name`]: "robot",
    [`${prefix}service-account.uid`]: "uid-robot",
    [`${prefix}secret.name`]: "robot-token",
    ...changes,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.id }).sign(key.privateKey);
}

function setup(token: string, metadata: Partial<Secret["metadata"]> = {}) {
  const data = { token: Buffer.from(token).toString("base64") };
  const reader = new FakeReader()
    .put(serviceAccounts, object("ServiceAccount", "robot", "shop"))
    .put(secrets, object<Secret>("Secret", "robot-token", "shop", { data, metadata }));
  return { reader, verifier: new ServiceAccountTokens({ issuers: ["https://issuer"], keys: [key], audiences: ["api"], reader, now: () => 0 }) };
}

test("a token in a Secret is good as long as the Secret and the account are there", async () => {
  const token = await sign();
  const { reader, verifier } = setup(token);
  const verified = await verifier.authenticateToken(token, ["api"]);
  assert.deepEqual(verified, {
    user: { name: "system:serviceaccount:shop:robot", uid: "uid-robot", groups: ["system:serviceaccounts", "system:serviceaccounts:shop"] },
    audiences: ["api"],
  });
  await assert.rejects(verifier.authenticateToken(token, ["vault"]), /is invalid for the target audiences/);
  reader.remove(secrets, "shop/robot-token");
  await assert.rejects(verifier.authenticateToken(token, ["api"]), /service account token has been invalidated/);
});

test("a token that is not the Secret's, or not the account's, is refused", async () => {
  const token = await sign();
  await assert.rejects(setup("another").verifier.authenticateToken(token, ["api"]), /token does not match server's copy/);
  await assert.rejects(
    setup(token, { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } }).verifier.authenticateToken(token, ["api"]),
    /has been marked invalid/,
  );
  const recreated = await sign({ [`${prefix}service-account.uid`]: "older" });
  await assert.rejects(setup(recreated).verifier.authenticateToken(recreated, ["api"]), /invalidated/);
  const forged = await sign({ sub: "system:serviceaccount:kube-system:admin" });
  await assert.rejects(setup(forged).verifier.authenticateToken(forged, ["api"]), /sub claim is invalid/);
});
