/**
 * Scheduling throughput: cycles alone on a big cluster (choose a node, count the pod there), and through the API, where
 * pods are created, watched, scheduled and bound.
 */
import { createHash } from "node:crypto";
import type { Node } from "../src/api/core/v1/node.ts";
import type { Pod } from "../src/api/core/v1/pod.ts";
import { pods } from "../src/client/resources.ts";
import { SchedulerCache } from "../src/scheduler/cache.ts";
import { Cycle } from "../src/scheduler/cycle.ts";
import { podFacts } from "../src/scheduler/node-info.ts";
import { defaultPlugins } from "../src/scheduler/plugins/index.ts";
import { schedulePod } from "../src/scheduler/schedule-pod.ts";
import { createCluster } from "../src/testing/create-cluster.ts";

export interface SchedulerResult {
  /** Pods a second, cycles alone. */
  readonly basic: number;
  /** With a hard topology spread constraint over zones. */
  readonly spread: number;
  /** With required anti-affinity by host. */
  readonly antiAffinity: number;
  /** Pods a second from create to bound, through the API, without constraints. */
  readonly throughApi: number;
  readonly antiAffinityThroughApi: number;
  /** Of the nodes chosen by the cycles: nothing was optimised away, and the same choice is made every time. */
  readonly hash: string;
}

const labels = { app: "web" };

const kinds: Readonly<Record<"basic" | "spread" | "antiAffinity", Partial<Pod["spec"]>>> = {
  basic: {},
  spread: {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: labels } },
    ],
  },
  antiAffinity: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" }],
      },
    },
  },
};

export async function run(options: { readonly tiny?: boolean } = {}): Promise<SchedulerResult> {
  const nodeCount = options.tiny ? 20 : 5000;
  const podCount = options.tiny ? 10 : 2000;
  const hash = createHash("sha256");
  const rate = (kind: keyof typeof kinds) => cycles(nodeCount, podCount, kinds[kind], (name) => hash.update(name));
  const [basic, spread, antiAffinity] = [rate("basic"), rate("spread"), rate("antiAffinity")];
  const apiNodes = options.tiny ? 12 : 1000;
  const apiPods = options.tiny ? 10 : 1000;
  const throughApi = await api(apiNodes, apiPods, kinds.basic);
  const antiAffinityThroughApi = await api(apiNodes, apiPods, kinds.antiAffinity);
  return { basic, spread, antiAffinity, throughApi, antiAffinityThroughApi, hash: hash.digest("hex") };
}

function cycles(nodeCount: number, podCount: number, spec: Partial<Pod["spec"]>, chosen: (node: string) => void): number {
  const cache = new SchedulerCache();
  for (let i = 0; i < nodeCount; i++) cache.setNode(node(i));
  const waiting = Array.from({ length: podCount }, (_, i) => pod(i, spec));
  let start = 0;
  const at = performance.now();
  for (const next of waiting) {
    const result = schedulePod(new Cycle(podFacts(next), cache, defaultPlugins), () => 0.5, start);
    if (result.type !== "fits") throw new Error(`cannot schedule pod ${next.metadata.name}: ${result.message}`);
    start = (start + result.examinedNodes) % nodeCount;
    cache.assume(next, result.node);
    chosen(result.node);
  }
  return podCount / ((performance.now() - at) / 1000);
}

function node(i: number): Node {
  const name = `node-${i}`;
  const topology = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${i % 3}` };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, labels: topology },
    spec: {},
    status: { allocatable: { cpu: "4", memory: "32Gi", pods: "110" } },
  };
}

function pod(i: number, spec: Partial<Pod["spec"]>): Pod {
  const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "100m", memory: "500Mi" } } }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name: `p${i}`, namespace: "default", uid: `p${i}`, labels }, spec: { ...spec, containers } };
}

async function api(nodeCount: number, podCount: number, spec: Partial<Pod["spec"]>): Promise<number> {
  await using cluster = await createCluster({ nodes: nodeCount });
  await cluster.ready();
  const client = cluster.client.of(pods).in("default");
  const at = performance.now();
  const creations = Array.from({ length: podCount }, (_, i) => {
    const { metadata, spec: full } = pod(i, spec);
    return client.create({ metadata: { name: metadata.name, labels }, spec: full });
  });
  await Promise.all([untilBound(podCount), ...creations]);
  return podCount / ((performance.now() - at) / 1000);

  async function untilBound(count: number): Promise<void> {
    const life = new AbortController();
    const bound = new Set<string>();
    for await (const { type, object } of await client.watch({}, life.signal)) {
      if (type === "BOOKMARK" || !object.spec?.nodeName) continue;
      bound.add(object.metadata.name);
      if (bound.size >= count) break;
    }
    life.abort();
  }
}
