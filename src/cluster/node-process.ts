/** The process of one node, inside the node's namespaces: containerd as its child, kubelet, pod network and kube-proxy. */
import { mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ComponentContext } from "../client/component.ts";
import { HttpsTransport } from "../client/https-transport.ts";
import { nodes } from "../client/resources.ts";
import type { KubeletPods } from "../kubelet/contract.ts";
import { runKubelet } from "../kubelet/kubelet.ts";
import { runPodNetwork } from "../kubelet/network/pod-network.ts";
import { runKubeletServer } from "../kubelet/server/server.ts";
import type { Logger } from "../machinery/logger.ts";
import type { RunProgram } from "../proxy/backend.ts";
import { NftablesBackend } from "../proxy/nftables/backend.ts";
import { runProxy } from "../proxy/proxy.ts";
import { componentContext } from "./component-context.ts";
import { apiServerAddress, type ClusterConfig, dnsServiceAddress, loadClusterConfig, nodeAddress } from "./config.ts";
import { containerdLog, startContainerd, waitForContainerd } from "./containerd.ts";
import { exec } from "./exec.ts";
import { type ComponentHealth, healthSocket, serveHealth } from "./health.ts";
import { podNetworkHost } from "./host-network.ts";
import { busyboxImage, busyboxImageName, pauseImage, pauseImageName } from "./images.ts";
import { type Layout, layoutOf, type NodeLayout } from "./layout.ts";
import { createLogger } from "./logger.ts";
import { endNodeProcesses } from "./node-stop.ts";
import { readCertificate, readKeyPair } from "./pki.ts";
import { isAlive, type ProcessRecord, readRecord } from "./processes.ts";
import { type NamespaceFile, namespaceFiles, removeStrayNamespaces } from "./stray-namespaces.ts";
import { endStrayShims } from "./stray-shims.ts";
import { systemClock } from "./system-clock.ts";
import { kubernetesVersion } from "./version.ts";

const kubeletPort = 10250;
/** kube-proxy's. */
const proxyHealthPort = 10256;
const proxyMetricsPort = 10249;
const stopLimitMs = 15_000;

interface NodeParts {
  readonly config: ClusterConfig;
  readonly layout: Layout;
  readonly node: NodeLayout;
}

/**
 * Runs until the signal aborts, and takes containerd and all containers with it: the node shuts down. When this process is
 * killed instead, they go on, and its successor adopts them.
 */
export async function runNodeProcess(selection: { name: string; dataDir: string }, name: string, signal: AbortSignal): Promise<void> {
  // Containers of any user read what this process and containerd make; whatever is secret among it has a mode that says so.
  process.umask(0o022);
  const layout = layoutOf(selection);
  const config = await loadClusterConfig(layout.configFile);
  if (config === undefined) throw new Error(`cannot start node ${name}: ${layout.configFile} does not exist`);
  const parts: NodeParts = { config, layout, node: layout.node(name) };
  const logger = createLogger();
  const containerd = await startRuntime(parts, signal);

  const life = new AbortController();
  const context = (component: string, pki: string) =>
    componentContext({
      name: component,
      host: name,
      transport: new HttpsTransport({
        server: apiServerAddress(config),
        ca: readCertificate(layout.pki, "ca"),
        ...clientPair(layout, pki),
        userAgent: component,
        clock: systemClock,
      }),
      clock: systemClock,
      random: Math.random,
      logger,
      signal: life.signal,
    });
  const kubeletContext = context("kubelet", `kubelet-${name}`);
  // It sees all nodes, for the routes to them; a kubelet may see only its own (KEP-4601).
  const proxyContext = context("kube-proxy", `kube-proxy-${name}`);
  let proxySynced = false;
  const kubeletReady = Promise.withResolvers<KubeletPods>();
  const components = Promise.all([
    keepRuntime(containerd, parts, logger, life.signal),
    runKubelet(kubeletContext, { ...kubeletConfig(parts), onReady: kubeletReady.resolve }),
    serveKubelet(kubeletContext, parts, kubeletReady.promise),
    runPodNetwork(proxyContext, { nodeName: name, cniStateFolder: parts.node.cniState }, podNetworkHost(parts.node.cniConfig)),
    runKubeProxy(proxyContext, parts, () => {
      proxySynced = true;
    }),
  ]);
  await serveHealth(healthSocket(layout.run, name), () => report(kubeletContext, parts, containerd.record, proxySynced), life.signal);
  await Promise.race([
    components,
    new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }))),
  ]);
  life.abort(new Error("the node is stopping"));
  await components;
  await endNodeProcesses(parts.node, systemClock, AbortSignal.timeout(stopLimitMs));
}

function clientPair(layout: Layout, name: string): { certificate: string; key: string } {
  const { certificate, key } = readKeyPair(layout.pki, name);
  return { certificate, key };
}

/** The containerd that runs now. */
interface Runtime {
  record: ProcessRecord;
  /** Of pods' networks, from before it started, and not looked at yet. */
  inherited: readonly NamespaceFile[];
}

async function startRuntime({ layout, node }: NodeParts, signal: AbortSignal): Promise<Runtime> {
  const logFile = containerdLog(layout.logs, node.name);
  const running = readRecord(node.run, "containerd");
  const inherited = running !== undefined && isAlive(running) ? [] : namespaceFiles(node);
  const record = startContainerd(node, logFile);
  await waitForContainerd(node, record, logFile, systemClock, signal);
  await importBundledImages(node, signal);
  return { record, inherited };
}

const runtimeCheckMs = 1_000;
/** After containerd's start, and again: by then it has read what it kept. */
const strayCheckMs = 15_000;

/** Starts containerd again when it has ended: its shims have kept the containers, and it finds them. */
async function keepRuntime(runtime: Runtime, { layout, node }: NodeParts, logger: Logger, signal: AbortSignal): Promise<void> {
  let nextStrayCheck = systemClock.now() + strayCheckMs;
  while (!signal.aborted) {
    await systemClock.sleep(runtimeCheckMs, signal).catch(() => {}); // Ends early only when the node stops.
    if (signal.aborted) return;
    if (isAlive(runtime.record)) {
      if (systemClock.now() < nextStrayCheck) continue;
      nextStrayCheck = systemClock.now() + strayCheckMs;
      await clearStrays(runtime, node, logger, signal).catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ err: error }, "cannot clear what containerd has left behind");
      });
      continue;
    }
    nextStrayCheck = systemClock.now() + strayCheckMs;
    logger.warn({ pid: runtime.record.pid }, "containerd has ended; starting it again");
    try {
      runtime.inherited = namespaceFiles(node);
      runtime.record = startContainerd(node, containerdLog(layout.logs, node.name));
    } catch (error) {
      logger.error({ err: error }, "cannot start containerd; trying again");
    }
  }
}

/** Shims first: what they run may live in the namespaces. */
async function clearStrays(runtime: Runtime, node: NodeLayout, logger: Logger, signal: AbortSignal): Promise<void> {
  await endStrayShims(node, runtime.record, systemClock, logger, signal);
  await removeStrayNamespaces(node, runtime.inherited, logger, signal);
  runtime.inherited = [];
}

/** The images that every node must have without a registry: the sandbox's own and the example's. */
async function importBundledImages(node: NodeLayout, signal: AbortSignal): Promise<void> {
  const ctr = ["--address", node.containerdSocket, "--namespace", "k8s.io", "images"];
  const present = await exec("ctr", [...ctr, "list", "--quiet"], { signal });
  const bundled = [
    [pauseImageName, pauseImage],
    [busyboxImageName, busyboxImage],
  ] as const;
  for (const [name, build] of bundled) {
    if (present.split("\n").includes(name)) continue;
    const file = join(node.run, "image.tar");
    await writeFile(file, await build());
    await exec("ctr", [...ctr, "import", file], { signal });
    await rm(file);
  }
}

function kubeletConfig({ config, node }: NodeParts): Parameters<typeof runKubelet>[1] {
  mkdirSync(node.kubelet, { recursive: true, mode: 0o755 });
  mkdirSync(node.podLogs, { recursive: true, mode: 0o755 });
  return {
    nodeName: node.name,
    nodeIps: [nodeAddress(config, node.name)],
    rootDirectory: node.kubelet,
    podLogsDirectory: node.podLogs,
    runtimeEndpoint: `unix://${node.containerdSocket}`,
    cgroupRoot: node.cgroupRoot,
    clusterDns: [dnsServiceAddress(config)],
    clusterDomain: config.clusterDomain,
    resolvConf: "/etc/resolv.conf",
    port: kubeletPort,
    sandboxImage: pauseImageName,
    version: kubernetesVersion.gitVersion,
  };
}

/** The kubelet's HTTPS server, from when the kubelet has synced until the node stops. */
async function serveKubelet(context: ComponentContext, { config, layout, node }: NodeParts, ready: Promise<KubeletPods>): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => context.signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  const pods = await Promise.race([ready, stopped]);
  if (pods === undefined) return;
  const { certificate, key } = readKeyPair(layout.pki, `kubelet-${node.name}`);
  await runKubeletServer(context, pods, {
    nodeName: node.name,
    address: nodeAddress(config, node.name),
    port: kubeletPort,
    cert: certificate,
    key,
    clientCa: readCertificate(layout.pki, "ca"),
  });
}

const runProgram: RunProgram = (program, args, input, signal) => exec(program, args, { input, signal });

async function runKubeProxy(context: ComponentContext, { config, node }: NodeParts, onSynced: () => void): Promise<void> {
  const backend = new NftablesBackend({ family: "ip", podSubnet: config.podSubnet, serviceSubnet: config.serviceSubnet }, runProgram);
  const servers = { healthz: { host: "0.0.0.0", port: proxyHealthPort }, metrics: { host: "127.0.0.1", port: proxyMetricsPort } };
  await runProxy(context, { nodeName: node.name, family: 4, backend, run: runProgram, servers, build: kubernetesVersion }, onSynced);
}

async function report(context: ComponentContext, { config, node }: NodeParts, containerd: ProcessRecord, proxySynced: boolean): Promise<ComponentHealth[]> {
  const ready = await isNodeReady(context, node.name);
  const runs = isAlive(containerd);
  return [
    {
      name: "kubelet",
      healthy: ready === "True",
      address: `https://${nodeAddress(config, node.name)}:${kubeletPort}`,
      ...(ready === "True" ? {} : { message: `node is not Ready (${ready})` }),
    },
    { name: "kube-proxy", healthy: proxySynced, address: "nftables", ...(proxySynced ? {} : { message: "has not applied service rules yet" }) },
    { name: "containerd", healthy: runs, address: node.containerdSocket, pid: containerd.pid, ...(runs ? {} : { message: "has ended" }) },
  ];
}

async function isNodeReady(context: ComponentContext, name: string): Promise<string> {
  try {
    const node = await context.client.of(nodes).find(name);
    return node?.status?.conditions?.find((condition) => condition.type === "Ready")?.status ?? "not registered";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
