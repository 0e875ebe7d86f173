import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodAffinityTerm } from "../../api/core/v1/affinity.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Misfit } from "../framework.ts";
import { cacheOf, cycleOf, farFrom, fitting, near, nodeAt, podOf } from "../testing.ts";

const nodes = [nodeAt("a@east"), nodeAt("b@east"), nodeAt("c@west"), nodeAt("d")];
const db = (name: string, more: Parameters<typeof podOf>[1] = {}) => podOf(name, { labels: { app: "db" }, ...more });
const term = (more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({ labelSelector: { matchLabels: { app: "db" } }, topologyKey: "zone", ...more });
const objects = { namespaceLabels: (name: string) => ({ team: name }), defaultSelector: () => undefined };
const allNodes = ["a", "b", "c", "d"];

test("required affinity and anti-affinity", () => {
  const cases: { name: string; pod: Pod; placed?: [Pod, string][]; fits: string[] }[] = [
    { name: "near: the whole zone", pod: podOf("p", { spec: near(term()) }), placed: [[db("x"), "a"]], fits: ["a", "b"] },
    { name: "near: the host", pod: podOf("p", { spec: near(term({ topologyKey: "kubernetes.io/hostname" })) }), placed: [[db("x"), "a"]], fits: ["a"] },
    { name: "near nothing that exists", pod: podOf("p", { spec: near(term()) }), fits: [] },
    { name: "the first of its kind starts in any zone", pod: db("p", { spec: near(term()) }), fits: ["a", "b", "c"] },
    { name: "the second must join it", pod: db("p", { spec: near(term()) }), placed: [[db("x"), "c"]], fits: ["c"] },
    { name: "far: the whole zone is out", pod: podOf("p", { spec: farFrom(term()) }), placed: [[db("x"), "a"]], fits: ["c", "d"] },
    { name: "pods being deleted count", pod: podOf("p", { spec: farFrom(term()) }), placed: [[db("x", { terminating: true }), "a"]], fits: ["c", "d"] },
    { name: "symmetry: pods there keep it out", pod: db("p"), placed: [[podOf("x", { spec: farFrom(term()) }), "a"]], fits: ["c", "d"] },
    { name: "own namespace by default", pod: podOf("p", { spec: farFrom(term()) }), placed: [[db("x", { namespace: "other" }), "a"]], fits: allNodes },
    {
      name: "named namespaces",
      pod: podOf("p", { spec: farFrom(term({ namespaces: ["other"] })) }),
      placed: [[db("x", { namespace: "other" }), "a"]],
      fits: ["c", "d"],
    },
    {
      name: "named namespaces leave out the own one",
      pod: podOf("p", { spec: farFrom(term({ namespaces: ["other"] })) }),
      placed: [[db("x"), "a"]],
      fits: allNodes,
    },
    {
      name: "namespaces by label",
      pod: podOf("p", { spec: farFrom(term({ namespaceSelector: { matchLabels: { team: "other" } } })) }),
      placed: [
        [db("x", { namespace: "other" }), "a"],
        [db("y"), "c"],
      ],
      fits: ["c", "d"],
    },
    {
      name: "all namespaces, seen from the pods there",
      pod: db("p"),
      placed: [[podOf("x", { namespace: "other", spec: farFrom(term({ namespaceSelector: {} })) }), "a"]],
      fits: ["c", "d"],
    },
    {
      name: "matchLabelKeys",
      pod: db("p", { labels: { app: "db", hash: "2" }, spec: farFrom(term({ matchLabelKeys: ["hash"] })) }),
      placed: [
        [db("x", { labels: { app: "db", hash: "1" } }), "a"],
        [db("y", { labels: { app: "db", hash: "2" } }), "c"],
      ],
      fits: ["a", "b", "d"],
    },
    {
      name: "mismatchLabelKeys",
      pod: db("p", { labels: { app: "db", tenant: "2" }, spec: farFrom(term({ mismatchLabelKeys: ["tenant"] })) }),
      placed: [
        [db("x", { labels: { app: "db", tenant: "1" } }), "a"],
        [db("y", { labels: { app: "db", tenant: "2" } }), "c"],
      ],
      fits: ["c", "d"],
    },
  ];
  for (const { name, pod, placed = [], fits } of cases) assert.deepEqual(fitting(pod, cacheOf(nodes, placed, objects)), fits, name);
});

test("each kind of refusal has its reason, and only a wish to be near is beyond preemption", () => {
  const reason = (pod: Pod, placed: [Pod, string][]): Misfit | undefined => {
    const cache = cacheOf(nodes, placed, objects);
    const node = cache.node("a");
    return node === undefined ? undefined : cycleOf(pod, cache).misfit(node);
  };
  assert.deepEqual(reason(podOf("p", { spec: near(term()) }), []), { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true });
  assert.deepEqual(reason(podOf("p", { spec: farFrom(term()) }), [[db("x"), "b"]]), {
    reasons: ["node(s) didn't match pod anti-affinity rules"],
    unresolvable: false,
  });
  assert.deepEqual(reason(db("p"), [[podOf("x", { spec: farFrom(term()) }), "b"]]), {
    reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
    unresolvable: false,
  });
});

test("preferences attract and repel, both of the pod and of those there", () => {
  const best = (pod: Pod, placed: [Pod, string][]) => {
    const cache = cacheOf(nodes.slice(0, 3), placed, objects);
    const scores = cycleOf(pod, cache).scores(cache.nodes);
    return cache.nodes.filter((_, i) => scores[i] === Math.max(...scores)).map((node) => node.node.metadata.name);
  };
  const preferring = (kind: "podAffinity" | "podAntiAffinity"): Partial<Pod["spec"]> => ({
    affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term() }] } },
  });
  assert.deepEqual(best(podOf("p", { spec: preferring("podAffinity") }), [[db("x"), "c"]]), ["c"]);
  assert.deepEqual(best(podOf("p", { spec: preferring("podAntiAffinity") }), [[db("x"), "c"]]), ["a", "b"]);
  assert.deepEqual(best(db("p"), [[podOf("x", { spec: preferring("podAffinity") }), "c"]]), ["c"]);
  assert.deepEqual(best(db("p"), [[podOf("x", { spec: preferring("podAntiAffinity") }), "c"]]), ["a", "b"]);
});
