/** The kubelet: wires its parts and runs them until the component's signal aborts. Pods go on running without it. */
import { mkdir } from "node:fs/promises";
import type { Node } from "../api/core/v1/node.ts";
import type { PersistentVolume } from "../api/core/v1/persistent-volume.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { errorText } from "../client/errors.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, pods as podResource, runtimeClasses, services as serviceResource } from "../client/resources.ts";
import { cgroupfsCgroups, systemdCgroups } from "./cgroups.ts";
import { parseResolvConf } from "./container/dns.ts";
import type { DownwardFacts } from "./container/downward-api.ts";
import type { KubeletConfig } from "./contract.ts";
import { containerdExits } from "./cri/containerd-events.ts";
import { connectRuntime } from "./cri/grpc.ts";
import type { RuntimeService } from "./cri/service.ts";
import type { VersionResponse } from "./cri/types.ts";
import { guardLocalStorage } from "./eviction/guard-local-storage.ts";
import { Collector } from "./gc/collector.ts";
import { rotateLogs } from "./gc/log-rotation.ts";
import { hookRunner } from "./hooks.ts";
import { type Host, linuxHost } from "./host.ts";
import { imageMounter, mountsImages } from "./images/image-volume.ts";
import { ImagePuller } from "./images/puller.ts";
import { gatherFacts } from "./node/facts.ts";
import { Heartbeat } from "./node/heartbeat.ts";
import { readMachine } from "./node/machine.ts";
import { allocatableOf, capacityOf, newNode } from "./node/status.ts";
import { ReferencedObjects } from "./objects.ts";
import { Pods } from "./pod/pods.ts";
import { PodRunner } from "./pod/runner.ts";
import { StatusWriter } from "./pod/status-writer.ts";
import { kubeletPods } from "./pod-view.ts";
import { attemptProbe } from "./probes/attempt.ts";
import { grpcHealthCheck } from "./probes/grpc-health.ts";
import { type ProbeNetwork, socketNetwork } from "./probes/network.ts";
import { Prober } from "./probes/prober.ts";
import { followRuntime, RuntimeCache } from "./runtime-cache.ts";
import { StartGate } from "./start-gate.ts";
import { TokenManager } from "./tokens.ts";
import { VolumeError } from "./volumes/payload.ts";
import { Volumes } from "./volumes/volumes.ts";

/** What tests put in place of the machine. */
export interface KubeletAdapters {
  readonly host?: Host;
  readonly network?: ProbeNetwork;
}

const tokenCheckMs = 30_000;

/**
 * Resolves once the signal has aborted and everything started here has ended; rejects when it cannot start for a reason
 * that waiting does not mend. A runtime or API server that is not there yet is waited for.
 */
export async function runKubelet(context: ComponentContext, config: KubeletConfig, adapters: KubeletAdapters = {}): Promise<void> {
  const { signal } = context;
  const connection = config.runtime ?? connectRuntime(config.runtimeEndpoint);
  // A container that takes its time to stop must not hold up this kubelet's own end.
  const close = () => {
    if (config.runtime === undefined) connection.close();
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    const version = await waitForRuntime(context, connection.runtime);
    if (version === undefined) return;
    await new Kubelet(context, config, adapters, connection.runtime, connection.images, version).run();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** undefined when the signal aborted first. */
async function waitForRuntime({ clock, logger, signal }: ComponentContext, runtime: RuntimeService): Promise<VersionResponse | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await runtime.version();
    } catch (error) {
      if (attempt % 20 === 0) logger.info({ error: errorText(error) }, "waiting for the container runtime");
      await clock.sleep(250, signal).catch(() => {});
    }
  }
  return undefined;
}

class Kubelet {
  readonly #context: ComponentContext;
  readonly #config: KubeletConfig;
  readonly #runtime: RuntimeService;
  readonly #images: ReturnType<typeof connectRuntime>["images"];
  readonly #version: VersionResponse;
  readonly #host: Host;
  readonly #network: ProbeNetwork;
  #node: Pick<Node, "metadata" | "spec" | "status"> | undefined;

  constructor(
    context: ComponentContext,
    config: KubeletConfig,
    adapters: KubeletAdapters,
    runtime: RuntimeService,
    images: ReturnType<typeof connectRuntime>["images"],
    version: VersionResponse,
  ) {
    this.#context = context;
    this.#config = config;
    this.#runtime = runtime;
    this.#images = images;
    this.#version = version;
    this.#host = adapters.host ?? linuxHost();
    this.#network = adapters.network ?? socketNetwork(grpcHealthCheck);
  }

  async run(): Promise<void> {
    const { clock, random, events, logger, informers, signal, client } = this.#context;
    const config = this.#config;
    const { rootDirectory, podLogsDirectory, nodeName, nodeIps } = config;
    await Promise.all([mkdir(rootDirectory, { recursive: true }), mkdir(podLogsDirectory, { recursive: true })]);
    const machine = await readMachine(this.#host);
    const disk = await this.#host.fileSystem(rootDirectory);
    const allocatable = allocatableOf(config, capacityOf(config, machine, disk.capacityBytes));
    const cgroups = config.cgroupDriver === "systemd" ? systemdCgroups(config.cgroupRoot) : await cgroupfsCgroups(config.cgroupRoot, this.#host);
    const podInformer = informers.informer(podResource, { fieldSelector: `spec.nodeName=${nodeName}` });
    const serviceInformer = informers.informer(serviceResource);

    // Parts refer to each other in a circle only through `pods`, which is there before anything runs.
    const poke = (uid: string) => pods.poke(uid);
    const cache = new RuntimeCache(this.#runtime, poke);
    const objects = new ReferencedObjects(this.#context, (uid) => pods.dependencyChanged(uid));
    const tokens = new TokenManager(this.#context);
    const facts = (_pod: Pod, podIps: readonly string[]): DownwardFacts => ({ podIps, nodeIps, nodeName, allocatable });
    const configMap = (namespace: string, name: string) => objects.configMap(namespace, name);
    const secret = (namespace: string, name: string) => objects.secret(namespace, name);
    const puller = new ImagePuller(this.#images, clock, config.maxParallelImagePulls ?? 1);
    const canMountImages = mountsImages(this.#version.runtimeName, this.#version.runtimeVersion);
    const volumes = new Volumes({
      rootDirectory,
      host: this.#host,
      tokens,
      now: () => clock.now(),
      ...(canMountImages ? {} : { mountImage: imageMounter({ puller, host: this.#host, events, runtimeEndpoint: config.runtimeEndpoint, signal }) }),
      sources: {
        synced: (pod) => objects.synced(pod),
        configMap,
        secret,
        persistentVolume: (namespace, claim) => this.#persistentVolume(namespace, claim),
        facts: (pod) => facts(pod, []),
      },
    });
    const runner = new PodRunner({
      runtime: this.#runtime,
      cache,
      puller,
      volumes,
      cgroups,
      gate: new StartGate(2 * machine.cpus + 2),
      hooks: hookRunner(this.#runtime, this.#network, clock),
      events,
      clock,
      podLogsDirectory,
      cluster: { servers: config.clusterDns, domain: config.clusterDomain },
      memoryCapacityBytes: machine.memoryBytes,
      sources: {
        hostDns: async () => parseResolvConf(config.resolvConf === "" ? "" : await this.#host.readText(config.resolvConf)),
        hostsOfNode: () => this.#host.readText("/etc/hosts"),
        runtimeHandler: (pod) => this.#runtimeHandler(pod.spec.runtimeClassName),
        services: () => serviceInformer.list(),
        facts,
        configMap,
        secret,
      },
    });
    const prober = new Prober({
      clock,
      random,
      attempt: (probe, target) => attemptProbe(probe, target, this.#runtime, this.#network),
      onTrouble: (pod, container, kind, { result, output }) => {
        const fieldPath = pod.spec.containers.includes(container) ? `spec.containers{${container.name}}` : `spec.initContainers{${container.name}}`;
        const { name, namespace = "", uid } = pod.metadata;
        const kindText = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        const what = { success: "succeeded", warning: "warning", failure: "failed", unknown: "errored and resulted in unknown state" }[result];
        const reason = result === "warning" ? "ProbeWarning" : "Unhealthy";
        events.event({ apiVersion: "v1", kind: "Pod", name, namespace, uid, fieldPath }, "Warning", reason, `${kindText} probe ${what}: ${output}`);
      },
      onChange: poke,
    });
    const writer = new StatusWriter({ client, clock, logger, signal, held: (uid) => pods.worker(uid)?.pod });
    const node = () => this.#node ?? fallbackNode(config, machine, allocatable);
    const pods = new Pods({
      runner,
      cache,
      volumes,
      objects,
      prober,
      writer,
      events,
      clock,
      logger,
      signal,
      nodeIps,
      runtimeName: this.#version.runtimeName,
      podLogsDirectory,
      node,
      latestNode: () => client.of(nodes).get(config.nodeName),
    });
    const heartbeat = new Heartbeat({
      context: this.#context,
      config,
      facts: () =>
        gatherFacts({
          host: this.#host,
          machine,
          runtime: this.#runtime,
          images: this.#images,
          version: this.#version,
          rootDirectory,
          sinceRelistMs: () => (cache.lastRelistMs === 0 ? 0 : clock.now() - cache.lastRelistMs),
        }),
      onNode: (held) => {
        this.#node = held;
      },
    });
    const collector = new Collector({
      context: this.#context,
      runtime: this.#runtime,
      images: this.#images,
      cache,
      volumes,
      host: this.#host,
      rootDirectory,
      podLogsDirectory,
      sandboxImage: config.sandboxImage,
      isKnown: (uid) => pods.has(uid),
      removeCgroup: (uid) => cgroups.remove(uid),
    });

    await volumes.start();
    // What runs must be known before the first pod is decided on: this is how a restarted kubelet adopts its pods.
    await Promise.all([cache.relist(clock.now()), heartbeat.register()]);
    await informers.start();
    signal.throwIfAborted();
    podInformer.addHandler({
      add: (pod) => pods.set(pod),
      update: (pod, old) => {
        if (pod.metadata.uid !== old.metadata.uid) pods.delete(old);
        pods.set(pod);
      },
      delete: (pod) => pods.delete(pod),
    });
    events.event(node() as Node, "Normal", "Starting", "Starting kubelet.");
    config.onReady?.(kubeletPods({ runtime: this.#runtime, cache, pods }));
    await Promise.all([
      followRuntime({
        runtime: this.#runtime,
        cache,
        clock,
        logger,
        signal,
        relistPeriodMs: config.relistPeriodMs ?? 1000,
        exits: (until) => this.#exits(until),
      }),
      heartbeat.run(),
      collector.run(),
      rotateLogs({
        context: this.#context,
        runtime: this.#runtime,
        cache,
        maxBytes: config.containerLogMaxBytes ?? 10 << 20,
        maxFiles: config.containerLogMaxFiles ?? 5,
      }),
      guardLocalStorage({ context: this.#context, runtime: this.#runtime, host: this.#host, volumes, pods, podLogsDirectory }),
      this.#renewTokens(pods, volumes),
    ]);
    prober.stopAll();
    await Promise.all([pods.stop(), writer.settled(), objects.ended()]);
  }

  /** Tokens grow old without anything changing. */
  async #renewTokens(pods: Pods, volumes: Volumes): Promise<void> {
    const { clock, logger, signal } = this.#context;
    while (!signal.aborted) {
      await clock.sleep(tokenCheckMs, signal).catch(() => {});
      for (const pod of pods.list()) {
        if (signal.aborted || !volumes.hasDueTokens(pod)) continue;
        await volumes
          .refresh(pod)
          .catch((error: unknown) => logger.warn({ pod: pod.metadata.name, error: errorText(error) }, "cannot renew a service account token"));
      }
    }
  }

  async #runtimeHandler(className: string | undefined): Promise<string> {
    if (className === undefined || className === "") return "";
    const found = await this.#context.client.of(runtimeClasses).find(className);
    if (found === undefined) throw new Error(`failed to get sandbox runtime: RuntimeClass ${JSON.stringify(className)} not found`);
    return found.handler;
  }

  #exits(signal: AbortSignal): AsyncIterable<string> {
    const { runtime, runtimeEndpoint } = this.#config;
    return runtime === undefined && this.#version.runtimeName === "containerd" ? containerdExits(runtimeEndpoint, signal) : noExits();
  }

  async #persistentVolume(namespace: string, claimName: string): Promise<PersistentVolume> {
    const { client } = this.#context;
    const claim = await client.of(persistentVolumeClaims).in(namespace).get(claimName);
    const name = claim.spec?.volumeName;
    if (name === undefined || name === "" || claim.status?.phase !== "Bound")
      throw new VolumeError(`persistentvolumeclaim ${JSON.stringify(claimName)} is not bound`);
    return client.of(persistentVolumes).get(name);
  }
}

async function* noExits(): AsyncGenerator<string> {}

/** Until the API server has told of the node: what this kubelet would register. */
function fallbackNode(
  config: KubeletConfig,
  machine: Parameters<typeof newNode>[1],
  allocatable: Record<string, string>,
): Pick<Node, "metadata" | "spec" | "status"> {
  const { metadata, spec } = newNode(config, machine);
  return { metadata: { uid: config.nodeName, ...metadata }, spec, status: { allocatable } };
}
