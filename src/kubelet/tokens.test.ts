import assert from "node:assert/strict";
import { test } from "node:test";
import { exitedTask } from "./cri/containerd-events.ts";
import { referencedObjects } from "./objects.ts";
import { testPod } from "./pod/testing.ts";
import { tokenRefreshAtMs } from "./tokens.ts";

test("a token is renewed after 80 % of its life, or a day, a little earlier at random", () => {
  assert.equal(tokenRefreshAtMs(0, 3_600_000, 0), 2_880_000);
  assert.equal(tokenRefreshAtMs(0, 365 * 86_400_000, 0), 86_400_000);
  assert.equal(tokenRefreshAtMs(0, 3_600_000, 0.5), 2_875_000);
});

test("objects that a pod refers to, each once", () => {
  const pod = testPod({
    containers: [{ name: "main", envFrom: [{ configMapRef: { name: "a" } }], env: [{ name: "X", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }],
    initContainers: [{ name: "i", env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "a", key: "k" } } }] }],
    volumes: [
      { name: "v", projected: { sources: [{ configMap: { name: "b" } }, { secret: { name: "s" } }] } },
      { name: "w", secret: { secretName: "t" } },
    ],
    imagePullSecrets: [{ name: "pull" }],
  });
  assert.deepEqual(
    referencedObjects(pod)
      .map(({ kind, name }) => `${kind}/${name}`)
      .sort(),
    ["ConfigMap/a", "ConfigMap/b", "Secret/pull", "Secret/s", "Secret/t"],
  );
});

test("containerd's exit events name the container, and nothing for an exec's exit", () => {
  const field = (number: number, bytes: Uint8Array | string) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), Buffer.from(bytes as string)]);
  const envelope = (containerId: string, id: string) =>
    Buffer.concat([field(2, "k8s.io"), field(3, "/tasks/exit"), field(4, field(2, Buffer.concat([field(1, containerId), field(2, id)])))]);
  assert.equal(exitedTask(envelope("c1", "c1")), "c1");
  assert.equal(exitedTask(envelope("c1", "exec-1")), "");
  assert.equal(exitedTask(Buffer.alloc(0)), "");
});
