/** Sets up, keeps current and removes the volumes of the pods on this node. */
import { chmod, chown, mkdir, readdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ConfigMap } from "../../api/core/v1/config-map.ts";
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Secret } from "../../api/core/v1/secret.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import { podLimits } from "../../machinery/pod-resources.ts";
import { valueOfQuantity } from "../../machinery/quantity.ts";
import type { DownwardFacts } from "../container/downward-api.ts";
import type { Host } from "../host.ts";
import type { TokenManager } from "../tokens.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { isAtomicVolume, type PayloadSources, VolumeError, volumePayload, volumeTokens } from "./payload.ts";
import { openSubPath } from "./sub-path.ts";

export interface VolumeSources {
  /** Resolves when all objects the pod refers to have been looked for. */
  synced(pod: Pod): Promise<void>;
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  /** The volume behind a claim; rejects while it is not bound. */
  persistentVolume(namespace: string, claimName: string): Promise<PersistentVolume>;
  facts(pod: Pod): DownwardFacts;
}

export interface VolumesOptions {
  readonly rootDirectory: string;
  readonly host: Host;
  readonly sources: VolumeSources;
  readonly tokens: TokenManager;
  /** Mounts an image's files where the runtime cannot mount images by itself; absent where it can. */
  mountImage?(pod: Pod, volume: Volume, directory: string): Promise<void>;
  now(): number;
}

/** Which volume could not be set up, and why. */
export class VolumeSetUpError extends Error {
  override readonly name = "VolumeSetUpError";
  readonly volume: string;

  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.volume = volume;
  }
}

export class Volumes {
  readonly #options: VolumesOptions;
  /** Host path by volume name, by pod uid. */
  readonly #paths = new Map<string, Map<string, string>>();
  /** One write at a time a pod: a refresh must not meet a set-up or another refresh. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(options: VolumesOptions) {
    this.#options = options;
  }

  /** Mounts the memory-backed folder that secrets and tokens of all pods share: one mount for the node, not one a volume. */
  async start(): Promise<void> {
    const { host, rootDirectory } = this.#options;
    const memory = join(rootDirectory, "memory");
    await mkdir(join(rootDirectory, "pods"), { recursive: true, mode: 0o750 });
    await mkdir(memory, { recursive: true, mode: 0o750 });
    if ((await host.mountsBelow(memory)).includes(memory)) return;
    await host.mountTmpfs(memory, "mode=0750");
  }

  /** Idempotent. Rejects with VolumeSetUpError for the first volume that fails; the others are set up all the same. */
  setUp(pod: Pod): Promise<void> {
    return this.#oneAtATime(pod.metadata.uid, async () => {
      await this.#options.sources.synced(pod);
      const paths = new Map<string, string>();
      const outcomes = await Promise.allSettled((pod.spec.volumes ?? []).map(async (volume) => paths.set(volume.name, await this.#setUpOne(pod, volume))));
      this.#paths.set(pod.metadata.uid, paths);
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    });
  }

  /** Host path of a volume that has been set up. */
  path(pod: Pod, volumeName: string): string | undefined {
    return this.#paths.get(pod.metadata.uid)?.get(volumeName);
  }

  /** Brings configMap, secret, downwardAPI and projected volumes up to date. */
  refresh(pod: Pod): Promise<void> {
    return this.#oneAtATime(pod.metadata.uid, async () => {
      const set = this.#paths.get(pod.metadata.uid);
      if (set === undefined) return;
      for (const volume of pod.spec.volumes ?? []) if (isAtomicVolume(volume) && set.has(volume.name)) await this.#setUpOne(pod, volume);
    });
  }

  hasDueTokens(pod: Pod): boolean {
    if (!this.#paths.has(pod.metadata.uid)) return false;
    return (pod.spec.volumes ?? []).some((volume) => volumeTokens(volume).some((key) => this.#options.tokens.isDue(pod, key)));
  }

  /** A bind mount of part of a volume, safe against links the pod may put in the way. Returns its host path. */
  async bindSubPath(pod: Pod, volumeName: string, containerName: string, index: number, subPath: string): Promise<string> {
    const volume = this.path(pod, volumeName);
    if (volume === undefined) throw new VolumeError(`volume ${volumeName} has not been set up`);
    const target = join(this.#podDirectory(pod.metadata.uid), "volume-subpaths", volumeName, containerName, String(index));
    await using opened = await openSubPath(volume, subPath);
    await this.#options.host.unmount(target);
    await mkdir(opened.isDirectory ? target : dirname(target), { recursive: true });
    if (!opened.isDirectory) await writeFile(target, "");
    await this.#options.host.bindMount(opened.path, target);
    return target;
  }

  /** A folder for files of the kubelet's own: hosts file, termination messages. */
  async podDirectory(podUid: string): Promise<string> {
    const directory = this.#podDirectory(podUid);
    await mkdir(directory, { recursive: true, mode: 0o750 });
    return directory;
  }

  /**
   * Unmounts and deletes the volumes of a pod, emptyDir contents included. Its termination messages stay, for as long
   * as its status may have to be read again, until `remove`.
   */
  tearDown(podUid: string): Promise<void> {
    return this.#release(podUid, ["volumes", "volume-subpaths"]);
  }

  /** Tears down and deletes everything. */
  remove(podUid: string): Promise<void> {
    return this.#release(podUid, ["."]);
  }

  #release(podUid: string, folders: readonly string[]): Promise<void> {
    return this.#oneAtATime(podUid, async () => {
      const { host, rootDirectory, tokens } = this.#options;
      const directory = this.#podDirectory(podUid);
      for (const point of await host.mountsBelow(directory)) await host.unmount(point);
      for (const folder of folders) await rm(join(directory, folder), { recursive: true, force: true });
      await rm(join(rootDirectory, "memory", podUid), { recursive: true, force: true });
      this.#paths.delete(podUid);
      tokens.forget(podUid);
    });
  }

  /** Uids that have a folder here: after a restart, those of pods that are gone are torn down. */
  async podsOnDisk(): Promise<string[]> {
    return readdir(join(this.#options.rootDirectory, "pods"));
  }

  #podDirectory(podUid: string): string {
    return join(this.#options.rootDirectory, "pods", podUid);
  }

  async #oneAtATime(podUid: string, work: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(podUid) ?? Promise.resolve();
    const run = before.then(work, work);
    this.#writing.set(podUid, run);
    try {
      await run;
    } finally {
      if (this.#writing.get(podUid) === run) this.#writing.delete(podUid);
    }
  }

  async #setUpOne(pod: Pod, volume: Volume): Promise<string> {
    try {
      if (volume.hostPath !== undefined) return await this.#hostPath(volume.hostPath.path, volume.hostPath.type ?? "");
      if (volume.emptyDir !== undefined) return await this.#emptyDir(pod, volume);
      if (isAtomicVolume(volume)) return await this.#atomic(pod, volume);
      if (volume.persistentVolumeClaim !== undefined) return await this.#claim(pod, volume.persistentVolumeClaim.claimName);
      if (volume.image !== undefined) return await this.#image(pod, volume);
    } catch (error) {
      throw new VolumeSetUpError(volume.name, error);
    }
    const type = Object.keys(volume).find((key) => key !== "name") ?? "unknown";
    throw new VolumeSetUpError(volume.name, new VolumeError(`volumes of type ${type} are not supported by this kubelet`));
  }

  async #hostPath(path: string, type: string): Promise<string> {
    await prepareHostPath(path, type);
    return path;
  }

  /** "" leaves the mount to the runtime. */
  async #image(pod: Pod, volume: Volume): Promise<string> {
    const { mountImage, host } = this.#options;
    if (mountImage === undefined) return "";
    const directory = join(this.#podDirectory(pod.metadata.uid), "volumes/kubernetes.io~image", volume.name);
    await mkdir(directory, { recursive: true });
    if (!(await host.mountsBelow(directory)).includes(directory)) await mountImage(pod, volume, directory);
    return directory;
  }

  async #claim(pod: Pod, claimName: string): Promise<string> {
    const volume = await this.#options.sources.persistentVolume(pod.metadata.namespace ?? "", claimName);
    const { hostPath, local } = volume.spec ?? {};
    if (hostPath !== undefined) return this.#hostPath(hostPath.path, hostPath.type ?? "");
    if (local !== undefined) return this.#hostPath(local.path, "Directory");
    throw new VolumeError(`persistent volume ${volume.metadata.name} is neither hostPath nor local: this kubelet supports no other`);
  }

  async #emptyDir(pod: Pod, volume: Volume): Promise<string> {
    const { host } = this.#options;
    const directory = join(this.#podDirectory(pod.metadata.uid), "volumes/kubernetes.io~empty-dir", volume.name);
    await mkdir(directory, { recursive: true });
    const { medium = "", sizeLimit } = volume.emptyDir!;
    if (medium.startsWith("HugePages")) throw new VolumeError("emptyDir on huge pages is not supported by this kubelet");
    const mounted = medium === "Memory" && (await host.mountsBelow(directory)).includes(directory);
    if (medium === "Memory" && !mounted) await host.mountTmpfs(directory, tmpfsOptions(pod, sizeLimit));
    const fsGroup = pod.spec.securityContext?.fsGroup;
    if (fsGroup !== undefined) await chown(directory, 0, fsGroup);
    // Past the umask; a tmpfs keeps its sticky bit, and setgid makes what is created there belong to the group as well.
    await chmod(directory, (medium === "Memory" ? 0o1777 : 0o777) | (fsGroup === undefined ? 0 : 0o2000));
    return directory;
  }

  async #atomic(pod: Pod, volume: Volume): Promise<string> {
    const { sources, tokens, now } = this.#options;
    const namespace = pod.metadata.namespace ?? "";
    await Promise.all(volumeTokens(volume).map((key) => tokens.ensure(pod, key)));
    const payloadSources: PayloadSources = {
      pod,
      facts: sources.facts(pod),
      configMap: (name) => sources.configMap(namespace, name),
      secret: (name) => sources.secret(namespace, name),
      token: (key) => tokens.token(pod, key),
    };
    const payload = volumePayload(volume, payloadSources);
    const directory = this.#atomicDirectory(pod, volume);
    const fsGroup = pod.spec.securityContext?.fsGroup;
    await this.#makeVolumeDirectory(directory, fsGroup);
    await writeAtomically({ directory, payload, fsGroup, nowMs: now() });
    return directory;
  }

  /** Secrets and tokens never touch a disk. */
  #atomicDirectory(pod: Pod, volume: Volume): string {
    const { uid } = pod.metadata;
    if (volume.secret !== undefined || volume.projected !== undefined) return join(this.#options.rootDirectory, "memory", uid, volume.name);
    const type = volume.configMap !== undefined ? "configmap" : "downward-api";
    return join(this.#podDirectory(uid), `volumes/kubernetes.io~${type}`, volume.name);
  }

  async #makeVolumeDirectory(directory: string, fsGroup: number | undefined): Promise<void> {
    await mkdir(directory, { recursive: true });
    const mode = fsGroup === undefined ? 0o777 : 0o2777;
    if (((await stat(directory)).mode & 0o7777) === mode) return;
    if (fsGroup !== undefined) await chown(directory, 0, fsGroup);
    await chmod(directory, mode);
  }
}

function tmpfsOptions(pod: Pod, sizeLimit: string | undefined): string {
  const limits = [sizeLimit === undefined ? 0 : valueOfQuantity(sizeLimit), podLimits(pod)["memory"] ?? 0].filter((bytes) => bytes > 0);
  return limits.length === 0 ? "mode=1777" : `mode=1777,size=${Math.min(...limits)}`;
}

/** Removes all of a kubelet's folders and mounts, once its pods are gone: for `down`. */
export async function removeRootDirectory(rootDirectory: string, host: Host): Promise<void> {
  for (const point of await host.mountsBelow(rootDirectory)) await host.unmount(point);
  await rm(join(rootDirectory, "pods"), { recursive: true, force: true });
  await rmdir(join(rootDirectory, "memory")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
