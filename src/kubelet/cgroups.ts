/** Cgroups of pods: one a pod, below its class of service, holding the cgroups of its containers. */
import { mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../api/core/v1/pod.ts";
import { type PodCgroupLimits, podCgroupLimits, qosClass } from "./container/resources.ts";
import type { Host } from "./host.ts";

export interface PodCgroups {
  /** What CRI is told as the parent of the pod's containers. */
  parentOf(pod: Pod): string;
  /** Creates or updates the pod's cgroup. */
  ensure(pod: Pod): Promise<void>;
  /** Raises what the pod is to have more of, before its containers do; what shrinks waits for `ensure` after them. */
  makeRoom(pod: Pod): Promise<void>;
  /** Removes it and what its containers left; one in use stays and is removed by a later call. */
  remove(podUid: string): Promise<void>;
}

/** Path below a hierarchy's root, as the cgroupfs driver lays it out. */
export function cgroupfsPath(pod: Pod, cgroupRoot: string): string {
  const qos = qosClass(pod);
  const level = qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`;
  return `${trimmed(cgroupRoot)}/kubepods${level}/pod${pod.metadata.uid}`;
}

/** Slice, as the systemd driver names it: every dash opens a level. */
export function systemdSlice(pod: Pod, cgroupRoot: string): string {
  const qos = qosClass(pod);
  const root = trimmed(cgroupRoot).replace(/^\//, "").replaceAll("-", "_").replaceAll("/", "-");
  const level = qos === "Guaranteed" ? "" : `-${qos.toLowerCase()}`;
  return `${root === "" ? "" : `${root}-`}kubepods${level}-pod${pod.metadata.uid.replaceAll("-", "_")}.slice`;
}

function trimmed(root: string): string {
  const path = root.replace(/\/+$/, "");
  return path === "" || path.startsWith("/") ? path : `/${path}`;
}

/** systemd makes slices by itself when the runtime asks for a scope in them. */
export function systemdCgroups(cgroupRoot: string): PodCgroups {
  return { parentOf: (pod) => systemdSlice(pod, cgroupRoot), ensure: async () => {}, makeRoom: async () => {}, remove: async () => {} };
}

const mountPoint = "/sys/fs/cgroup";

export async function cgroupfsCgroups(cgroupRoot: string, host: Host): Promise<PodCgroups> {
  const unified = (await host.readText(`${mountPoint}/cgroup.controllers`)) !== "";
  const hierarchies = unified ? [mountPoint] : (await readdir(mountPoint)).map((name) => join(mountPoint, name));
  const apply = (pod: Pod, write: Write) => (unified ? ensureUnified : ensureLegacy)(cgroupfsPath(pod, cgroupRoot), podCgroupLimits(pod), write);
  return {
    parentOf: (pod) => cgroupfsPath(pod, cgroupRoot),
    ensure: (pod) => apply(pod, writeFile),
    makeRoom: (pod) => apply(pod, writeUnlessTooSmall),
    remove: async (podUid) => {
      for (const hierarchy of hierarchies) {
        for (const level of ["", "/burstable", "/besteffort"]) await removeTree(join(hierarchy, `${trimmed(cgroupRoot)}/kubepods${level}/pod${podUid}`));
      }
    },
  };
}

type Write = (path: string, value: string) => Promise<void>;

/** The kernel refuses to bound a cgroup below what its children may use (EINVAL) or use already (EBUSY). */
async function writeUnlessTooSmall(path: string, value: string): Promise<void> {
  try {
    await writeFile(path, value);
  } catch (error) {
    if (!["EINVAL", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

async function ensureLegacy(path: string, limits: PodCgroupLimits, write: Write): Promise<void> {
  const cpu = join(mountPoint, "cpu", path);
  const memory = join(mountPoint, "memory", path);
  await Promise.all([mkdir(cpu, { recursive: true }), mkdir(memory, { recursive: true })]);
  await write(join(cpu, "cpu.shares"), String(limits.cpuShares));
  await write(join(cpu, "cpu.cfs_period_us"), String(limits.cpuPeriodUs));
  await write(join(cpu, "cpu.cfs_quota_us"), limits.cpuQuotaUs > 0 ? String(limits.cpuQuotaUs) : "-1");
  await write(join(memory, "memory.limit_in_bytes"), limits.memoryLimitBytes > 0 ? String(limits.memoryLimitBytes) : "-1");
}

/** Controllers are handed down level by level: a child has only what its parent's subtree_control names. */
async function ensureUnified(path: string, limits: PodCgroupLimits, write: Write): Promise<void> {
  let current = mountPoint;
  for (const element of path.split("/").filter((part) => part !== "")) {
    await writeFile(join(current, "cgroup.subtree_control"), "+cpu +memory +pids");
    current = join(current, element);
    await mkdir(current, { recursive: true });
  }
  await write(join(current, "cpu.weight"), String(sharesToWeight(limits.cpuShares)));
  await write(join(current, "cpu.max"), limits.cpuQuotaUs > 0 ? `${limits.cpuQuotaUs} ${limits.cpuPeriodUs}` : "max");
  await write(join(current, "memory.max"), limits.memoryLimitBytes > 0 ? String(limits.memoryLimitBytes) : "max");
}

/** runc's line through [2, 262144] to [1, 10000]. */
export function sharesToWeight(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

async function removeTree(directory: string): Promise<void> {
  let entries: string[];
  try {
    entries = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  for (const name of entries) await removeTree(join(directory, name));
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isGone(error) && (error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "");
}
