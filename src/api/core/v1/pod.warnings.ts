/**
 * Warnings about pods and pod templates: what is taken but does nothing any more, or not what it seems to
 * (pkg/api/pod/warnings.go).
 */

import { append, none } from "../../../machinery/joined.ts";
import type { ObjectMeta } from "../../../machinery/meta.ts";
import { dns1123LabelErrors } from "../../../machinery/names.ts";
import { ipWarnings } from "../../ip.warnings.ts";
import type { Affinity } from "./affinity.ts";
import type { ResourceRequirements } from "./common.ts";
import type { Container, ContainerPort, EnvVar, EphemeralContainer } from "./container.ts";
import { deprecatedLabelText, nodeLabelWarnings, nodeSelectorTermWarnings } from "./node.warnings.ts";
import { appArmorWarnings, hasFormerFields } from "./pod.app-armor.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import type { Volume } from "./volume.ts";
import { asksForGonePlugin, claimSpecWarnings, fractionalBytesWarnings, goneVolumeWarnings, isWholeAtAGlance } from "./volume.warnings.ts";

/** Nobody but controllers and kubelets updates pods, so only whoever creates one is warned. */
export function podWarnings(pod: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return [];
  const { metadata, spec } = pod;
  const warnings: string[] = [];
  append(warnings, nameWarnings(metadata.name, "the Pod's hostname"));
  append(warnings, appArmorWarnings(pod));
  addSpecWarnings(warnings, "", spec, metadata);
  return warnings.length < 2 ? warnings : [...new Set(warnings)];
}

/** The template at `path`, such as `spec.template`. */
export function podTemplateWarnings(path: string, template: PodTemplateSpec | undefined): string[] {
  const warnings: string[] = [];
  if (template?.spec !== undefined) addSpecWarnings(warnings, `${path}.`, template.spec, template.metadata);
  return warnings;
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

/**
 * Hardly a pod gets a warning, so each step first sees whether there is anything to warn of, and only then says where:
 * neither paths nor lists are made for nothing.
 */
function addSpecWarnings(warnings: string[], prefix: string, spec: PodSpec, metadata: Partial<ObjectMeta> | undefined): void {
  const path = `${prefix}spec`;
  const { volumes, hostAliases, imagePullSecrets, overhead, affinity } = spec;
  const annotated = annotatedOf(`${prefix}metadata.annotations`, metadata?.annotations, spec);
  append(warnings, placementWarnings(path, spec));
  if (annotated !== undefined) append(warnings, annotationWarnings(annotated));
  if (volumes !== undefined) addVolumesWarnings(warnings, path, volumes);
  if (hostAliases !== undefined) append(warnings, repeatedAliasWarnings(path, hostAliases));
  if (imagePullSecrets !== undefined) append(warnings, pullSecretWarnings(`${path}.imagePullSecrets`, imagePullSecrets));
  if (overhead !== undefined) append(warnings, byteWarnings(`${path}.overhead`, overhead));
  if (annotated !== undefined) append(warnings, podSeccompWarnings(annotated));
  addContainersWarnings(warnings, `${path}.initContainers`, spec.initContainers, annotated);
  addContainersWarnings(warnings, `${path}.containers`, spec.containers, annotated);
  addContainersWarnings(warnings, `${path}.ephemeralContainers`, spec.ephemeralContainers, annotated);
  if (!portsDiffer(spec)) append(warnings, portWarnings(allContainers(spec, path)));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  }
  if (affinity !== undefined) append(warnings, podAffinityWarnings(`${path}.affinity`, affinity));
  append(warnings, addressWarnings(path, spec));
}

function addressWarnings(path: string, { dnsConfig, hostAliases }: PodSpec): readonly string[] {
  if (dnsConfig?.nameservers === undefined && hostAliases === undefined) return none;
  return [
    ...(dnsConfig?.nameservers ?? []).flatMap((server, index) => ipWarnings(`${path}.dnsConfig.nameservers[${index}]`, server)),
    ...(hostAliases ?? []).flatMap(({ ip }, index) => ipWarnings(`${path}.hostAliases[${index}].ip`, ip)),
  ];
}

function placementWarnings(path: string, { nodeSelector, affinity, topologySpreadConstraints }: PodSpec): readonly string[] {
  if (nodeSelector === undefined && affinity === undefined && topologySpreadConstraints === undefined) return none;
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
    ...(topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const constraint = `${path}.topologySpreadConstraints[${index}]`;
      const text = deprecatedLabelText(topologyKey);
      return [...(text === undefined ? [] : [`${constraint}.topologyKey: ${topologyKey} is ${text}`]), ...nullSelectorWarnings(constraint, labelSelector)];
    }),
  ];
}

function nullSelectorWarnings(path: string, selector: object | undefined): string[] {
  return selector === undefined ? [`${path}.labelSelector: a null labelSelector results in matching no pod`] : [];
}

function podAffinityWarnings(path: string, affinity: Affinity): string[] {
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

/** A spec whose metadata has annotations that might be of those which fields have taken the place of. */
interface Annotated {
  /** Of the annotations. */
  readonly path: string;
  readonly annotations: Annotations;
  readonly spec: PodSpec;
}

function annotatedOf(path: string, annotations: Annotations | undefined, spec: PodSpec): Annotated | undefined {
  return annotations !== undefined && hasFormerFields(annotations) ? { path, annotations, spec } : undefined;
}

function annotationWarnings({ path, annotations }: Annotated): string[] {
  return goneAnnotations.filter(([key]) => annotations[key] !== undefined).map(([key, text]) => `${path}[${key}]: ${text}`);
}

const seccompText = 'non-functional in v1.27+; use the "seccompProfile" field instead';

function podSeccompWarnings({ path, annotations, spec: { securityContext } }: Annotated): string[] {
  const key = "seccomp.security.alpha.kubernetes.io/pod";
  return securityContext?.seccompProfile === undefined && annotations[key] !== undefined ? [`${path}[${key}]: ${seccompText}`] : [];
}

function addVolumesWarnings(warnings: string[], path: string, volumes: readonly Volume[]): void {
  for (let index = 0; index < volumes.length; index++) {
    const volume = volumes[index]!;
    const claim = volume.ephemeral?.volumeClaimTemplate;
    if (claim === undefined && !asksForGonePlugin(volume)) continue;
    const at = `${path}.volumes[${index}]`;
    append(warnings, goneVolumeWarnings(volume, at, "pod"));
    if (claim !== undefined) append(warnings, claimSpecWarnings(`${at}.ephemeral.volumeClaimTemplate.spec`, claim.spec));
  }
  append(warnings, tokenPathWarnings(path, volumes));
}

/** Files of a projected volume that a service account's token, of whichever volume, would take the place of. */
function tokenPathWarnings(path: string, volumes: readonly Volume[]): readonly string[] {
  if (volumes.every(({ projected }) => projected === undefined)) return none;
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

function repeatedAliasWarnings(path: string, aliases: readonly { readonly ip: string }[]): string[] {
  return repeatedWarnings(
    aliases,
    ({ ip }) => ip,
    (index, ip) => `${path}.hostAliases[${index}].ip: duplicate ip "${ip}"`,
  );
}

function repeatedWarnings<T>(items: readonly T[], keyOf: (item: T) => string, textOf: (index: number, key: string) => string): string[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [textOf(index, key)];
    seen.add(key);
    return [];
  });
}

function pullSecretWarnings(path: string, secrets: readonly { readonly name?: string }[]): string[] {
  const nameOf = ({ name }: { name?: string }) => name ?? "";
  return [
    ...repeatedWarnings(secrets, nameOf, (index, name) => `${path}[${index}].name: duplicate name "${name}"`),
    ...secrets.flatMap((secret, index) => (nameOf(secret) === "" ? [`${path}[${index}].name: invalid empty name ""`] : [])),
  ];
}

const byteResources = ["memory", "ephemeral-storage"];

type Amounts = Readonly<Record<string, string>>;

function byteWarnings(path: string, amounts: Amounts): string[] {
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

function addContainersWarnings(warnings: string[], path: string, containers: readonly AnyContainer[] | undefined, annotated: Annotated | undefined): void {
  if (containers === undefined) return;
  for (let index = 0; index < containers.length; index++) {
    const container = containers[index]!;
    const { resources, env } = container;
    if (annotated !== undefined) append(warnings, confinementWarnings(container, annotated));
    if (resources !== undefined && !countsWholeBytes(resources)) append(warnings, resourceWarnings(`${path}[${index}].resources`, resources));
    if (env !== undefined && mayRepeat(env)) append(warnings, envWarnings(`${path}[${index}].env`, env));
  }
}

function confinementWarnings({ name, securityContext }: AnyContainer, { path, annotations, spec }: Annotated): string[] {
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`;
  const appArmor = `container.apparmor.security.beta.kubernetes.io/${name}`;
  const confined = spec.securityContext?.appArmorProfile !== undefined || securityContext?.appArmorProfile !== undefined;
  return [
    ...(securityContext?.seccompProfile === undefined && annotations[seccomp] !== undefined ? [`${path}[${seccomp}]: ${seccompText}`] : []),
    ...(!confined && annotations[appArmor] !== undefined ? [`${path}[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`] : []),
  ];
}

/** At a glance; what may not be whole has to be looked at. */
function countsWholeBytes({ limits, requests }: ResourceRequirements): boolean {
  return areWhole(limits) && areWhole(requests);
}

function areWhole(amounts: Amounts | undefined): boolean {
  if (amounts === undefined) return true;
  const { memory, "ephemeral-storage": storage } = amounts;
  return (memory === undefined || isWholeAtAGlance(memory)) && (storage === undefined || isWholeAtAGlance(storage));
}

function resourceWarnings(path: string, resources: ResourceRequirements): string[] {
  const warnings: string[] = [];
  for (const resource of byteResources) {
    for (const field of ["limits", "requests"] as const) {
      const amount = resources[field]?.[resource];
      if (amount !== undefined) append(warnings, fractionalBytesWarnings(`${path}.${field}[${resource}]`, amount));
    }
  }
  return warnings;
}

/** So few are compared with each other in less time than a set of them takes. */
const few = 8;

/** Whether a name occurs twice, or there are too many to see that at a glance. */
function mayRepeat(env: readonly EnvVar[]): boolean {
  if (env.length > few) return true;
  for (let index = 1; index < env.length; index++) {
    for (let earlier = 0; earlier < index; earlier++) if (env[earlier]!.name === env[index]!.name) return true;
  }
  return false;
}

/** A second definition is fine when it builds on the first: `PATH=/a`, `PATH=$(PATH):/b`. */
function envWarnings(path: string, env: readonly EnvVar[]): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    return builds ? [] : [`${path}[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

/** Whether one sees at a glance that the ports are all of different numbers, and none names an address of the host. */
function portsDiffer({ initContainers, containers, ephemeralContainers }: PodSpec): boolean {
  const numbers: number[] = [];
  return addPorts(numbers, initContainers) && addPorts(numbers, containers) && addPorts(numbers, ephemeralContainers);
}

function addPorts(numbers: number[], containers: readonly AnyContainer[] | undefined): boolean {
  if (containers === undefined) return true;
  for (const { ports } of containers) {
    if (ports === undefined) continue;
    for (const { containerPort, hostIP } of ports) {
      if (hostIP || numbers.length === few || numbers.includes(containerPort)) return false;
      numbers.push(containerPort);
    }
  }
  return true;
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
