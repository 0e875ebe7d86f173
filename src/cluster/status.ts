/** What of a cluster runs now, told by the processes themselves and by /proc, never by what was started once. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ClusterConfig } from "./config.ts";
import { askHealth, type ComponentHealth, healthSocket } from "./health.ts";
import type { Layout } from "./layout.ts";
import { isAlive, readRecord } from "./processes.ts";

export interface ComponentStatus {
  readonly name: string;
  /** Empty for the control plane's components. */
  readonly node: string;
  readonly pid: number | null;
  readonly health: "healthy" | "unhealthy" | "stopped";
  readonly address: string;
  readonly message: string;
}

export interface ClusterStatus {
  readonly name: string;
  readonly state: "running" | "degraded" | "stopped";
  readonly kubeconfig: string;
  readonly components: readonly ComponentStatus[];
}

export const controlPlaneProcess = "control-plane";
/** Parts of the two kinds of process, so that a dead one's are listed too. */
export const controlPlaneComponents = ["store", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "cluster-dns"];
/** Of `coracle server`: what belongs to nodes has no place there. */
const serverComponents = ["store", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
/** Only in the status of clusters that take snapshots by schedule. */
export const snapshotsComponent = "snapshots";
export const nodeComponents = ["kubelet", "kube-proxy", "containerd"];
const answerTimeoutMs = 3_000;

export async function clusterStatus(config: ClusterConfig, layout: Layout): Promise<ClusterStatus> {
  const processes = [
    processStatus(layout.run, controlPlaneProcess, "", config.server === undefined ? controlPlaneComponents : serverComponents),
    ...config.nodes.map((node) => processStatus(layout.run, node, node, nodeComponents)),
  ];
  const components = (await Promise.all(processes)).flat();
  const healthy = components.filter((component) => component.health === "healthy").length;
  const running = components.some((component) => component.health !== "stopped");
  return {
    name: config.name,
    state: healthy === components.length ? "running" : running ? "degraded" : "stopped",
    kubeconfig: layout.kubeconfig,
    components,
  };
}

async function processStatus(runDir: string, process: string, node: string, expected: readonly string[]): Promise<ComponentStatus[]> {
  const record = readRecord(runDir, process);
  const alive = record !== undefined && isAlive(record);
  const parts = alive ? await askHealth(healthSocket(runDir, process), answerTimeoutMs) : undefined;
  // Parts that only some clusters have, such as scheduled snapshots, are known by telling of themselves.
  const others = (parts ?? []).filter(({ name }) => !expected.includes(name)).map(({ name }) => name);
  return [...expected, ...others].map((name) => {
    const part = parts?.find((candidate) => candidate.name === name);
    if (part !== undefined) return reported(part, node, record?.pid ?? null);
    const orphan = name === "containerd" ? orphanPid(runDir, node) : undefined;
    if (orphan !== undefined) return { name, node, pid: orphan, health: "unhealthy", address: "", message: "runs without its kubelet" };
    const message = alive ? "does not answer" : record === undefined ? "" : `process ${record.pid} has ended`;
    return { name, node, pid: alive ? record.pid : null, health: alive ? "unhealthy" : "stopped", address: "", message };
  });
}

function reported(part: ComponentHealth, node: string, processPid: number | null): ComponentStatus {
  const { name, address, healthy, message = "" } = part;
  return { name, node, pid: part.pid ?? processPid, health: healthy ? "healthy" : "unhealthy", address, message };
}

/** containerd outlives a kubelet that was killed. */
function orphanPid(runDir: string, node: string): number | undefined {
  const record = readRecord(join(runDir, "nodes", node), "containerd");
  return record !== undefined && isAlive(record) ? record.pid : undefined;
}

/** Names of the clusters that have run state on this machine. */
export function knownClusters(runRoot = "/run/coracle"): string[] {
  try {
    return readdirSync(runRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** One line a component, aligned; fits 80 columns when there is nothing to complain about. */
export function statusTable(status: ClusterStatus): string {
  const rows = status.components.map((component) => [
    component.name,
    component.node || "-",
    component.pid === null ? "-" : String(component.pid),
    component.health,
    [component.address, component.message].filter(Boolean).join("  ") || "-",
  ]);
  const header = ["COMPONENT", "NODE", "PID", "HEALTH", "ADDRESS"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  ");
  return [`cluster ${status.name}: ${status.state}`, line(header), ...rows.map(line)].join("\n");
}
