import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, namespaces, serviceAccounts } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { rootCaPublisher } from "./root-ca-publisher.ts";
import { serviceAccountController } from "./service-account-controller.ts";

test("every namespace gets its default service account and the root CA, and gets them back when they are deleted or spoiled", async () => {
  const { api, start, settle, end } = controllerScene();
  api.put(namespaces, { metadata: { name: "a" } });
  await start(serviceAccountController, rootCaPublisher("PEM"));
  api.put(namespaces, { metadata: { name: "b" } });
  await settle();
  const accounts = () => api.all(serviceAccounts).map((account) => `${account.metadata.namespace}/${account.metadata.name}`);
  const published = () => api.all(configMaps).map((map) => [map.metadata.namespace, map.metadata.name, map.data]);
  const expected = ["a", "b"].map((name) => [name, "kube-root-ca.crt", { "ca.crt": "PEM" }]);
  assert.deepEqual(accounts(), ["a/default", "b/default"]);
  assert.deepEqual(published(), expected);
  api.remove(serviceAccounts, "b", "default");
  api.remove(configMaps, "b", "kube-root-ca.crt");
  api.put(configMaps, { ...api.all(configMaps)[0]!, data: { "ca.crt": "" } });
  await settle();
  assert.deepEqual(accounts(), ["a/default", "b/default"]);
  assert.deepEqual(published(), expected);
  await end();
});

test("nothing is made in a namespace that goes away", async () => {
  const { api, start, end } = controllerScene();
  api.put(namespaces, { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" }, status: { phase: "Terminating" } });
  await start(serviceAccountController, rootCaPublisher("PEM"));
  assert.deepEqual([...api.all(serviceAccounts), ...api.all(configMaps)], []);
  await end();
});
