import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { SchedulerCache } from "./cache.ts";
import { Cycle } from "./cycle.ts";
import { podFacts } from "./node-info.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { type ScheduleResult, schedulePod } from "./schedule-pod.ts";

interface NodeSketch {
  readonly name: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly labels?: Record<string, string>;
  readonly spec?: Node["spec"];
  readonly allocatable?: Record<string, string>;
}

function node({ name, cpu = "2", memory = "4Gi", labels = {}, spec = {}, allocatable = {} }: NodeSketch): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: name, labels }, spec, status: { allocatable: { cpu, memory, pods: "10", ...allocatable } } };
}

function pod(name: string, spec: Partial<Pod["spec"]> = {}, requests: Record<string, string> = {}): Pod {
  const containers = spec.containers ?? [{ name: "c", resources: { requests } }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", uid: name }, spec: { ...spec, containers } };
}

function schedule(what: Pod, nodes: readonly Node[], placed: readonly [Pod, string][] = [], random = () => 0): ScheduleResult {
  const cache = new SchedulerCache();
  for (const item of nodes) cache.setNode(item);
  for (const [other, name] of placed) cache.assume(other, name);
  return schedulePod(new Cycle(podFacts(what), cache, defaultPlugins), random);
}

const tainted: Node["spec"] = { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] };
const prefersNot: Node["spec"] = { taints: [{ key: "slow", effect: "PreferNoSchedule" }] };
const port = (hostPort: number, hostIP?: string, protocol = "TCP") => ({
  containers: [{ name: "c", ports: [{ containerPort: 80, hostPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) }] }],
});
const affinity = (operator: string, values?: string[]): Partial<Pod["spec"]> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator, ...(values === undefined ? {} : { values }) }] }],
      },
    },
  },
});

test("a pod goes where every rule lets it, and to the best of those nodes", () => {
  const cases: { name: string; pod: Pod; nodes: Node[]; placed?: [Pod, string][]; fits: string }[] = [
    {
      name: "the emptier node",
      pod: pod("p", {}, { cpu: "1" }),
      nodes: [node({ name: "a" }), node({ name: "b" })],
      placed: [[pod("x", {}, { cpu: "1", memory: "2Gi" }), "a"]],
      fits: "b",
    },
    {
      name: "node selector",
      pod: pod("p", { nodeSelector: { disk: "ssd" } }),
      nodes: [node({ name: "a" }), node({ name: "b", labels: { disk: "ssd" } })],
      fits: "b",
    },
    {
      name: "affinity In",
      pod: pod("p", affinity("In", ["east"])),
      nodes: [node({ name: "a", labels: { zone: "west" } }), node({ name: "b", labels: { zone: "east" } })],
      fits: "b",
    },
    {
      name: "affinity DoesNotExist",
      pod: pod("p", affinity("DoesNotExist")),
      nodes: [node({ name: "a", labels: { zone: "west" } }), node({ name: "b" })],
      fits: "b",
    },
    {
      name: "affinity Gt",
      pod: pod("p", affinity("Gt", ["3"])),
      nodes: [node({ name: "a", labels: { zone: "3" } }), node({ name: "b", labels: { zone: "10" } })],
      fits: "b",
    },
    {
      name: "a tolerated taint",
      pod: pod("p", { tolerations: [{ key: "dedicated", operator: "Exists" }], nodeSelector: { x: "y" } }),
      nodes: [node({ name: "a", spec: tainted, labels: { x: "y" } })],
      fits: "a",
    },
    { name: "away from PreferNoSchedule", pod: pod("p"), nodes: [node({ name: "a", spec: prefersNot }), node({ name: "b" })], fits: "b" },
    {
      name: "host ports on different addresses",
      pod: pod("p", port(80, "10.0.0.1")),
      nodes: [node({ name: "a" })],
      placed: [[pod("x", port(80, "10.0.0.2")), "a"]],
      fits: "a",
    },
    {
      name: "host ports of different protocols",
      pod: pod("p", port(53, undefined, "UDP")),
      nodes: [node({ name: "a" })],
      placed: [[pod("x", port(53)), "a"]],
      fits: "a",
    },
    {
      name: "balanced use",
      pod: pod("p", {}, { cpu: "1", memory: "2Gi" }),
      nodes: [node({ name: "a", cpu: "4", memory: "4Gi" }), node({ name: "b", cpu: "4", memory: "8Gi" })],
      fits: "b",
    },
  ];
  for (const { name, pod: what, nodes, placed, fits } of cases) {
    const result = schedule(what, nodes, placed);
    assert.equal(result.type === "fits" ? result.node : result.message, fits, name);
  }
});

test("a pod that fits nowhere is told why, node by node", () => {
  const three = [node({ name: "a", cpu: "1" }), node({ name: "b", spec: tainted }), node({ name: "c", spec: { unschedulable: true } })];
  const cases: { pod: Pod; nodes: Node[]; placed?: [Pod, string][]; message: string }[] = [
    { pod: pod("p"), nodes: [], message: "no nodes available to schedule pods" },
    {
      pod: pod("p", {}, { cpu: "3" }),
      nodes: three,
      message: "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable.",
    },
    {
      pod: pod("p", {}, { cpu: "3", memory: "8Gi" }),
      nodes: [node({ name: "a" }), node({ name: "b" })],
      message: "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.",
    },
    { pod: pod("p", {}, { "example.com/gpu": "1" }), nodes: [node({ name: "a" })], message: "0/1 nodes are available: 1 Insufficient example.com/gpu." },
    {
      pod: pod("p", port(80)),
      nodes: [node({ name: "a" })],
      placed: [[pod("x", port(80, "127.0.0.1")), "a"]],
      message: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    },
    {
      pod: pod("p", { nodeSelector: { disk: "ssd" } }),
      nodes: [node({ name: "a" })],
      message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    },
    {
      pod: pod("p"),
      nodes: [node({ name: "a", allocatable: { pods: "1" } })],
      placed: [[pod("x"), "a"]],
      message: "0/1 nodes are available: 1 Too many pods.",
    },
  ];
  for (const { pod: what, nodes, placed, message } of cases) {
    const result = schedule(what, nodes, placed);
    assert.equal(result.type === "unschedulable" ? result.message : result.node, message);
  }
});

test("among equally good nodes the choice is random", () => {
  const nodes = [node({ name: "a" }), node({ name: "b" })];
  const chosen = (value: number) => {
    const result = schedule(pod("p"), nodes, [], () => value);
    return result.type === "fits" ? result.node : "";
  };
  assert.deepEqual([chosen(0), chosen(0.99)], ["a", "b"]);
});
