import assert from "node:assert/strict";
import { test } from "node:test";
import { persistentVolumeClaims, persistentVolumes, pods, volumeAttributesClasses } from "../../client/resources.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testPod } from "../shared/test-objects.ts";
import { protectedFinalizers } from "./protection.ts";
import { pvProtectionController } from "./pv-protection-controller.ts";
import { pvcProtectionController } from "./pvc-protection-controller.ts";
import { vacProtectionController } from "./vac-protection-controller.ts";

const deletionTimestamp = "2026-01-01T00:00:00Z";

test("which finalizers an object should have", () => {
  const rows: [string, object, boolean, string[] | undefined][] = [
    ["unprotected", {}, false, ["f"]],
    ["protected", { finalizers: ["f"] }, false, undefined],
    ["deleted and used", { finalizers: ["f"], deletionTimestamp }, true, undefined],
    ["deleted and unused", { finalizers: ["a", "f", "b"], deletionTimestamp }, false, ["a", "b"]],
    ["deleted and let go", { finalizers: ["a"], deletionTimestamp }, false, undefined],
  ];
  for (const [name, metadata, used, expected] of rows) {
    assert.deepEqual(protectedFinalizers({ metadata } as KubeObject, "f", used), expected, name);
  }
});

test("a claim outlives the last pod on a node that mounts it, and no more", async () => {
  const { api, start, settle, end } = controllerScene();
  const metadata = (name: string) => ({ name, namespace: "default", finalizers: ["kubernetes.io/pvc-protection"], deletionTimestamp });
  for (const name of ["free", "mounted", "waited-for", "p-scratch"]) api.put(persistentVolumeClaims, { metadata: metadata(name), spec: {} });
  const mounting = (name: string, node: string, volume: object) => {
    const pod = testPod(name, { node, phase: "Succeeded" });
    api.put(pods, { ...pod, spec: { ...pod.spec, volumes: [{ name: "scratch", ...volume }] } });
  };
  mounting("user", "node", { persistentVolumeClaim: { claimName: "mounted" } });
  mounting("pending", "", { persistentVolumeClaim: { claimName: "waited-for" } });
  // Of the same name, but not the pod's own.
  mounting("p", "node", { ephemeral: {} });
  await start(pvcProtectionController);
  const left = () => api.all(persistentVolumeClaims).map((claim) => claim.metadata.name);
  assert.deepEqual(left(), ["mounted"]);
  api.remove(pods, "default", "user");
  await settle();
  assert.deepEqual(left(), []);
  await end();
});

test("a volume waits until it is released, an attributes class for its users", async () => {
  const { api, start, settle, end } = controllerScene();
  const pv = { metadata: { name: "pv", finalizers: ["kubernetes.io/pv-protection"], deletionTimestamp }, spec: { volumeAttributesClassName: "gold" } };
  api.put(persistentVolumes, { ...pv, status: { phase: "Bound" } });
  for (const name of ["gold", "tin"]) {
    api.put(volumeAttributesClasses, { metadata: { name, finalizers: ["kubernetes.io/vac-protection"], deletionTimestamp }, driverName: "d" });
  }
  await start(pvProtectionController, vacProtectionController);
  assert.equal(api.all(persistentVolumes).length, 1);
  assert.deepEqual(
    api.all(volumeAttributesClasses).map((item) => item.metadata.name),
    ["gold"],
  );
  api.put(persistentVolumes, { ...pv, status: { phase: "Released" } });
  await settle();
  assert.deepEqual([...api.all(persistentVolumes), ...api.all(volumeAttributesClasses)], []);
  await end();
});
