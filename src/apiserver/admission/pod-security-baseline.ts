/** The baseline Pod Security Standard: nothing that is known to escalate. In the order in which violations are named. */
import type { Container } from "../../api/core/v1/container.ts";
import type { SELinuxOptions } from "../../api/core/v1/security-context.ts";
import {
  type Check,
  containerNames,
  containersOf,
  hasUserNamespace,
  namesWhere,
  plural,
  quoted,
  setters,
  sortedSet,
  type Violation,
} from "./pod-security-words.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const allowedProfiles = ["RuntimeDefault", "Localhost"];

export const appArmorProfile: Check = ({ annotations, spec }) => {
  const bad = (profile: { type: string } | undefined): boolean => profile !== undefined && !allowedProfiles.includes(profile.type);
  const podBad = bad(spec.securityContext?.appArmorProfile);
  const containers = containersOf(spec).filter((container) => bad(container.securityContext?.appArmorProfile));
  const types = [
    ...(podBad ? [spec.securityContext?.appArmorProfile?.type ?? ""] : []),
    ...containers.map((item) => item.securityContext?.appArmorProfile?.type ?? ""),
  ];
  const annotated = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const values = [...sortedSet(types), ...annotated.sort()];
  if (values.length === 0) return undefined;
  const who = [
    setters(
      podBad,
      containers.map((container) => container.name),
    ),
    annotated.length === 0 ? "" : plural("annotation", annotated.length),
  ];
  return {
    reason: plural("forbidden AppArmor profile", values.length),
    detail: `${who.filter((text) => text !== "").join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const defaultCapabilities = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

export const capabilitiesBaseline: Check = ({ spec }) => {
  const added = (container: Container): string[] => (container.securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.includes(name));
  const names = namesWhere(spec, (container) => added(container).length > 0);
  if (names.length === 0) return undefined;
  const forbidden = sortedSet(containersOf(spec).flatMap(added));
  return { reason: "non-default capabilities", detail: `${containerNames(names)} must not include ${quoted(forbidden)} in securityContext.capabilities.add` };
};

export const hostNamespaces: Check = ({ spec }) => {
  const set = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field] === true);
  return set.length === 0 ? undefined : { reason: "host namespaces", detail: set.map((field) => `${field}=true`).join(", ") };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map((volume) => volume.name);
  return names.length === 0 ? undefined : { reason: "hostPath volumes", detail: `${plural("volume", names.length)} ${quoted(names)}` };
};

export const hostPorts: Check = ({ spec }) => {
  const portsOf = (container: Container): string[] => (container.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
  const names = namesWhere(spec, (container) => portsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = sortedSet(containersOf(spec).flatMap(portsOf));
  return { reason: "hostPort", detail: `${containerNames(names)} ${uses(names)} ${plural("hostPort", ports.length)} ${ports.join(", ")}` };
};

function uses(names: readonly string[]): string {
  return names.length === 1 ? "uses" : "use";
}

/** Probes and hooks that talk to another host than the pod let it reach what the node can (v1.34). */
export const hostProbes: Check = ({ spec }) => {
  const names = sortedSet(namesWhere(spec, (container) => probeHosts(container).length > 0));
  if (names.length === 0) return undefined;
  const hosts = sortedSet(containersOf(spec).flatMap(probeHosts));
  return {
    reason: "probe or lifecycle host",
    detail: `${containerNames(names)} ${uses(names)} ${plural("probe or lifecycle host", hosts.length)} ${quoted(hosts)}`,
  };
};

function probeHosts(container: Container): string[] {
  const handlers = [container.livenessProbe, container.readinessProbe, container.startupProbe, container.lifecycle?.postStart, container.lifecycle?.preStop];
  return handlers.flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host]).filter((host) => host !== undefined && host !== "") as string[];
}

export const privileged: Check = ({ spec }) => {
  const names = namesWhere(spec, (container) => container.securityContext?.privileged === true);
  return names.length === 0 ? undefined : { reason: "privileged", detail: `${containerNames(names)} must not set securityContext.privileged=true` };
};

export const procMount: Check = ({ spec }) => {
  const mountOf = (container: Container): string => container.securityContext?.procMount ?? "Default";
  const names = namesWhere(spec, (container) => mountOf(container) !== "Default");
  if (names.length === 0) return undefined;
  const types = sortedSet(containersOf(spec).map(mountOf)).filter((type) => type !== "Default");
  return { reason: "procMount", detail: `${containerNames(names)} must not set securityContext.procMount to ${quoted(types)}` };
};

export const procMountOutsideUserNamespaces: Check = (pod) => (hasUserNamespace(pod.spec) ? undefined : procMount(pod));

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"];

/** `types` beyond the first ones came with later versions. */
export function seLinuxOptions(types: readonly string[]): Check {
  const allowed = [...seLinuxTypes, ...types];
  const bad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!allowed.includes(options.type ?? "") || (options.user ?? "") !== "" || (options.role ?? "") !== "");
  return ({ spec }): Violation | undefined => {
    const podBad = bad(spec.securityContext?.seLinuxOptions);
    const names = namesWhere(spec, (container) => bad(container.securityContext?.seLinuxOptions));
    if (!podBad && names.length === 0) return undefined;
    const all = [spec.securityContext?.seLinuxOptions, ...containersOf(spec).map((container) => container.securityContext?.seLinuxOptions)];
    const badTypes = sortedSet(all.flatMap((options) => (allowed.includes(options?.type ?? "") ? [] : [options?.type ?? ""])));
    const data = [
      ...(badTypes.length === 0 ? [] : [`${plural("type", badTypes.length)} ${quoted(badTypes)}`]),
      ...(all.some((options) => (options?.user ?? "") !== "") ? ["user may not be set"] : []),
      ...(all.some((options) => (options?.role ?? "") !== "") ? ["role may not be set"] : []),
    ];
    return { reason: "seLinuxOptions", detail: `${setters(podBad, names)} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}` };
  };
}

const seccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

/** Before v1.19 annotations, not fields, chose the profile. */
export const seccompAnnotations: Check = ({ annotations, spec }) => {
  const allowed = (value: string): boolean => value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
  const keys = [seccompPodAnnotation, ...containersOf(spec).map(({ name }) => `${seccompContainerPrefix}${name}`)];
  const found = keys.flatMap((key) => {
    const value = annotations[key];
    return value === undefined || allowed(value) ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  if (found.length === 0) return undefined;
  return { reason: "seccompProfile", detail: `forbidden ${plural("annotation", found.length)} ${sortedSet(found).join(", ")}` };
};

export const seccompProfileBaseline: Check = ({ spec }) => {
  const bad = (profile: { type: string } | undefined): boolean => profile !== undefined && !allowedProfiles.includes(profile.type);
  const podBad = bad(spec.securityContext?.seccompProfile);
  const containers = containersOf(spec).filter((container) => bad(container.securityContext?.seccompProfile));
  if (!podBad && containers.length === 0) return undefined;
  const types = [
    ...(podBad ? [spec.securityContext?.seccompProfile?.type ?? ""] : []),
    ...containers.map((item) => item.securityContext?.seccompProfile?.type ?? ""),
  ];
  const who = setters(
    podBad,
    containers.map((container) => container.name),
  );
  return { reason: "seccompProfile", detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(sortedSet(types))}` };
};

const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];

/** `names` beyond the first ones came with later versions. */
export function sysctls(names: readonly string[]): Check {
  const allowed = [...safeSysctls, ...names];
  return ({ spec }): Violation | undefined => {
    const forbidden = (spec.securityContext?.sysctls ?? []).map((item) => item.name).filter((name) => !allowed.includes(name));
    return forbidden.length === 0 ? undefined : { reason: "forbidden sysctls", detail: forbidden.join(", ") };
  };
}

export const windowsHostProcess: Check = ({ spec }) => {
  const podBad = spec.securityContext?.windowsOptions?.hostProcess === true;
  const names = namesWhere(spec, (container) => container.securityContext?.windowsOptions?.hostProcess === true);
  if (!podBad && names.length === 0) return undefined;
  return { reason: "hostProcess", detail: `${setters(podBad, names)} must not set securityContext.windowsOptions.hostProcess=true` };
};
