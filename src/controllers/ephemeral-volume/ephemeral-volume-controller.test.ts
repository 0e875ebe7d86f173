import assert from "node:assert/strict";
import { test } from "node:test";
import { persistentVolumeClaims, pods } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testPod } from "../shared/test-objects.ts";
import { ephemeralVolumeController } from "./ephemeral-volume-controller.ts";

const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const volumes = [
  { name: "scratch", ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: "b" } }, spec } } },
  { name: "dir", emptyDir: {} },
];

test("a pod's ephemeral volumes get claims of its own, and get them back while it lives", async () => {
  const { api, start, settle, end } = controllerScene();
  const pod = testPod("p", { phase: "Pending", node: "" });
  api.put(pods, { ...pod, spec: { ...pod.spec, volumes } });
  api.put(pods, { ...testPod("going", { deleting: true }), spec: { ...pod.spec, volumes } });
  await start(ephemeralVolumeController);
  const made = () =>
    api.all(persistentVolumeClaims).map((claim) => [claim.metadata.name, claim.metadata.labels, claim.metadata.ownerReferences?.[0]?.uid, claim.spec]);
  const expected = [["p-scratch", { a: "b" }, "uid-p", spec]];
  assert.deepEqual(made(), expected);
  api.remove(persistentVolumeClaims, "default", "p-scratch");
  await settle();
  assert.deepEqual(made(), expected);
  await end();
});

test("somebody else's claim of that name is left alone", async () => {
  const { api, start, end } = controllerScene();
  const pod = testPod("p", { node: "" });
  api.put(persistentVolumeClaims, { metadata: { name: "p-scratch", namespace: "default" }, spec });
  api.put(pods, { ...pod, spec: { ...pod.spec, volumes } });
  await start(ephemeralVolumeController);
  assert.deepEqual(
    api.requests.filter((request) => request.verb !== "watch" && request.verb !== "list"),
    [],
  );
  await end();
});
