/** Gathers what a node's status says from machine and runtime. */

import { rpcText } from "../cri/errors.ts";
import type { ImageService, RuntimeService } from "../cri/service.ts";
import type { VersionResponse } from "../cri/types.ts";
import type { Host } from "../host.ts";
import { type Machine, parseMeminfo } from "./machine.ts";
import type { NodeFacts, Pressure } from "./status.ts";

export interface FactsOptions {
  readonly host: Host;
  readonly machine: Machine;
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  readonly version: VersionResponse;
  readonly rootDirectory: string;
  /** How long ago containers were last listed in full, in milliseconds. */
  sinceRelistMs(): number;
}

const memoryThresholdBytes = 100 << 20;
const diskThresholdPercent = 10;
const inodeThresholdPercent = 5;
const pidThresholdPercent = 1;
const relistTimeoutMs = 180_000;

export async function gatherFacts(options: FactsOptions): Promise<NodeFacts> {
  const { host, machine, runtime, images, version, rootDirectory } = options;
  const [disk, status, present] = await Promise.all([
    host.fileSystem(rootDirectory),
    runtime.status().catch((error: unknown) => rpcText(error)),
    images.listImages().catch(() => []),
  ]);
  const notReady = typeof status === "string" ? [`container runtime is down: ${status}`] : notReadyOf(status.status?.conditions ?? []);
  if (options.sinceRelistMs() > relistTimeoutMs) notReady.push("PLEG is not healthy: pleg was last seen active more than 3m ago; threshold is 3m0s");
  return {
    machine,
    runtimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
    diskBytes: disk.capacityBytes,
    images: present,
    pressure: await pressureOf(host, disk),
    notReady,
    runtimeHandlers: (typeof status === "string" ? [] : status.runtimeHandlers).map(({ name, features }) => ({
      name,
      recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
      userNamespaces: features?.userNamespaces ?? false,
    })),
    supplementalGroupsPolicy: typeof status === "string" ? false : (status.features?.supplementalGroupsPolicy ?? false),
  };
}

function notReadyOf(conditions: readonly { type: string; status: boolean; reason: string; message: string }[]): string[] {
  return conditions
    .filter(({ type, status }) => (type === "RuntimeReady" || type === "NetworkReady") && !status)
    .map(({ type, reason, message }) =>
      type === "NetworkReady"
        ? `container runtime network not ready: NetworkReady=false reason:${reason} message:${message}`
        : `container runtime status check may not have completed yet: ${reason} ${message}`,
    );
}

async function pressureOf(host: Host, disk: Awaited<ReturnType<Host["fileSystem"]>>): Promise<Pressure> {
  const [meminfo, loadavg, pidMax] = await Promise.all(["/proc/meminfo", "/proc/loadavg", "/proc/sys/kernel/pid_max"].map((path) => host.readText(path)));
  const processes = Number(/\d+\/(\d+)/.exec(loadavg!)?.[1] ?? 0);
  const limit = Number(pidMax) || 32_768;
  return {
    memory: parseMeminfo(meminfo!).availableBytes < memoryThresholdBytes,
    disk: percent(disk.availableBytes, disk.capacityBytes) < diskThresholdPercent || percent(disk.inodesFree, disk.inodes) < inodeThresholdPercent,
    pids: percent(limit - processes, limit) < pidThresholdPercent,
  };
}

/** A file system that counts no inodes has enough of them. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : (part * 100) / whole;
}
