import { bool, type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";

export const appArmorProfile = message("io.k8s.api.core.v1.AppArmorProfile", "The AppArmor profile of a container.", {
  type: str(1, "Where the profile comes from.", { required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: str(2, "Name of a profile loaded on the node; for type Localhost only."),
});
export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}

export const capabilities = message("io.k8s.api.core.v1.Capabilities", "Linux capabilities over those of the runtime.", {
  add: list(1, "string", "Capabilities to add.", { listType: "atomic" }),
  drop: list(2, "string", "Capabilities to remove.", { listType: "atomic" }),
});
export interface Capabilities extends Infer<typeof capabilities> {}

export const seLinuxOptions = message("io.k8s.api.core.v1.SELinuxOptions", "The SELinux label of a container.", {
  user: str(1, "User of the label."),
  role: str(2, "Role of the label."),
  type: str(3, "Type of the label."),
  level: str(4, "Level of the label."),
});
export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}

export const seccompProfile = message("io.k8s.api.core.v1.SeccompProfile", "The seccomp profile of a container.", {
  type: str(1, "Where the profile comes from.", { required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: str(2, "File on the node, below the kubelet's directory of profiles; for type Localhost only."),
});
export interface SeccompProfile extends Infer<typeof seccompProfile> {}

export const sysctl = message("io.k8s.api.core.v1.Sysctl", "A kernel parameter of a pod.", {
  name: str(1, "Name of the parameter.", { required: true }),
  value: str(2, "Value of the parameter.", { required: true }),
});
export interface Sysctl extends Infer<typeof sysctl> {}

export const windowsSecurityContextOptions = message("io.k8s.api.core.v1.WindowsSecurityContextOptions", "Security settings on Windows.", {
  gmsaCredentialSpecName: str(1, "Name of a GMSA credential spec."),
  gmsaCredentialSpec: str(2, "The GMSA credential spec itself."),
  runAsUserName: str(3, "User that the entrypoint runs as."),
  hostProcess: bool(4, "Whether the container runs as a process of the host."),
});
export interface WindowsSecurityContextOptions extends Infer<typeof windowsSecurityContextOptions> {}

export const podSecurityContext = message("io.k8s.api.core.v1.PodSecurityContext", "PodSecurityContext holds the security settings of a pod.", {
  seLinuxOptions: obj(1, seLinuxOptions, "SELinux label of all containers."),
  runAsUser: int64(2, "User id of the containers."),
  runAsNonRoot: bool(3, "Whether no container may run as root."),
  supplementalGroups: list(4, "int64", "Further groups of the containers' first processes.", { listType: "atomic" }),
  fsGroup: int64(5, "Group that owns the pod's volumes."),
  runAsGroup: int64(6, "Group id of the containers."),
  sysctls: list(7, sysctl, "Kernel parameters of the pod's namespaces.", { listType: "atomic" }),
  windowsOptions: obj(8, windowsSecurityContextOptions, "Settings of Windows containers."),
  fsGroupChangePolicy: str(9, "When the ownership of volumes is changed: Always or OnRootMismatch.", {
    enum: ["Always", "OnRootMismatch"],
    enumCheck: "strict",
  }),
  seccompProfile: obj(10, seccompProfile, "System calls that the containers are allowed."),
  appArmorProfile: obj(11, appArmorProfile, "AppArmor profile of the containers."),
  supplementalGroupsPolicy: str(12, "Whether the image's groups count too: Merge or Strict.", { enum: ["Merge", "Strict"], enumCheck: "strict" }),
  seLinuxChangePolicy: str(13, "How volumes get the SELinux label: Recursive or MountOption.", { enum: ["MountOption", "Recursive"], enumCheck: "strict" }),
});
export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}

export const securityContext = message("io.k8s.api.core.v1.SecurityContext", "SecurityContext holds the security settings of a container.", {
  capabilities: obj(1, capabilities, "Linux capabilities to add and drop."),
  privileged: bool(2, "Whether the container is as powerful as root on the node."),
  seLinuxOptions: obj(3, seLinuxOptions, "SELinux label."),
  runAsUser: int64(4, "User id of the container's first process."),
  runAsNonRoot: bool(5, "Whether the container must not run as root."),
  readOnlyRootFilesystem: bool(6, "Whether the root file system is read-only."),
  allowPrivilegeEscalation: bool(7, "Whether processes may gain more privileges than their parent."),
  runAsGroup: int64(8, "Group id of the container's first process."),
  procMount: str(9, "How /proc is mounted.", { enum: ["Default", "Unmasked"], enumCheck: "strict" }),
  windowsOptions: obj(10, windowsSecurityContextOptions, "Settings of Windows containers."),
  seccompProfile: obj(11, seccompProfile, "System calls that are allowed."),
  appArmorProfile: obj(12, appArmorProfile, "AppArmor profile."),
});
export interface SecurityContext extends Infer<typeof securityContext> {}
