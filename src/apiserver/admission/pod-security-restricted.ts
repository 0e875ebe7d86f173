/** The restricted Pod Security Standard: what hardened pods have to say explicitly, on top of baseline. */
import type { Container } from "../../api/core/v1/container.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import { seccompProfileBaseline } from "./pod-security-baseline.ts";
import { type Check, containerNames, containersOf, hasUserNamespace, isWindows, namesWhere, plural, quoted, setters, sortedSet } from "./pod-security-words.ts";

export const allowPrivilegeEscalation: Check = ({ spec }) => {
  const names = namesWhere(spec, (container) => container.securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return { reason: "allowPrivilegeEscalation != false", detail: `${containerNames(names)} must set securityContext.allowPrivilegeEscalation=false` };
};

export const capabilitiesRestricted: Check = ({ spec }) => {
  const added = (container: Container): string[] => (container.securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = namesWhere(spec, (container) => container.securityContext?.capabilities?.drop?.includes("ALL") !== true);
  const adding = namesWhere(spec, (container) => added(container).length > 0);
  const details = [
    ...(keeping.length === 0 ? [] : [`${containerNames(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0
      ? []
      : [`${containerNames(adding)} must not include ${quoted(sortedSet(containersOf(spec).flatMap(added)))} in securityContext.capabilities.add`]),
  ];
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const allowedVolumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"] as const;
const restrictedVolumeTypes = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
] as const;

export const restrictedVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.some((source) => volume[source] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sortedSet(bad.map(typeOfVolume));
  const names = bad.map((volume) => volume.name);
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", names.length)} ${quoted(names)} ${names.length === 1 ? "uses" : "use"} ${plural("restricted volume type", types.length)} ${quoted(types)}`,
  };
};

function typeOfVolume(volume: Volume): string {
  return restrictedVolumeTypes.find((type) => volume[type] !== undefined) ?? "unknown";
}

export const runAsNonRoot: Check = ({ spec }) => {
  const pod = spec.securityContext?.runAsNonRoot;
  const explicit = namesWhere(spec, (container) => container.securityContext?.runAsNonRoot === false);
  if (pod === false || explicit.length > 0) {
    return { reason: "runAsNonRoot != true", detail: `${setters(pod === false, explicit)} must not set securityContext.runAsNonRoot=false` };
  }
  const implicit = pod === true ? [] : namesWhere(spec, (container) => container.securityContext?.runAsNonRoot === undefined);
  if (implicit.length === 0) return undefined;
  return { reason: "runAsNonRoot != true", detail: `pod or ${containerNames(implicit)} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = ({ spec }) => {
  const pod = spec.securityContext?.runAsUser === 0;
  const names = namesWhere(spec, (container) => container.securityContext?.runAsUser === 0);
  return pod || names.length > 0 ? { reason: "runAsUser=0", detail: `${setters(pod, names)} must not set runAsUser=0` } : undefined;
};

export const seccompProfileRestricted: Check = (pod) => {
  const explicit = seccompProfileBaseline(pod);
  if (explicit !== undefined) return explicit;
  if (pod.spec.securityContext?.seccompProfile !== undefined) return undefined;
  const implicit = namesWhere(pod.spec, (container) => container.securityContext?.seccompProfile === undefined);
  if (implicit.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${containerNames(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** Fields that Windows does not know are not demanded of its pods (v1.25). */
export function onLinux(check: Check): Check {
  return (pod) => (isWindows(pod.spec) ? undefined : check(pod));
}

export function outsideUserNamespaces(check: Check): Check {
  return (pod) => (hasUserNamespace(pod.spec) ? undefined : check(pod));
}
