/** What a cluster on this machine was created with: written once by `up`, read by every process of the cluster. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { ApiServerFlags } from "./api-server-flags.ts";
import type { SnapshotSchedule } from "./snapshot-schedule.ts";
import { defaultStore, type StoreConfig } from "./store-choice.ts";
import { parseIPv4 } from "./subnets.ts";

export interface ClusterConfig {
  readonly name: string;
  readonly dataDir: string;
  /** Names of the nodes, in order. */
  readonly nodes: readonly string[];
  /** Tells clusters of this machine apart: picks their subnets and interface names. 0 to 63. */
  readonly index: number;
  /** Host side of the node network; the API server and cluster DNS listen on its first address. */
  readonly nodeSubnet: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly clusterDomain: string;
  readonly apiServerPort: number;
  readonly store: StoreConfig;
  /** Absolute path of an EncryptionConfiguration; absent: the store holds plain values. Read when the control plane starts. */
  readonly encryptionConfig?: string;
  /** Absolute path of an audit Policy; absent: nothing is audited. Read when the control plane starts. */
  readonly auditPolicy?: string;
  /** What administrators say of identities, rights and records. Read when the control plane starts. */
  readonly apiServer?: ApiServerFlags;
  /** Absent: none are taken by themselves. Followed while the control plane runs. */
  readonly snapshots?: SnapshotSchedule;
  /** Present: a control plane of `coracle server`, without nodes and networks on this machine. */
  readonly server?: ServerConfig;
}

export interface ServerConfig {
  /** Where it listens, and where others reach it. */
  readonly bindAddress: string;
  readonly advertiseAddress: string;
  /** Its name among the servers of the cluster. */
  readonly hostname: string;
  /** Further names and addresses of its certificate. */
  readonly tlsSans: readonly string[];
  /** What of the above was asked for; the rest is looked up at every start, for machines move and are replaced. */
  readonly told: { readonly advertiseAddress?: string; readonly hostname?: string };
}

export const defaultClusterName = "default";
const namePattern = /^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/;

/** Throws for names that would not fit namespaces, cgroups and paths. */
export function checkClusterName(name: string): void {
  if (!namePattern.test(name)) {
    throw new Error(
      `cannot use ${JSON.stringify(name)} as a cluster name: it must be 1 to 20 lower-case letters, digits or '-', and begin and end with a letter or digit`,
    );
  }
}

export function newClusterConfig(options: { name: string; dataDir: string; nodeCount: number; index: number; store?: StoreConfig }): ClusterConfig {
  const { name, dataDir, nodeCount, index, store = defaultStore } = options;
  return {
    name,
    dataDir,
    nodes: nodeNames(nodeCount),
    index,
    nodeSubnet: `10.89.${index}.0/24`,
    // Pods of different clusters must differ too: the host has a route to each, for the API server's proxies.
    podSubnet: `10.${128 + index}.0.0/16`,
    serviceSubnet: "10.96.0.0/16",
    clusterDomain: "cluster.local",
    apiServerPort: 6443,
    store,
  };
}

export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `node-${i + 1}`);
}

/** Where this machine is reached: its address on the node network, or as it was told. */
export function hostAddress(config: ClusterConfig): string {
  return config.server?.advertiseAddress ?? addressIn(config.nodeSubnet, 1);
}

/** Node addresses start at .11 so that the host side has room for more services. */
export function nodeAddress(config: ClusterConfig, node: string): string {
  const position = config.nodes.indexOf(node);
  if (position < 0) throw new Error(`cannot find node ${JSON.stringify(node)} in cluster ${JSON.stringify(config.name)}`);
  return addressIn(config.nodeSubnet, 11 + position);
}

export function apiServerAddress(config: ClusterConfig): string {
  const host = hostAddress(config);
  return `https://${host.includes(":") ? `[${host}]` : host}:${config.apiServerPort}`;
}

/** Cluster DNS listens beside the API server; its Service maps port 53 to this one. */
export const dnsServerPort = 10053;

/** By convention the tenth address of the service range is cluster DNS, the first the API server. */
export function dnsServiceAddress(config: ClusterConfig): string {
  return addressIn(config.serviceSubnet, 10);
}

export function kubernetesServiceAddress(config: ClusterConfig): string {
  return addressIn(config.serviceSubnet, 1);
}

function addressIn(subnet: string, offset: number): string {
  const base = parseIPv4(subnet.slice(0, subnet.indexOf("/"))) + offset;
  return [24, 16, 8, 0].map((shift) => (base >>> shift) & 0xff).join(".");
}

export async function loadClusterConfig(file: string): Promise<ClusterConfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`cannot read cluster configuration: ${(error as Error).message}`, { cause: error });
  }
  // Files of earlier versions do not name the store.
  const known = JSON.parse(text) as ClusterConfig & { store?: StoreConfig };
  return { ...known, store: known.store ?? defaultStore };
}

/** Whoever reads the file meanwhile finds the old one or the new one, whole. */
export async function saveClusterConfig(file: string, config: ClusterConfig): Promise<void> {
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  // A cluster that is to be repaired on a full disk needs no room for what it has.
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const written = await open(`${file}.new`, "w", 0o600);
  try {
    await written.writeFile(text);
    await written.sync();
  } finally {
    await written.close();
  }
  await rename(`${file}.new`, file);
}
