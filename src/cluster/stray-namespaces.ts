/**
 * Network namespaces that a containerd has left behind: one that is killed between making a pod's namespace and noting whose
 * it is comes back without knowing of it, and the file that keeps the namespace would stay until the node goes.
 */
import { readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../machinery/logger.ts";
import { processesInCgroups } from "./cgroups.ts";
import { exec, tryExec } from "./exec.ts";
import type { NodeLayout } from "./layout.ts";

export interface NamespaceFile {
  readonly path: string;
  /** Of the namespace, as /proc/PID/ns/net tells it. */
  readonly inode: number;
}

/** Of containerd 1 and 2, in their state folder. */
const criPlugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"];

/** Those of all pods. While no containerd runs, none is just being made. */
export function namespaceFiles(node: NodeLayout): NamespaceFile[] {
  return criPlugins.flatMap((plugin) => {
    const folder = join(node.containerdState, plugin, "netns");
    return entriesOf(folder).map((name) => ({ path: join(folder, name), inode: statSync(join(folder, name)).ino }));
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There has been no pod.
  }
}

/** Those that no process lives in: only they may be without an owner. */
export function deserted(files: readonly NamespaceFile[], inhabited: ReadonlySet<number>): NamespaceFile[] {
  return files.filter(({ inode }) => !inhabited.has(inode));
}

/** Where the network namespace of a container is, as containerd keeps it. */
export function namespaceOf(container: unknown): string | undefined {
  const { Spec: spec } = container as { Spec?: { linux?: { namespaces?: readonly { type: string; path?: string }[] } } };
  return spec?.linux?.namespaces?.find(({ type }) => type === "network")?.path;
}

/** `files` were there before containerd started; it has to have read by now what it knows. */
export async function removeStrayNamespaces(node: NodeLayout, files: readonly NamespaceFile[], logger: Logger, signal: AbortSignal): Promise<void> {
  const empty = deserted(files, inhabited(node));
  if (empty.length === 0) return;
  const owned = await ownedNamespaces(node, signal);
  for (const { path } of empty) {
    if (owned.has(path)) continue;
    logger.warn({ path }, "removing a network namespace that containerd no longer knows of");
    // One that was killed earlier still has made the file, but nothing to keep by it.
    await tryExec("umount", ["--lazy", path], { signal });
    rmSync(path, { force: true });
  }
}

function inhabited(node: NodeLayout): ReadonlySet<number> {
  return new Set([...processesInCgroups(node.cgroupRoot)].flatMap(namespaceInode));
}

function namespaceInode(pid: number): number[] {
  try {
    return [Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1])];
  } catch {
    return []; // It has ended.
  }
}

async function ownedNamespaces(node: NodeLayout, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const ctr = ["--address", node.containerdSocket, "--namespace", "k8s.io", "containers"];
  const ids = (await exec("ctr", [...ctr, "list", "--quiet"], { signal })).split("\n").filter((id) => id !== "");
  const owned = new Set<string>();
  for (const id of ids) {
    const { code, stdout } = await tryExec("ctr", [...ctr, "info", id], { signal });
    // One that has gone since has taken its namespace along.
    const path = code === 0 ? namespaceOf(JSON.parse(stdout)) : undefined;
    if (path !== undefined) owned.add(path);
  }
  return owned;
}
