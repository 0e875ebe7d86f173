import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts";
import { podDisruptionBudgets, pods, replicaSets } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testPod, testStart } from "../shared/test-objects.ts";
import { timeText } from "../shared/time.ts";
import { disruptionController } from "./disruption-controller.ts";
import { budgetStatus } from "./status.ts";

const ready = (count: number): Pod[] => Array.from({ length: count }, (_, i) => testPod(`p${i}`, { labels: { app: "x" }, readySinceMs: testStart }));

function budget(spec: object, status: object = {}): PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "b", namespace: "default", uid: "b", generation: 2 },
    spec: { selector: { matchLabels: { app: "x" } }, ...spec },
    status,
  } as PodDisruptionBudget;
}

describe("how many evictions a budget allows", () => {
  const rows: [string, object, Pod[], number, [number, number, number, number]][] = [
    ["minAvailable", { minAvailable: 2 }, ready(3), 3, [1, 3, 2, 3]],
    ["minAvailable not met", { minAvailable: 4 }, ready(3), 3, [0, 3, 4, 3]],
    ["minAvailable in percent, rounded up", { minAvailable: "50%" }, ready(3), 3, [1, 3, 2, 3]],
    ["maxUnavailable", { maxUnavailable: 1 }, ready(3), 3, [1, 3, 2, 3]],
    ["maxUnavailable in percent, rounded up", { maxUnavailable: "10%" }, ready(3), 3, [1, 3, 2, 3]],
    ["pods that are missing use the budget up", { maxUnavailable: 1 }, ready(2), 3, [0, 2, 2, 3]],
    ["unready ones too", { minAvailable: 1 }, [...ready(1), testPod("u", { labels: { app: "x" } })], 2, [0, 1, 1, 2]],
    ["terminating ones too", { minAvailable: 1 }, [...ready(1), testPod("t", { readySinceMs: testStart, deleting: true })], 2, [0, 1, 1, 2]],
    ["no pods, no evictions", { minAvailable: 0 }, [], 0, [0, 0, 0, 0]],
  ];
  for (const [name, spec, all, scale, expected] of rows) {
    test(name, () => {
      const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = budgetStatus({
        budget: budget(spec),
        pods: all,
        expectedScale: () => scale,
        nowMs: testStart,
      }).status;
      assert.deepEqual([disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods], expected);
    });
  }

  test("an eviction just granted counts as done; after two minutes it has failed", () => {
    const granted = budget({ minAvailable: 2 }, { disruptedPods: { p0: timeText(testStart), gone: timeText(testStart) } });
    const at = (nowMs: number) => budgetStatus({ budget: granted, pods: ready(3), expectedScale: () => 3, nowMs });
    assert.deepEqual(
      [at(testStart).status.disruptionsAllowed, at(testStart).status.disruptedPods, at(testStart).againMs],
      [0, { p0: timeText(testStart) }, 120_000],
    );
    assert.deepEqual([at(testStart + 120_000).status.disruptionsAllowed, at(testStart + 120_000).status.disruptedPods], [1, undefined]);
  });
});

test("the status follows pods and the scale of their controllers", async () => {
  const { api, start, settle, end } = controllerScene();
  const set = api.put(replicaSets, { metadata: { name: "s", namespace: "default" }, spec: { replicas: 3 } });
  for (const name of ["a", "b", "c"]) api.put(pods, testPod(name, { labels: { app: "x" }, readySinceMs: testStart, owner: set }));
  api.put(podDisruptionBudgets, { ...budget({ maxUnavailable: 1 }), status: undefined });
  const status = () => api.all(podDisruptionBudgets)[0]!.status!;
  await start(disruptionController);
  assert.deepEqual(
    [status().disruptionsAllowed, status().expectedPods, status().observedGeneration, status().conditions?.[0]?.reason],
    [1, 3, 2, "SufficientPods"],
  );
  api.remove(pods, "default", "a");
  await settle();
  assert.deepEqual([status().disruptionsAllowed, status().conditions?.[0]?.reason], [0, "InsufficientPods"]);
  api.put(replicaSets, { ...set, spec: { replicas: 2 } });
  await settle();
  assert.equal(status().disruptionsAllowed, 1);
  await end();
});

test("pods of a controller without a scale: nothing may be evicted, and the condition says why", async () => {
  const { api, start, end, events } = controllerScene();
  const owner = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", uid: "j" } };
  api.put(pods, testPod("a", { labels: { app: "x" }, readySinceMs: testStart, owner }));
  api.put(podDisruptionBudgets, { ...budget({ maxUnavailable: 1 }), status: undefined });
  await start(disruptionController);
  const status = api.all(podDisruptionBudgets)[0]!.status!;
  assert.deepEqual([status.disruptionsAllowed, status.conditions?.[0]?.reason], [0, "SyncFailed"]);
  assert.match(events[0] ?? "", /^CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: found no controllers/);
  await end();
});
