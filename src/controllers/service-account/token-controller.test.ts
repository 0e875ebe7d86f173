import assert from "node:assert/strict";
import { test } from "node:test";
import { secrets, serviceAccounts } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { tokenController, tokenSecretType } from "./token-controller.ts";

const controller = tokenController({
  rootCA: "the CA",
  tokens: { issue: async ({ metadata: { name, uid } }, secret) => `token of ${name} (${uid}) in ${secret}` },
});

test("a Secret gets token, CA and namespace; one that has them is left alone; one whose account is gone goes", async () => {
  const { api, start, settle, end } = controllerScene();
  const put = (name: string, annotations: Record<string, string>, more: object = {}) =>
    api.put(secrets, { metadata: { name, namespace: "shop", annotations }, type: tokenSecretType, ...more });
  const robot = { "kubernetes.io/service-account.name": "robot" };
  api.put(serviceAccounts, { metadata: { name: "robot", namespace: "shop", uid: "u1" } });
  put("fresh", robot);
  const whole = { "ca.crt": btoa("the CA"), namespace: btoa("shop"), token: btoa("older") };
  put("whole", robot, { data: whole });
  put("stranger", { ...robot, "kubernetes.io/service-account.uid": "u0" });
  put("orphan", { "kubernetes.io/service-account.name": "nobody" });
  api.put(secrets, { metadata: { name: "other", namespace: "shop", annotations: { "kubernetes.io/service-account.name": "nobody" } }, type: "Opaque" });
  await start(controller);
  await settle();
  const left = new Map(api.all(secrets).map((secret) => [secret.metadata.name, secret]));
  assert.deepEqual([...left.keys()].sort(), ["fresh", "other", "whole"]);
  assert.deepEqual(left.get("fresh")?.data, { ...whole, token: btoa("token of robot (u1) in fresh") });
  assert.equal(left.get("fresh")?.metadata.annotations?.["kubernetes.io/service-account.uid"], "u1");
  assert.deepEqual(left.get("whole")?.data, whole);

  api.remove(serviceAccounts, "shop", "robot");
  await settle();
  assert.deepEqual(
    api.all(secrets).map(({ metadata }) => metadata.name),
    ["other"],
  );
  await end();
});
