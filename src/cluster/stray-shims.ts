/**
 * Shims that a containerd has left behind: one that is killed between starting a shim and noting what the shim is for
 * comes back without knowing of it, and nobody would ever end that process. Kubernetes leaves them to the reboot.
 */
import { readFileSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { processesInCgroups } from "./cgroups.ts";
import { exec, tryExec } from "./exec.ts";
import type { NodeLayout } from "./layout.ts";
import { type ProcessRecord, processStartTime, stopProcess } from "./processes.ts";

const shimProgram = "containerd-shim-runc-v2";
/** containerd's namespace for what the kubelet runs. */
const namespace = "k8s.io";

export interface Shim extends ProcessRecord {
  /** Of the container it was started for; the pod's sandbox, as a rule. */
  readonly id: string;
}

/** What a command line says of a shim; undefined for other programs. */
export function shimId(commandLine: readonly string[]): string | undefined {
  if (commandLine[0]?.split("/").at(-1) !== shimProgram) return undefined;
  const position = commandLine.indexOf("-id");
  return position < 0 ? undefined : commandLine[position + 1];
}

/**
 * Shims from before this containerd: what was under way when its predecessor ended will never be finished. Younger ones
 * may be of containers that are just being made.
 */
export function survivors(shims: readonly Shim[], containerd: ProcessRecord): Shim[] {
  return shims.filter(({ startTime }) => startTime < containerd.startTime);
}

/** Those that containerd has no container for. */
export function straysAmong(shims: readonly Shim[], containers: ReadonlySet<string>): Shim[] {
  return shims.filter(({ id }) => !containers.has(id));
}

/** Ends the strays, and removes what containerd keeps of them. */
export async function endStrayShims(node: NodeLayout, containerd: ProcessRecord, clock: Clock, logger: Logger, signal: AbortSignal): Promise<void> {
  const old = survivors(shimsOf(node), containerd);
  if (old.length === 0) return;
  const listed = await exec("ctr", ["--address", node.containerdSocket, "--namespace", namespace, "containers", "list", "--quiet"], { signal });
  const strays = straysAmong(old, new Set(listed.split("\n")));
  for (const shim of strays) {
    logger.warn({ pid: shim.pid, container: shim.id }, "ending a shim that containerd no longer knows of");
    await endShim(node, shim, clock, signal);
  }
}

function shimsOf(node: NodeLayout): Shim[] {
  return [...processesInCgroups(`${node.cgroupRoot}/system`)].flatMap((pid) => {
    const startTime = processStartTime(pid);
    const id = startTime === undefined ? undefined : shimId(commandLineOf(pid));
    return startTime === undefined || id === undefined ? [] : [{ pid, startTime, id }];
  });
}

/** Empty for a process that has gone. */
function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** As containerd itself ends one: the shim's program, asked to delete, ends what it runs and takes its mounts away. */
async function endShim(node: NodeLayout, shim: Shim, clock: Clock, signal: AbortSignal): Promise<void> {
  const bundle = join(node.containerdState, "io.containerd.runtime.v2.task", namespace, shim.id);
  const about = ["-namespace", namespace, "-address", node.containerdSocket, "-publish-binary", "containerd", "-id", shim.id, "-bundle", bundle];
  // It may not have got as far as having something to delete.
  await tryExec("env", ["-C", bundle, shimProgram, ...about, "delete"], { signal });
  await stopProcess(shim, 0, clock, signal);
  if (await isUnmounted(join(bundle, "rootfs"))) await rm(bundle, { recursive: true, force: true });
}

/** An image's files must not go with the bundle. */
async function isUnmounted(rootfs: string): Promise<boolean> {
  try {
    await rmdir(rootfs);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
