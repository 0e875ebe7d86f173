/** One node as the scheduler sees it: the Node object, its pods, and sums over them that plugins ask for in every cycle. */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { objectKey } from "../machinery/object.ts";
import { addAmounts, heldRequests, podRequests, type ResourceAmounts, resourceAmounts } from "../machinery/pod-resources.ts";
import { groupKeyOf } from "./pod-groups.ts";

/** A port that a pod takes on its node. Address 0.0.0.0 stands for all. */
export interface HostPort {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

/** What one pod contributes to its node; computed once a pod object. */
export interface PodFacts {
  readonly pod: Pod;
  readonly requests: ResourceAmounts;
  /** As `requests`, with a floor for containers that ask for nothing, so that spreading sees them. */
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** Which pods are alike in the eyes of spreading and affinity: see pod-groups.ts. */
  readonly groupKey: string;
}

/** What upstream counts for a container without requests (DefaultMilliCPURequest, DefaultMemoryRequest). */
const unaskedCpu = 100;
const unaskedMemory = 200 * 1024 * 1024;

const factsByPod = new WeakMap<Pod, PodFacts>();

export function podFacts(pod: Pod): PodFacts {
  const known = factsByPod.get(pod);
  if (known !== undefined) return known;
  const requests = heldRequests(pod);
  const scored = podRequests({ spec: { ...pod.spec, containers: pod.spec.containers.map(withFloor) } });
  const facts = { pod, requests, scoredCpu: scored["cpu"] ?? 0, scoredMemory: scored["memory"] ?? 0, hostPorts: hostPorts(pod), groupKey: groupKeyOf(pod) };
  factsByPod.set(pod, facts);
  return facts;
}

function withFloor(container: Pod["spec"]["containers"][number]) {
  const requests = container.resources?.requests ?? {};
  return { resources: { requests: { cpu: `${unaskedCpu}m`, memory: `${unaskedMemory}`, ...requests } } };
}

function hostPorts(pod: Pod): HostPort[] {
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  return [...pod.spec.containers, ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => port.hostPort !== undefined && port.hostPort > 0)
      .map((port) => ({ address: port.hostIP || "0.0.0.0", protocol: port.protocol ?? "TCP", port: port.hostPort ?? 0 })),
  );
}

/** Two pods cannot share a port and protocol when their addresses are the same or either listens on all. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.address === b.address || a.address === "0.0.0.0" || b.address === "0.0.0.0");
}

export class NodeInfo {
  /** Undefined while pods are known on a node whose object is not. */
  node: Node | undefined;
  readonly pods = new Map<string, PodFacts>();
  readonly requested: ResourceAmounts = {};
  /** Sizes in bytes of the images on the node, by each of their names. */
  images: ReadonlyMap<string, number> = new Map();
  scoredCpu = 0;
  scoredMemory = 0;
  allocatable: ResourceAmounts = {};

  setNode(node: Node | undefined): void {
    this.node = node;
    this.allocatable = resourceAmounts(node?.status?.allocatable);
    this.images = new Map((node?.status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, Number(sizeBytes)] as const)));
  }

  /** A copy whose pods can be changed to try what would happen. */
  clone(): this {
    const copy = new NodeInfo() as this;
    copy.node = this.node;
    copy.allocatable = this.allocatable;
    copy.images = this.images;
    for (const [key, facts] of this.pods) copy.pods.set(key, facts);
    Object.assign(copy.requested, this.requested);
    copy.scoredCpu = this.scoredCpu;
    copy.scoredMemory = this.scoredMemory;
    return copy;
  }

  /** A newer object of a pod that is there already replaces it. */
  addPod(pod: Pod): PodFacts {
    const key = objectKey(pod);
    this.removePod(key);
    const facts = podFacts(pod);
    this.pods.set(key, facts);
    addAmounts(this.requested, facts.requests);
    this.scoredCpu += facts.scoredCpu;
    this.scoredMemory += facts.scoredMemory;
    return facts;
  }

  /** What it had contributed; undefined if it is not here. */
  removePod(key: string): PodFacts | undefined {
    const facts = this.pods.get(key);
    if (facts === undefined) return undefined;
    this.pods.delete(key);
    for (const name in facts.requests) this.requested[name] = (this.requested[name] ?? 0) - (facts.requests[name] ?? 0);
    this.scoredCpu -= facts.scoredCpu;
    this.scoredMemory -= facts.scoredMemory;
    return facts;
  }
}
