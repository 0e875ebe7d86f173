import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Node, Taint } from "../../api/core/v1/node.ts";
import { testNode, testPod, testStart } from "../shared/test-objects.ts";
import { desiredTaints, evictionIntervalMs, zoneStates } from "./health.ts";
import { toleratedMs } from "./taint-eviction-controller.ts";

function nodeWith(ready: string | undefined, taints: readonly string[] = [], more: Partial<Node["spec"]> = {}, pressure: string[] = []): Node {
  const conditions = [...(ready === undefined ? [] : [{ type: "Ready", status: ready }]), ...pressure.map((type) => ({ type, status: "True" }))];
  const parsed = taints.map((text): Taint => {
    const [key = "", effect = ""] = text.split(":");
    return { key: key.includes("/") ? key : `node.kubernetes.io/${key}`, effect };
  });
  return { ...testNode("n"), spec: { ...more, ...(parsed.length === 0 ? {} : { taints: parsed }) }, status: { conditions } } as Node;
}

describe("taints follow the conditions of a node", () => {
  const rows: [string, Node, boolean, string | undefined][] = [
    ["ready and clean", nodeWith("True"), true, undefined],
    ["not ready", nodeWith("False"), true, "not-ready:NoSchedule not-ready:NoExecute"],
    ["not ready, eviction has to wait", nodeWith("False"), false, "not-ready:NoSchedule"],
    ["unreachable", nodeWith("Unknown"), true, "unreachable:NoSchedule unreachable:NoExecute"],
    [
      "from not ready to unreachable needs no waiting",
      nodeWith("Unknown", ["not-ready:NoSchedule", "not-ready:NoExecute"]),
      false,
      "unreachable:NoSchedule unreachable:NoExecute",
    ],
    ["recovered", nodeWith("True", ["not-ready:NoSchedule", "not-ready:NoExecute"]), true, ""],
    ["cordoned", nodeWith("True", [], { unschedulable: true }), true, "unschedulable:NoSchedule"],
    ["under pressure", nodeWith("True", [], {}, ["MemoryPressure", "PIDPressure"]), true, "memory-pressure:NoSchedule pid-pressure:NoSchedule"],
    ["a user's own taints stay", nodeWith("True", ["example.com/mine:NoExecute", "not-ready:NoExecute"]), true, "example.com/mine:NoExecute"],
    ["a new node tainted by admission, which has reported ready", nodeWith("True", ["not-ready:NoSchedule"]), true, ""],
    ["a new node that has not reported yet keeps nothing it does not need", nodeWith(undefined), true, undefined],
  ];
  for (const [name, node, mayEvict, expected] of rows) {
    test(name, () => {
      const taints = desiredTaints(node, mayEvict, testStart)?.map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`);
      assert.equal(taints?.join(" "), expected);
    });
  }
});

describe("how fast nodes of a zone are evicted", () => {
  const zone = (name: string, ready: number, notReady: number) => [
    ...Array.from({ length: ready }, () => ({ ...nodeWith("True"), metadata: { name: "n", uid: "", labels: { "topology.kubernetes.io/zone": name } } })),
    ...Array.from({ length: notReady }, () => ({ ...nodeWith("Unknown"), metadata: { name: "n", uid: "", labels: { "topology.kubernetes.io/zone": name } } })),
  ];
  const rows: [string, Node[], number | undefined][] = [
    ["one of many", zone("a", 9, 1), 10_000],
    ["more than half of a small zone: none", zone("a", 4, 6), undefined],
    ["more than half of a large zone: slowly", zone("a", 40, 60), 100_000],
    ["a whole zone, others are well: as usual", [...zone("a", 0, 5), ...zone("b", 5, 0)], 10_000],
    ["everything: none, more likely we are cut off", [...zone("a", 0, 5), ...zone("b", 0, 5)], undefined],
  ];
  for (const [name, nodes, expected] of rows) {
    test(name, () => {
      const size = nodes.filter((node) => node.metadata.labels?.["topology.kubernetes.io/zone"] === "a").length;
      assert.equal(evictionIntervalMs(zoneStates(nodes), ":a", size), expected);
    });
  }
});

describe("how long a pod tolerates NoExecute taints", () => {
  const taint = { key: "k", effect: "NoExecute" };
  const rows: [string, object[], Taint[], number][] = [
    ["not at all", [], [taint], 0],
    ["for ever", [{ key: "k", operator: "Exists" }], [taint], Number.POSITIVE_INFINITY],
    ["a while", [{ key: "k", operator: "Exists", tolerationSeconds: 5 }], [taint], 5000],
    [
      "the shortest of several",
      [
        { operator: "Exists", tolerationSeconds: 9 },
        { key: "k", operator: "Exists", tolerationSeconds: 5 },
      ],
      [taint],
      5000,
    ],
    ["one taint is tolerated, another not", [{ key: "k", operator: "Exists" }], [taint, { key: "x", effect: "NoExecute" }], 0],
    ["a negative time is none", [{ operator: "Exists", tolerationSeconds: -1 }], [taint], 0],
    ["no taints", [], [], Number.POSITIVE_INFINITY],
  ];
  for (const [name, tolerations, taints, expected] of rows) {
    test(name, () => {
      const pod = testPod("p");
      assert.equal(toleratedMs({ ...pod, spec: { ...pod.spec, tolerations } } as typeof pod, taints), expected);
    });
  }
});
