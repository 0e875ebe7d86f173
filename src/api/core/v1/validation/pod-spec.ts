/** The whole of a pod's spec, in a pod or in a template of pods. */
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, rangeMessage } from "../../../../machinery/names.ts";
import { validateAnnotations, validateLabels } from "../../../../machinery/object-meta.ts";
import { addQuantities, compareQuantities, parseQuantity, quantityText } from "../../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { ipErrors } from "../../../ip.ts";
import { duplicateNames, each, fieldMatchesIfSet, matches, qualifiedName, required, requiredField, requiredName, subdomain } from "../../../validation.ts";
import type { PodDNSConfig, PodResourceClaim, PodSpec, PodTemplateSpec } from "../pod-spec.ts";
import { type ContainerSurroundings, containersErrors, ephemeralContainersErrors, initContainersErrors } from "./container.ts";
import type { Volumes } from "./mounts.ts";
import { amountIn, containerResourceNameErrors, isHugePages, podResourcesErrors, resourceListErrors, runtimeClassNameErrors } from "./resources.ts";
import { affinityErrors, nodeNameErrors, schedulingGateErrors, spreadErrors, tolerationErrors } from "./scheduling.ts";
import { hostProcessErrors, hostUsersErrors, osErrors, podSecurityErrors } from "./security.ts";
import { volumesErrors } from "./volumes.ts";

const maxInt32 = 2 ** 31 - 1;

export interface PodSpecOptions {
  /** Pods have to satisfy more than templates: what is still to be filled in there must be right here. */
  readonly isPod: boolean;
  /** Of the pod, for names derived from it. */
  readonly podName?: string;
}

const noNames: ReadonlySet<string> = new Set();
const noVolumes: Volumes = new Map();

export function podSpecErrors(path: string, spec: PodSpec, options: PodSpecOptions): readonly FieldError[] {
  const around = surroundingsIn(spec);
  return joined(
    spec.terminationGracePeriodSeconds === undefined ? [fieldError.required(`${path}.terminationGracePeriodSeconds`)] : none,
    volumesErrors(`${path}.volumes`, spec.volumes, options.podName),
    resourceClaimErrors(`${path}.resourceClaims`, spec.resourceClaims),
    containersErrors(`${path}.containers`, around),
    initContainersErrors(`${path}.initContainers`, around),
    ephemeralContainersErrors(`${path}.ephemeralContainers`, around),
    podLevelErrors(path, spec),
    hostNetworkErrors(path, spec, options),
    requiredField(path, "restartPolicy", spec.restartPolicy),
    requiredField(path, "dnsPolicy", spec.dnsPolicy),
    spec.nodeSelector === undefined ? none : validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    podSecurityErrors(path, spec),
    affinityErrors(`${path}.affinity`, spec.affinity),
    dnsConfigErrors(`${path}.dnsConfig`, spec.dnsConfig, spec.dnsPolicy),
    each(spec.readinessGates, `${path}.readinessGates`, ({ conditionType }, at) => qualifiedName(`${at}.conditionType`, conditionType ?? "")),
    schedulingGateErrors(`${path}.schedulingGates`, spec.schedulingGates),
    spreadErrors(`${path}.topologySpreadConstraints`, spec.topologySpreadConstraints),
    hostProcessErrors(path, spec),
    hostUsersErrors(path, spec),
    nameErrors(path, spec),
    tolerationErrors(`${path}.tolerations`, spec.tolerations),
    each(spec.hostAliases, `${path}.hostAliases`, ({ ip, hostnames }, at) =>
      joined(
        ipErrors(`${at}.ip`, ip ?? ""),
        each(hostnames, `${at}.hostnames`, (name, index) => subdomain(index, name)),
      ),
    ),
    resourceListErrors(`${path}.overhead.limits`, spec.overhead, containerResourceNameErrors),
    osErrors(path, spec),
  );
}

function surroundingsIn(spec: PodSpec): ContainerSurroundings {
  const { volumes, resourceClaims } = spec;
  return {
    spec,
    volumes: volumes === undefined ? noVolumes : new Map(volumes.map((volume) => [volume.name, volume])),
    claimNames: resourceClaims === undefined ? noNames : new Set(resourceClaims.map(({ name }) => name).filter((name) => name !== "")),
  };
}

/** Names of other objects, of hosts, and the deadline. */
function nameErrors(path: string, spec: PodSpec): readonly FieldError[] {
  const deadline = spec.activeDeadlineSeconds;
  const outOfRange = deadline !== undefined && (deadline < 1 || deadline > maxInt32);
  return joined(
    fieldMatchesIfSet(path, "serviceAccountName", spec.serviceAccountName, dns1123SubdomainErrors),
    fieldMatchesIfSet(path, "nodeName", spec.nodeName, nodeNameErrors),
    outOfRange ? [fieldError.invalid(`${path}.activeDeadlineSeconds`, deadline, rangeMessage(1, maxInt32))] : none,
    fieldMatchesIfSet(path, "hostname", spec.hostname, dns1123LabelErrors),
    fieldMatchesIfSet(path, "subdomain", spec.subdomain, dns1123LabelErrors),
    hostnameOverrideErrors(path, spec),
    spec.preemptionPolicy === "" ? [fieldError.required(`${path}.preemptionPolicy`)] : none,
    fieldMatchesIfSet(path, "priorityClassName", spec.priorityClassName, dns1123SubdomainErrors),
    spec.runtimeClassName === undefined ? none : matches(`${path}.runtimeClassName`, spec.runtimeClassName, runtimeClassNameErrors),
  );
}

const maxHostnameLength = 64;

/** KEP-4762. */
function hostnameOverrideErrors(path: string, { hostnameOverride, hostNetwork, setHostnameAsFQDN }: PodSpec): readonly FieldError[] {
  if (hostnameOverride === undefined) return none;
  const at = `${path}.hostnameOverride`;
  const errors = [...subdomain(at, hostnameOverride)];
  if (hostnameOverride.length > maxHostnameLength) errors.push(fieldError.tooLong(at, maxHostnameLength));
  if (hostNetwork === true) errors.push(fieldError.forbidden(at, "may not be specified when hostNetwork is true"));
  if (setHostnameAsFQDN === true) errors.push(fieldError.forbidden(at, "may not be specified when setHostnameAsFQDN is true"));
  return errors;
}

function resourceClaimErrors(path: string, claims: readonly PodResourceClaim[] | undefined): readonly FieldError[] {
  if (claims === undefined) return none;
  return joined(
    each(claims, path, (claim, at) => {
      const { name, resourceClaimName, resourceClaimTemplateName } = claim;
      const errors = [...requiredName(`${at}.name`, name, dns1123LabelErrors)];
      if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
        errors.push(fieldError.invalid(at, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"));
      }
      if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
        errors.push(fieldError.invalid(at, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"));
      }
      if (resourceClaimName !== undefined) errors.push(...subdomain(`${at}.resourceClaimName`, resourceClaimName));
      if (resourceClaimTemplateName !== undefined) errors.push(...subdomain(`${at}.resourceClaimTemplateName`, resourceClaimTemplateName));
      return errors;
    }),
    duplicateNames(claims, path),
  );
}

/** KEP-2837: what the pod asks for as a whole bounds what its containers ask for. */
function podLevelErrors(path: string, spec: PodSpec): readonly FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return none;
  const wrong = podResourcesErrors(`${path}.resources`, resources);
  if (wrong.length > 0) return wrong;
  const errors: FieldError[] = [];
  for (const [name, total] of Object.entries(containerRequests(spec))) {
    const whole = resources.requests?.[name] ?? "0";
    if (compareQuantities(parseQuantity(total), parseQuantity(whole)) > 0) {
      errors.push(
        fieldError.invalid(`${path}.resources.requests[${name}]`, whole, `must be greater than or equal to aggregate container requests of ${total}`),
      );
    }
  }
  return joined(errors, containerLimitErrors(`${path}.resources`, spec));
}

function containerLimitErrors(path: string, spec: PodSpec): readonly FieldError[] {
  return (spec.containers ?? []).flatMap(({ resources }, index) =>
    Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) => {
      const whole = amountIn(spec.resources?.limits, name);
      if (whole === undefined || compareQuantities(parseQuantity(limit), parseQuantity(whole)) <= 0) return [];
      return [fieldError.invalid(`${path}.containers[${index}][${name}].limits`, limit, `must be less than or equal to pod limits of ${whole}`)];
    }),
  );
}

/** What containers and sidecars request together, of what pods can request. */
function containerRequests(spec: PodSpec): Record<string, string> {
  const running = [...(spec.containers ?? []), ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")];
  const total: Record<string, string> = {};
  for (const { resources } of running) {
    for (const [name, amount] of Object.entries(resources?.requests ?? {})) {
      if (name !== "cpu" && name !== "memory" && !isHugePages(name)) continue;
      total[name] = quantityText(addQuantities(parseQuantity(total[name] ?? "0"), parseQuantity(amount)));
    }
  }
  return total;
}

/** On the host's network a container's port is the host's port. */
function hostNetworkErrors(path: string, spec: PodSpec, { isPod }: PodSpecOptions): readonly FieldError[] {
  if (spec.hostNetwork !== true) return none;
  return each(spec.containers, `${path}.containers`, ({ ports }, at) =>
    each(ports, `${at}.ports`, ({ hostPort = 0, containerPort = 0 }, port) => {
      const wrong = (isPod || hostPort !== 0) && hostPort !== containerPort;
      return wrong ? [fieldError.invalid(`${port}.hostPort`, hostPort, "must match `containerPort` when `hostNetwork` is true")] : none;
    }),
  );
}

/* Limits of the resolver in libc. */
const maxNameservers = 3;
const maxSearchPaths = 32;
const maxSearchCharacters = 2048;

function dnsConfigErrors(path: string, config: PodDNSConfig | undefined, policy: string | undefined): readonly FieldError[] {
  if (policy === "None") {
    if (config === undefined) return [fieldError.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if ((config.nameservers ?? []).length === 0) {
      return [fieldError.required(`${path}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
    }
  }
  if (config === undefined) return none;
  const { nameservers = [], searches = [], options } = config;
  const isTooMuch = nameservers.length > maxNameservers;
  return joined(
    isTooMuch ? [fieldError.invalid(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`)] : none,
    each(nameservers, `${path}.nameservers`, (server, at) => ipErrors(at, server)),
    searchErrors(`${path}.searches`, searches),
    each(options, `${path}.options`, ({ name }, at) => required(at, name, "must not be empty")),
  );
}

function searchErrors(path: string, searches: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > maxSearchPaths) errors.push(fieldError.invalid(path, searches, `must not have more than ${maxSearchPaths} search paths`));
  if (searches.join(" ").length > maxSearchCharacters) {
    errors.push(fieldError.invalid(path, searches, `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`));
  }
  return joined(
    errors,
    each(searches, path, (search, at) => (search === "." ? none : searchDomainErrors(at, search))),
  );
}

/** Search domains may hold underscores (KEP-4427) and end in a dot. */
function searchDomainErrors(path: string, search: string): readonly FieldError[] {
  const name = search.endsWith(".") ? search.slice(0, -1) : search;
  return dns1123SubdomainErrors(name.replaceAll("_", "0")).map((text) => fieldError.invalid(path, name, text));
}

/** Annotations that mean something for pods. */
export function podAnnotationErrors(path: string, annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec): readonly FieldError[] {
  if (annotations === undefined) return none;
  const errors: FieldError[] = [];
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(fieldError.invalid(`${path}[${mirrorAnnotation}]`, mirror, "must set spec.nodeName if mirror pod annotation is set"));
  }
  const cost = annotations[deletionCostAnnotation];
  if (cost !== undefined && !isInt32(cost)) errors.push(fieldError.invalid(`${path}[${deletionCostAnnotation}]`, cost, "must be a 32bit integer"));
  return errors;
}

export const mirrorAnnotation = "kubernetes.io/config.mirror";
const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

/** An integer without leading plus or zeros. */
function isInt32(text: string): boolean {
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) <= maxInt32;
}

/** Templates of pods, in whatever makes pods. */
export function podTemplateErrors(path: string, template: PodTemplateSpec | undefined): readonly FieldError[] {
  const spec: PodSpec = template?.spec ?? { containers: [] };
  const { labels, annotations } = template?.metadata ?? {};
  const isDebugged = (spec.ephemeralContainers ?? []).length > 0;
  return joined(
    labels === undefined ? none : validateLabels(labels, `${path}.labels`),
    annotations === undefined ? none : validateAnnotations(annotations, `${path}.annotations`),
    podAnnotationErrors(`${path}.annotations`, annotations, spec),
    podSpecErrors(`${path}.spec`, spec, { isPod: false }),
    isDebugged ? [fieldError.forbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")] : none,
  );
}
