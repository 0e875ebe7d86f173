/**
 * The machines of a cluster, made of namespaces: one bridge on the host, and for each node a network namespace with a
 * cable to that bridge and a mount namespace in which containerd's and kubelet's usual paths are the node's own.
 *
 *   host ── bridge 10.89.I.1 ──┬── eth0 of node-1 10.89.I.11
 *                              └── eth0 of node-2 10.89.I.12
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ClusterConfig, hostAddress, nodeAddress } from "./config.ts";
import { exec, tryExec } from "./exec.ts";
import type { NodeLayout } from "./layout.ts";
import { overlaps } from "./subnets.ts";

/** Interface names have at most 15 characters, so they carry the cluster's index rather than its name. */
export function bridgeName(config: ClusterConfig): string {
  return `coracle${config.index}`;
}

function hostCable(config: ClusterConfig, node: string): string {
  return `cor${config.index}n${config.nodes.indexOf(node) + 1}`;
}

/** What pods' networks and file systems need of the kernel; often built in, and then there is no module to load. */
const kernelModules = ["br_netfilter", "overlay", "nf_conntrack"];

async function loadKernelModules(signal: AbortSignal): Promise<void> {
  // A machine without modprobe has these built in, or shows what it lacks when the first pod starts.
  for (const module of kernelModules) await tryExec("modprobe", ["--quiet", module], { signal }).catch(() => undefined);
}

/** Creates the bridge and lets nodes reach what the host reaches. Idempotent. Refuses a bridge that is another cluster's. */
export async function ensureBridge(config: ClusterConfig, signal: AbortSignal): Promise<void> {
  await loadKernelModules(signal);
  const bridge = bridgeName(config);
  const owner = bridgeOwner(bridge);
  if (owner !== undefined && owner !== "" && owner !== config.name) {
    throw new Error(
      `cannot use subnet ${config.nodeSubnet} for cluster ${config.name}: cluster ${owner} runs on it; stop that with \`coracle down --name ${owner}\``,
    );
  }
  if (owner === undefined) await exec("ip", ["link", "add", bridge, "type", "bridge"], { signal });
  await exec("ip", ["link", "set", bridge, "alias", config.name], { signal });
  await exec("ip", ["address", "replace", `${hostAddress(config)}/24`, "dev", bridge], { signal });
  await exec("ip", ["link", "set", bridge, "up"], { signal });
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  await exec("nft", ["-f", "-"], { input: hostRules(config), signal });
}

/** Masquerades what leaves the node network for elsewhere, and nothing between nodes and host. */
function hostRules(config: ClusterConfig): string {
  const table = `coracle-${config.name}`;
  return `
table ip ${table} {}
delete table ip ${table}
table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr { ${config.nodeSubnet}, ${config.podSubnet} } oifname != "${bridgeName(config)}" masquerade
  }
}
`;
}

/** Name of the cluster that made the bridge: the interface's alias, "" before it is set. Undefined where there is no such bridge. */
function bridgeOwner(bridge: string): string | undefined {
  const alias = `/sys/class/net/${bridge}/ifalias`;
  return existsSync(alias) ? readFileSync(alias, "utf8").trim() : undefined;
}

export async function removeBridge(config: ClusterConfig, signal: AbortSignal): Promise<void> {
  const bridge = bridgeName(config);
  if (bridgeOwner(bridge) === config.name) await exec("ip", ["link", "delete", bridge], { signal });
  // Deleting the table fails only where it does not exist.
  await tryExec("nft", ["delete", "table", "ip", `coracle-${config.name}`], { signal });
}

/** Creates the node's namespaces and cables it to the bridge. Idempotent. */
export async function ensureNodeNamespaces(config: ClusterConfig, node: NodeLayout, signal: AbortSignal): Promise<void> {
  const namespaceFile = `/run/netns/${node.networkNamespace}`;
  if (!existsSync(namespaceFile)) {
    await exec("ip", ["netns", "add", node.networkNamespace], { signal });
    await cableNode(config, node, signal);
  }
  await ensureMountNamespace(node, signal);
  await ensureHostname(node, signal);
}

async function cableNode(config: ClusterConfig, node: NodeLayout, signal: AbortSignal): Promise<void> {
  const cable = hostCable(config, node.name);
  const inNode = ["netns", "exec", node.networkNamespace];
  if (existsSync(`/sys/class/net/${cable}`)) await exec("ip", ["link", "delete", cable], { signal });
  await exec("ip", ["link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", node.networkNamespace], { signal });
  await exec("ip", ["link", "set", cable, "master", bridgeName(config), "up"], { signal });
  const commands = [
    "link set lo up",
    "link set eth0 up",
    `address add ${nodeAddress(config, node.name)}/24 dev eth0`,
    `route add default via ${hostAddress(config)}`,
  ];
  await exec("ip", ["-n", node.networkNamespace, "-batch", "-"], { input: `${commands.join("\n")}\n`, signal });
  // route_localnet lets NodePorts and hostPorts answer on the node's own 127.0.0.1; bridged packets must meet the proxy's rules.
  const settings = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.route_localnet=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"];
  await exec("ip", [...inNode, "sysctl", "-qw", ...settings], { signal });
  // Pods of one node answer each other over the bridge: without this, replies to a Service's address would miss the translation back.
  await tryExec("ip", [...inNode, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"], { signal });
}

/** Usual path in the node's mount namespace -> the node's own folder behind it. */
function nodeMounts(node: NodeLayout): [string, string][] {
  return [
    ["/run/containerd", join(node.run, "run-containerd")],
    ["/var/lib/containerd", join(node.data, "var-lib-containerd")],
    ["/etc/cni/net.d", node.cniConfig],
    ["/var/lib/cni", node.cniState],
    ["/var/lib/kubelet", node.kubelet],
    ["/var/log/pods", node.podLogs],
    ["/run/netns", join(node.run, "netns")],
  ];
}

/**
 * A mount namespace lives as long as something holds it: here a bind mount of its file, so that it outlives a kubelet
 * that is killed, and its successor finds the pods' volumes where they were.
 */
async function ensureMountNamespace(node: NodeLayout, signal: AbortSignal): Promise<void> {
  if (await isMountPoint(node.mountNamespaceFile)) return;
  const folder = dirname(node.mountNamespaceFile);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!(await isMountPoint(folder))) {
    // A namespace file can only be mounted where mounts do not propagate into that very namespace.
    await exec("mount", ["--bind", folder, folder], { signal });
    await exec("mount", ["--make-private", folder], { signal });
  }
  writeFileSync(node.mountNamespaceFile, "");
  await exec("unshare", [`--mount=${node.mountNamespaceFile}`, "--propagation", "slave", "true"], { signal });
  for (const [path, folder] of nodeMounts(node)) {
    mkdirSync(path, { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    await exec("nsenter", [`--mount=${node.mountNamespaceFile}`, "mount", "--bind", folder, path], { signal });
    // Volumes and network namespaces of pods must reach containerd's children, never the host.
    await exec("nsenter", [`--mount=${node.mountNamespaceFile}`, "mount", "--make-shared", path], { signal });
  }
}

/** A UTS namespace, held as the mount namespace is. */
async function ensureHostname(node: NodeLayout, signal: AbortSignal): Promise<void> {
  if (await isMountPoint(node.hostnameNamespaceFile)) return;
  writeFileSync(node.hostnameNamespaceFile, "");
  const setName = 'printf %s "$0" > /proc/sys/kernel/hostname';
  await exec("unshare", [`--uts=${node.hostnameNamespaceFile}`, "sh", "-c", setName, node.name], { signal });
}

/** The command line that runs a program inside the node. */
export function inNode(node: NodeLayout, command: readonly string[]): [string, ...string[]] {
  return [
    "nsenter",
    `--net=/run/netns/${node.networkNamespace}`,
    `--uts=${node.hostnameNamespaceFile}`,
    `--mount=${node.mountNamespaceFile}`,
    "--",
    ...command,
  ];
}

/** Ends every process of the node, then removes its namespaces, mounts and cgroups. Idempotent. */
export async function removeNode(config: ClusterConfig, node: NodeLayout, signal: AbortSignal): Promise<void> {
  for (const file of [node.mountNamespaceFile, node.hostnameNamespaceFile]) if (await isMountPoint(file)) await exec("umount", ["--lazy", file], { signal });
  const folder = dirname(node.mountNamespaceFile);
  if (await isMountPoint(folder)) await exec("umount", ["--lazy", folder], { signal });
  if (existsSync(`/run/netns/${node.networkNamespace}`)) await exec("ip", ["netns", "delete", node.networkNamespace], { signal });
  const cable = hostCable(config, node.name);
  // The pair goes with its namespace, but the kernel may take a moment.
  if (existsSync(`/sys/class/net/${cable}`)) await tryExec("ip", ["link", "delete", cable], { signal });
  rmSync(node.run, { recursive: true, force: true });
}

async function isMountPoint(path: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return mounts.split("\n").some((line) => line.split(" ")[4] === path);
}

/** Process ids of everything inside a network namespace, ours included if we were there. */
export async function processesInNetworkNamespace(name: string, signal: AbortSignal): Promise<number[]> {
  if (!existsSync(`/run/netns/${name}`)) return [];
  const output = await exec("ip", ["netns", "pids", name], { signal });
  return output.split("\n").filter(Boolean).map(Number);
}

/** Subnets that this machine already routes, so that a new cluster takes others. */
export async function routedSubnets(signal: AbortSignal): Promise<string[]> {
  const routes = JSON.parse((await exec("ip", ["-json", "-4", "route"], { signal })) || "[]") as { dst: string }[];
  return routes.map((route) => route.dst).filter((destination) => destination !== "default");
}

/** The first index whose subnets collide with nothing that the host routes and no other cluster's. */
export function freeClusterIndex(routed: readonly string[], taken: readonly number[]): number {
  for (let index = 0; index < 64; index++) {
    const own = [`10.89.${index}.0/24`, `10.${128 + index}.0.0/16`];
    if (taken.includes(index)) continue;
    if (!routed.some((subnet) => own.some((mine) => overlaps(mine, subnet)))) return index;
  }
  throw new Error(
    "cannot find free subnets for another cluster: all of 10.89.0.0/24 to 10.89.63.0/24 and 10.128.0.0/16 to 10.191.0.0/16 are in use; stop one with `coracle down --name NAME`",
  );
}
