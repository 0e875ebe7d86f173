/** What a kubelet may write into a pod's status. */
import { parseIp } from "../../../../machinery/ip.ts";
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, qualifiedNameErrors, rangeMessage } from "../../../../machinery/names.ts";
import { parseQuantity } from "../../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { ipErrors, isDualStack, looseIPErrors } from "../../../ip.ts";
import { duplicateNames, duplicates, each, immutable, matches } from "../../../validation.ts";
import type { Container } from "../container.ts";
import type { ContainerStatus, NodeAllocatableResourceClaimStatus, Pod, PodStatus, ResourceHealth } from "../pod.ts";
import type { PodSpec } from "../pod-spec.ts";
import { amountIn } from "./resources.ts";
import { nodeNameErrors } from "./scheduling.ts";

const maxInt32 = 2 ** 31 - 1;
const systemConditions = ["PodScheduled", "Ready", "Initialized"];
const lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

export function podStatusErrors(pod: Pod, old: Pod): readonly FieldError[] {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const { spec } = old;
  const restarts = (containers: readonly Container[] | undefined) => (name: string, exitCode: number) =>
    containers?.some((container) => container.name === name && mayRestart(container, spec.restartPolicy, exitCode)) === true;
  return joined(
    conditionErrors(status.conditions),
    nominationErrors(status, old),
    generationErrors("status.observedGeneration", status.observedGeneration),
    immutable("status.qosClass", status.qosClass ?? "", before.qosClass ?? ""),
    allMayRestart(spec)
      ? none
      : [
          ...transitionErrors("status.containerStatuses", status.containerStatuses, before.containerStatuses, restarts(spec.containers)),
          ...transitionErrors("status.initContainerStatuses", status.initContainerStatuses, before.initContainerStatuses, restarts(spec.initContainers)),
        ],
    transitionErrors("status.ephemeralContainerStatuses", status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, () => false),
    claimStatusErrors(status, spec),
    addressErrors("status.podIPs", status.podIPs ?? [], before.podIPs),
    hostAddressErrors(status, before),
    lists.flatMap((list) => each(status[list], `status.${list}`, (container, at) => userErrors(container, `${at}.linux`, spec.os?.name))),
    each(status.containerStatuses, "status.containerStatuses", (container, at) => deviceErrors(container, at, spec.containers)),
    each(status.initContainerStatuses, "status.initContainerStatuses", (container, at) => deviceErrors(container, at, spec.initContainers ?? [])),
    each(status.ephemeralContainerStatuses, "status.ephemeralContainerStatuses", ({ allocatedResourcesStatus = [] }, at) =>
      allocatedResourcesStatus.length === 0 ? none : [fieldError.forbidden(`${at}.allocatedResourcesStatus`, "cannot be set for a container status")],
    ),
  );
}

function conditionErrors(conditions: PodStatus["conditions"]): readonly FieldError[] {
  return each(conditions, "status.conditions", ({ type, observedGeneration }, at) =>
    joined(
      generationErrors(`${at}.observedGeneration`, observedGeneration),
      systemConditions.includes(type) ? none : matches(`${at}.Type`, type ?? "", qualifiedNameErrors),
    ),
  );
}

function generationErrors(path: string, generation = 0): readonly FieldError[] {
  return generation < 0 ? [fieldError.invalid(path, generation, "must be a non-negative integer")] : [];
}

function nominationErrors({ nominatedNodeName }: PodStatus, { spec, status }: Pod): readonly FieldError[] {
  const path = "status.nominatedNodeName";
  if (!nominatedNodeName || nominatedNodeName === status?.nominatedNodeName) return [];
  const late = spec.nodeName ? [fieldError.forbidden(path, "may not be set on pods that are already bound to a node")] : [];
  return joined(matches(path, nominatedNodeName, nodeNameErrors), late);
}

/** A container that ended for good does not come back. */
function transitionErrors(
  path: string,
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  restarts: (name: string, exitCode: number) => boolean,
): readonly FieldError[] {
  return each(old, path, ({ name, state }, at) => {
    const revived = statuses?.find((status) => status.name === name && status.state?.terminated === undefined);
    if (state?.terminated === undefined || revived === undefined || restarts(name, state.terminated.exitCode ?? 0)) return [];
    return [fieldError.forbidden(`${at}.state`, "may not be transitioned to non-terminated state")];
  });
}

/** KEP-5307: the container's rules, its own policy, the pod's. */
function mayRestart({ restartPolicy, restartPolicyRules = [] }: Container, ofPod: string | undefined, exitCode: number): boolean {
  if (restartPolicy !== undefined && restartPolicyRules.some(({ exitCodes }) => holds(exitCodes, exitCode))) return true;
  const policy = restartPolicy ?? ofPod ?? "Always";
  return policy === "OnFailure" ? exitCode !== 0 : policy !== "Never";
}

function holds(codes: { readonly operator?: string; readonly values?: readonly number[] } | undefined, exitCode: number): boolean {
  const listed = codes?.values?.includes(exitCode) === true;
  return codes?.operator === "In" ? listed : codes?.operator === "NotIn" && !listed;
}

/** KEP-5532: where one container's end may restart all of them, any may come back. */
function allMayRestart({ containers, initContainers = [] }: PodSpec): boolean {
  return [...containers, ...initContainers].some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"));
}

function claimStatusErrors(status: PodStatus, spec: PodSpec): readonly FieldError[] {
  const known = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const path = "status.resourceClaimStatuses";
  return joined(
    each(status.resourceClaimStatuses, path, ({ name, resourceClaimName }, at) =>
      joined(
        known.has(name) ? none : [fieldError.invalid(`${at}.name`, name ?? "", "must match the name of an entry in `spec.resourceClaims`")],
        resourceClaimName === undefined ? none : matches(`${at}.resourceClaimName`, resourceClaimName, dns1123SubdomainErrors),
      ),
    ),
    duplicateNames(status.resourceClaimStatuses, path),
    extendedClaimErrors(status, spec),
    each(status.nodeAllocatableResourceClaimStatuses, "status.nodeAllocatableResourceClaimStatuses", (claim, at) => nodeClaimErrors(claim, at, status, spec)),
  );
}

const noSuchContainer = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
const noSuchResource = "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";

/** KEP-5004. */
function extendedClaimErrors({ extendedResourceClaimStatus: claim }: PodStatus, spec: PodSpec): readonly FieldError[] {
  if (claim === undefined) return [];
  const path = "status.extendedResourceClaimStatus";
  const { requestMappings = [], resourceClaimName } = claim;
  const containers = new Map([...(spec.initContainers ?? []), ...spec.containers].map((container) => [container.name, container]));
  const seen = new Set<string>();
  return joined(
    requestMappings.length === 0 ? [fieldError.required(`${path}.requestMappings`, "at least one request mapping is required")] : none,
    each(requestMappings, `${path}.requestMappings`, ({ containerName, resourceName, requestName }, at) => {
      const container = containers.get(containerName);
      const errors = [...matches(`${path}.requestName`, requestName ?? "", dns1123LabelErrors)];
      if (container === undefined) errors.unshift(fieldError.invalid(`${at}.containerName`, containerName ?? "", noSuchContainer));
      else if (amountIn(container.resources?.requests, resourceName) === undefined)
        errors.unshift(fieldError.invalid(`${at}.resourceName`, resourceName ?? "", noSuchResource));
      const key = JSON.stringify([containerName, resourceName, requestName]);
      if (seen.has(key)) {
        const twice = { containerName, resourceName, requestName };
        errors.push(...Object.entries(twice).map(([field, value]) => fieldError.duplicate(`${at}.${field}`, value)));
      }
      seen.add(key);
      return errors;
    }),
    resourceClaimName ? matches(`${path}.resourceClaimName`, resourceClaimName, dns1123SubdomainErrors) : [fieldError.required(`${path}.resourceClaimName`)],
  );
}

/** KEP-5517. */
function nodeClaimErrors(claim: NodeAllocatableResourceClaimStatus, at: string, status: PodStatus, spec: PodSpec): readonly FieldError[] {
  const { resourceClaimName = "", containers = [], resources = {} } = claim;
  const referenced = [...(spec.resourceClaims ?? []), ...(status.resourceClaimStatuses ?? [])].some(
    (reference) => reference.resourceClaimName === resourceClaimName,
  );
  return joined(
    resourceClaimName === "" ? [fieldError.required(`${at}.resourceClaimName`, "must not be empty")] : none,
    referenced ? none : [fieldError.invalid(`${at}.resourceClaimName`, resourceClaimName, "no mapping found in pod reference")],
    containers.length === 0 ? [fieldError.required(`${at}.containers`, "must not be empty")] : none,
    Object.keys(resources).length === 0 ? [fieldError.required(`${at}.resources`, "must not be empty")] : none,
    Object.entries(resources).flatMap(([name, amount]) =>
      joined(
        isNativeResource(name) ? none : [fieldError.invalid(`${at}.resources[${name}]`, name, "must be a node allocatable resource name")],
        parseQuantity(amount).nanos < 0n ? [fieldError.invalid(`${at}.resources[${name}]`, amount, "must be non-negative")] : none,
      ),
    ),
  );
}

/** Kubernetes' own: without a domain, or in its own. */
function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

function userErrors({ user }: ContainerStatus, at: string, os: string | undefined): readonly FieldError[] {
  if (user?.linux === undefined) return [];
  if (os === "windows") return [fieldError.forbidden(at, "cannot be set for a windows pod")];
  const { uid = 0, gid = 0, supplementalGroups = [] } = user.linux;
  const id = (path: string, value: number): readonly FieldError[] =>
    value >= 0 && value <= maxInt32 ? [] : [fieldError.invalid(path, value, rangeMessage(0, maxInt32))];
  return joined(
    id(`${at}.uid`, uid),
    id(`${at}.gid`, gid),
    each(supplementalGroups, `${at}.supplementalGroups`, (group, path) => id(path, group)),
  );
}

const health = ["Healthy", "Unhealthy", "Unknown"];
const maxHealthMessage = 1024;
const noSuchClaim = "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";

/** KEP-4680. */
function deviceErrors({ name, allocatedResourcesStatus }: ContainerStatus, at: string, containers: readonly Container[]): readonly FieldError[] {
  const container = containers.find((candidate) => candidate.name === name);
  return each(allocatedResourcesStatus, `${at}.allocatedResourcesStatus`, ({ name: resource = "", resources }, path) =>
    joined(
      container === undefined ? none : unaskedErrors(container, resource, `${path}.name`),
      each(resources, `${path}.resources`, healthErrors),
      duplicates(
        resources ?? [],
        `${path}.resources`,
        ({ resourceID }) => resourceID,
        (where, { resourceID }) => fieldError.duplicate(`${where}.resourceID`, resourceID ?? ""),
      ),
    ),
  );
}

function unaskedErrors({ resources = {} }: Container, name: string, at: string): readonly FieldError[] {
  if (!name.startsWith("claim:")) {
    return amountIn(resources.requests, name) === undefined ? [fieldError.invalid(at, name, "must match one of the container's resource requests")] : [];
  }
  const claims = (resources.claims ?? []).map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}`);
  return claims.includes(name) ? [] : [fieldError.invalid(at, name, noSuchClaim)];
}

function healthErrors(device: ResourceHealth, at: string): readonly FieldError[] {
  const { message } = device;
  const errors = health.includes(device.health ?? "") ? [] : [fieldError.notSupported(`${at}.health`, device.health ?? "", health.toSorted())];
  if (message === "") errors.push(fieldError.required(`${at}.message`, "must be non-empty if specified"));
  else if (message !== undefined && Buffer.byteLength(message) > maxHealthMessage) errors.push(fieldError.tooLong(`${at}.message`, maxHealthMessage));
  return errors;
}

function addressErrors(path: string, addresses: readonly { ip: string }[], old: readonly { ip: string }[] = []): readonly FieldError[] {
  const before = old.flatMap(({ ip }) => ip ?? []);
  const errors = [...each(addresses, path, ({ ip }, at) => joined(ipErrors(at, ip ?? ""), looseIPErrors(at, ip, before)))];
  if (addresses.length < 2) return errors;
  if (!isDualStack(addresses.map(({ ip }) => parseIp(ip ?? ""))) || addresses.length > 2) {
    errors.push(fieldError.invalid(path, addresses, "may specify no more than one IP for each IP family"));
  }
  const repeated = duplicates(
    addresses,
    path,
    ({ ip }) => ip,
    (at, address) => fieldError.duplicate(at, address),
  );
  return joined(errors, repeated);
}

function hostAddressErrors({ hostIP, hostIPs = [] }: PodStatus, before: PodStatus): readonly FieldError[] {
  const first = hostIPs[0];
  if (first === undefined) return [];
  const wrong = hostIP !== first.ip ? [fieldError.invalid("status.hostIPs[0].ip", first.ip, "must be equal to `hostIP`")] : [];
  return joined(wrong, addressErrors("status.hostIPs", hostIPs, before.hostIPs));
}
