import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { createThreeWayStrategicMergePatch, createTwoWayStrategicMergePatch } from "./create-strategic-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";
import { deepFreeze, seeded } from "./testing.ts";

test("what is the same is not in the patch", () => {
  const object = deepFreeze({ metadata: { labels: { a: "1" } }, spec: { containers: [{ name: "a", image: "i" }] } });
  assert.deepEqual(createTwoWayStrategicMergePatch(pod, object, object), {});
});

test("elements, deletions, order and kept keys", () => {
  const original = { spec: { containers: [{ name: "a", image: "1" }, { name: "b" }], volumes: [{ name: "v", emptyDir: {} }] } };
  const modified = { spec: { containers: [{ name: "a", image: "2" }], volumes: [{ name: "v", configMap: { name: "c" } }] } };
  assert.deepEqual(createTwoWayStrategicMergePatch(pod, original, modified), {
    spec: {
      "$setElementOrder/containers": [{ name: "a" }],
      "$setElementOrder/volumes": [{ name: "v" }],
      containers: [
        { name: "a", image: "2" },
        { name: "b", $patch: "delete" },
      ],
      volumes: [{ name: "v", configMap: { name: "c" }, emptyDir: null, $retainKeys: ["configMap", "name"] }],
    },
  });
});

test("three ways: others' fields stay, what is applied no more goes", () => {
  const original = { spec: { replicas: 1, paused: true, template: { spec: { containers: [{ name: "a", image: "1", tty: true }, { name: "old" }] } } } };
  const modified = { spec: { replicas: 1, template: { spec: { containers: [{ name: "a", image: "2" }] } } } };
  const current = {
    spec: {
      replicas: 5,
      paused: true,
      minReadySeconds: 3,
      template: { spec: { containers: [{ name: "a", image: "1", tty: true }, { name: "old" }, { name: "sidecar" }] } },
    },
  };
  const patch = createThreeWayStrategicMergePatch(deployment, deepFreeze(original), deepFreeze(modified), deepFreeze(current));
  assert.deepEqual(applyStrategicMergePatch(deployment, deepFreeze(current), deepFreeze(patch)), {
    spec: { replicas: 1, minReadySeconds: 3, template: { spec: { containers: [{ name: "a", image: "2" }, { name: "sidecar" }] } } },
  });
});

test("without a schema the patch is a merge patch", () => {
  const original = { spec: { list: [1, 2], a: 1, m: { x: 1 } } };
  const modified = { spec: { list: [2], m: { y: 1 } } };
  const patch = createTwoWayStrategicMergePatch(undefined, original, modified);
  assert.deepEqual(patch, { spec: { list: [2], a: null, m: { x: null, y: 1 } } });
  assert.deepEqual(applyMergePatch(original, patch), modified);
});

function randomPod(random: (bound: number) => number): object {
  const some = (names: string[]) => names.filter(() => random(2) === 0).sort(() => random(3) - 1);
  const container = (name: string) => ({
    name,
    ...(random(2) === 0 ? {} : { image: `i${random(2)}` }),
    env: some(["X", "Y", "Z"]).map((key) => ({ name: key, value: `${random(2)}` })),
    args: some(["-a", "-b"]),
  });
  return {
    metadata: { labels: Object.fromEntries(some(["l", "m"]).map((key) => [key, `${random(2)}`])), finalizers: some(["x.io/f", "x.io/g", "x.io/h"]) },
    spec: {
      containers: some(["a", "b", "c"]).map(container),
      volumes: some(["v", "w"]).map((name) => (random(2) === 0 ? { name, emptyDir: {} } : { name, secret: { secretName: `s${random(2)}` } })),
      tolerations: some(["k"]).map((key) => ({ key })),
    },
  };
}

test("property: the patch from one pod to another, applied to the one, gives the other", () => {
  const random = seeded(99);
  for (let round = 0; round < 1000; round++) {
    const original = deepFreeze(randomPod(random));
    const modified = deepFreeze(randomPod(random));
    const patch = deepFreeze(createTwoWayStrategicMergePatch(pod, original, modified));
    assert.deepEqual(applyStrategicMergePatch(pod, original, patch), modified, JSON.stringify({ original, modified, patch }));
  }
});

test("property: of three, applying what was applied before to an unchanged object is no patch", () => {
  const random = seeded(100);
  for (let round = 0; round < 300; round++) {
    const object = deepFreeze(randomPod(random));
    assert.deepEqual(createThreeWayStrategicMergePatch(pod, object, object, object), {});
  }
});
