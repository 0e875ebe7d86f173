/** Small clusters for scenario tables. */
import type { PodAffinityTerm } from "../api/core/v1/affinity.ts";
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { type ClusterObjects, SchedulerCache } from "./cache.ts";
import { Cycle } from "./cycle.ts";
import { podFacts } from "./node-info.ts";
import type { NominatedPods } from "./nominated-pods.ts";
import { defaultPlugins } from "./plugins/index.ts";

/** `a@east` is node a in zone east; without `@`, in no zone. */
export function nodeAt(place: string, more: { spec?: Node["spec"]; allocatable?: Record<string, string>; images?: [string, number][] } = {}): Node {
  const [name = "", zone] = place.split("@");
  const labels = { "kubernetes.io/hostname": name, ...(zone === undefined ? {} : { zone, "topology.kubernetes.io/zone": zone }) };
  const allocatable = { cpu: "4", memory: "8Gi", pods: "20", ...more.allocatable };
  const images = (more.images ?? []).map(([image, sizeBytes]) => ({ names: [image], sizeBytes }));
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: name, labels }, spec: more.spec ?? {}, status: { allocatable, images } };
}

interface PodSketch {
  readonly labels?: Record<string, string>;
  readonly namespace?: string;
  readonly spec?: Partial<Pod["spec"]>;
  readonly requests?: Record<string, string>;
  readonly priority?: number;
  readonly status?: Pod["status"];
  readonly terminating?: boolean;
}

export function podOf(name: string, sketch: PodSketch = {}): Pod {
  const { labels = {}, namespace = "default", spec = {}, requests = {}, priority, status, terminating } = sketch;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: name, labels, ...(terminating ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
    spec: { containers: [{ name: "c", resources: { requests } }], ...(priority === undefined ? {} : { priority }), ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function cacheOf(nodes: readonly Node[], placed: readonly (readonly [Pod, string])[] = [], objects?: ClusterObjects): SchedulerCache {
  const cache = new SchedulerCache(objects);
  for (const node of nodes) cache.setNode(node);
  for (const [pod, node] of placed) cache.setPod({ ...pod, spec: { ...pod.spec, nodeName: node } });
  return cache;
}

export function cycleOf(pod: Pod, cache: SchedulerCache, nominated?: NominatedPods): Cycle {
  return new Cycle(podFacts(pod), cache, defaultPlugins, nominated);
}

/** Names of the nodes that fit. */
export function fitting(pod: Pod, cache: SchedulerCache): string[] {
  const cycle = cycleOf(pod, cache);
  return cache.nodes.filter((node) => cycle.misfit(node) === undefined).map((node) => node.node.metadata.name);
}

export function near(term: PodAffinityTerm): Partial<Pod["spec"]> {
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}

export function farFrom(term: PodAffinityTerm): Partial<Pod["spec"]> {
  return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}
