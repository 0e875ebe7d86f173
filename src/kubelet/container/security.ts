/** Security contexts of pod and container as CRI wants them; what a container sets wins over its pod. */
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ContainerSecurityContext, NamespaceOption, SandboxSecurityContext, SecurityProfile, SelinuxOption } from "../cri/types.ts";
import { podText } from "../pod/spec.ts";

export function namespaceOptions(pod: Pod, targetContainerId?: string): NamespaceOption {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  const pid = hostPID === true ? "NODE" : shareProcessNamespace === true ? "POD" : targetContainerId === undefined ? "CONTAINER" : "TARGET";
  return {
    network: hostNetwork === true ? "NODE" : "POD",
    pid,
    ipc: hostIPC === true ? "NODE" : "POD",
    ...(pid === "TARGET" ? { targetId: targetContainerId! } : {}),
  };
}

export function sandboxSecurity(pod: Pod): SandboxSecurityContext {
  const context = pod.spec.securityContext ?? {};
  const { seLinuxOptions, runAsUser, runAsGroup } = context;
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some((container) => container.securityContext?.privileged === true),
    seccomp: seccompOf(context.seccompProfile) ?? { profileType: "RuntimeDefault" },
    supplementalGroups: supplementalGroups(pod),
    ...selinux(seLinuxOptions),
    // runAsGroup without runAsUser is an error to the runtime.
    ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser }, ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }) }),
  };
}

function supplementalGroups(pod: Pod): number[] {
  const { fsGroup, supplementalGroups: groups = [] } = pod.spec.securityContext ?? {};
  return [...(fsGroup === undefined ? [] : [fsGroup]), ...groups];
}

/** User the image names, for runAsNonRoot and as the user when the pod names none. */
export interface ImageUser {
  readonly uid?: number;
  readonly username?: string;
}

/** Thrown when runAsNonRoot cannot be honoured: CreateContainerConfigError. */
export class SecurityError extends Error {
  override readonly name = "SecurityError";
}

export function containerSecurity(pod: Pod, container: Container, image: ImageUser, targetContainerId?: string): ContainerSecurityContext {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) === true) verifyNonRoot(pod, container, runAsUser, image);
  const privileged = own.privileged === true;
  const user = runAsUser === undefined ? imageUser(image) : { runAsUser: { value: runAsUser } };
  return {
    namespaceOptions: namespaceOptions(pod, targetContainerId),
    privileged,
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: noNewPrivileges(own),
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: shared.supplementalGroupsPolicy === "Strict" ? "Strict" : "Merge",
    seccomp: privileged ? { profileType: "Unconfined" } : (seccompOf(own.seccompProfile ?? shared.seccompProfile) ?? { profileType: "Unconfined" }),
    ...(own.appArmorProfile === undefined && shared.appArmorProfile === undefined ? {} : apparmor((own.appArmorProfile ?? shared.appArmorProfile)!)),
    ...selinux({ ...shared.seLinuxOptions, ...own.seLinuxOptions }),
    ...(own.capabilities === undefined ? {} : { capabilities: { addCapabilities: own.capabilities.add ?? [], dropCapabilities: own.capabilities.drop ?? [] } }),
    ...user,
    ...(runAsGroup === undefined
      ? {}
      : { runAsGroup: { value: runAsGroup }, ...("runAsUser" in user || "runAsUsername" in user ? {} : { runAsUser: { value: 0 } }) }),
    ...(own.procMount === "Unmasked" || privileged ? { maskedPaths: [], readonlyPaths: [] } : { maskedPaths, readonlyPaths }),
  };
}

function imageUser(image: ImageUser): Partial<ContainerSecurityContext> {
  if (image.uid !== undefined) return { runAsUser: { value: image.uid } };
  return image.username === undefined || image.username === "" ? {} : { runAsUsername: image.username };
}

function verifyNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: ImageUser): void {
  const where = `(pod: "${podText(pod)}", container: ${container.name})`;
  if (runAsUser === 0) throw new SecurityError(`container's runAsUser breaks non-root policy ${where}`);
  if (runAsUser !== undefined || (image.uid !== undefined && image.uid !== 0)) return;
  if (image.uid === undefined && image.username !== undefined && image.username !== "") {
    throw new SecurityError(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`);
  }
  throw new SecurityError(`container has runAsNonRoot and image will run as root ${where}`);
}

/** Privileged containers and those that add CAP_SYS_ADMIN keep the right to gain privileges (KEP-2113's forerunner). */
function noNewPrivileges(own: NonNullable<Container["securityContext"]>): boolean {
  return own.allowPrivilegeEscalation === false;
}

function seccompOf(profile: { type: string; localhostProfile?: string } | undefined): SecurityProfile | undefined {
  if (profile === undefined) return undefined;
  if (profile.type === "Localhost") return { profileType: "Localhost", localhostRef: profile.localhostProfile ?? "" };
  return { profileType: profile.type === "RuntimeDefault" ? "RuntimeDefault" : "Unconfined" };
}

function apparmor(profile: { type: string; localhostProfile?: string }): Partial<ContainerSecurityContext> {
  const result = seccompOf(profile);
  return result === undefined ? {} : { apparmor: result };
}

function selinux(options: SelinuxOption | undefined): { selinuxOptions?: SelinuxOption } {
  if (options === undefined || Object.keys(options).length === 0) return {};
  const { user = "", role = "", type = "", level = "" } = options;
  return { selinuxOptions: { user, role, type, level } };
}

/** What the OCI default hides of /proc and /sys. */
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
