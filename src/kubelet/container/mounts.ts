/** What is mounted into a container: volumes, the hosts file, the termination message file. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Mount } from "../cri/types.ts";
import type { AnyContainer } from "../pod/spec.ts";
import { validateSubPath } from "../volumes/sub-path.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { expandStrictly } from "./expansion.ts";

export interface MountOptions {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly volumes: Volumes;
  readonly environment: ReadonlyMap<string, Uint8Array>;
  /** Content for /etc/hosts; undefined leaves the image's own. */
  readonly hostsFile: string | undefined;
}

type VolumeMount = NonNullable<AnyContainer["volumeMounts"]>[number];

const propagation = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
} as const;

/** Rejects when a sub-path is illegal or leads out of its volume: CreateContainerConfigError. */
export async function containerMounts(options: MountOptions): Promise<Mount[]> {
  const { container } = options;
  if ((container.volumeDevices ?? []).length > 0) throw new Error("block volumes (volumeDevices) are not supported by this kubelet");
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) mounts.push(await volumeMount(options, mount, index));
  const mountsHosts = mounts.some(({ containerPath }) => containerPath === "/etc/hosts");
  if (options.hostsFile !== undefined && !mountsHosts) mounts.push(await hostsMount(options, options.hostsFile));
  mounts.push(await terminationMount(options));
  return mounts;
}

async function volumeMount(options: MountOptions, mount: VolumeMount, index: number): Promise<Mount> {
  const { pod, container, volumes } = options;
  const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
  const common = {
    containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
    readonly: mount.readOnly === true || volume?.image !== undefined,
    propagation: propagation[(mount.mountPropagation ?? "None") as keyof typeof propagation] ?? "PROPAGATION_PRIVATE",
    recursiveReadOnly: mount.recursiveReadOnly === "Enabled",
  };
  const subPath = subPathOf(options, mount);
  if (volume?.image !== undefined && volumes.path(pod, mount.name) === "")
    return { ...common, hostPath: "", image: { image: volume.image.reference ?? "" }, imageSubPath: subPath };
  if (subPath !== "") {
    const bound = volumes.bindSubPath(pod, mount.name, container.name, index, subPath);
    return { ...common, hostPath: await bound.catch((cause: unknown) => Promise.reject(new SubPathError(mount, container, cause))) };
  }
  const hostPath = volumes.path(pod, mount.name);
  if (hostPath === undefined) throw new Error(`cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`);
  return { ...common, hostPath };
}

function subPathOf({ environment, container }: MountOptions, mount: VolumeMount): string {
  const written = mount.subPathExpr ?? "";
  const subPath =
    written === ""
      ? (mount.subPath ?? "")
      : expandStrictly(written, (name) => (environment.has(name) ? Buffer.from(environment.get(name)!).toString() : undefined));
  try {
    validateSubPath(subPath);
  } catch (error) {
    throw new SubPathError(mount, container, error);
  }
  return subPath;
}

/** In upstream's words, which users and tests look for, with the reason; reasons name nothing of the host but what the user wrote. */
class SubPathError extends Error {
  override readonly name = "SubPathError";

  constructor(mount: VolumeMount, container: AnyContainer, cause: unknown) {
    const reason = cause instanceof Error && !("code" in cause) ? `: ${cause.message}` : "";
    super(`failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}${reason}`, { cause });
  }
}

async function hostsMount({ pod, volumes }: MountOptions, content: string): Promise<Mount> {
  const hostPath = join(await volumes.podDirectory(pod.metadata.uid), "etc-hosts");
  await writeFile(hostPath, content);
  await chmod(hostPath, 0o644);
  return { containerPath: "/etc/hosts", hostPath, readonly: false, propagation: "PROPAGATION_PRIVATE" };
}

/** Made beforehand and writable for all: the container may run as any user. A new one each start. */
async function terminationMount({ pod, container, volumes }: MountOptions): Promise<Mount> {
  const directory = join(await volumes.podDirectory(pod.metadata.uid), "containers", container.name);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const hostPath = join(directory, randomBytes(4).toString("hex"));
  await writeFile(hostPath, "");
  await chmod(hostPath, 0o666);
  return { containerPath: container.terminationMessagePath ?? "/dev/termination-log", hostPath, readonly: false, propagation: "PROPAGATION_PRIVATE" };
}
