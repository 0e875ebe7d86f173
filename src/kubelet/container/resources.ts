/** Requests and limits as the numbers of Linux cgroups, and the score by which the kernel picks victims. */
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { podLimits, podRequests, resourceAmounts } from "../../machinery/pod-resources.ts";
import { milliValueOfQuantity, valueOfQuantity } from "../../machinery/quantity.ts";
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
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const compute = (list: Record<string, string> | undefined) => ({ cpu: resourceAmounts(list)["cpu"] ?? 0, memory: resourceAmounts(list)["memory"] ?? 0 });
  const amounts = containers.map(({ resources }) => ({ requests: compute(resources?.requests), limits: compute(resources?.limits) }));
  const zero = (list: { cpu: number; memory: number }) => list.cpu === 0 && list.memory === 0;
  if (amounts.every(({ requests, limits }) => zero(requests) && zero(limits))) return "BestEffort";
  const guaranteed = amounts.every(
    ({ requests, limits }) => limits.cpu > 0 && limits.memory > 0 && (zero(requests) || (requests.cpu === limits.cpu && requests.memory === limits.memory)),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

/**
 * Cgroup numbers of one container. A container without limits gets the pod's quota or none; without requests, its
 * limit counts as request.
 */
export function containerResources(pod: Pod, container: Container, memoryCapacityBytes: number): LinuxContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
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
  const request = container.resources?.requests?.["memory"];
  const bytes = request === undefined ? 0 : valueOfQuantity(request);
  const score = 1000 - Math.floor((1000 * bytes) / memoryCapacityBytes);
  // Burstable stays between the two: above the kubelet's own -999 and below best effort.
  return Math.min(Math.max(score, 3), 999);
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
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const bounded = (name: string) =>
    pod.spec.resources?.limits?.[name] !== undefined || all.every((container) => container.resources?.limits?.[name] !== undefined);
  return {
    cpuShares: millisToShares(requests["cpu"] ?? 0),
    cpuQuotaUs: bounded("cpu") ? millisToQuota(limits["cpu"] ?? 0) : 0,
    cpuPeriodUs: quotaPeriodUs,
    memoryLimitBytes: bounded("memory") ? (limits["memory"] ?? 0) : 0,
  };
}
