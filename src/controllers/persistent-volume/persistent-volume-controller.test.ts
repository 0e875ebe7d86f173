import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { StorageClass } from "../../api/storage/v1/storage-class.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { decideClaim } from "./decide-claim.ts";
import { decideVolume } from "./decide-volume.ts";
import type { Decision } from "./effects.ts";
import { bestVolume } from "./match.ts";
import { persistentVolumeController } from "./persistent-volume-controller.ts";

const volume = (name: string, spec: object = {}, phase = "Available", annotations: Record<string, string> = {}): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name, uid: `uid-${name}`, labels: { name }, annotations },
  spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec },
  status: { phase },
});

const claim = (spec: object = {}, phase = "Pending", annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "c", namespace: "default", uid: "uid-c", annotations },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  status: { phase },
});

const storageClass = (name: string, more: object = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name, uid: `uid-${name}` },
  provisioner: "example.com/disk",
  volumeBindingMode: "Immediate",
  ...more,
});

describe("which volume suits a claim best", () => {
  const large = volume("large", { capacity: { storage: "5Gi" } });
  const reserved = volume("reserved", { claimRef: { namespace: "default", name: "c" }, capacity: { storage: "9Gi" } });
  const rows: [string, PersistentVolumeClaim, PersistentVolume[], boolean, string | undefined][] = [
    ["the smallest that is large enough", claim(), [large, volume("b"), volume("a"), volume("small", { capacity: { storage: "1Mi" } })], false, "a"],
    ["one reserved for it before all others", claim(), [volume("a"), reserved], false, "reserved"],
    ["none that is reserved for another", claim(), [volume("a", { claimRef: { namespace: "other", name: "c" } })], false, undefined],
    ["of its class", claim({ storageClassName: "gold" }), [volume("a"), volume("g", { storageClassName: "gold" })], false, "g"],
    [
      "with all its access modes",
      claim({ accessModes: ["ReadWriteMany"] }),
      [volume("a"), volume("m", { accessModes: ["ReadWriteOnce", "ReadWriteMany"] })],
      false,
      "m",
    ],
    ["of its volume mode", claim({ volumeMode: "Block" }), [volume("a"), volume("raw", { volumeMode: "Block" })], false, "raw"],
    ["that its selector selects", claim({ selector: { matchLabels: { name: "b" } } }), [volume("a"), volume("b")], false, "b"],
    ["none that is released", claim(), [volume("a", {}, "Released")], false, undefined],
    ["none before the first consumer", claim(), [volume("a")], true, undefined],
    ["but a reserved one", claim(), [volume("a"), reserved], true, "reserved"],
  ];
  for (const [name, wanted, volumes, delayed, expected] of rows) {
    test(name, () => assert.equal(bestVolume(wanted, volumes, delayed)?.metadata.name, expected));
  }
});

/** `what it writes, phase written, reason told`. */
function told({ write, notice }: Decision): string {
  const phase = write === undefined || !write.action.endsWith("Status") ? "" : (write.object.status?.phase ?? "");
  return [write?.action, phase, notice?.reason].filter(Boolean).join(" ");
}

describe("what a claim needs next", () => {
  const done = { "pv.kubernetes.io/bind-completed": "yes" };
  const ours = { namespace: "default", name: "c", uid: "uid-c" };
  const waiting = storageClass("gold", { volumeBindingMode: "WaitForFirstConsumer" });
  const rows: [string, PersistentVolumeClaim, PersistentVolume[], StorageClass[], string][] = [
    ["a free volume is taken", claim(), [volume("v")], [], "updateVolume"],
    ["then it says that it is bound", claim(), [volume("v", { claimRef: ours })], [], "updateVolumeStatus Bound"],
    ["then the claim names it", claim(), [volume("v", { claimRef: ours }, "Bound")], [], "updateClaim"],
    ["then the claim is bound", claim({ volumeName: "v" }, "Pending", done), [volume("v", { claimRef: ours }, "Bound")], [], "updateClaimStatus Bound"],
    ["no volume and no class", claim(), [], [], "FailedBinding"],
    ["the class is missing", claim({ storageClassName: "gold" }), [], [], "ProvisioningFailed"],
    ["a provisioner is called", claim({ storageClassName: "gold" }), [], [storageClass("gold")], "updateClaim ExternalProvisioning"],
    ["no provisioner", claim({ storageClassName: "gold" }), [], [storageClass("gold", { provisioner: "kubernetes.io/no-provisioner" })], "ProvisioningFailed"],
    ["no consumer yet", claim({ storageClassName: "gold" }), [volume("v", { storageClassName: "gold" })], [waiting], "WaitForFirstConsumer"],
    [
      "a consumer has its node",
      claim({ storageClassName: "gold" }, "Pending", { "volume.kubernetes.io/selected-node": "n" }),
      [volume("v", { storageClassName: "gold" })],
      [waiting],
      "updateVolume",
    ],
    [
      "the default class comes late",
      claim(),
      [],
      [storageClass("gold", { metadata: { name: "gold", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } })],
      "updateClaim",
    ],
    ["the named volume is not there", claim({ volumeName: "v" }), [], [], ""],
    ["the named volume is free", claim({ volumeName: "v" }), [volume("v")], [], "updateVolume"],
    ["the named volume is too small", claim({ volumeName: "v" }), [volume("v", { capacity: { storage: "1Mi" } })], [], "VolumeMismatch"],
    ["the named volume is another's", claim({ volumeName: "v" }), [volume("v", { claimRef: { namespace: "b", name: "c", uid: "x" } })], [], "FailedBinding"],
    ["its volume has gone", claim({ volumeName: "v" }, "Bound", done), [], [], "updateClaimStatus Lost ClaimLost"],
    [
      "its volume was given away",
      claim({ volumeName: "v" }, "Bound", done),
      [volume("v", { claimRef: { ...ours, uid: "x" } })],
      [],
      "updateClaimStatus Lost ClaimMisbound",
    ],
    ["a loss is told once", claim({ volumeName: "v" }, "Lost", done), [], [], ""],
  ];
  for (const [name, wanted, volumes, classes, expected] of rows) {
    const view = {
      volume: (wantedName: string) => volumes.find((item) => item.metadata.name === wantedName),
      volumes: () => volumes,
      storageClass: (wantedName: string) => classes.find((item) => item.metadata.name === wantedName),
      storageClasses: () => classes,
    };
    test(name, () => assert.equal(told(decideClaim(wanted, view)), expected));
  }
});

describe("what a volume needs next", () => {
  const claimRef = { namespace: "default", name: "c", uid: "uid-c" };
  const external = { "pv.kubernetes.io/provisioned-by": "example.com/disk" };
  const deleted = { claimRef, persistentVolumeReclaimPolicy: "Delete" };
  const rows: [string, PersistentVolume, PersistentVolumeClaim | undefined, string][] = [
    ["a new one is available", volume("v", {}, "Pending"), undefined, "updateVolumeStatus Available"],
    ["so is one reserved by name", volume("v", { claimRef: { namespace: "default", name: "c" } }, "Pending"), undefined, "updateVolumeStatus Available"],
    ["available ones stay so", volume("v"), undefined, ""],
    ["its claim has gone", volume("v", { claimRef }, "Bound"), undefined, "updateVolumeStatus Released"],
    ["its claim is another now", volume("v", { claimRef: { ...claimRef, uid: "old" } }, "Bound"), claim(), "updateVolumeStatus Released"],
    ["retained", volume("v", { claimRef, persistentVolumeReclaimPolicy: "Retain" }, "Released"), undefined, ""],
    ["nobody can delete it", volume("v", deleted, "Released"), undefined, "updateVolumeStatus Failed VolumeFailedDelete"],
    ["its provisioner deletes it", volume("v", deleted, "Released", external), undefined, ""],
    [
      "nobody can recycle it",
      volume("v", { claimRef, persistentVolumeReclaimPolicy: "Recycle" }, "Released"),
      undefined,
      "updateVolumeStatus Failed VolumeFailedRecycle",
    ],
    ["a failure is told once", volume("v", deleted, "Failed"), undefined, ""],
    ["the claim's turn comes", volume("v", { claimRef }, "Available"), claim(), ""],
    ["bound both ways", volume("v", { claimRef }, "Available"), claim({ volumeName: "v" }), "updateVolumeStatus Bound"],
    ["its claim took another", volume("v", { claimRef }, "Bound"), claim({ volumeName: "w" }), "updateVolume"],
  ];
  for (const [name, subject, owner, expected] of rows) test(name, () => assert.equal(told(decideVolume(subject, owner)), expected));
});

test("claims and volumes find one another, once each, and part when the claim goes", async () => {
  const { api, start, settle, events, end } = controllerScene();
  const want = (name: string) => api.put(persistentVolumeClaims, { ...claim(), metadata: { name, namespace: "default" } });
  for (const name of ["a", "b", "c"]) want(name);
  api.put(persistentVolumes, volume("v1", {}, "Pending"));
  await start(persistentVolumeController);
  for (const name of ["v2", "v3"]) api.put(persistentVolumes, volume(name, {}, "Pending"));
  await settle(1000);
  const pairs = () => api.all(persistentVolumes).map(({ metadata, spec, status }) => `${metadata.name} ${status?.phase} ${spec.claimRef?.name}`);
  const bound = api.all(persistentVolumeClaims);
  assert.deepEqual(
    bound.map(({ status }) => [status?.phase, status?.capacity, status?.accessModes]),
    Array(3).fill(["Bound", { storage: "1Gi" }, ["ReadWriteOnce"]]),
  );
  assert.equal(new Set(bound.map(({ spec }) => spec.volumeName)).size, 3);
  assert.deepEqual(pairs(), bound.map(({ spec, metadata }) => `${spec.volumeName} Bound ${metadata.name}`).sort());
  const [first] = bound;
  api.remove(persistentVolumeClaims, "default", first!.metadata.name);
  await settle(1000);
  assert.ok(pairs().includes(`${first!.spec.volumeName} Released ${first!.metadata.name}`));
  assert.ok(
    events.every((event) => event.startsWith("FailedBinding")),
    events.join(),
  );
  const before = api.revision;
  await settle(60_000);
  assert.equal(api.revision, before, "nothing is written once all is done");
  await end();
});

test("a class that comes later gives a waiting claim its provisioner", async () => {
  const { api, start, settle, end } = controllerScene();
  api.put(persistentVolumeClaims, claim({ storageClassName: "gold" }));
  await start(persistentVolumeController);
  api.put(storageClasses, storageClass("gold"));
  await settle(1000);
  assert.equal(api.all(persistentVolumeClaims)[0]?.metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/disk");
  await end();
});
