import { bool, type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";

export const appArmorProfile = message("io.k8s.api.core.v1.AppArmorProfile", "", {
  type: str(1, "", { required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: str(2, ""),
});
export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}

export const capabilities = message("io.k8s.api.core.v1.Capabilities", "", {
  add: list(1, "string", "", { listType: "atomic" }),
  drop: list(2, "string", "", { listType: "atomic" }),
});
export interface Capabilities extends Infer<typeof capabilities> {}

export const seLinuxOptions = message("io.k8s.api.core.v1.SELinuxOptions", "", {
  user: str(1, ""),
  role: str(2, ""),
  type: str(3, ""),
  level: str(4, ""),
});
export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}

export const seccompProfile = message("io.k8s.api.core.v1.SeccompProfile", "", {
  type: str(1, "", { required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: str(2, ""),
});
export interface SeccompProfile extends Infer<typeof seccompProfile> {}

export const sysctl = message("io.k8s.api.core.v1.Sysctl", "", {
  name: str(1, "", { required: true }),
  value: str(2, "", { required: true }),
});
export interface Sysctl extends Infer<typeof sysctl> {}

export const windowsSecurityContextOptions = message("io.k8s.api.core.v1.WindowsSecurityContextOptions", "", {
  gmsaCredentialSpecName: str(1, ""),
  gmsaCredentialSpec: str(2, ""),
  runAsUserName: str(3, ""),
  hostProcess: bool(4, ""),
});
export interface WindowsSecurityContextOptions extends Infer<typeof windowsSecurityContextOptions> {}

export const podSecurityContext = message("io.k8s.api.core.v1.PodSecurityContext", "", {
  seLinuxOptions: obj(1, seLinuxOptions, ""),
  runAsUser: int64(2, ""),
  runAsNonRoot: bool(3, ""),
  supplementalGroups: list(4, "int64", "", { listType: "atomic" }),
  fsGroup: int64(5, ""),
  runAsGroup: int64(6, ""),
  sysctls: list(7, sysctl, "", { listType: "atomic" }),
  windowsOptions: obj(8, windowsSecurityContextOptions, ""),
  fsGroupChangePolicy: str(9, "", { enum: ["Always", "OnRootMismatch"] }),
  seccompProfile: obj(10, seccompProfile, ""),
  appArmorProfile: obj(11, appArmorProfile, ""),
  supplementalGroupsPolicy: str(12, "", { enum: ["Merge", "Strict"] }),
  seLinuxChangePolicy: str(13, "", { enum: ["MountOption", "Recursive"] }),
});
export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}

export const securityContext = message("io.k8s.api.core.v1.SecurityContext", "", {
  capabilities: obj(1, capabilities, ""),
  privileged: bool(2, ""),
  seLinuxOptions: obj(3, seLinuxOptions, ""),
  runAsUser: int64(4, ""),
  runAsNonRoot: bool(5, ""),
  readOnlyRootFilesystem: bool(6, ""),
  allowPrivilegeEscalation: bool(7, ""),
  runAsGroup: int64(8, ""),
  procMount: str(9, "", { enum: ["Default", "Unmasked"] }),
  windowsOptions: obj(10, windowsSecurityContextOptions, ""),
  seccompProfile: obj(11, seccompProfile, ""),
  appArmorProfile: obj(12, appArmorProfile, ""),
});
export interface SecurityContext extends Infer<typeof securityContext> {}
