/** Brings a cluster up, or back up: every step looks at what is there first, so running it again repairs and changes nothing else. */
import { randomInt } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseAuditPolicy } from "../apiserver/audit/policy.ts";
import { parseEncryptionConfiguration } from "../apiserver/encryption/configuration.ts";
import { Client } from "../client/client.ts";
import { nodes } from "../client/resources.ts";
import type { Clock } from "../machinery/clock.ts";
import { adminTransport } from "./access.ts";
import { type ApiServerFlags, checkFlags, mergedFlags } from "./api-server-flags.ts";
import {
  apiServerAddress,
  type ClusterConfig,
  checkClusterName,
  dnsServerPort,
  hostAddress,
  kubernetesServiceAddress,
  loadClusterConfig,
  newClusterConfig,
  nodeAddress,
  nodeNames,
  saveClusterConfig,
} from "./config.ts";
import { askHealth, healthSocket } from "./health.ts";
import { installPackages, missingPackages } from "./host-packages.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { whyEnded } from "./last-words.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { machineLock } from "./machine-lock.ts";
import { ensureBridge, ensureNodeNamespaces, freeClusterIndex, routedSubnets } from "./network.ts";
import { ensurePki, readCertificate, readKeyPair } from "./pki.ts";
import { isAlive, readRecord, spawnDetached } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { clusterStatus, controlPlaneProcess, knownClusters, snapshotsComponent } from "./status.ts";
import { chooseStore, type StoreFlags } from "./store-choice.ts";
import { processCommand } from "./supervisor.ts";

export interface UpOptions extends StoreFlags, ApiServerFlags {
  readonly name: string;
  readonly dataDir?: string;
  /** Default: as many as the cluster has, 1 for a new one. */
  readonly nodeCount?: number;
  readonly installHostPackages: boolean;
  /** Files that the API server reads when it starts; remembered with the cluster. */
  readonly encryptionConfig?: string;
  readonly auditPolicy?: string;
}

export interface RunningCluster {
  readonly config: ClusterConfig;
  readonly layout: Layout;
}

export async function startCluster(options: UpOptions, progress: Progress, clock: Clock, signal: AbortSignal): Promise<RunningCluster> {
  checkClusterName(options.name);
  if (process.getuid?.() !== 0) throw new Error("cannot start a cluster: containers and network namespaces need root; run it as root or with sudo");
  await ensureHostPackages(options, progress, signal);
  const layout = layoutOf(options);
  const config = await progress.step("Preparing certificates and networks", () => prepare(options, layout, clock, signal));
  await progress.step("Starting the control plane", () => waitForControlPlane(layout, clock, signal));
  const count = config.nodes.length;
  await progress.step(count === 1 ? "Waiting for the node to be Ready" : `Waiting for ${count} nodes to be Ready`, () =>
    waitForNodes(config, layout, clock, signal),
  );
  await progress.step("Waiting for cluster DNS to answer", () => waitForDns(config, layout, clock, signal));
  return { config, layout };
}

/** Files, networks and the control plane's process; two that start at the same time take turns. */
async function prepare(options: UpOptions, layout: Layout, clock: Clock, signal: AbortSignal): Promise<ClusterConfig> {
  using _lock = await machineLock("up", clock, signal);
  const config = await ensureConfig(options, layout, signal);
  await ensureCredentials(config, layout, clock.now());
  await ensureBridge(config, signal);
  await Promise.all(config.nodes.map((node) => ensureNodeNamespaces(config, layout.node(node), signal)));
  ensureControlPlane(config, layout);
  return config;
}

async function ensureHostPackages(options: UpOptions, progress: Progress, signal: AbortSignal): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (!options.installHostPackages)
    throw new Error(`cannot start a cluster: these host packages are missing: ${missing.join(", ")}; install them, or let \`npm start\` do it`);
  progress.note(`Missing host packages: ${missing.join(" ")}`);
  await progress.step("Installing host packages with apt", () => installPackages(missing, signal));
}

async function ensureConfig(options: UpOptions, layout: Layout, signal: AbortSignal): Promise<ClusterConfig> {
  const existing = await loadClusterConfig(layout.configFile);
  if (existing?.server !== undefined)
    throw new Error(`cannot bring up cluster ${JSON.stringify(options.name)}: ${layout.data} is the folder of a \`coracle server\``);
  const store = chooseStore(options.name, options, existing?.store);
  if (existing !== undefined) {
    const config = { ...existing, ...serverFiles(options, existing), store, nodes: nodeNames(options.nodeCount ?? existing.nodes.length) };
    if (config.nodes.length < existing.nodes.length && isRunning(layout)) {
      throw new Error(`cannot shrink cluster ${JSON.stringify(config.name)} while it runs: \`coracle down --name ${config.name}\` first`);
    }
    await saveClusterConfig(layout.configFile, config);
    return config;
  }
  const index = freeClusterIndex(await routedSubnets(signal), await takenIndexes());
  const fresh = newClusterConfig({ name: options.name, dataDir: layout.data, nodeCount: options.nodeCount ?? 1, index, store });
  const config = { ...fresh, ...serverFiles(options, fresh) };
  await saveClusterConfig(layout.configFile, config);
  return config;
}

/** Refuses what the control plane could not start with. */
function serverFiles(options: UpOptions, existing: ClusterConfig): Partial<ClusterConfig> {
  const { encryptionConfig, auditPolicy } = options;
  if (encryptionConfig !== undefined) parseEncryptionConfiguration(readFileSync(encryptionConfig, "utf8"));
  if (auditPolicy !== undefined) parseAuditPolicy(readFileSync(auditPolicy, "utf8"));
  const apiServer = mergedFlags(options, existing.apiServer);
  checkFlags(apiServer, { clusterDomain: existing.clusterDomain, audits: (auditPolicy ?? existing.auditPolicy) !== undefined });
  return {
    ...(encryptionConfig === undefined ? {} : { encryptionConfig: resolve(encryptionConfig) }),
    ...(auditPolicy === undefined ? {} : { auditPolicy: resolve(auditPolicy) }),
    apiServer,
  };
}

/** Clusters that are down keep their subnets where their data is in the default place. */
async function takenIndexes(): Promise<number[]> {
  const configs = await Promise.all(knownClusters("/var/lib/coracle").map((name) => loadClusterConfig(layoutOf({ name }).configFile)));
  return configs.flatMap((config) => (config === undefined ? [] : [config.index]));
}

function isRunning(layout: Layout): boolean {
  const record = readRecord(layout.run, controlPlaneProcess);
  return record !== undefined && isAlive(record);
}

async function ensureCredentials(config: ClusterConfig, layout: Layout, now: number): Promise<void> {
  const domain = config.clusterDomain;
  await ensurePki(layout.pki, {
    now,
    nodes: config.nodes.map((name) => ({ name, address: nodeAddress(config, name) })),
    apiServerNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${domain}`],
    apiServerAddresses: ["127.0.0.1", hostAddress(config), kubernetesServiceAddress(config)],
  });
  writeKubeconfig(layout.kubeconfig, {
    name: `coracle-${config.name}`,
    server: apiServerAddress(config),
    ca: readCertificate(layout.pki, "ca"),
    client: readKeyPair(layout.pki, "admin"),
  });
}

function controlPlaneLog(layout: Layout): string {
  return join(layout.logs, `${controlPlaneProcess}.log`);
}

function ensureControlPlane(config: ClusterConfig, layout: Layout): void {
  mkdirSync(layout.run, { recursive: true, mode: 0o700 });
  if (isRunning(layout)) return;
  spawnDetached({ name: controlPlaneProcess, runDir: layout.run, logFile: controlPlaneLog(layout), command: processCommand("control-plane", config) });
}

async function waitForControlPlane(layout: Layout, clock: Clock, signal: AbortSignal): Promise<void> {
  const logFile = controlPlaneLog(layout);
  await waitUntil("the API server to be ready", { limitMs: 60_000, pollMs: 15, advice: `its log is ${logFile}` }, clock, signal, async () => {
    if (!isRunning(layout)) throw new Error(`the control plane ended: ${whyEnded(readFileSync(logFile, "utf8"))}`);
    const components = await askHealth(healthSocket(layout.run, controlPlaneProcess), 1_000);
    return components?.find((component) => component.name === "kube-apiserver")?.healthy === true;
  });
}

async function waitForNodes(config: ClusterConfig, layout: Layout, clock: Clock, signal: AbortSignal): Promise<void> {
  await using access = adminTransport(config, layout, clock);
  const client = new Client(access.transport, signal).of(nodes);
  const advice = `see \`npx coracle status --name ${config.name}\` and ${layout.logs}`;
  await waitUntil("nodes to be Ready", { limitMs: 120_000, pollMs: 50, advice }, clock, signal, async () => {
    const ready = (await client.list()).items.filter((node) =>
      node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    );
    if (!config.nodes.every((name) => ready.some((node) => node.metadata.name === name))) return false;
    // After a restart the objects may still tell of the processes before.
    const { components } = await clusterStatus(config, layout);
    // A disk that takes no snapshots is no reason to wait.
    return components.every(({ name, health }) => health === "healthy" || name === snapshotsComponent);
  });
}

async function waitForDns(config: ClusterConfig, layout: Layout, clock: Clock, signal: AbortSignal): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${hostAddress(config)}:${dnsServerPort}`]);
  const name = `kubernetes.default.svc.${config.clusterDomain}`;
  await waitUntil(`cluster DNS to resolve ${name}`, { limitMs: 30_000, pollMs: 50, advice: `see ${layout.logs}` }, clock, signal, async () => {
    const addresses = await resolver.resolve4(name).catch((): string[] => []);
    return addresses.includes(kubernetesServiceAddress(config));
  });
}

export interface WaitOptions {
  readonly limitMs: number;
  readonly pollMs: number;
  /** What to look at when it does not happen. */
  readonly advice: string;
}

/** Polls until `done` says so. A time limit passed says what was waited for; what `done` throws is final. */
export async function waitUntil(what: string, options: WaitOptions, clock: Clock, signal: AbortSignal, done: () => Promise<boolean>): Promise<void> {
  const deadline = clock.now() + options.limitMs;
  while (!(await done())) {
    if (clock.now() > deadline) throw new Error(`waited ${options.limitMs / 1000} s for ${what} in vain; ${options.advice}`);
    await clock.sleep(options.pollMs + randomInt(5), signal);
  }
}
