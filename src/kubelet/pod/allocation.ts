/**
 * Resources that this node has set aside for a pod (KEP-1287, KEP-5419). A running pod's spec may ask for others at any time; the
 * pod goes on with what it has until the node can give them, and its status says why it cannot.
 */
import type { Container } from "../../api/core/v1/container.ts";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { sameJson } from "../../machinery/json.ts";
import { podRequests, resourceAmounts } from "../../machinery/pod-resources.ts";
import { refuseResources } from "./admission.ts";
import type { Requirements } from "./runtime-state.ts";
import { initContainers } from "./spec.ts";

/** By container name; "" is the pod as a whole. */
export type Allocation = ReadonlyMap<string, Requirements>;

export interface ResizeRefusal {
  /** Infeasible: more than the node has at all. Deferred: more than others leave of it now. */
  readonly reason: "Infeasible" | "Deferred";
  readonly message: string;
}

/** What the spec asks for. */
export function allocationOf(pod: Pod): Allocation {
  const containers = [...initContainers(pod), ...pod.spec.containers].map(({ name, resources }) => [name, resources ?? {}] as const);
  return new Map([["", pod.spec.resources ?? {}], ...containers]);
}

/** Of a pod that ran here before this kubelet: while a resize of it waits, its status tells what its containers have. */
export function adoptedAllocation(pod: Pod): Allocation {
  const waits = pod.status?.conditions?.some(({ type, status }) => type === "PodResizePending" && status === "True") ?? false;
  const allocation = new Map(allocationOf(pod));
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  if (!waits) return allocation;
  for (const { name, resources } of [...containerStatuses, ...initContainerStatuses]) if (resources !== undefined) allocation.set(name, resources);
  allocation.set("", reportedWhole(pod));
  return allocation;
}

/** Of what the status says of the whole pod, that which the pod asks for as a whole. A runtime's overhead is taken for a part of it. */
function reportedWhole({ spec, status }: Pod): Requirements {
  const whole: Requirements = { ...spec.resources };
  for (const part of ["requests", "limits"] as const) {
    const reported = status?.resources?.[part];
    if (whole[part] === undefined || reported === undefined) continue;
    whole[part] = Object.fromEntries(Object.entries(whole[part]).map(([name, wanted]) => [name, reported[name] ?? wanted]));
  }
  return whole;
}

/** The pod with the resources it has been given; the same object when those are what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  if (!differs(pod, allocation)) return pod;
  const given = (container: Container): Container => ({ ...container, resources: allocation.get(container.name) ?? container.resources ?? {} });
  const { resources: _, ...spec } = pod.spec;
  const whole = allocation.get("") ?? pod.spec.resources ?? {};
  return {
    ...pod,
    spec: {
      ...spec,
      ...(Object.keys(whole).length === 0 ? {} : { resources: whole }),
      containers: pod.spec.containers.map(given),
      ...(pod.spec.initContainers === undefined ? {} : { initContainers: pod.spec.initContainers.map(given) }),
    },
  };
}

export function differs(pod: Pod, allocation: Allocation): boolean {
  return [...allocationOf(pod)].some(([name, wanted]) => !sameJson(allocation.get(name) ?? wanted, wanted));
}

/** Why the node cannot give the pod what it asks for beside `others`, as they are allocated. */
export function refuseResize(pod: Pod, others: readonly Pod[], node: Pick<Node, "status">): ResizeRefusal | undefined {
  const allocatable = resourceAmounts(node.status?.allocatable);
  const wanted = podRequests(pod);
  for (const name of ["memory", "cpu"]) {
    const capacity = allocatable[name];
    const requested = wanted[name] ?? 0;
    if (capacity !== undefined && requested > capacity) {
      return { reason: "Infeasible", message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}` };
    }
  }
  const refusal = refuseResources(pod, others, node);
  return refusal === undefined ? undefined : { reason: "Deferred", message: refusal.message };
}

/** The text of a resize's Event: `what` and, for programs, the resources asked for. */
export function resizeText(what: string, pod: Pod, error?: string): string {
  const listed = (containers: readonly Container[]) => containers.map(({ name, resources }) => ({ name, resources: resources ?? {} }));
  const { initContainers: init = [], resources } = pod.spec;
  return `Pod resize ${what}: ${JSON.stringify({
    ...(resources === undefined ? {} : { resources }),
    ...(init.length === 0 ? {} : { initContainers: listed(init) }),
    containers: listed(pod.spec.containers),
    generation: pod.metadata.generation ?? 0,
    ...(error === undefined ? {} : { error }),
  })}`;
}
