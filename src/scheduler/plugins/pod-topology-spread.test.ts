import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { TopologySpreadConstraint } from "../../api/core/v1/pod-spec.ts";
import { objectKey } from "../../machinery/object.ts";
import { selectorFromSet } from "../../machinery/selectors/labels.ts";
import { podFacts } from "../node-info.ts";
import { unschedulableMessage } from "../schedule-pod.ts";
import { cacheOf, cycleOf, fitting, nodeAt, podOf } from "../testing.ts";

const labels = { app: "web" };
const web = (name: string, more: Parameters<typeof podOf>[1] = {}) => podOf(name, { labels, ...more });
const spread = (more: Partial<TopologySpreadConstraint> = {}): Partial<Pod["spec"]> => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: labels }, ...more }],
});
const tainted: Node["spec"] = { taints: [{ key: "k", effect: "NoSchedule" }] };

test("hard constraints keep domains within the skew", () => {
  const east = nodeAt("a@east");
  const west = nodeAt("b@west");
  const cases: { name: string; pod: Pod; nodes?: Node[]; placed?: [Pod, string][]; fits: string[] }[] = [
    { name: "empty domains", pod: web("p", { spec: spread() }), fits: ["a", "b"] },
    { name: "the fuller zone is out", pod: web("p", { spec: spread() }), placed: [[web("x"), "a"]], fits: ["b"] },
    { name: "skew 2 allows one more", pod: web("p", { spec: spread({ maxSkew: 2 }) }), placed: [[web("x"), "a"]], fits: ["a", "b"] },
    { name: "a pod that does not match itself", pod: podOf("p", { spec: spread() }), placed: [[web("x"), "a"]], fits: ["a", "b"] },
    { name: "other namespaces do not count", pod: web("p", { spec: spread() }), placed: [[web("x", { namespace: "other" }), "a"]], fits: ["a", "b"] },
    { name: "pods being deleted do not count", pod: web("p", { spec: spread() }), placed: [[web("x", { terminating: true }), "a"]], fits: ["a", "b"] },
    { name: "a node without the label", pod: web("p", { spec: spread() }), nodes: [east, nodeAt("c")], fits: ["a"] },
    {
      name: "fewer domains than minDomains",
      pod: web("p", { spec: spread({ minDomains: 3 }) }),
      placed: [
        [web("x"), "a"],
        [web("y"), "b"],
      ],
      fits: [],
    },
    {
      name: "as many domains as minDomains",
      pod: web("p", { spec: spread({ minDomains: 2 }) }),
      placed: [
        [web("x"), "a"],
        [web("y"), "b"],
      ],
      fits: ["a", "b"],
    },
    {
      name: "zones that node affinity rules out do not count",
      pod: web("p", { spec: { ...spread(), nodeSelector: { zone: "east" } } }),
      placed: [[web("x"), "a"]],
      fits: ["a"],
    },
    {
      name: "unless the policy ignores affinity",
      pod: web("p", { spec: { ...spread({ nodeAffinityPolicy: "Ignore" }), nodeSelector: { zone: "east" } } }),
      placed: [[web("x"), "a"]],
      fits: [],
    },
    { name: "tainted zones count", pod: web("p", { spec: spread() }), nodes: [east, nodeAt("b@west", { spec: tainted })], placed: [[web("x"), "a"]], fits: [] },
    {
      name: "unless the policy honours taints",
      pod: web("p", { spec: spread({ nodeTaintsPolicy: "Honor" }) }),
      nodes: [east, nodeAt("b@west", { spec: tainted })],
      placed: [[web("x"), "a"]],
      fits: ["a"],
    },
    {
      name: "matchLabelKeys counts one revision only",
      pod: podOf("p", { labels: { ...labels, hash: "2" }, spec: spread({ matchLabelKeys: ["hash", "absent"] }) }),
      placed: [[podOf("x", { labels: { ...labels, hash: "1" } }), "a"]],
      fits: ["a", "b"],
    },
  ];
  for (const { name, pod, nodes = [east, west], placed = [], fits } of cases) assert.deepEqual(fitting(pod, cacheOf(nodes, placed)), fits, name);
});

test("the reasons tell skew from missing labels", () => {
  const cache = cacheOf([nodeAt("a@east"), nodeAt("b@west", { allocatable: { pods: "0" } }), nodeAt("c")], [[web("x"), "a"]]);
  const cycle = cycleOf(web("p", { spec: spread() }), cache);
  const misfits = new Map(cache.nodes.map((node) => [node.node.metadata.name, cycle.misfit(node) ?? { reasons: [], unresolvable: false }]));
  assert.equal(
    unschedulableMessage(3, misfits),
    "0/3 nodes are available: 1 Too many pods, 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label).",
  );
});

test("soft constraints and the defaults of the system prefer the emptier domain", () => {
  const best = (pod: Pod, placed: [Pod, string][], selected: boolean) => {
    const objects = { namespaceLabels: () => undefined, defaultSelector: () => (selected ? selectorFromSet(labels) : undefined) };
    const cache = cacheOf([nodeAt("a@east"), nodeAt("b@east"), nodeAt("c@west")], placed, objects);
    const scores = cycleOf(pod, cache).scores(cache.nodes);
    const top = Math.max(...scores);
    return cache.nodes.filter((_, i) => scores[i] === top).map((node) => node.node.metadata.name);
  };
  const soft = spread({ whenUnsatisfiable: "ScheduleAnyway" });
  assert.deepEqual(best(web("p", { spec: soft }), [[web("x"), "a"]], false), ["c"]);
  assert.deepEqual(best(web("p"), [[web("x"), "a"]], true), ["c"]);
  assert.deepEqual(
    best(
      web("p"),
      [
        [web("x"), "a"],
        [web("y"), "c"],
      ],
      true,
    ),
    ["b"],
  );
  assert.deepEqual(best(podOf("p"), [], false), ["a", "b", "c"]);
});

test("what preemption tries is counted and taken back exactly", () => {
  const placed: [Pod, string][] = ["a", "a", "b", "c"].map((node, i) => [web(`x${i}`), node]);
  const cache = cacheOf([nodeAt("a@east"), nodeAt("b@west"), nodeAt("c@north")], placed);
  const cycle = cycleOf(web("p", { spec: spread() }), cache);
  const fits = () => cache.nodes.filter((node) => cycle.misfit(node) === undefined).map((node) => node.node.metadata.name);
  assert.deepEqual(fits(), ["b", "c"]);
  const b = cache.node("b");
  assert.ok(b);
  const copy = b.clone();
  const gone = podFacts(b.pods.get(objectKey(web("x2")))?.pod ?? web("none"));
  cycle.removePod(copy, gone);
  assert.deepEqual(fits(), ["b"]);
  cycle.addPod(copy, gone);
  assert.deepEqual(fits(), ["b", "c"]);
});
