/** Throws away dead containers and sandboxes, pods nobody asked for, and images when the disk fills up. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ComponentContext } from "../../client/component.ts";
import { errorText } from "../../client/errors.ts";
import type { ImageService, RuntimeService } from "../cri/service.ts";
import type { Host } from "../host.ts";
import type { PodRuntime } from "../pod/runtime-state.ts";
import type { RuntimeCache } from "../runtime-cache.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { deadContainers, deadSandboxes, type ImageUse, imagesToRemove } from "./decide.ts";

export interface CollectorOptions {
  readonly context: ComponentContext;
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  readonly cache: RuntimeCache;
  readonly volumes: Volumes;
  readonly host: Host;
  readonly rootDirectory: string;
  readonly podLogsDirectory: string;
  readonly sandboxImage: string | undefined;
  /** A pod of this uid is known: its own worker looks after it. */
  isKnown(podUid: string): boolean;
  removeCgroup(podUid: string): Promise<void>;
}

const periodMs = 60_000;
const imagesEvery = 5;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #uses = new Map<string, ImageUse>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options.context;
    for (let round = 0; !signal.aborted; round++) {
      await this.#attempt("collect containers", () => this.collectPods());
      if (round % imagesEvery === 0) await this.#attempt("collect images", () => this.collectImages());
      await clock.sleep(periodMs, signal).catch(() => {});
    }
  }

  async collectPods(): Promise<void> {
    const { cache, runtime, isKnown, volumes } = this.#options;
    for (const pod of cache.all()) {
      if (!isKnown(pod.uid)) {
        await this.#attempt(`remove pod ${pod.namespace}/${pod.name}`, () => this.#removePod(pod));
        continue;
      }
      const containers = deadContainers(pod);
      const sandboxes = deadSandboxes(pod);
      for (const id of containers) await this.#attempt("remove a dead container", () => runtime.removeContainer(id));
      for (const id of sandboxes) await this.#attempt("remove a dead sandbox", () => runtime.removePodSandbox(id));
      if (containers.length + sandboxes.length > 0) await cache.refreshPod(pod.uid);
    }
    for (const uid of await volumes.podsOnDisk()) {
      if (!isKnown(uid) && cache.get(uid) === undefined) await this.#attempt(`remove volumes of pod ${uid}`, () => volumes.remove(uid));
    }
  }

  async collectImages(): Promise<void> {
    const { images, runtime, host, rootDirectory, sandboxImage, context } = this.#options;
    const now = context.clock.now();
    const [present, containers, disk] = await Promise.all([images.listImages(), runtime.listContainers(), host.fileSystem(rootDirectory)]);
    const inUse = new Set(containers.flatMap(({ imageRef, imageId, image }) => [imageRef, imageId, image?.image ?? ""]).filter((name) => name !== ""));
    if (sandboxImage !== undefined) inUse.add(sandboxImage);
    for (const image of present) {
      const known = this.#uses.get(image.id);
      const used = [image.id, ...image.repoDigests, ...image.repoTags].some((name) => inUse.has(name));
      this.#uses.set(image.id, { firstSeenMs: known?.firstSeenMs ?? now, lastUsedMs: used ? now : (known?.lastUsedMs ?? 0) });
    }
    for (const id of imagesToRemove({ images: present, inUse, uses: this.#uses, ...disk, nowMs: now })) {
      await this.#attempt("remove an image", () => images.removeImage(id));
      this.#uses.delete(id);
    }
  }

  /** A pod the API server does not have, as one deleted while this kubelet was down. */
  async #removePod(pod: PodRuntime): Promise<void> {
    const { runtime, cache, volumes, removeCgroup, podLogsDirectory, context } = this.#options;
    context.logger.info({ pod: `${pod.namespace}/${pod.name}`, uid: pod.uid }, "removing an orphaned pod");
    await Promise.all(pod.containers.filter(({ state }) => state === "running").map(({ id }) => runtime.stopContainer(id, 2)));
    for (const { id } of pod.containers) await runtime.removeContainer(id);
    for (const { id } of pod.sandboxes) {
      await runtime.stopPodSandbox(id);
      await runtime.removePodSandbox(id);
    }
    await volumes.remove(pod.uid);
    await removeCgroup(pod.uid);
    await rm(join(podLogsDirectory, `${pod.namespace}_${pod.name}_${pod.uid}`), { recursive: true, force: true });
    await cache.refreshPod(pod.uid);
  }

  async #attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const { signal, logger } = this.#options.context;
      if (!signal.aborted) logger.warn({ error: errorText(error) }, `cannot ${what}`);
    }
  }
}
