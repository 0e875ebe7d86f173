/** A containerd of a test's own: its root, state, socket and CNI configuration lie in one folder and disturb no other. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { pauseImageName } from "./images.ts";

const run = promisify(execFile);

export interface ContainerdOptions {
  /** An empty folder; socket paths below it must fit into 107 bytes. */
  readonly directory: string;
  /** Pod addresses, such as 10.88.0.0/24. The bridge is named after it and lives in the current network namespace. */
  readonly podCidr: string;
  readonly bridge?: string;
}

export interface Containerd {
  readonly socket: string;
  /** Imports a docker-archive tar into the namespace that CRI uses. */
  importImage(tar: Uint8Array): Promise<void>;
  /** Ends the daemon. Containers are the caller's to remove before. */
  stop(): Promise<void>;
}

/** Removes a test's cgroup from every hierarchy, what containers left in it included; its processes must have ended. */
export async function removeCgroups(name: string): Promise<void> {
  for (const hierarchy of ["", ...(await readdir("/sys/fs/cgroup"))]) await removeCgroup(join("/sys/fs/cgroup", hierarchy, name));
}

async function removeCgroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  // A process that is just ending still counts; the next attempt finds it gone.
  for (let attempt = 0; attempt < 20; attempt++) {
    const code = await rmdir(path).then(
      () => "",
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== "EBUSY") return;
    await delay(50);
  }
}

/** Why no container can run here, or undefined when they can. */
export function missingForContainers(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  for (const path of ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/usr/lib/cni/bridge", "/bin/busybox"]) {
    if (!existsSync(path)) return `needs ${path}`;
  }
  return undefined;
}

export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { directory } = options;
  const socket = join(directory, "c.sock");
  await mkdir(join(directory, "net.d"), { recursive: true });
  await writeFile(join(directory, "net.d/10-test.conflist"), JSON.stringify(cniConfiguration(options)));
  await writeFile(join(directory, "config.toml"), configuration(directory, socket, await lacksResourceCapability()));
  const log = await open(join(directory, "containerd.log"), "a");
  const child = spawn("/usr/bin/containerd", ["--config", join(directory, "config.toml")], { stdio: ["ignore", log.fd, log.fd] });
  await log.close();
  await ready(child, socket, directory);
  return {
    socket,
    importImage: (tar) => importImage(directory, socket, tar),
    stop: () => stop(child),
  };
}

async function importImage(directory: string, socket: string, tar: Uint8Array): Promise<void> {
  const path = join(directory, "image.tar");
  await writeFile(path, tar);
  await run("/usr/bin/ctr", ["-a", socket, "-n", "k8s.io", "images", "import", path]);
  await rm(path);
}

async function ready(child: ChildProcess, socket: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    try {
      await run("/usr/bin/ctr", ["-a", socket, "version"]);
      return;
    } catch {
      await delay(50);
    }
  }
  child.kill("SIGKILL");
  throw new Error(`cannot start containerd: ${(await readFile(join(directory, "containerd.log"), "utf8")).slice(-2000)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await exited;
  clearTimeout(timer);
}

/** Without CAP_SYS_RESOURCE (bit 24) no process may lower its OOM score, and runc fails when it is told to. */
async function lacksResourceCapability(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (effective & (1n << 24n)) === 0n;
}

function configuration(directory: string, socket: string, restrictOomScore: boolean): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImageName}"
  restrict_oom_score_adj = ${restrictOomScore}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

function cniConfiguration(options: ContainerdOptions): object {
  return {
    cniVersion: "0.4.0",
    name: "test",
    plugins: [
      {
        type: "bridge",
        bridge: options.bridge ?? "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: { type: "host-local", dataDir: join(options.directory, "ipam"), ranges: [[{ subnet: options.podCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}
