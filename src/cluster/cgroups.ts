/** Cgroups of a node, on cgroup v1 (a tree for each controller) and v2 (one tree). */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const mountRoot = "/sys/fs/cgroup";

function cgroupTrees(): string[] {
  const unified = existsSync(join(mountRoot, "cgroup.controllers"));
  return unified ? [mountRoot] : readdirSync(mountRoot).map((controller) => join(mountRoot, controller));
}

/** Puts a process, and all it will start, into a cgroup of every tree, so that they can be found again whatever becomes of it. */
export function joinCgroup(cgroup: string, pid: number): void {
  for (const tree of cgroupTrees()) {
    const isTree = existsSync(join(tree, "cgroup.procs"));
    // A new cpuset has no processors until it is given some, and takes nobody in.
    if (!isTree || existsSync(join(tree, "cpuset.cpus"))) continue;
    mkdirSync(join(tree, cgroup), { recursive: true });
    writeFileSync(join(tree, cgroup, "cgroup.procs"), String(pid));
  }
}

/** The node's folder below every controller that this machine mounts. */
export function cgroupFolders(cgroupRoot: string): string[] {
  return cgroupTrees()
    .map((tree) => join(tree, cgroupRoot))
    .filter((folder) => existsSync(folder));
}

/** Every process in the cgroups below `cgroupRoot`: all containers of a node. */
export function processesInCgroups(cgroupRoot: string): Set<number> {
  const pids = new Set<number>();
  for (const folder of cgroupFolders(cgroupRoot)) collect(folder, pids);
  return pids;
}

function collect(folder: string, pids: Set<number>): void {
  for (const line of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n")) if (line !== "") pids.add(Number(line));
  for (const child of childFolders(folder)) collect(child, pids);
}

/** Removes empty cgroups bottom up. Throws EBUSY while a process is left in one. */
export function removeCgroups(cgroupRoot: string): void {
  for (const folder of cgroupFolders(cgroupRoot)) removeTree(folder);
}

function removeTree(folder: string): void {
  for (const child of childFolders(folder)) removeTree(child);
  rmdirSync(folder);
}

function childFolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

/** Removes `folder` below every controller if no other cgroup is left in it. */
export function removeCgroupIfEmpty(folder: string): void {
  for (const path of cgroupFolders(folder)) if (childFolders(path).length === 0) rmdirSync(path);
}
