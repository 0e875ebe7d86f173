/**
 * Warnings about pods and pod templates: what is taken but does nothing any more, or not what it seems to
 * (pkg/api/pod/warnings.go).
 */

import type { ObjectMeta } from "../../../machinery/meta.ts";
import { dns1123LabelErrors } from "../../../machinery/names.ts";
import { ipWarnings } from "../../ip.warnings.ts";
import type { Affinity } from "./affinity.ts";
import type { ResourceRequirements } from "./common.ts";
import type { Container, ContainerPort, EphemeralContainer } from "./container.ts";
import { deprecatedLabelText, nodeLabelWarnings, nodeSelectorTermWarnings } from "./node.warnings.ts";
import { appArmorWarnings } from "./pod.app-armor.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import type { Volume } from "./volume.ts";
import { claimSpecWarnings, fractionalBytesWarnings, goneVolumeWarnings } from "./volume.warnings.ts";

/** Nobody but controllers and kubelets updates pods, so only whoever creates one is warned. */
export function podWarnings(pod: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return [];
  const { metadata, spec } = pod;
  return [...new Set([...nameWarnings(metadata.name, "the Pod's hostname"), ...appArmorWarnings(pod), ...specWarnings("", spec, metadata)])];
}

/** The template at `path`, such as `spec.template`. */
export function podTemplateWarnings(path: string, template: PodTemplateSpec | undefined): string[] {
  if (template?.spec === undefined) return [];
  return specWarnings(`${path}.`, template.spec, template.metadata);
}

/** Pods are named after what makes them, and pods' names are host names. */
export function podNamePrefixWarnings(name: string): string[] {
  return nameWarnings(name, "Pod names and hostnames");
}

function nameWarnings(name: string, use: string): string[] {
  const problems = dns1123LabelErrors(name);
  if (problems.length === 0) return [];
  return [`metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`];
}

type Annotations = Readonly<Record<string, string>>;

function specWarnings(prefix: string, spec: PodSpec, metadata: Partial<ObjectMeta> | undefined): string[] {
  const path = `${prefix}spec`;
  const annotations = metadata?.annotations;
  const containers = allContainers(spec, path);
  return [
    ...placementWarnings(path, spec),
    ...annotationWarnings(`${prefix}metadata.annotations`, annotations),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeWarnings(volume, `${path}.volumes[${index}]`)),
    ...tokenPathWarnings(path, spec.volumes ?? []),
    ...repeatedWarnings(
      spec.hostAliases,
      ({ ip }) => ip,
      (index, ip) => `${path}.hostAliases[${index}].ip: duplicate ip "${ip}"`,
    ),
    ...pullSecretWarnings(`${path}.imagePullSecrets`, spec),
    ...byteWarnings(`${path}.overhead`, spec.overhead),
    ...podSeccompWarnings(`${prefix}metadata.annotations`, annotations, spec),
    ...containers.flatMap(({ container, at }) => containerWarnings(container, at, `${prefix}metadata.annotations`, annotations, spec)),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...podAffinityWarnings(`${path}.affinity`, spec.affinity),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((server, index) => ipWarnings(`${path}.dnsConfig.nameservers[${index}]`, server)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, index) => ipWarnings(`${path}.hostAliases[${index}].ip`, ip)),
  ];
}

function placementWarnings(path: string, { nodeSelector, affinity, topologySpreadConstraints = [] }: PodSpec): string[] {
  if (nodeSelector === undefined && affinity === undefined && topologySpreadConstraints.length === 0) return [];
  const at = `${path}.affinity.nodeAffinity`;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...nodeLabelWarnings(Object.keys(nodeSelector ?? {}), (key) => `${path}.nodeSelector[${key}]`),
    ...required.flatMap((term, index) =>
      nodeSelectorTermWarnings(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`, false),
    ),
    ...preferred.flatMap(({ preference }, index) =>
      nodeSelectorTermWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`, true),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
      const constraint = `${path}.topologySpreadConstraints[${index}]`;
      const text = deprecatedLabelText(topologyKey);
      return [...(text === undefined ? [] : [`${constraint}.topologyKey: ${topologyKey} is ${text}`]), ...nullSelectorWarnings(constraint, labelSelector)];
    }),
  ];
}

function nullSelectorWarnings(path: string, selector: object | undefined): string[] {
  return selector === undefined ? [`${path}.labelSelector: a null labelSelector results in matching no pod`] : [];
}

function podAffinityWarnings(path: string, affinity: Affinity | undefined): string[] {
  if (affinity === undefined) return [];
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const { requiredDuringSchedulingIgnoredDuringExecution: required = [], preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } =
      affinity[kind] ?? {};
    const at = `${path}.${kind}`;
    return [
      ...required.flatMap(({ labelSelector }, index) => nullSelectorWarnings(`${at}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`, labelSelector)),
      ...preferred.flatMap(({ podAffinityTerm }, index) =>
        nullSelectorWarnings(`${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm`, podAffinityTerm.labelSelector),
      ),
    ];
  });
}

const goneAnnotations: readonly (readonly [string, string])[] = [
  ["scheduler.alpha.kubernetes.io/critical-pod", 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ["security.alpha.kubernetes.io/sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
  ["security.alpha.kubernetes.io/unsafe-sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
];

function annotationWarnings(path: string, annotations: Annotations | undefined): string[] {
  if (annotations === undefined) return [];
  return goneAnnotations.filter(([key]) => annotations[key] !== undefined).map(([key, text]) => `${path}[${key}]: ${text}`);
}

const seccompText = 'non-functional in v1.27+; use the "seccompProfile" field instead';

function podSeccompWarnings(path: string, annotations: Annotations | undefined, { securityContext }: PodSpec): string[] {
  const key = "seccomp.security.alpha.kubernetes.io/pod";
  return securityContext?.seccompProfile === undefined && annotations?.[key] !== undefined ? [`${path}[${key}]: ${seccompText}`] : [];
}

function volumeWarnings(volume: Volume, path: string): string[] {
  const claim = volume.ephemeral?.volumeClaimTemplate;
  return [
    ...goneVolumeWarnings(volume, path, "pod"),
    ...(claim === undefined ? [] : claimSpecWarnings(`${path}.ephemeral.volumeClaimTemplate.spec`, claim.spec)),
  ];
}

/** Files of a projected volume that a service account's token, of whichever volume, would take the place of. */
function tokenPathWarnings(path: string, volumes: readonly Volume[]): string[] {
  if (volumes.every(({ projected }) => projected === undefined)) return [];
  const tokens = new Set(volumes.flatMap(({ projected }) => (projected?.sources ?? []).flatMap((source) => source.serviceAccountToken?.path ?? [])));
  if (tokens.size === 0) return [];
  const taken = (at: string, file: string) => (tokens.has(file) ? [`${at}: has duplicated path with ServiceAccountToken "${file}"`] : []);
  return volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ configMap, secret, downwardAPI, clusterTrustBundle }) => {
      const at = `${path}.volumes[${index}].projected.sources`;
      return [
        ...(configMap?.items ?? []).flatMap((item, i) => taken(`${at}.configMap[${i}]`, item.path)),
        ...(secret?.items ?? []).flatMap((item, i) => taken(`${at}.secrets[${i}]`, item.path)),
        ...(downwardAPI?.items ?? []).flatMap((item, i) => taken(`${at}.downwardAPI[${i}]`, item.path)),
        ...(clusterTrustBundle === undefined ? [] : taken(`${at}.ClusterTrustBundle`, clusterTrustBundle.path)),
      ];
    }),
  );
}

function repeatedWarnings<T>(items: readonly T[] | undefined, keyOf: (item: T) => string, textOf: (index: number, key: string) => string): string[] {
  if (items === undefined) return [];
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [textOf(index, key)];
    seen.add(key);
    return [];
  });
}

function pullSecretWarnings(path: string, { imagePullSecrets: secrets }: PodSpec): string[] {
  if (secrets === undefined) return [];
  const nameOf = ({ name }: { name?: string }) => name ?? "";
  return [
    ...repeatedWarnings(secrets, nameOf, (index, name) => `${path}[${index}].name: duplicate name "${name}"`),
    ...secrets.flatMap((secret, index) => (nameOf(secret) === "" ? [`${path}[${index}].name: invalid empty name ""`] : [])),
  ];
}

const byteResources = ["memory", "ephemeral-storage"];

function byteWarnings(path: string, amounts: Readonly<Record<string, string>> | undefined): string[] {
  if (amounts === undefined) return [];
  return byteResources.flatMap((resource) => fractionalBytesWarnings(`${path}[${resource}]`, amounts[resource]));
}

type AnyContainer = Container | EphemeralContainer;

interface Placed {
  readonly container: AnyContainer;
  readonly at: string;
}

function allContainers(spec: PodSpec, path: string): Placed[] {
  const placed = (list: readonly AnyContainer[] | undefined, field: string) =>
    (list ?? []).map((container, index) => ({ container, at: `${path}.${field}[${index}]` }));
  return [
    ...placed(spec.initContainers, "initContainers"),
    ...placed(spec.containers, "containers"),
    ...placed(spec.ephemeralContainers, "ephemeralContainers"),
  ];
}

function containerWarnings(container: AnyContainer, at: string, metadataPath: string, annotations: Annotations | undefined, spec: PodSpec): string[] {
  const { resources } = container;
  return [
    ...(annotations === undefined ? [] : confinementWarnings(container, metadataPath, annotations, spec)),
    ...(resources === undefined ? [] : resourceWarnings(`${at}.resources`, resources)),
    ...envWarnings(container, at),
  ];
}

function confinementWarnings({ name, securityContext }: AnyContainer, metadataPath: string, annotations: Annotations, spec: PodSpec): string[] {
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`;
  const appArmor = `container.apparmor.security.beta.kubernetes.io/${name}`;
  const confined = spec.securityContext?.appArmorProfile !== undefined || securityContext?.appArmorProfile !== undefined;
  return [
    ...(securityContext?.seccompProfile === undefined && annotations[seccomp] !== undefined ? [`${metadataPath}[${seccomp}]: ${seccompText}`] : []),
    ...(!confined && annotations[appArmor] !== undefined
      ? [`${metadataPath}[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`]
      : []),
  ];
}

function resourceWarnings(path: string, resources: ResourceRequirements): string[] {
  const warnings: string[] = [];
  for (const resource of byteResources) {
    for (const field of ["limits", "requests"] as const) {
      const amount = resources[field]?.[resource];
      if (amount !== undefined) warnings.push(...fractionalBytesWarnings(`${path}.${field}[${resource}]`, amount));
    }
  }
  return warnings;
}

/** A second definition is fine when it builds on the first: `PATH=/a`, `PATH=$(PATH):/b`. */
function envWarnings({ env = [] }: AnyContainer, at: string): string[] {
  if (env.length < 2) return [];
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    return builds ? [] : [`${at}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly Placed[]): string[] {
  const earlier = new Map<string, { at: string; port: ContainerPort }[]>();
  const warnings: string[] = [];
  for (const { container, at: path } of containers) {
    const { ports = [] } = container;
    for (let index = 0; index < ports.length; index++) {
      const port = ports[index]!;
      const at = `${path}.ports[${index}]`;
      if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goText(port)}`);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = earlier.get(key);
      if (others === undefined) {
        earlier.set(key, [{ at, port }]);
        continue;
      }
      for (const other of others) {
        const how = clash(port, other.port);
        if (how !== undefined) warnings.push(`${at}: ${how} port definition with ${other.at}`);
      }
      others.push({ at, port });
    }
  }
  return warnings;
}

/** How two definitions of one port of a container get in each other's way. */
function clash(a: ContainerPort, b: ContainerPort): string | undefined {
  const [hostPort, otherPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  const [hostIP, otherIP] = [a.hostIP ?? "", b.hostIP ?? ""];
  if (hostIP === otherIP && hostPort === otherPort) return "duplicate";
  if (hostPort === 0 || otherPort === 0) return "overlapping";
  return hostPort === otherPort && (hostIP === "") !== (otherIP === "") ? "dangerously ambiguous" : undefined;
}

/** As Go prints the struct. */
function goText({ name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
