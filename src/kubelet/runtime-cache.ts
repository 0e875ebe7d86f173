/**
 * What the runtime holds, by pod: refreshed for one pod after every action on it, for all of them by relisting (the
 * pod lifecycle event generator) and by the runtime's own events where it has them.
 */
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { containerNameLabel, hashAnnotation, podNameLabel, podNamespaceLabel, podUidLabel, resourcesAnnotation } from "./container/labels.ts";
import { terminationMessage } from "./container/termination-message.ts";
import { CriError, isNotFound } from "./cri/errors.ts";
import type { RuntimeService } from "./cri/service.ts";
import type { Container, ContainerStateName, ContainerStatus, PodSandbox } from "./cri/types.ts";
import { type ContainerRecord, type ContainerRuntimeState, emptyRuntime, type PodRuntime, type Requirements, type SandboxRecord } from "./pod/runtime-state.ts";

interface CachedPod {
  readonly runtime: PodRuntime;
  /** Of the read it comes from, so that a slow relist never overwrites what was read after it began. */
  readonly readAt: number;
}

export class RuntimeCache {
  readonly #runtime: RuntimeService;
  readonly #onChange: (podUid: string) => void;
  readonly #pods = new Map<string, CachedPod>();
  #reads = 0;
  /** Milliseconds since the epoch of the last complete relist: the runtime's pulse. */
  lastRelistMs = 0;

  constructor(runtime: RuntimeService, onChange: (podUid: string) => void) {
    this.#runtime = runtime;
    this.#onChange = onChange;
  }

  get(podUid: string): PodRuntime | undefined {
    return this.#pods.get(podUid)?.runtime;
  }

  /** Every pod the runtime knows of, those that no API object stands for included. */
  all(): PodRuntime[] {
    return [...this.#pods.values()].map(({ runtime }) => runtime);
  }

  /** Uid of the pod that a container or sandbox id belongs to. */
  podOf(id: string): string | undefined {
    for (const [uid, { runtime }] of this.#pods) {
      if (runtime.containers.some((record) => record.id === id) || runtime.sandboxes.some((sandbox) => sandbox.id === id)) return uid;
    }
    return undefined;
  }

  /** Whether this container or sandbox counts as running still. */
  holdsAlive(podUid: string, id: string): boolean {
    const runtime = this.get(podUid);
    return (
      runtime?.containers.some((record) => record.id === id && record.state === "running") === true ||
      runtime?.sandboxes.some((sandbox) => sandbox.id === id && sandbox.ready) === true
    );
  }

  async refreshPod(podUid: string): Promise<void> {
    const readAt = ++this.#reads;
    const labels = { [podUidLabel]: podUid };
    const [sandboxes, containers] = await Promise.all([this.#runtime.listPodSandboxes(labels), this.#runtime.listContainers(labels)]);
    await this.#apply(podUid, sandboxes, containers, readAt);
  }

  async relist(nowMs: number): Promise<void> {
    const readAt = ++this.#reads;
    const [sandboxes, containers] = await Promise.all([this.#runtime.listPodSandboxes(), this.#runtime.listContainers()]);
    const sandboxesByPod = Map.groupBy(sandboxes, ({ labels }) => labels[podUidLabel] ?? "");
    const containersByPod = Map.groupBy(containers, ({ labels }) => labels[podUidLabel] ?? "");
    const uids = new Set([...sandboxesByPod.keys(), ...containersByPod.keys(), ...this.#pods.keys()]);
    uids.delete("");
    for (const uid of uids) await this.#apply(uid, sandboxesByPod.get(uid) ?? [], containersByPod.get(uid) ?? [], readAt);
    this.lastRelistMs = nowMs;
  }

  async #apply(podUid: string, sandboxes: readonly PodSandbox[], containers: readonly Container[], readAt: number): Promise<void> {
    const known = this.#pods.get(podUid);
    if (known !== undefined && known.readAt > readAt) return;
    if (known !== undefined && sameStates(known.runtime, sandboxes, containers)) return;
    const [first] = [...sandboxes.map(({ labels }) => labels), ...containers.map(({ labels }) => labels)];
    const base = known?.runtime ?? emptyRuntime(podUid, first?.[podNamespaceLabel] ?? "", first?.[podNameLabel] ?? "");
    const [sandboxRecords, containerRecords] = await Promise.all([
      Promise.all(sandboxes.map((sandbox) => this.#sandboxRecord(sandbox, base))),
      Promise.all(containers.map((container) => this.#containerRecord(container, base))),
    ]);
    if ((this.#pods.get(podUid)?.readAt ?? 0) > readAt) return;
    if (sandboxes.length === 0 && containers.length === 0) this.#pods.delete(podUid);
    else
      this.#pods.set(podUid, {
        readAt,
        runtime: { ...base, sandboxes: newestFirst(present(sandboxRecords)), containers: newestFirst(present(containerRecords)) },
      });
    this.#onChange(podUid);
  }

  async #sandboxRecord(sandbox: PodSandbox, base: PodRuntime): Promise<SandboxRecord | undefined> {
    const ready = sandbox.state === "SANDBOX_READY";
    const known = base.sandboxes.find(({ id }) => id === sandbox.id);
    if (known !== undefined && known.ready === ready) return known;
    const record = { id: sandbox.id, attempt: sandbox.metadata?.attempt ?? 0, ready, createdAtMs: toMs(sandbox.createdAt) };
    // A dead sandbox has lost its network: it keeps the addresses it was known by.
    if (!ready) return { ...record, ips: known?.ips ?? [] };
    const status = await orGone(this.#runtime.podSandboxStatus(sandbox.id));
    if (status === undefined) return undefined;
    const { ip = "", additionalIps = [] } = status.network ?? {};
    return { ...record, ips: [ip, ...additionalIps.map((additional) => additional.ip)].filter((text) => text !== "") };
  }

  async #containerRecord(container: Container, base: PodRuntime): Promise<ContainerRecord | undefined> {
    const known = base.containers.find(({ id }) => id === container.id);
    if (known !== undefined && known.state === states[container.state]) return known;
    const status = await orGone(this.#runtime.containerStatus(container.id));
    if (status === undefined) return undefined;
    const record = await containerRecord(status, container.podSandboxId);
    return known?.applied === undefined ? record : { ...record, applied: known.applied };
  }

  /** Reads one container anew whatever its state: after its resources were changed in place. */
  async refreshContainer(podUid: string, id: string, applied: Requirements): Promise<void> {
    const readAt = ++this.#reads;
    const known = this.#pods.get(podUid)?.runtime;
    const status = await orGone(this.#runtime.containerStatus(id));
    if (known === undefined || status === undefined) return;
    const containers = known.containers.map((record) => (record.id === id ? { ...record, ...resourcesOf(status), applied } : record));
    this.#pods.set(podUid, { readAt, runtime: { ...known, containers } });
    this.#onChange(podUid);
  }
}

const states: Record<ContainerStateName, ContainerRuntimeState> = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
  CONTAINER_UNKNOWN: "unknown",
};

function sameStates(runtime: PodRuntime, sandboxes: readonly PodSandbox[], containers: readonly Container[]): boolean {
  if (runtime.sandboxes.length !== sandboxes.length || runtime.containers.length !== containers.length) return false;
  return (
    sandboxes.every((sandbox) => runtime.sandboxes.some((record) => record.id === sandbox.id && record.ready === (sandbox.state === "SANDBOX_READY"))) &&
    containers.every((container) => runtime.containers.some((record) => record.id === container.id && record.state === states[container.state]))
  );
}

async function containerRecord(status: ContainerStatus, sandboxId: string): Promise<ContainerRecord> {
  const state = states[status.state];
  return {
    id: status.id,
    name: status.labels[containerNameLabel] ?? status.metadata?.name ?? "",
    attempt: status.metadata?.attempt ?? 0,
    sandboxId,
    state,
    createdAtMs: toMs(status.createdAt),
    startedAtMs: toMs(status.startedAt),
    finishedAtMs: toMs(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: state === "exited" ? await terminationMessage(status) : status.message,
    image: status.image?.image ?? "",
    imageId: status.imageRef === "" ? status.imageId : status.imageRef,
    hash: status.annotations[hashAnnotation] ?? "",
    logPath: status.logPath,
    applied: appliedResources(status.annotations[resourcesAnnotation]),
    ...resourcesOf(status),
    ...(status.user?.linux == null ? {} : { user: status.user.linux }),
  };
}

function appliedResources(annotation: string | undefined): Requirements {
  return annotation === undefined ? {} : (JSON.parse(annotation) as Requirements);
}

function resourcesOf(status: ContainerStatus): Pick<ContainerRecord, "resources"> {
  return status.resources?.linux == null ? {} : { resources: status.resources.linux };
}

function toMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6);
}

function newestFirst<T extends { readonly createdAtMs: number; readonly attempt: number }>(records: T[]): T[] {
  return records.sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt);
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}

async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export interface PodEventOptions {
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly relistPeriodMs: number;
  /** Ids of containers and sandboxes that have just ended, where the runtime tells beside CRI. */
  exits(signal: AbortSignal): AsyncIterable<string>;
}

/** With events from the runtime, relisting is only the safety net. */
const relistWithEventsMs = 30_000;

/** Keeps the cache current until the signal aborts. */
export async function followRuntime(options: PodEventOptions): Promise<void> {
  let eventsLive = false;
  const events = followEvents(options, (live) => {
    eventsLive = live;
  });
  const { cache, clock, logger, signal, relistPeriodMs } = options;
  const exits = followExits(options);
  let lastMs = 0;
  while (!signal.aborted) {
    try {
      if (!eventsLive || clock.now() - lastMs >= relistWithEventsMs) {
        await cache.relist(clock.now());
        lastMs = clock.now();
      }
    } catch (error) {
      logger.warn({ error }, "cannot relist containers");
    }
    await clock.sleep(relistPeriodMs, signal).catch(() => {});
  }
  await Promise.all([events, exits]);
}

/**
 * The runtime's CRI half hears of an exit when we do, and needs a moment to write it down; and what ends right after it
 * was started may not be in the cache yet.
 */
const exitLooksMs = [10, 40, 100, 200];

async function followExits({ cache, clock, logger, signal, exits }: PodEventOptions): Promise<void> {
  const look = async (id: string) => {
    for (const waitMs of exitLooksMs) {
      await clock.sleep(waitMs, signal);
      const uid = cache.podOf(id);
      if (uid !== undefined && !cache.holdsAlive(uid, id)) return;
      if (uid !== undefined) await cache.refreshPod(uid);
    }
  };
  try {
    for await (const id of exits(signal)) {
      look(id).catch((error: unknown) => logger.debug({ error }, "cannot look at a container that ended"));
    }
  } catch (error) {
    // The relist goes on finding what ended, a little later.
    logger.info({ error: error instanceof Error ? error.message : String(error) }, "the runtime does not tell of exits");
  }
}

async function followEvents({ runtime, cache, clock, logger, signal }: PodEventOptions, live: (is: boolean) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of runtime.containerEvents(signal)) {
        live(true);
        const uid = event.podSandboxStatus?.metadata?.uid;
        if (uid !== undefined) await cache.refreshPod(uid);
      }
    } catch (error) {
      if (error instanceof CriError && error.code === "UNIMPLEMENTED") return logger.debug({}, "the runtime has no container events: relisting instead");
      if (!signal.aborted) logger.warn({ error }, "container events broke off");
    }
    live(false);
    await clock.sleep(1000, signal).catch(() => {});
  }
}
