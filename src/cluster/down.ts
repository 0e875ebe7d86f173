/** Stops a cluster and removes everything that `up` made on this machine, except its data. Works after any crash. */
import { rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import { removeCgroupIfEmpty, removeCgroups } from "./cgroups.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { removeBridge, removeNode } from "./network.ts";
import { endNodeProcesses } from "./node-stop.ts";
import { readRecord, stopProcess } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { controlPlaneProcess } from "./status.ts";

const processGraceMs = 20_000;

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
    if (config.server === undefined) await removeBridge(config, signal);
    removeRunState(layout);
    removeCgroups(`/coracle/${config.name}`);
    removeCgroupIfEmpty("/coracle");
  });
}

/** Of a control plane that has ended. */
export function removeRunState(layout: Layout): void {
  rmSync(layout.run, { recursive: true, force: true });
  removeIfEmpty(dirname(layout.run));
}

export function purgeData(layout: Layout): void {
  rmSync(layout.data, { recursive: true, force: true });
}

async function clearNode(config: ClusterConfig, node: NodeLayout, clock: Clock, signal: AbortSignal): Promise<void> {
  await endNodeProcesses(node, clock, signal);
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
