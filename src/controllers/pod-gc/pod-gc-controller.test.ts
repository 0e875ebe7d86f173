import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nodes, pods } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testNode, testPod, testStart } from "../shared/test-objects.ts";
import { decidePodGc, podGcController } from "./pod-gc-controller.ts";

describe("which pods are collected", () => {
  const out = testNode("out", { ready: false, spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] } });
  const state = {
    nodes: new Map([
      ["node", testNode("node")],
      ["out", out],
    ]),
    gone: new Set(["gone"]),
    terminatedThreshold: 1,
  };
  const rows: [string, Parameters<typeof decidePodGc>[0]["pods"], string[]][] = [
    ["running pods stay", [testPod("a")], []],
    [
      "ended ones beyond the threshold, the oldest first",
      [testPod("a", { phase: "Failed", createdMs: 1000 }), testPod("b", { phase: "Succeeded", createdMs: 9000 })],
      ["a terminated"],
    ],
    ["those of a node that has gone", [testPod("a", { node: "gone" })], ["a orphaned"]],
    ["those deleted before they had a node", [testPod("a", { node: "", deleting: true }), testPod("b", { node: "" })], ["a unscheduled"]],
    ["those that cannot end on a node out of service", [testPod("a", { node: "out", deleting: true }), testPod("b", { node: "out" })], ["a outOfService"]],
    ["terminating ones of a node that is well are the kubelet's", [testPod("a", { deleting: true })], []],
  ];
  for (const [name, all, expected] of rows) {
    test(name, () =>
      assert.deepEqual(
        decidePodGc({ ...state, pods: all }).map(({ pod, why }) => `${pod.metadata.name} ${why}`),
        expected,
      ),
    );
  }
});

test("a node must be missing for 40 s before its pods go, and they go as failed", async () => {
  const { api, start, settle, end } = controllerScene();
  api.put(nodes, testNode("node"));
  api.put(pods, testPod("stays", { readySinceMs: testStart }));
  api.put(pods, testPod("held", { node: "gone", finalizers: ["example.com/hold"] }));
  await start(podGcController());
  await settle(30_000);
  assert.equal(api.all(pods).find((pod) => pod.metadata.name === "held")?.status?.phase, "Running");
  await settle(30_000);
  const held = api.all(pods).find((pod) => pod.metadata.name === "held");
  assert.deepEqual([held?.status?.phase, held?.status?.conditions?.[0]?.message], ["Failed", "PodGC: node no longer exists"]);
  assert.notEqual(held?.metadata.deletionTimestamp, undefined);
  assert.equal(api.all(pods).length, 2);
  await end();
});
