/** Performs the effects that `decidePod` asks for, one pod and one effect at a time. */

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Secret } from "../../api/core/v1/secret.ts";
import type { Service } from "../../api/core/v1/service.ts";
import { errorText } from "../../client/errors.ts";
import type { EventRecorder } from "../../client/events.ts";
import { aborted } from "../../machinery/aborted.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { PodCgroups } from "../cgroups.ts";
import { containerConfig, containerLogPath } from "../container/container-config.ts";
import { type ClusterDns, podDns } from "../container/dns.ts";
import type { DownwardFacts } from "../container/downward-api.ts";
import { containerEnvironment } from "../container/environment.ts";
import { hostNetworkHostsFile, podHostname, podHostsFile } from "../container/hosts-file.ts";
import { containerMounts } from "../container/mounts.ts";
import { containerResources, effectiveResources } from "../container/resources.ts";
import { podLogDirectory, sandboxConfig } from "../container/sandbox-config.ts";
import { serviceEnvironment } from "../container/service-environment.ts";
import { isNotFound, rpcText } from "../cri/errors.ts";
import type { RuntimeService } from "../cri/service.ts";
import type { ContainerConfig, DnsConfig, PodSandboxConfig } from "../cri/types.ts";
import type { HookRunner } from "../hooks.ts";
import { ImageError, type ImagePuller, type PresentImage } from "../images/puller.ts";
import type { RuntimeCache } from "../runtime-cache.ts";
import type { StartGate } from "../start-gate.ts";
import type { Volumes } from "../volumes/volumes.ts";
import type { ContainerRole, StartFailure } from "./decide.ts";
import { type ContainerRecord, latestContainer, readySandbox } from "./runtime-state.ts";
import { type AnyContainer, ephemeralContainers, initContainers, isHostNetwork } from "./spec.ts";

export interface RunnerOptions {
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly puller: ImagePuller;
  readonly volumes: Volumes;
  readonly cgroups: PodCgroups;
  readonly hooks: HookRunner;
  readonly gate: StartGate;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly podLogsDirectory: string;
  readonly cluster: ClusterDns;
  readonly memoryCapacityBytes: number;
  readonly sources: RunnerSources;
}

export interface RunnerSources {
  hostDns(): Promise<DnsConfig>;
  hostsOfNode(): Promise<string>;
  /** CRI runtime handler of the pod's RuntimeClass, "" for the default one; rejects for a class that does not exist. */
  runtimeHandler(pod: Pod): Promise<string>;
  services(): Iterable<Service>;
  facts(pod: Pod, podIps: readonly string[]): DownwardFacts;
  configMap(namespace: string, name: string): ReturnType<Parameters<typeof containerEnvironment>[1]["configMap"]>;
  secret(namespace: string, name: string): Secret | undefined;
}

/** A start that did not work: what the container waits for, and when to try again. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly failure: StartFailure;

  constructor(failure: StartFailure, options?: ErrorOptions) {
    super(`${failure.reason}: ${failure.message}`, options);
    this.failure = failure;
  }
}

/** Failures that only another look at the world can mend are looked at again after this. */
const retryMs = 10_000;
/** Whatever the grace period, a container has this long after its preStop hook. */
const minGraceSeconds = 2;

export class PodRunner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Rejects with StartError. The cache holds the new sandbox when this resolves. */
  async createSandbox(pod: Pod, attempt: number): Promise<void> {
    const { runtime, cache, cgroups, gate, events, clock, podLogsDirectory, sources } = this.#options;
    try {
      refuseUnsupported(pod);
      const [config] = await Promise.all([
        this.#sandboxConfig(pod, attempt),
        cgroups.ensure(pod),
        mkdir(podLogDirectory(pod, podLogsDirectory), { recursive: true }),
      ]);
      const handler = await sources.runtimeHandler(pod);
      await gate.run("sandbox", () => runtime.runPodSandbox(config, handler));
      await cache.refreshPod(pod.metadata.uid);
    } catch (error) {
      const message = `Failed to create pod sandbox: ${rpcText(error)}`;
      events.event(pod, "Warning", "FailedCreatePodSandBox", message);
      throw new StartError({ reason: "ContainerCreating", message: "", retryAtMs: clock.now() + retryMs / 5 }, { cause: error });
    }
  }

  async stopSandbox(pod: Pod, id: string): Promise<void> {
    await this.#options.runtime.stopPodSandbox(id);
    await this.#options.cache.refreshPod(pod.metadata.uid);
  }

  /** Rejects with StartError. Runs the postStart hook. `signal` ends pulls and hooks, not calls that would leave a mess. */
  async startContainer(pod: Pod, container: AnyContainer, role: ContainerRole, attempt: number, signal: AbortSignal): Promise<void> {
    const { runtime, cache } = this.#options;
    const { uid } = pod.metadata;
    const sandbox = readySandbox(cache.get(uid) ?? { uid, namespace: "", name: "", sandboxes: [], containers: [] });
    if (sandbox === undefined) throw this.#failed(pod, container, role, "CreateContainerError", new Error("the pod's sandbox is gone"));
    const stale = latestContainer(cache.get(uid)!, container.name);
    if (stale?.state === "created") await runtime.removeContainer(stale.id);
    const podSandbox = await this.#sandboxConfig(pod, sandbox.attempt);
    const image = await this.#image(pod, container, role, podSandbox, signal);
    signal.throwIfAborted();
    const config = await this.#containerConfig(pod, container, role, attempt, image, isHostNetwork(pod) ? this.#nodeIps(pod) : sandbox.ips);
    // It may start anew because it is to have more.
    await this.#options.cgroups.makeRoom(pod);
    const id = await this.#options.gate.run("container", () => this.#createAndStart(pod, container, role, sandbox.id, config, podSandbox));
    await cache.refreshPod(uid);
    await this.#postStart(pod, container as Container, role, id, sandbox.ips[0], signal);
  }

  /** preStop, then SIGTERM, then SIGKILL, all within the grace period. Resolves when the container has ended. */
  async killContainer(pod: Pod, record: ContainerRecord, graceSeconds: number, message: string, signal: AbortSignal): Promise<void> {
    const { runtime, cache, clock } = this.#options;
    const located = locate(pod, record.name);
    if (located !== undefined) this.#event(pod, located.container, located.role, "Normal", "Killing", message);
    const startedAt = clock.now();
    const preStop = located?.container.lifecycle?.preStop;
    if (preStop !== undefined && graceSeconds > 0) await this.#preStop(pod, located!.container as Container, located!.role, record, graceSeconds, signal);
    const left = graceSeconds - Math.floor((clock.now() - startedAt) / 1000);
    await runtime.stopContainer(record.id, graceSeconds === 0 ? 0 : Math.max(left, preStop === undefined ? 0 : minGraceSeconds));
    await cache.refreshPod(pod.metadata.uid);
  }

  /** Changes requests and limits of a running container. The pod's own cgroup makes room first; `resizePod` follows. */
  async resizeContainer(pod: Pod, record: ContainerRecord, container: Container): Promise<void> {
    const { runtime, cache, cgroups, memoryCapacityBytes } = this.#options;
    await cgroups.makeRoom(pod);
    // The score of a running process stays as it is: lowering it takes a capability, and the memory request hardly moves it.
    const { oomScoreAdj: _, ...resources } = containerResources(pod, container, memoryCapacityBytes);
    await runtime.updateContainerResources(record.id, resources);
    await cache.refreshContainer(pod.metadata.uid, record.id, effectiveResources(pod, container));
  }

  /** Makes the pod's own cgroup what the pod is allocated. */
  resizePod(pod: Pod): Promise<void> {
    return this.#options.cgroups.ensure(pod);
  }

  /** Frees what a pod without processes still holds on the node; its containers stay readable for `kubectl logs`. */
  async cleanUp(podUid: string): Promise<void> {
    await this.#options.volumes.tearDown(podUid);
    await this.#options.cgroups.remove(podUid);
  }

  /** Forgets a pod that the API no longer has: containers, sandboxes and logs. */
  async remove(pod: { uid: string; logDirectory: string }): Promise<void> {
    const { runtime, cache, puller } = this.#options;
    const held = cache.get(pod.uid);
    for (const container of held?.containers ?? []) await runtime.removeContainer(container.id);
    for (const sandbox of held?.sandboxes ?? []) {
      if (sandbox.ready) await runtime.stopPodSandbox(sandbox.id);
      await runtime.removePodSandbox(sandbox.id);
    }
    await this.cleanUp(pod.uid);
    await this.#options.volumes.remove(pod.uid);
    await rm(pod.logDirectory, { recursive: true, force: true });
    puller.forget(pod.uid);
    await cache.refreshPod(pod.uid);
  }

  async #sandboxConfig(pod: Pod, attempt: number): Promise<PodSandboxConfig> {
    const { cluster, cgroups, podLogsDirectory, sources } = this.#options;
    const dns = podDns(pod, cluster, await sources.hostDns());
    return sandboxConfig(pod, { attempt, podLogsDirectory, clusterDomain: cluster.domain, dns, cgroupParent: cgroups.parentOf(pod) });
  }

  async #image(pod: Pod, container: AnyContainer, role: ContainerRole, sandbox: PodSandboxConfig, signal: AbortSignal): Promise<PresentImage> {
    const { puller, sources } = this.#options;
    const namespace = pod.metadata.namespace ?? "";
    const secrets = (pod.spec.imagePullSecrets ?? []).flatMap(({ name = "" }) => sources.secret(namespace, name) ?? []);
    try {
      return await puller.ensure({
        podUid: pod.metadata.uid,
        image: container.image ?? "",
        policy: container.imagePullPolicy ?? "IfNotPresent",
        secrets,
        sandbox,
        signal,
        event: (type, reason, message) => this.#event(pod, container, role, type, reason, message),
      });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.#event(pod, container, role, "Warning", "Failed", `Error: ${error.reason}`);
      throw new StartError({ reason: error.reason, message: error.message, retryAtMs: error.retryAtMs }, { cause: error });
    }
  }

  async #containerConfig(
    pod: Pod,
    container: AnyContainer,
    role: ContainerRole,
    attempt: number,
    image: PresentImage,
    podIps: readonly string[],
  ): Promise<ContainerConfig> {
    const { volumes, sources, memoryCapacityBytes, cache, podLogsDirectory } = this.#options;
    try {
      const namespace = pod.metadata.namespace ?? "";
      const environment = containerEnvironment(container as Container, {
        pod,
        facts: sources.facts(pod, podIps),
        services: serviceEnvironment(sources.services(), namespace, pod.spec.enableServiceLinks ?? true),
        configMap: (name) => sources.configMap(namespace, name),
        secret: (name) => sources.secret(namespace, name),
      });
      const mounts = await containerMounts({ pod, container, volumes, environment, hostsFile: await this.#hostsFile(pod, podIps) });
      await mkdir(join(podLogDirectory(pod, podLogsDirectory), container.name), { recursive: true });
      const target = role === "ephemeral" ? (container as { targetContainerName?: string }).targetContainerName : undefined;
      const targetId = target === undefined || target === "" ? undefined : latestContainer(cache.get(pod.metadata.uid)!, target)?.id;
      return containerConfig(pod, container, {
        attempt,
        imageRef: image.ref,
        imageUser: image.user,
        environment,
        mounts,
        memoryCapacityBytes,
        ...(targetId === undefined ? {} : { targetContainerId: targetId }),
      });
    } catch (error) {
      throw this.#failed(pod, container, role, "CreateContainerConfigError", error);
    }
  }

  async #hostsFile(pod: Pod, podIps: readonly string[]): Promise<string> {
    const { cluster, sources } = this.#options;
    if (isHostNetwork(pod)) return hostNetworkHostsFile(pod, await sources.hostsOfNode());
    const { hostname, domain } = podHostname(pod, cluster.domain);
    return podHostsFile(pod, podIps, hostname, domain);
  }

  async #create(
    pod: Pod,
    container: AnyContainer,
    role: ContainerRole,
    sandboxId: string,
    config: ContainerConfig,
    sandbox: PodSandboxConfig,
  ): Promise<string> {
    const { runtime } = this.#options;
    try {
      // A log left by an earlier container of the same number would be appended to.
      await rm(join(sandbox.logDirectory, containerLogPath(container.name, config.metadata.attempt)), { force: true });
      const id = await runtime.createContainer(sandboxId, config, sandbox);
      this.#event(pod, container, role, "Normal", "Created", "Container created");
      return id;
    } catch (error) {
      throw this.#failed(pod, container, role, "CreateContainerError", error);
    }
  }

  async #createAndStart(
    pod: Pod,
    container: AnyContainer,
    role: ContainerRole,
    sandboxId: string,
    config: ContainerConfig,
    sandbox: PodSandboxConfig,
  ): Promise<string> {
    const { runtime, cache } = this.#options;
    const id = await this.#create(pod, container, role, sandboxId, config, sandbox);
    try {
      await runtime.startContainer(id);
    } catch (error) {
      await cache.refreshPod(pod.metadata.uid);
      throw this.#failed(pod, container, role, "RunContainerError", error, 0);
    }
    this.#event(pod, container, role, "Normal", "Started", "Container started");
    return id;
  }

  #failed(pod: Pod, container: AnyContainer, role: ContainerRole, reason: string, error: unknown, retryAfterMs = retryMs): StartError {
    const message = error instanceof Error && error.name === "CriError" ? (error as unknown as { description: string }).description : errorText(error);
    this.#event(pod, container, role, "Warning", "Failed", `Error: ${message}`);
    return new StartError({ reason, message, retryAtMs: this.#options.clock.now() + retryAfterMs }, { cause: error });
  }

  async #postStart(pod: Pod, container: Container, role: ContainerRole, id: string, podIp: string | undefined, signal: AbortSignal): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined || role === "ephemeral") return;
    const { hooks, runtime, cache } = this.#options;
    try {
      // A hook that hangs must not keep its pod from ending.
      await Promise.race([hooks.run(hook, container, id, podIp ?? this.#nodeIp(pod), signal), aborted(signal)]);
    } catch (error) {
      this.#event(pod, container, role, "Warning", "FailedPostStartHook", `PostStartHook failed`);
      this.#event(pod, container, role, "Normal", "Killing", "FailedPostStartHook");
      await runtime.stopContainer(id, 0).catch((reason: unknown) => {
        if (!isNotFound(reason)) throw reason;
      });
      await cache.refreshPod(pod.metadata.uid);
      throw new StartError({ reason: "PostStartHookError", message: errorText(error), retryAtMs: 0 }, { cause: error });
    }
  }

  async #preStop(pod: Pod, container: Container, role: ContainerRole, record: ContainerRecord, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const { hooks, clock, cache } = this.#options;
    const podIp = readySandbox(cache.get(pod.metadata.uid)!)?.ips[0] ?? this.#nodeIp(pod);
    const inTime = new AbortController();
    const hook = hooks.run(container.lifecycle!.preStop!, container, record.id, podIp, AbortSignal.any([signal, inTime.signal]));
    const outOfTime = clock.sleep(graceSeconds * 1000, AbortSignal.any([signal, inTime.signal])).then(
      () => Promise.reject(new Error("the grace period ran out")),
      () => {},
    );
    try {
      await Promise.race([hook, outOfTime]);
    } catch {
      this.#event(pod, container, role, "Warning", "FailedPreStopHook", "PreStopHook failed");
    } finally {
      inTime.abort();
      hook.catch(() => {});
    }
  }

  #nodeIps(pod: Pod): readonly string[] {
    return this.#options.sources.facts(pod, []).nodeIps;
  }

  #nodeIp(pod: Pod): string {
    return this.#nodeIps(pod)[0] ?? "127.0.0.1";
  }

  #event(pod: Pod, container: AnyContainer, role: ContainerRole, type: "Normal" | "Warning", reason: string, message: string): void {
    const list = { init: "initContainers", main: "containers", ephemeral: "ephemeralContainers" }[role];
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    this.#options.events.event(
      {
        apiVersion: "v1",
        kind: "Pod",
        name,
        uid,
        fieldPath: `spec.${list}{${container.name}}`,
        ...(namespace === undefined ? {} : { namespace }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type,
      reason,
      message,
    );
  }
}

/** What a pod may ask for and this kubelet cannot give, said before anything of it runs. */
function refuseUnsupported(pod: Pod): void {
  if (pod.spec.hostUsers === false) throw new Error("user namespaces (hostUsers: false) are not supported by this kubelet");
  if ((pod.spec.resourceClaims ?? []).length > 0) throw new Error("resource claims are not supported by this kubelet");
}

export function locate(pod: Pod, name: string): { container: AnyContainer; role: ContainerRole } | undefined {
  const byName = (container: AnyContainer) => container.name === name;
  const main = pod.spec.containers.find(byName);
  if (main !== undefined) return { container: main, role: "main" };
  const init = initContainers(pod).find(byName);
  if (init !== undefined) return { container: init, role: "init" };
  const ephemeral = ephemeralContainers(pod).find(byName);
  return ephemeral === undefined ? undefined : { container: ephemeral, role: "ephemeral" };
}
