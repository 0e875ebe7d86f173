/** Stops a cluster and removes everything that `up` made on this machine, except its data. Works after any crash. */
import { rmdirSync, rmSync } from "node:fs";
import type { Clock } from "../machinery/clock.ts";
import { processesInCgroups, removeCgroupIfEmpty, removeCgroups } from "./cgroups.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { processesInNetworkNamespace, removeBridge, removeNode } from "./network.ts";
import { processStartTime, readRecord, stopProcess } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { controlPlaneProcess } from "./status.ts";

const processGraceMs = 20_000;
/** Containers have been asked by the kubelet's own shutdown already; these are the ones that stayed. */
const containerGraceMs = 2_000;

export async function stopCluster(config: ClusterConfig, layout: Layout, progress: Progress, clock: Clock, signal: AbortSignal): Promise<void> {
  await progress.step("Stopping the control plane and its nodes", async () => {
    // The control plane first: it would start its nodes again.
    for (const name of [controlPlaneProcess, ...config.nodes]) {
      const record = readRecord(layout.run, name);
      if (record !== undefined) await stopProcess(record, processGraceMs, clock, signal);
    }
  });
  await progress.step("Removing containers, networks and mounts", async () => {
    for (const name of config.nodes) await clearNode(config, layout.node(name), clock, signal);
    await removeBridge(config, signal);
    rmSync(layout.run, { recursive: true, force: true });
    removeCgroups(`/coracle/${config.name}`);
    removeIfEmpty("/run/coracle");
    removeCgroupIfEmpty("/coracle");
  });
}

export function purgeData(layout: Layout): void {
  rmSync(layout.data, { recursive: true, force: true });
}

async function clearNode(config: ClusterConfig, node: NodeLayout, clock: Clock, signal: AbortSignal): Promise<void> {
  const containerd = readRecord(node.run, "containerd");
  // Killed, not asked: it would restart nothing, and its shims must not be told to clean up twice.
  if (containerd !== undefined) await stopProcess(containerd, 0, clock, signal);
  const pids = new Set([...processesInCgroups(node.cgroupRoot), ...(await processesInNetworkNamespace(node.networkNamespace, signal))]);
  const records = [...pids].flatMap((pid) => {
    const startTime = processStartTime(pid);
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
  await Promise.all(records.map((record) => stopProcess(record, containerGraceMs, clock, signal)));
  await removeNode(config, node, signal);
  removeCgroups(node.cgroupRoot);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Another cluster of this machine still uses it.
    if (code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
  }
}
