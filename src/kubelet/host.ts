/** The machine as the kubelet needs it beyond the file system: programs, mounts and readings of /proc. */
import { execFile } from "node:child_process";
import { readFile, statfs } from "node:fs/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Host {
  /** Resolves with stdout; rejects with the program's own words. */
  run(command: string, args: readonly string[]): Promise<string>;
  mountTmpfs(path: string, options: string): Promise<void>;
  /** `source` is taken as it is, never resolved again: it may name an open descriptor. */
  bindMount(source: string, target: string): Promise<void>;
  /** Something that is not mounted counts as unmounted. */
  unmount(path: string): Promise<void>;
  /** Mount points at or below `path`, deepest first. */
  mountsBelow(path: string): Promise<string[]>;
  /** "" when it does not exist. */
  readText(path: string): Promise<string>;
  fileSystem(path: string): Promise<{ capacityBytes: number; availableBytes: number; inodes: number; inodesFree: number }>;
}

export function linuxHost(): Host {
  const run = async (command: string, args: readonly string[]) => {
    try {
      return (await execute(command, args, { encoding: "utf8" })).stdout;
    } catch (error) {
      const { stderr = "", message } = error as { stderr?: string; message: string };
      throw new Error(`cannot run ${command}: ${stderr.trim() || message}`, { cause: error });
    }
  };
  return {
    run,
    mountTmpfs: async (path, options) => void (await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path])),
    bindMount: async (source, target) => void (await run("mount", ["--no-canonicalize", "--bind", source, target])),
    unmount: async (path) => {
      try {
        await run("umount", [path]);
      } catch (error) {
        if (!/not mounted|no mount point|not found/.test((error as Error).message)) throw error;
      }
    },
    mountsBelow: async (path) => mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8"), path),
    readText: async (path) => {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
        throw error;
      }
    },
    fileSystem: async (path) => {
      const { bsize, blocks, bavail, files, ffree } = await statfs(path);
      return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize, inodes: files, inodesFree: ffree };
    },
  };
}

/** Fields of mountinfo are separated by spaces; spaces within are written \040 (proc_pid_mountinfo(5)). */
export function mountPointsBelow(mountinfo: string, path: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
}
