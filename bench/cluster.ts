/**
 * A real cluster on this machine, started by the command line: time until it serves and until its node is Ready, memory of
 * its processes, and time from a pod's creation to Running in a real container. Needs root and containerd.
 */
import { readFileSync } from "node:fs";
import { Client } from "../src/client/client.ts";
import { pods } from "../src/client/resources.ts";
import { adminTransport } from "../src/cluster/access.ts";
import { loadClusterConfig } from "../src/cluster/config.ts";
import { layoutOf } from "../src/cluster/layout.ts";
import { systemClock } from "../src/cluster/system-clock.ts";
import { startTestCluster, whyNoCluster } from "../test/support/cluster.ts";
import { median } from "./in-process.ts";

export interface ClusterResult {
  /** `coracle up` as a whole: networks, control plane, node Ready, DNS. The second start finds images imported. */
  readonly firstUpMs: number;
  readonly secondUpMs: number;
  /** Resident bytes of the control-plane process and of the node's, idle. */
  readonly controlPlaneMB: number;
  readonly nodeMB: number;
  /** From create to Running, image present, one at a time, at the median. */
  readonly podRunningMs: number;
  /** 50 pods created at once over two nodes: median and last. */
  readonly fiftyMedianMs: number;
  readonly fiftyLastMs: number;
}

const image = "coracle.local/busybox:1";

export async function run(options: { readonly tiny?: boolean } = {}): Promise<ClusterResult | { readonly skipped: string }> {
  const why = whyNoCluster();
  if (why !== false) return { skipped: why };
  const singles = options.tiny ? 1 : 20;
  const many = options.tiny ? 2 : 50;
  const started = performance.now();
  const cluster = await startTestCluster("bench", options.tiny ? 1 : 2);
  try {
    const firstUpMs = performance.now() - started;
    await cluster.coracle("down");
    const again = performance.now();
    await cluster.coracle("up");
    const secondUpMs = performance.now() - again;
    const layout = layoutOf(cluster);
    const config = await loadClusterConfig(layout.configFile);
    if (config === undefined) throw new Error("the cluster left no configuration");
    await using access = adminTransport(config, layout, systemClock);
    const client = new Client(access.transport, new AbortController().signal).of(pods).in("default");
    const status = JSON.parse((await cluster.coracle("status", "-o", "json")).stdout) as { components: { name: string; pid: number }[] };
    const memory = (name: string) => residentMB(status.components.find((component) => component.name === name)?.pid ?? 0);

    const create = (name: string) =>
      client.create({ metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image, command: ["sleep", "3600"] }] } });
    const latencies: number[] = [];
    for (let i = 0; i < singles; i++) latencies.push((await timeToRunning([`single-${i}`]))[0] ?? Number.NaN);
    const fifty = await timeToRunning(Array.from({ length: many }, (_, i) => `many-${i}`));
    return {
      firstUpMs,
      secondUpMs,
      controlPlaneMB: memory("kube-apiserver"),
      nodeMB: memory("kubelet"),
      podRunningMs: median(latencies),
      fiftyMedianMs: median(fifty),
      fiftyLastMs: Math.max(...fifty),
    };

    async function timeToRunning(names: readonly string[]): Promise<number[]> {
      const life = new AbortController();
      const waiting = new Set(names);
      const times: number[] = [];
      const watch = await client.watch({}, life.signal);
      const at = performance.now();
      const created = Promise.all(names.map(create));
      for await (const { object } of watch) {
        if (object.status?.phase !== "Running" || !waiting.delete(object.metadata.name)) continue;
        times.push(performance.now() - at);
        if (waiting.size === 0) break;
      }
      life.abort();
      await created;
      return times;
    }
  } finally {
    await cluster.remove();
  }
}

function residentMB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
