/** A whole control plane inside this process: how soon it serves, and how soon a pod runs on a simulated node. */
import { createHash } from "node:crypto";
import { pods } from "../src/client/resources.ts";
import { createCluster } from "../src/testing/create-cluster.ts";

export interface InProcessResult {
  /** From the call of createCluster to a cluster that serves. */
  readonly readyMs: number;
  /** From create to Running, scheduler and simulated kubelet included, at the median. */
  readonly podRunningMs: number;
  /** Pods a second from create to Running when all are created at once. */
  readonly podsPerSecond: number;
  /** Of the pods' names: nothing was optimised away. */
  readonly hash: string;
}

export async function run(options: { readonly tiny?: boolean } = {}): Promise<InProcessResult> {
  const singles = options.tiny ? 3 : 50;
  const many = options.tiny ? 10 : 1000;
  const started = performance.now();
  await using cluster = await createCluster({ nodes: 10, simulator: { capacity: { cpu: "1000", memory: "1Ti", pods: "10000" } } });
  const readyMs = performance.now() - started;
  const client = cluster.client.of(pods).in("default");
  const hash = createHash("sha256");
  const latencies: number[] = [];
  await cluster.ready();
  const create = (name: string) => client.create({ metadata: { name }, spec: { containers: [{ name: "c", image: "i" }] } });
  for (let i = 0; i < singles; i++) {
    const name = `single-${i}`;
    const at = performance.now();
    await create(name);
    await untilRunning(1, `metadata.name=${name}`);
    latencies.push(performance.now() - at);
  }
  const at = performance.now();
  await Promise.all([untilRunning(many + singles), ...Array.from({ length: many }, (_, i) => create(`many-${i}`))]);
  const podsPerSecond = many / ((performance.now() - at) / 1000);
  return { readyMs, podRunningMs: median(latencies), podsPerSecond, hash: hash.digest("hex") };

  async function untilRunning(count: number, fieldSelector?: string): Promise<void> {
    const life = new AbortController();
    const running = new Set<string>();
    for await (const { type, object } of await client.watch(fieldSelector === undefined ? {} : { fieldSelector }, life.signal)) {
      if (type === "BOOKMARK" || object.status?.phase !== "Running") continue;
      if (!running.has(object.metadata.name)) hash.update(object.metadata.name);
      running.add(object.metadata.name);
      if (running.size >= count) break;
    }
    life.abort();
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
