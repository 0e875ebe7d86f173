import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeReader } from "../apiserver/admission/fake-reader.ts";
import { signingKeyOf } from "../apiserver/authentication/token-keys.ts";
import type { AuthorizationConfiguration } from "../apiserver/authorization/authorization-configuration.ts";
import type { AuthorizationAttributes } from "../apiserver/contract.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { createSigningKey } from "./certificates.ts";
import { type Configured, clientAuthorities, Identity, type IdentityOptions } from "./identity.ts";

async function identity(options: IdentityOptions): Promise<Identity> {
  const signal = new AbortController().signal;
  const key = signingKeyOf(await createSigningKey());
  return new Identity({ ...options, issuer: "https://cluster", key, clock: new VirtualClock(), logger: silentLogger, signal }, new FakeReader());
}

function changing<T>(value: T): Configured<T> & { change: (value: T) => void } {
  const configured: Configured<T> & { change: (value: T) => void } = {
    value,
    change: () => assert.fail("nobody follows"),
    follow: async (_options, apply) => {
      configured.change = apply;
    },
  };
  return configured;
}

const nobody = { headers: {}, headerLines: () => [], path: "/version" };
const question: AuthorizationAttributes = {
  user: { name: "jane", groups: [] },
  verb: "get",
  isResourceRequest: false,
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path: "/version",
};

test("a changed authentication configuration counts at once, for whoever holds the authenticator already", async () => {
  const authentication = changing({ jwt: [], anonymous: { enabled: true, paths: ["/version"] } });
  const { authenticator } = await identity({ authentication });
  assert.equal((await authenticator.authenticate(nobody))?.name, "system:anonymous");
  authentication.change({ jwt: [], anonymous: { enabled: false, paths: [] } });
  await assert.rejects(async () => authenticator.authenticate(nobody), { code: 401 });
});

test("a changed authorization configuration counts at once", async () => {
  const authorization = changing<AuthorizationConfiguration>({ authorizers: [{ type: "AlwaysAllow", name: "all" }] });
  const { authorizer } = await identity({ authorization });
  assert.equal((await authorizer.authorize(question)).decision, "allow");
  authorization.change({ authorizers: [{ type: "AlwaysDeny", name: "none" }] });
  assert.deepEqual(await authorizer.authorize(question), { decision: "noOpinion", reason: "Everything is forbidden." });
  assert.equal((await authorizer.authorize({ ...question, user: { name: "root", groups: ["system:masters"] } })).decision, "allow");
});

test("certificates of clients and of every front proxy are asked for", () => {
  assert.deepEqual(clientAuthorities({}), []);
  assert.deepEqual(clientAuthorities({ clientCA: "a", requestHeaderCA: "b", frontProxy: { ca: "c", allowedNames: [] } }), ["a", "b", "c"]);
});
