/** A kubelet on a real containerd, driven through a fake API server: what tests of pods on real containers stand on. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Pod } from "../api/core/v1/pod.ts";
import { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import { createInformerFactory } from "../client/informer-factory.ts";
import { pods } from "../client/resources.ts";
import { systemClock } from "../cluster/system-clock.ts";
import type { KubeletConfig, KubeletPods } from "../kubelet/contract.ts";
import { runKubelet } from "../kubelet/kubelet.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Transport } from "../machinery/transport.ts";
import { type Containerd, removeCgroups, startContainerd } from "./containerd.ts";
import { FakeApi } from "./fake-api.ts";
import { busyboxImage, busyboxImageName, pauseImage } from "./images.ts";

export interface RecordedEvent {
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface KubeletScene {
  readonly api: FakeApi;
  readonly client: Client;
  readonly events: RecordedEvent[];
  readonly directory: string;
  /** Below which the pods' cgroups are. */
  readonly cgroupRoot: string;
  readonly containerd: Containerd;
  /** The running kubelet's view of its pods. */
  readonly view: () => KubeletPods;
  /** Tokens handed out so far. */
  readonly tokens: () => number;
  startKubelet(): Promise<void>;
  stopKubelet(): Promise<void>;
  /** Ends everything: pods, kubelet, containerd. */
  end(): Promise<void>;
}

export const nodeName = "node-1";
const nodeIp = "10.88.0.1";

/** `directory` must be empty and short; run it inside namespaces of its own (src/testing/namespaces.ts). */
export async function kubeletScene(directory: string): Promise<KubeletScene> {
  const containerd = await startContainerd({ directory: join(directory, "c"), podCidr: "10.88.0.0/24" });
  await containerd.importImage(await pauseImage());
  await containerd.importImage(await busyboxImage());
  const api = new FakeApi({ now: () => Date.now() });
  const counter = { tokens: 0 };
  const transport = withTokens(api.transport, counter);
  const events: RecordedEvent[] = [];
  const root = new AbortController();
  let running: { stop: AbortController; ended: Promise<void>; view: KubeletPods } | undefined;
  const stopKubelet = async () => {
    running?.stop.abort();
    await running?.ended;
    running = undefined;
  };
  const client = new Client(transport, root.signal);
  return {
    api,
    client,
    events,
    directory,
    cgroupRoot: cgroupOf(directory),
    containerd,
    tokens: () => counter.tokens,
    view: () => running!.view,
    startKubelet: async () => {
      running = await start(transport, events, directory, containerd.socket);
    },
    stopKubelet,
    end: async () => {
      await stopKubelet();
      root.abort();
      await removeContainers(containerd.socket);
      await containerd.stop();
      await removeCgroups(cgroupOf(directory));
    },
  };
}

async function start(transport: Transport, events: RecordedEvent[], directory: string, socket: string) {
  const stop = new AbortController();
  const { signal } = stop;
  const logger = testLogger;
  const shared = { transport, clock: systemClock, random: Math.random, logger, signal };
  const ready = Promise.withResolvers<KubeletPods>();
  const config: KubeletConfig = {
    nodeName,
    nodeIps: [nodeIp],
    rootDirectory: join(directory, "kubelet"),
    podLogsDirectory: join(directory, "logs"),
    runtimeEndpoint: `unix://${socket}`,
    cgroupRoot: cgroupOf(directory),
    clusterDns: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    resolvConf: "/etc/resolv.conf",
    port: 10250,
    version: "v1.36.0",
    onReady: ready.resolve,
  };
  await mkdir(config.rootDirectory, { recursive: true });
  const context = { client: new Client(transport, signal), informers: createInformerFactory(shared), events: recorder(events), ...shared };
  const ended = runKubelet(context, config);
  ended.catch(ready.reject);
  return { stop, ended, view: await ready.promise };
}

/** Process ids say nothing here: in a namespace of its own every test is number 1. */
function cgroupOf(directory: string): string {
  return `/coracle-test-${basename(directory)}`;
}

/** Warnings of the kubelet matter when a test fails; node:test shows them with it. */
const testLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
  child: () => testLogger,
};

function recorder(events: RecordedEvent[]): EventRecorder {
  return {
    event: (about, type, reason, message) => {
      const name = "metadata" in about ? about.metadata.name : `${about.name}${about.fieldPath === undefined ? "" : ` ${about.fieldPath}`}`;
      events.push({ object: name, type, reason, message });
    },
  };
}

/** The fake API has no token subresource. */
function withTokens(transport: Transport, counter: { tokens: number }): Transport {
  const create: Transport["create"] = async (target, body, options, signal) => {
    if (target.subresource !== "token") return transport.create(target, body, options, signal);
    const { spec } = body as { spec: { expirationSeconds: number } };
    counter.tokens++;
    const expirationTimestamp = new Date(Date.now() + spec.expirationSeconds * 1000).toISOString();
    return { ...body, status: { token: `token-${counter.tokens}`, expirationTimestamp } } as never;
  };
  return { ...transport, create };
}

async function removeContainers(socket: string): Promise<void> {
  const run = promisify(execFile);
  const ctr = ["-a", socket, "-n", "k8s.io"];
  const { stdout } = await run("ctr", [...ctr, "tasks", "list", "-q"]);
  for (const id of stdout.split("\n").filter((line) => line !== "")) await run("ctr", [...ctr, "tasks", "kill", "-s", "KILL", id]).catch(() => {});
}

/** A pod of one busybox container; `spec` and `container` add to it. */
export function busyboxPod(name: string, script: string, container: object = {}, spec: object = {}, metadata: object = {}): object {
  const main = { name: "main", image: busyboxImageName, imagePullPolicy: "IfNotPresent", command: ["sh", "-c", script], ...container };
  return {
    metadata: { name, namespace: "default", ...metadata },
    spec: { nodeName, terminationGracePeriodSeconds: 1, containers: [main], ...spec },
  };
}

/** Polls the fake API until `holds`; rejects with the pod's last status. */
export async function podUntil(scene: KubeletScene, name: string, holds: (pod: Pod) => boolean, timeoutMs = 10_000): Promise<Pod> {
  for (const end = Date.now() + timeoutMs; ; await delay(10)) {
    const pod = scene.api.all(pods).find(({ metadata }) => metadata.name === name);
    if (pod !== undefined && holds(pod)) return pod;
    if (Date.now() > end) throw new Error(`pod ${name} is not as expected: ${JSON.stringify(pod?.status, null, 1)}\n${eventLines(scene.events)}`);
  }
}

export async function podGone(scene: KubeletScene, name: string, timeoutMs = 10_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await delay(10)) {
    const pod = scene.api.all(pods).find(({ metadata }) => metadata.name === name);
    if (pod === undefined) return;
    if (Date.now() > end) throw new Error(`pod ${name} still exists: ${JSON.stringify(pod.status, null, 1)}`);
  }
}

export function eventLines(events: readonly RecordedEvent[]): string {
  return events.map(({ object, type, reason, message }) => `${object}: ${type} ${reason} ${message}`).join("\n");
}

export const isRunning = (pod: Pod) => pod.status?.phase === "Running";
export const isReady = (pod: Pod) => pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
