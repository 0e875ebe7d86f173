import assert from "node:assert/strict";
import { test } from "node:test";
import { pods, replicaSets } from "../../client/resources.ts";
import { StatusError } from "../../machinery/status.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { controllerOf } from "../shared/owners.ts";
import { replicaSetController } from "./replica-set.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };

async function scene(replicas: number) {
  const all = controllerScene();
  const put = (count: number) =>
    all.api.put(replicaSets, {
      metadata: { name: "web", namespace: "default" },
      spec: { replicas: count, selector: { matchLabels: { app: "web" } }, template },
    });
  put(replicas);
  return { ...all, put, set: () => all.api.all(replicaSets)[0]! };
}

test("a replica set makes its pods once, counts them as they become ready, and replaces what is deleted", async () => {
  const { api, start, settle, runPods, end, set, events } = await scene(3);
  await start(replicaSetController);
  assert.equal(api.all(pods).length, 3);
  assert.equal(events.filter((event) => event.startsWith("SuccessfulCreate: Created pod: web-")).length, 3);
  assert.equal(controllerOf(api.all(pods)[0]!)?.uid, set().metadata.uid);
  assert.deepEqual([set().status?.replicas, set().status?.readyReplicas], [3, undefined]);
  await runPods({ assign: "n1" });
  await settle();
  assert.deepEqual([set().status?.readyReplicas, set().status?.availableReplicas], [3, 3]);
  api.remove(pods, "default", api.all(pods)[0]!.metadata.name);
  await settle();
  assert.equal(api.all(pods).length, 3);
  await end();
});

test("scaling down deletes, and a pod whose labels change is released and replaced", async () => {
  const { api, start, settle, end, put } = await scene(3);
  await start(replicaSetController);
  put(1);
  await settle();
  assert.equal(api.all(pods).length, 1);
  const [pod] = api.all(pods);
  api.put(pods, { ...pod!, metadata: { ...pod!.metadata, labels: { app: "other" } } });
  await settle();
  const released = api.all(pods).find((item) => item.metadata.labels?.["app"] === "other");
  assert.deepEqual(released?.metadata.ownerReferences ?? [], []);
  assert.equal(api.all(pods).length, 2);
  await end();
});

test("a matching pod that nobody controls is adopted instead of making another", async () => {
  const { api, start, end, set } = await scene(1);
  api.put(pods, { metadata: { name: "stray", namespace: "default", labels: { app: "web" } }, spec: template.spec });
  await start(replicaSetController);
  assert.deepEqual(
    api.all(pods).map((pod) => [pod.metadata.name, controllerOf(pod)?.uid]),
    [["stray", set().metadata.uid]],
  );
  await end();
});

test("a quota that refuses pods is told in a condition and asked again, one pod at a time", async () => {
  const { api, start, settle, end, set, events } = await scene(100);
  let refused = 0;
  api.intercept = ({ verb, resource }) => {
    if (verb !== "create" || resource !== "pods" || api.all(pods).length < 2) return;
    refused++;
    throw new StatusError({ code: 403, reason: "Forbidden", message: "exceeded quota" });
  };
  await start(replicaSetController);
  const condition = set().status?.conditions?.[0];
  assert.deepEqual([condition?.type, condition?.reason, condition?.message], ["ReplicaFailure", "FailedCreate", "exceeded quota"]);
  assert.ok(refused < 20, `${refused} attempts at once`);
  assert.ok(events.includes("FailedCreate: Error creating: exceeded quota"));
  api.intercept = () => {};
  await settle(60_000);
  assert.equal(api.all(pods).length, 100);
  assert.equal(set().status?.conditions, undefined);
  await end();
});
