/** Requests and limits as the numbers of Linux cgroups, and the score by which the kernel picks victims. */
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { podLimits, podRequests, type ResourceAmounts, resourceAmounts } from "../../machinery/pod-resources.ts";
import { milliQuantityOf, milliValueOfQuantity, quantityOf, quantityText, valueOfQuantity } from "../../machinery/quantity.ts";
import type { LinuxContainerResources } from "../cri/types.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const quotaPeriodUs = 100_000;
/** The kernel's smallest quota: 1 ms a period. */
const minQuotaUs = 1000;
const minShares = 2;
const maxShares = 262_144;

export function millisToShares(millis: number): number {
  return millis === 0 ? minShares : Math.min(Math.max(Math.floor((millis * 1024) / 1000), minShares), maxShares);
}

/** 0: no limit. */
export function millisToQuota(millis: number): number {
  return millis === 0 ? 0 : Math.max(Math.floor((millis * quotaPeriodUs) / 1000), minQuotaUs);
}

/** Set by the API server at creation; computed for pods that never met one (static pods). */
export function qosClass(pod: Pod): QosClass {
  const known = pod.status?.qosClass;
  if (known === "Guaranteed" || known === "Burstable" || known === "BestEffort") return known;
  // Resources of the pod as a whole, where it has any, decide alone (KEP-2837).
  const containers = pod.spec.resources === undefined ? [...(pod.spec.initContainers ?? []), ...pod.spec.containers] : [pod.spec];
  const compute = (list: Record<string, string> | undefined) => ({ cpu: resourceAmounts(list)["cpu"] ?? 0, memory: resourceAmounts(list)["memory"] ?? 0 });
  const amounts = containers.map(({ resources }) => ({ requests: compute(resources?.requests), limits: compute(resources?.limits) }));
  const zero = (list: { cpu: number; memory: number }) => list.cpu === 0 && list.memory === 0;
  if (amounts.every(({ requests, limits }) => zero(requests) && zero(limits))) return "BestEffort";
  const guaranteed = amounts.every(
    ({ requests, limits }) => limits.cpu > 0 && limits.memory > 0 && (zero(requests) || (requests.cpu === limits.cpu && requests.memory === limits.memory)),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

type Requirements = NonNullable<Container["resources"]>;

/** What a container runs with: where it has no limit of its own, the pod's bounds it (KEP-2837). */
export function effectiveResources(pod: Pod, container: Pick<Container, "resources">): Requirements {
  const { cpu, memory } = pod.spec.resources?.limits ?? {};
  if (cpu === undefined && memory === undefined) return container.resources ?? {};
  const inherited = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  return { ...container.resources, limits: { ...inherited, ...container.resources?.limits } };
}

/** Cgroup numbers of one container. Without requests, its limit counts as request. */
export function containerResources(pod: Pod, container: Container, memoryCapacityBytes: number): LinuxContainerResources {
  const { requests = {}, limits = {} } = effectiveResources(pod, container);
  const cpuLimit = limits["cpu"] === undefined ? 0 : milliValueOfQuantity(limits["cpu"]);
  const cpuRequest = requests["cpu"] === undefined ? cpuLimit : milliValueOfQuantity(requests["cpu"]);
  const memoryLimit = limits["memory"] === undefined ? 0 : valueOfQuantity(limits["memory"]);
  return {
    cpuShares: millisToShares(cpuRequest),
    cpuPeriod: quotaPeriodUs,
    cpuQuota: millisToQuota(cpuLimit),
    memoryLimitInBytes: memoryLimit,
    oomScoreAdj: oomScoreAdjustment(pod, container, memoryCapacityBytes),
    hugepageLimits: hugepageLimits(limits),
  };
}

function hugepageLimits(limits: Readonly<Record<string, string>>): { pageSize: string; limit: number }[] {
  return Object.entries(limits)
    .filter(([name]) => name.startsWith("hugepages-"))
    .map(([name, quantity]) => ({ pageSize: name.slice("hugepages-".length).replace(/i$/, "B"), limit: valueOfQuantity(quantity) }));
}

/** -997 for guaranteed, 1000 for best effort, in between by the share of memory that was not asked for. */
export function oomScoreAdjustment(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_000_000) return -997;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const requests = pod.spec.containers.map(requestedBytes);
  const isSidecar = pod.spec.initContainers?.some(({ name, restartPolicy }) => name === container.name && restartPolicy === "Always") === true;
  // A sidecar does not go before the containers that need it.
  const bytes = isSidecar ? Math.max(requestedBytes(container), Math.min(...requests)) : requestedBytes(container);
  const score = 1000 - Math.floor((1000 * (bytes + unassignedBytes(pod))) / memoryCapacityBytes);
  // Burstable stays between the two: above the kubelet's own -999 and below best effort.
  return Math.min(Math.max(score, 3), 999);
}

function requestedBytes({ resources }: Pick<Container, "resources">): number {
  const request = resources?.requests?.["memory"];
  return request === undefined ? 0 : valueOfQuantity(request);
}

/** What the pod as a whole asks for beyond its containers, by container (KEP-2837). */
function unassignedBytes({ spec }: Pod): number {
  const { resources, ...containersOnly } = spec;
  const whole = requestedBytes({ ...(resources === undefined ? {} : { resources }) });
  if (whole === 0) return 0;
  const { overhead: _, ...parts } = containersOnly;
  const count = spec.containers.length + (spec.initContainers ?? []).length;
  return Math.trunc((whole - (podRequests({ spec: parts })["memory"] ?? 0)) / count);
}

/** Numbers of the pod's own cgroup, which bounds all its containers together. 0: no limit. */
export interface PodCgroupLimits {
  readonly cpuShares: number;
  readonly cpuQuotaUs: number;
  readonly cpuPeriodUs: number;
  readonly memoryLimitBytes: number;
}

export function podCgroupLimits(pod: Pod): PodCgroupLimits {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  return {
    cpuShares: millisToShares(requests["cpu"] ?? 0),
    cpuQuotaUs: isBounded(pod, "cpu") ? millisToQuota(limits["cpu"] ?? 0) : 0,
    cpuPeriodUs: quotaPeriodUs,
    memoryLimitBytes: isBounded(pod, "memory") ? (limits["memory"] ?? 0) : 0,
  };
}

/** The pod as a whole is bounded by its own limit, or by those of its containers if every one has one. */
function isBounded({ spec }: Pod, name: string): boolean {
  if (spec.resources?.limits?.[name] !== undefined) return true;
  return [...spec.containers, ...(spec.initContainers ?? [])].every((container) => container.resources?.limits?.[name] !== undefined);
}

/** What the pod has as a whole once its cgroup is as its containers and its own resources want it, for its status (KEP-5419). */
export function podResources(pod: Pod): Requirements {
  const limits = Object.entries(podLimits(pod)).filter(([name]) => isBounded(pod, name));
  return requirementsOf(podRequests(pod), Object.fromEntries(limits));
}

/** The same before it runs: limits add up, whether or not every container has one. */
export function wantedPodResources(pod: Pod): Requirements {
  return requirementsOf(podRequests(pod), podLimits(pod));
}

function requirementsOf(requests: ResourceAmounts, limits: ResourceAmounts): Requirements {
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits: amountTexts(limits) }),
    ...(Object.keys(requests).length === 0 ? {} : { requests: amountTexts(requests) }),
  };
}

function amountTexts(amounts: ResourceAmounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => {
      if (name === "cpu") return [name, quantityText(milliQuantityOf(amount))];
      const isBytes = name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
      return [name, quantityText(quantityOf(amount, isBytes ? "BinarySI" : "DecimalSI"))];
    }),
  );
}
