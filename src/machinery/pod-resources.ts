/**
 * What a pod asks of a node: the sum over its containers as the scheduler, the kubelet and quotas compute it
 * (KEP-753: restartable init containers run beside the main ones, plain init containers one after the other).
 */
import { milliValueOfQuantity, valueOfQuantity } from "./quantity.ts";

/** By resource name: cpu in millicores, everything else in whole units (bytes, counts). */
export type ResourceAmounts = Record<string, number>;

interface ContainerLike {
  readonly name?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
}

interface PodLike {
  readonly spec: {
    readonly containers: readonly ContainerLike[];
    readonly initContainers?: readonly ContainerLike[];
    readonly overhead?: Readonly<Record<string, string>>;
    readonly resources?: ContainerLike["resources"];
  };
}

export function resourceAmount(name: string, quantity: string): number {
  return name === "cpu" ? milliValueOfQuantity(quantity) : valueOfQuantity(quantity);
}

export function resourceAmounts(list: Readonly<Record<string, string>> | undefined): ResourceAmounts {
  const amounts: ResourceAmounts = {};
  for (const [name, quantity] of Object.entries(list ?? {})) amounts[name] = resourceAmount(name, quantity);
  return amounts;
}

export function addAmounts(into: ResourceAmounts, other: ResourceAmounts): void {
  for (const name in other) into[name] = (into[name] ?? 0) + (other[name] ?? 0);
}

function raiseTo(into: ResourceAmounts, other: ResourceAmounts): void {
  for (const name in other) into[name] = Math.max(into[name] ?? 0, other[name] ?? 0);
}

export function podRequests(pod: PodLike): ResourceAmounts {
  return podAmounts(pod, (container) => resourceAmounts(container.resources?.requests), resourceAmounts(pod.spec.resources?.requests));
}

interface StatusLike {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  readonly containerStatuses?: readonly ContainerStatusLike[];
  readonly initContainerStatuses?: readonly ContainerStatusLike[];
}

interface ContainerStatusLike {
  readonly name: string;
  readonly allocatedResources?: Readonly<Record<string, string>>;
  readonly resources?: ContainerLike["resources"];
}

/**
 * What a pod holds of its node while it may be resized (KEP-1287): by container the largest of what it asks for, what it
 * has been allocated and what it has. What can never be given to it does not count.
 */
export function heldRequests(pod: PodLike & { readonly status?: StatusLike }): ResourceAmounts {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  if (!statuses.some(({ allocatedResources }) => allocatedResources !== undefined)) return podRequests(pod);
  const infeasible = pod.status?.conditions?.some(({ type, status, reason }) => type === "PodResizePending" && status === "True" && reason === "Infeasible");
  const held = (container: ContainerLike): ResourceAmounts => {
    const known = statuses.find(({ name }) => name === container.name);
    if (known === undefined) return resourceAmounts(container.resources?.requests);
    const amounts = infeasible === true ? {} : resourceAmounts(container.resources?.requests);
    raiseTo(amounts, resourceAmounts(known.allocatedResources));
    raiseTo(amounts, resourceAmounts(known.resources?.requests));
    return amounts;
  };
  return podAmounts(pod, held, resourceAmounts(pod.spec.resources?.requests));
}

export function podLimits(pod: PodLike): ResourceAmounts {
  return podAmounts(pod, (container) => resourceAmounts(container.resources?.limits), resourceAmounts(pod.spec.resources?.limits));
}

function podAmounts(pod: PodLike, of: (container: ContainerLike) => ResourceAmounts, podLevel: ResourceAmounts): ResourceAmounts {
  const running: ResourceAmounts = {};
  for (const container of pod.spec.containers ?? []) addAmounts(running, of(container));
  const sidecars: ResourceAmounts = {};
  const peakOfInit: ResourceAmounts = {};
  for (const container of pod.spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === "Always") {
      addAmounts(running, own);
      addAmounts(sidecars, own);
      raiseTo(peakOfInit, sidecars);
    } else {
      const whileItRuns = { ...own };
      addAmounts(whileItRuns, sidecars);
      raiseTo(peakOfInit, whileItRuns);
    }
  }
  raiseTo(running, peakOfInit);
  // Pod-level resources (KEP-2837) replace what the containers add up to.
  Object.assign(running, podLevel);
  addAmounts(running, resourceAmounts(pod.spec.overhead));
  return running;
}
