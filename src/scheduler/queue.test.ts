import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../api/core/v1/pod.ts";
import { SchedulingQueue } from "./queue.ts";

function pod(name: string, priority = 0, gates: string[] = [], generation = 1): Pod {
  const schedulingGates = gates.map((gate) => ({ name: gate }));
  return { apiVersion: "v1", kind: "Pod", metadata: { name, uid: name, generation }, spec: { containers: [], priority, schedulingGates } };
}

const helps = (refusedBy: ReadonlySet<string>, change: string) => refusedBy.has("Fit") && change === "PodDeleted";
const names = (queue: SchedulingQueue, now: number) => {
  const popped: string[] = [];
  for (let next = queue.pop(now); next !== undefined; next = queue.pop(now)) popped.push(next.metadata.name);
  return popped;
};

test("higher priority goes first, then who waited longer", () => {
  const queue = new SchedulingQueue(helps);
  queue.set(pod("late"), 3);
  queue.set(pod("early"), 1);
  queue.set(pod("important", 10), 5);
  assert.deepEqual(names(queue, 6), ["important", "early", "late"]);
});

test("a refused pod waits for a change that helps it, and for its back-off", () => {
  const queue = new SchedulingQueue(helps);
  queue.set(pod("p"), 0);
  queue.pop(0);
  queue.refused("p", new Set(["Fit"]), 0);
  queue.onChange("NodeUpdated", 10);
  assert.deepEqual(names(queue, 5_000), [], "a node's update does not help");
  queue.onChange("PodDeleted", 10);
  assert.equal(queue.nextDue(10), 1_000);
  assert.deepEqual(names(queue, 999), []);
  assert.deepEqual(names(queue, 1_000), ["p"]);
  queue.refused("p", new Set(["Fit"]), 1_000);
  queue.onChange("PodDeleted", 1_001);
  assert.equal(queue.nextDue(1_001), 3_000, "the second back-off is 2 s");
});

test("an unschedulable pod is tried again after five minutes whatever happens", () => {
  const queue = new SchedulingQueue(helps);
  queue.set(pod("p"), 0);
  queue.pop(0);
  queue.refused("p", new Set(["Affinity"]), 0);
  assert.equal(queue.nextDue(1), 300_000);
  assert.deepEqual(names(queue, 300_000), ["p"]);
});

test("a gated pod is not tried until its gates are gone", () => {
  const queue = new SchedulingQueue(helps);
  queue.set(pod("p", 0, ["quota"]), 0);
  assert.deepEqual(names(queue, 1), []);
  queue.set(pod("p"), 2);
  assert.deepEqual(names(queue, 2), ["p"]);
});

test("a change of the pod's own spec brings it back, a removal drops it", () => {
  const queue = new SchedulingQueue(helps);
  queue.set(pod("p"), 0);
  queue.pop(0);
  queue.refused("p", new Set(["Affinity"]), 0);
  queue.set(pod("p", 0, [], 2), 2_000);
  assert.deepEqual(names(queue, 2_000), ["p"]);
  queue.refused("p", new Set(), 2_000);
  queue.remove("p");
  assert.equal(queue.nextDue(2_001), undefined);
  assert.equal(queue.size, 0);
});
