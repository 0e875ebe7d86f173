/**
 * What a pod asks of a node: the sum over its containers as the scheduler, the kubelet and quotas compute it
 * (KEP-753: restartable init containers run beside the main ones, plain init containers one after the other).
 */
import { milliValueOfQuantity, valueOfQuantity } from "./quantity.ts";

/** By resource name: cpu in millicores, everything else in whole units (bytes, counts). */
export type ResourceAmounts = Record<string, number>;

interface ContainerLike {
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
