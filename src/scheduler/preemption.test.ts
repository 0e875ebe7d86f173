import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts";
import { NominatedPods } from "./nominated-pods.ts";
import { preempt } from "./preemption.ts";
import { schedulePod } from "./schedule-pod.ts";
import { cacheOf, cycleOf, farFrom, nodeAt, podOf } from "./testing.ts";

const one = [nodeAt("a", { allocatable: { foo: "1000" } })];
const two = [...one, nodeAt("b", { allocatable: { foo: "1000" } })];

function fooPod(name: string, foo: number, priority: number, more: Parameters<typeof podOf>[1] = {}): Pod {
  return podOf(name, { requests: { foo: `${foo}` }, priority, ...more });
}
const started = (time: string) => ({ status: { startTime: `2026-01-01T${time}Z` } });

interface Case {
  readonly name: string;
  readonly pod: Pod;
  readonly nodes?: readonly Node[];
  readonly placed: readonly [Pod, string][];
  readonly budgets?: readonly PodDisruptionBudget[];
  readonly nominated?: readonly [Pod, string][];
  /** `a: x y` for the node and the victims, or the message. */
  readonly result: string;
}

function decide({ pod, nodes = two, placed, budgets = [], nominated = [] }: Case): string {
  const nominations = new NominatedPods();
  for (const [other, node] of nominated) nominations.set(other, node);
  const cycle = cycleOf(pod, cacheOf(nodes, placed), nominations);
  const tried = schedulePod(cycle, () => 0);
  if (tried.type === "fits") return `fits ${tried.node}`;
  const result = preempt(cycle, tried.misfits, budgets, () => 0);
  const again = schedulePod(cycle, () => 0);
  assert.deepEqual(again, tried, "the search left a trace");
  return result.type === "none" ? result.message : `${result.node}: ${result.victims.map((victim) => victim.metadata.name).join(" ")}`;
}

function budget(app: string, disruptionsAllowed: number, disrupted: string[] = []): PodDisruptionBudget {
  const disruptedPods = Object.fromEntries(disrupted.map((name) => [name, "2026-01-01T00:00:00Z"]));
  const status = { disruptionsAllowed, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptedPods };
  const spec = { selector: { matchLabels: { app } } };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: app, namespace: "default", uid: app }, spec, status };
}

const cases: readonly Case[] = [
  {
    name: "no pod of lower priority",
    pod: fooPod("p", 500, 1),
    placed: [
      [fooPod("x", 1000, 1), "a"],
      [fooPod("y", 1000, 1), "b"],
    ],
    result: "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  },
  {
    name: "a node that never suits",
    pod: fooPod("p", 2000, 9),
    placed: [[fooPod("x", 1000, 1), "a"]],
    result: "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  },
  {
    name: "even without all lower ones there is no room",
    pod: fooPod("p", 500, 5),
    nodes: one,
    placed: [
      [fooPod("x", 600, 9), "a"],
      [fooPod("y", 400, 1), "a"],
    ],
    result: "preemption: 0/1 nodes are available: 1 Insufficient foo.",
  },
  {
    name: "preemptionPolicy Never",
    pod: fooPod("p", 500, 9, { spec: { preemptionPolicy: "Never" } }),
    placed: [
      [fooPod("x", 1000, 1), "a"],
      [fooPod("y", 1000, 1), "b"],
    ],
    result: "preemption: not eligible due to preemptionPolicy=Never.",
  },
  {
    name: "no more victims than needed",
    pod: fooPod("p", 300, 9),
    nodes: one,
    placed: [
      [fooPod("x", 500, 1), "a"],
      [fooPod("y", 500, 2), "a"],
    ],
    result: "a: x",
  },
  {
    name: "the more important are given back first, though one victim would do",
    pod: fooPod("p4", 500, 4),
    nodes: one,
    placed: [
      [fooPod("p1", 200, 1), "a"],
      [fooPod("p2", 300, 2), "a"],
      [fooPod("p3", 450, 3), "a"],
    ],
    result: "a: p2 p1",
  },
  {
    name: "among equals the younger goes",
    pod: fooPod("p", 500, 9),
    nodes: one,
    placed: [
      [fooPod("young", 500, 1, started("02:00:00")), "a"],
      [fooPod("old", 500, 1, started("01:00:00")), "a"],
    ],
    result: "a: young",
  },
  {
    name: "the node whose highest victim is lowest",
    pod: fooPod("p", 1000, 9),
    placed: [
      [fooPod("x", 1000, 5), "a"],
      [fooPod("y", 500, 2), "b"],
      [fooPod("z", 500, 2), "b"],
    ],
    result: "b: y z",
  },
  {
    name: "then the smallest sum of priorities",
    pod: fooPod("p", 1000, 9),
    placed: [
      [fooPod("x", 1000, 5), "b"],
      [fooPod("y", 500, 5), "a"],
      [fooPod("z", 500, 1), "a"],
    ],
    result: "b: x",
  },
  {
    name: "then the victims that started last",
    pod: fooPod("p", 1000, 9),
    placed: [
      [fooPod("x", 1000, 5, started("01:00:00")), "a"],
      [fooPod("y", 1000, 5, started("02:00:00")), "b"],
    ],
    result: "b: y",
  },
  {
    name: "budgets come before priorities",
    pod: fooPod("p", 1000, 9),
    placed: [
      [fooPod("x", 1000, 1, { labels: { app: "db" } }), "a"],
      [fooPod("y", 1000, 5), "b"],
    ],
    budgets: [budget("db", 0)],
    result: "b: y",
  },
  {
    name: "a disruption that the budget knows of is not counted again",
    pod: fooPod("p", 1000, 9),
    placed: [
      [fooPod("x", 1000, 1, { labels: { app: "db" } }), "a"],
      [fooPod("y", 1000, 5), "b"],
    ],
    budgets: [budget("db", 0, ["x"])],
    result: "a: x",
  },
  {
    name: "pods whose budget would break are given back first",
    pod: fooPod("p", 500, 9),
    nodes: one,
    placed: [
      [fooPod("x", 500, 1, { labels: { app: "db" } }), "a"],
      [fooPod("y", 500, 5), "a"],
    ],
    budgets: [budget("db", 0)],
    result: "a: y",
  },
  {
    name: "anti-affinity makes victims",
    pod: fooPod("p", 0, 9, { spec: farFrom({ labelSelector: { matchLabels: { app: "db" } }, topologyKey: "kubernetes.io/hostname" }) }),
    nodes: one,
    placed: [
      [fooPod("x", 0, 1, { labels: { app: "db" } }), "a"],
      [fooPod("y", 0, 1), "a"],
    ],
    result: "a: x",
  },
  {
    name: "room of a nominated pod of higher priority is taken",
    pod: fooPod("p", 500, 2),
    nodes: one,
    placed: [],
    nominated: [[fooPod("n", 600, 3), "a"]],
    result: "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  },
  { name: "that of lower priority is not", pod: fooPod("p", 500, 2), nodes: one, placed: [], nominated: [[fooPod("n", 600, 1), "a"]], result: "fits a" },
  {
    name: "waits for the victims it has",
    pod: fooPod("p", 500, 9),
    placed: [
      [
        fooPod("x", 1000, 1, { terminating: true, status: { conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }] } }),
        "a",
      ],
      [fooPod("y", 1000, 1), "b"],
    ],
    nominated: [[fooPod("p", 500, 9), "a"]],
    result: "preemption: not eligible due to a terminating pod on the nominated node.",
  },
];

for (const scenario of cases) test(`preemption: ${scenario.name}`, () => assert.equal(decide(scenario), scenario.result));
