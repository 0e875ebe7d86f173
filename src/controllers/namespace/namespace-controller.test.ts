import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, namespaces, pods, secrets } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { namespaceController } from "./namespace-controller.ts";

function scene(discover = async () => [pods, configMaps, secrets, namespaces]) {
  const all = controllerScene();
  const { api, context } = all;
  api.put(namespaces, { metadata: { name: "doomed" } });
  api.put(namespaces, { metadata: { name: "other" } });
  api.put(configMaps, { metadata: { name: "map", namespace: "doomed" } });
  api.put(configMaps, { metadata: { name: "map", namespace: "other" } });
  const conditions = () =>
    Object.fromEntries(
      (api.all(namespaces)[0]?.status?.conditions ?? []).map((item) => [item.type.replace("Namespace", ""), [item.status, item.reason, item.message]]),
    );
  return { ...all, controller: namespaceController(discover), remove: () => context.client.of(namespaces).delete("doomed"), conditions };
}

test("a deleted namespace takes its content along, and only its own", async () => {
  const { api, start, settle, end, controller, remove } = scene();
  await start(controller);
  assert.equal(api.all(configMaps).length, 2);
  await remove();
  await settle(2000);
  assert.deepEqual(
    api.all(namespaces).map((item) => item.metadata.name),
    ["other"],
  );
  assert.deepEqual(
    api.all(configMaps).map((item) => item.metadata.namespace),
    ["other"],
  );
  await end();
});

test("pods go first: while a finalizer holds one, the rest stays and the conditions say why", async () => {
  const { api, start, settle, end, controller, remove, conditions } = scene();
  api.put(pods, { metadata: { name: "held", namespace: "doomed", finalizers: ["example.com/hold"] }, spec: { containers: [] } });
  await start(controller);
  await remove();
  await settle(5000);
  assert.equal(api.all(configMaps).length, 2);
  assert.notEqual(api.all(pods)[0]!.metadata.deletionTimestamp, undefined);
  assert.deepEqual(conditions(), {
    DeletionDiscoveryFailure: ["False", "ResourcesDiscovered", "All resources successfully discovered"],
    DeletionGroupVersionParsingFailure: ["False", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
    DeletionContentFailure: ["False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    ContentRemaining: ["True", "SomeResourcesRemain", "Some resources are remaining: pods. has 1 resource instances"],
    FinalizersRemaining: ["True", "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"],
  });
  api.remove(pods, "doomed", "held");
  await settle(5000);
  assert.equal(api.all(namespaces).length, 1);
  await end();
});

test("content that cannot be deleted, and kinds that cannot be discovered, are reported and tried again", async () => {
  let failing = true;
  const { api, start, settle, end, controller, remove, conditions } = scene(async () => {
    if (failing) throw new Error("no answer");
    return [pods, configMaps];
  });
  await start(controller);
  await remove();
  await settle(1000);
  assert.deepEqual(conditions()["DeletionDiscoveryFailure"], ["True", "DiscoveryFailed", "Discovery failed for some groups: no answer"]);
  failing = false;
  api.intercept = ({ verb }) => {
    if (verb === "deletecollection") throw new Error("refused");
  };
  await settle(2000);
  assert.deepEqual(conditions()["DeletionContentFailure"], ["True", "ContentDeletionFailed", "Failed to delete all resource types, 1 remaining: refused"]);
  api.intercept = () => {};
  await settle(2000);
  assert.equal(api.all(namespaces).length, 1);
  await end();
});
