import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "../../api/core/v1/pod.ts";
import { testPod as pod } from "../shared/test-objects.ts";
import { planReplicas, replicaStatus } from "./plan.ts";

const now = Date.UTC(2026, 0, 1);
const owner = { replicas: 2, minReadySeconds: 0, templateLabels: { app: "x" } };

function decide(replicas: number, pods: readonly Pod[], related: readonly Pod[] = pods): string {
  const plan = planReplicas({ ...owner, replicas }, pods, related, now);
  if (plan.action === "create") return `create ${plan.count}`;
  return plan.action === "delete" ? `delete ${plan.pods.map((item) => item.metadata.name)}` : "none";
}

describe("how many pods a replica set makes or removes", () => {
  const rows: [string, number, Pod[], string][] = [
    ["all missing", 2, [], "create 2"],
    ["one missing", 2, [pod("a")], "create 1"],
    ["as many as wanted", 1, [pod("a")], "none"],
    ["failed and succeeded pods do not count", 1, [pod("a", { phase: "Failed" }), pod("b", { phase: "Succeeded" })], "create 1"],
    ["pods that are going do not count", 1, [pod("a", { deleting: true })], "create 1"],
    ["never more than 500 at once", 1200, [], "create 500"],
    ["too many", 0, [pod("a")], "delete a"],
  ];
  for (const [name, replicas, pods, expected] of rows) test(name, () => assert.equal(decide(replicas, pods), expected));
});

describe("which of two pods goes first", () => {
  const rows: [string, Pod, Pod][] = [
    ["not scheduled before scheduled", pod("first", { node: "" }), pod("b", { node: "n" })],
    ["pending before running", pod("first", { phase: "Pending" }), pod("b", { phase: "Running" })],
    ["not ready before ready", pod("first"), pod("b", { readySinceMs: now - 9000 })],
    ["the cheaper one", pod("first", { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-5" } }), pod("b")],
    ["ready for a shorter time", pod("first", { readySinceMs: now - 4_000 }), pod("b", { readySinceMs: now - 400_000 })],
    ["more restarts", pod("first", { restarts: 3 }), pod("b")],
    ["younger", pod("first", { createdMs: now - 10_000 }), pod("b", { createdMs: now - 1_000_000 })],
  ];
  for (const [name, first, other] of rows) {
    test(name, () => {
      assert.equal(decide(1, [other, first]), "delete first");
      assert.equal(decide(1, [first, other]), "delete first");
    });
  }

  test("the one whose node holds more pods of the same Deployment", () => {
    const [a, b] = [pod("a", { node: "n1" }), pod("b", { node: "n2" })];
    assert.equal(decide(1, [a, b], [a, b, pod("c", { node: "n2" })]), "delete b");
  });
});

describe("status", () => {
  const input = { owner, generation: 3, old: undefined, failure: undefined, countTerminating: true, nowMs: now };

  test("counts labelled, ready, available and terminating pods; zeros are left out as Go does", () => {
    const owned = [
      pod("a", { labels: { app: "x" }, readySinceMs: now - 1000 }),
      pod("b", { labels: { app: "y" } }),
      pod("c", { deleting: true }),
      pod("d", { phase: "Failed" }),
    ];
    assert.deepEqual(replicaStatus({ ...input, owned }), {
      replicas: 2,
      fullyLabeledReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 3,
    });
    assert.deepEqual(replicaStatus({ ...input, owned: [], countTerminating: false }), { replicas: 0, observedGeneration: 3 });
  });

  test("a ready pod is available after minReadySeconds", () => {
    const owned = [pod("a", { readySinceMs: now - 5000 })];
    assert.equal(replicaStatus({ ...input, owned, owner: { ...owner, minReadySeconds: 6 } }).availableReplicas, undefined);
    assert.equal(replicaStatus({ ...input, owned, owner: { ...owner, minReadySeconds: 5 } }).availableReplicas, 1);
  });

  test("ReplicaFailure appears with the first failure, stays as it was, and goes with the first success", () => {
    const failed = replicaStatus({ ...input, owned: [], failure: "quota" });
    assert.deepEqual(failed.conditions, [
      { type: "ReplicaFailure", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "FailedCreate", message: "quota" },
    ]);
    const again = replicaStatus({ ...input, owned: [], old: failed, failure: "another", nowMs: now + 5000 });
    assert.deepEqual(again.conditions, failed.conditions);
    assert.equal(replicaStatus({ ...input, owned: [], old: failed }).conditions, undefined);
  });
});
