/**
 * A containerd of the node's own. Its root, state, socket and CNI folders are separate from any other containerd of the
 * machine, which is never touched.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import { joinCgroup } from "./cgroups.ts";
import { pauseImageName } from "./images.ts";
import type { NodeLayout } from "./layout.ts";
import { isAlive, type ProcessRecord, readRecord, spawnDetached } from "./processes.ts";

export const cniPluginFolder = "/usr/lib/cni";

/** CAP_SYS_RESOURCE, bit 24 of the effective set: without it nobody may lower an oom_score_adj. */
export function hasSysResource(processStatus: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(processStatus)?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & (1n << 24n)) !== 0n;
}

/** containerd 1.6 to 2.x read this (version 2 is migrated by later ones). Plugins that no node here uses only cost start-up time. */
export function containerdConfig(node: NodeLayout, restrictOomScoreAdj: boolean): string {
  const text = (value: string) => JSON.stringify(value);
  return `version = 2
root = ${text(node.containerdRoot)}
state = ${text(node.containerdState)}
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing"]

[grpc]
  address = ${text(node.containerdSocket)}

[ttrpc]
  address = ${text(`${node.containerdSocket}.ttrpc`)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(pauseImageName)}
  restrict_oom_score_adj = ${restrictOomScoreAdj}
  enable_selinux = false
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  max_container_log_line_size = 16384
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(cniPluginFolder)}
  conf_dir = ${text(node.cniConfig)}

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
`;
}

/** Starts containerd unless the one recorded still runs. Call it from inside the node's namespaces. */
export function startContainerd(node: NodeLayout, logFile: string): ProcessRecord {
  const recorded = readRecord(node.run, "containerd");
  if (recorded !== undefined && isAlive(recorded)) return recorded;
  mkdirSync(dirname(node.containerdConfig), { recursive: true, mode: 0o700 });
  mkdirSync(node.cniConfig, { recursive: true, mode: 0o755 });
  const restrict = !hasSysResource(readFileSync("/proc/self/status", "utf8"));
  writeFileSync(node.containerdConfig, containerdConfig(node, restrict), { mode: 0o600 });
  const record = spawnDetached({
    name: "containerd",
    runDir: node.run,
    logFile,
    command: ["containerd", "--config", node.containerdConfig, "--log-level", "warn"],
  });
  // Shims outlive containerd, and are its children: by cgroup they are found again.
  joinCgroup(`${node.cgroupRoot}/system`, record.pid);
  return record;
}

/** Resolves when containerd accepts connections; rejects when it ends first or the time is up. */
export async function waitForContainerd(node: NodeLayout, record: ProcessRecord, logFile: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const pollMs = 10;
  const limitMs = 30_000;
  const deadline = clock.now() + limitMs;
  while (!(await accepts(node.containerdSocket))) {
    if (!isAlive(record)) throw new Error(`cannot start containerd of ${node.name}: it ended; its last words are in ${logFile}`);
    if (clock.now() > deadline)
      throw new Error(`cannot start containerd of ${node.name}: no answer on ${node.containerdSocket} within ${limitMs / 1000} s; see ${logFile}`);
    await clock.sleep(pollMs, signal);
  }
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

/** The log of a node's containerd. */
export function containerdLog(logs: string, node: string): string {
  return join(logs, `${node}-containerd.log`);
}
