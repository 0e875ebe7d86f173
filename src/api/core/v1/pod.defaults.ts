import { addQuantities, compareQuantities, parseQuantity, quantityText } from "../../../machinery/quantity.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";
import { allContainers, defaultPodSpec } from "./pod-spec.defaults.ts";

/** What pods get beyond what their spec would get inside a template. */
export function defaultPod(pod: Pod): void {
  const { spec, status } = pod;
  defaultPodSpec(spec);
  for (const container of spec.initContainers ?? []) requestsFromLimits(container);
  for (const container of spec.containers ?? []) requestsFromLimits(container);
  defaultPodLevelRequests(pod);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) claimHostPorts(pod);
  if (status !== undefined) agreeOnAddress(status);
}

/** One address in two fields: where both are sent and differ, the older field counts, which every kubelet writes. */
function agreeOnAddress(status: NonNullable<Pod["status"]>): void {
  const { podIP = "", podIPs = [] } = status;
  if (podIP !== "" && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIP === "" && podIPs[0] !== undefined) status.podIP = podIPs[0].ip;
}

function requestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined || container.resources === undefined) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}

function claimHostPorts(pod: Pod): void {
  for (const container of allContainers(pod.spec)) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

/**
 * KEP-2837: with limits on the pod, its requests default to what the containers request together, and to the limits
 * where no container requests anything.
 */
function defaultPodLevelRequests({ spec }: Pod): void {
  const resources = spec.resources;
  if (resources?.limits === undefined || Object.keys(resources.limits).length === 0) return;
  const requests = { ...resources.requests };
  for (const [name, amount] of Object.entries(containerRequests(spec.containers ?? [], spec.initContainers ?? []))) {
    if (podLevelOvercommit.has(name)) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries(resources.limits)) if (isPodLevelResource(name)) requests[name] ??= amount;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

const podLevelOvercommit: ReadonlySet<string> = new Set(["cpu", "memory"]);

export function isPodLevelResource(name: string): boolean {
  return podLevelOvercommit.has(name) || name.startsWith("hugepages-");
}

/** Sum of the containers and sidecars, or the largest init container on top of the sidecars started before it. */
function containerRequests(containers: readonly Container[], initContainers: readonly Container[]): Record<string, string> {
  const total: Record<string, string> = {};
  const sidecars: Record<string, string> = {};
  const init: Record<string, string> = {};
  for (const container of containers) addTo(total, container.resources?.requests);
  for (const container of initContainers) {
    const requests = container.resources?.requests;
    if (container.restartPolicy === "Always") {
      addTo(total, requests);
      addTo(sidecars, requests);
      raiseTo(init, sidecars);
    } else raiseTo(init, added(sidecars, requests));
  }
  raiseTo(total, init);
  return total;
}

function added(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const sum = { ...a };
  addTo(sum, b);
  return sum;
}

function addTo(sum: Record<string, string>, more: Readonly<Record<string, string>> | undefined): void {
  for (const [name, amount] of Object.entries(more ?? {})) {
    const before = amountIn(sum, name);
    sum[name] = before === undefined ? amount : quantityText(addQuantities(parseQuantity(before), parseQuantity(amount)));
  }
}

function raiseTo(sum: Record<string, string>, floor: Readonly<Record<string, string>>): void {
  for (const [name, amount] of Object.entries(floor)) {
    const before = amountIn(sum, name);
    if (before === undefined || compareQuantities(parseQuantity(before), parseQuantity(amount)) < 0) sum[name] = amount;
  }
}

/** Names are not checked yet: `toString` is one that every object has. */
function amountIn(sum: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(sum, name) ? sum[name] : undefined;
}
