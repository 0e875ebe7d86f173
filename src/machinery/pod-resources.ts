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
  return podAmounts(pod, ({ resources }) => resourceAmounts(resources?.requests), resourceAmounts(pod.spec.resources?.requests));
}

export function podLimits(pod: PodLike): ResourceAmounts {
  return podAmounts(pod, ({ resources }) => resourceAmounts(resources?.limits), resourceAmounts(pod.spec.resources?.limits), "limits");
}

interface HeldLike {
  readonly allocatedResources?: Readonly<Record<string, string>>;
  readonly resources?: ContainerLike["resources"];
}

interface StatusLike extends HeldLike {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  readonly containerStatuses?: readonly (HeldLike & { readonly name: string })[];
  readonly initContainerStatuses?: readonly (HeldLike & { readonly name: string })[];
}

type PodWithStatus = PodLike & { readonly status?: StatusLike };

/**
 * What a pod holds of its node while it may be resized (KEP-1287, KEP-5419): by container, and for the pod as a whole, the
 * largest of what it asks for, what it has been allocated and what it has. What can never be given to it does not count.
 */
export function heldRequests(pod: PodWithStatus): ResourceAmounts {
  return reportsResources(pod.status) ? heldAmounts(pod, "requests") : podRequests(pod);
}

/** The same of limits, of which a node sets nothing aside. */
export function heldLimits(pod: PodWithStatus): ResourceAmounts {
  return reportsResources(pod.status) ? heldAmounts(pod, "limits") : podLimits(pod);
}

function reportsResources(status: StatusLike | undefined): boolean {
  const reports = ({ resources }: HeldLike): boolean => resources !== undefined;
  return status !== undefined && (reports(status) || status.containerStatuses?.some(reports) === true || status.initContainerStatuses?.some(reports) === true);
}

function heldAmounts(pod: PodWithStatus, part: "requests" | "limits"): ResourceAmounts {
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = pod.status ?? {};
  const statuses = new Map([...containerStatuses, ...initContainerStatuses].map((status) => [status.name, status]));
  const infeasible = conditions.find(({ type }) => type === "PodResizePending")?.reason === "Infeasible";
  const held = (wanted: ContainerLike["resources"], known: HeldLike | undefined): ResourceAmounts => {
    if (known?.resources === undefined) return resourceAmounts(wanted?.[part]);
    const amounts = resourceAmounts(infeasible ? {} : wanted?.[part]);
    raiseTo(amounts, resourceAmounts(known.resources[part]));
    if (part === "requests") raiseTo(amounts, resourceAmounts(known.allocatedResources));
    return amounts;
  };
  const ofContainer = ({ name = "", resources }: ContainerLike, isPlainInit: boolean) => held(resources, isPlainInit ? undefined : statuses.get(name));
  const whole = held(pod.spec.resources, pod.status);
  const podLevel = Object.fromEntries(Object.keys(pod.spec.resources?.[part] ?? {}).map((name) => [name, whole[name] ?? 0]));
  return podAmounts(pod, ofContainer, podLevel, part);
}

function podAmounts(
  pod: PodLike,
  of: (container: ContainerLike, isPlainInit: boolean) => ResourceAmounts,
  podLevel: ResourceAmounts,
  part: "requests" | "limits" = "requests",
): ResourceAmounts {
  const running: ResourceAmounts = {};
  for (const container of pod.spec.containers ?? []) addAmounts(running, of(container, false));
  const sidecars: ResourceAmounts = {};
  const peakOfInit: ResourceAmounts = {};
  for (const container of pod.spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always";
    const own = of(container, !isSidecar);
    if (isSidecar) {
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
  for (const [name, amount] of Object.entries(resourceAmounts(pod.spec.overhead))) {
    // Without a limit, overhead does not make one.
    if (part === "requests" || (running[name] ?? 0) > 0) running[name] = (running[name] ?? 0) + amount;
  }
  return running;
}
