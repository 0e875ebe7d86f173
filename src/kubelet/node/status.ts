/** The Node object and its status, from facts of machine and runtime. Pure. */
import type { Node, NodeCondition, NodeStatus } from "../../api/core/v1/node.ts";
import { parseQuantity, quantityText, subtractQuantities } from "../../machinery/quantity.ts";
import { timeText } from "../../machinery/time.ts";
import type { KubeletConfig } from "../contract.ts";
import type { Image } from "../cri/types.ts";
import type { Machine } from "./machine.ts";

export interface NodeFacts {
  readonly machine: Machine;
  /** containerd://1.6.20 */
  readonly runtimeVersion: string;
  readonly diskBytes: number;
  readonly images: readonly Image[];
  readonly pressure: Pressure;
  /** Why pods cannot run now, in the runtime's words; empty when they can. */
  readonly notReady: readonly string[];
  readonly runtimeHandlers: readonly { readonly name: string; readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean }[];
  readonly supplementalGroupsPolicy: boolean;
}

export interface Pressure {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pids: boolean;
}

const maxImages = 50;

export function newNode(
  config: KubeletConfig,
  machine: Machine,
): Omit<Node, "metadata"> & { metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> } } {
  const labels = {
    "kubernetes.io/hostname": config.hostname ?? config.nodeName,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": machine.architecture,
    ...config.labels,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: config.nodeName, labels, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
    spec: {
      ...(config.providerId === undefined ? {} : { providerID: config.providerId }),
      ...(config.taints === undefined || config.taints.length === 0 ? {} : { taints: [...config.taints] }),
    },
  };
}

export function capacityOf(config: KubeletConfig, machine: Machine, diskBytes: number): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    "ephemeral-storage": `${Math.floor(diskBytes / 1024)}Ki`,
    pods: String(config.maxPods ?? 110),
    ...machine.hugepages,
  };
}

/** What is left for pods once reservations and the eviction threshold of 100Mi of memory are off. */
export function allocatableOf(config: KubeletConfig, capacity: Readonly<Record<string, string>>): Record<string, string> {
  const reserved: Record<string, string> = { memory: "100Mi", ...config.reserved };
  return Object.fromEntries(
    Object.entries(capacity).map(([name, quantity]) => {
      const off = reserved[name];
      return [name, off === undefined ? quantity : quantityText(subtractQuantities(parseQuantity(quantity), parseQuantity(off)))];
    }),
  );
}

/** What API server and scheduler cannot take for granted of every kubelet (KEP-5328), of what this one does; sorted. */
const declaredFeatures = ["InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"];

/**
 * The status to write: own facts over `held`, whose foreign conditions and extended resources stay. Those are advertised
 * by their capacity alone; what pods may have of them follows from it, and goes with it.
 */
export function nodeStatus(config: KubeletConfig, facts: NodeFacts, held: NodeStatus | undefined, nowMs: number): NodeStatus {
  const capacity = { ...held?.capacity, ...capacityOf(config, facts.machine, facts.diskBytes) };
  return {
    ...held,
    capacity,
    allocatable: allocatableOf(config, capacity),
    conditions: conditionsOf(facts, held?.conditions ?? [], nowMs),
    addresses: [...config.nodeIps.map((address) => ({ type: "InternalIP", address })), { type: "Hostname", address: config.hostname ?? config.nodeName }],
    daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
    nodeInfo: {
      machineID: facts.machine.machineId,
      systemUUID: facts.machine.systemUuid,
      bootID: facts.machine.bootId,
      kernelVersion: facts.machine.kernelVersion,
      osImage: facts.machine.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: config.version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: facts.machine.architecture,
    },
    images: imagesOf(facts.images),
    ...(facts.runtimeHandlers.length === 0 ? {} : { runtimeHandlers: facts.runtimeHandlers.map(({ name, ...features }) => ({ name, features })) }),
    features: { supplementalGroupsPolicy: facts.supplementalGroupsPolicy },
    declaredFeatures: [...declaredFeatures],
  };
}

/** The largest fifty, for the scheduler's image locality. */
function imagesOf(images: readonly Image[]): NonNullable<NodeStatus["images"]> {
  return [...images]
    .sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1))
    .slice(0, maxImages)
    .map(({ repoDigests, repoTags, size }) => ({ names: [...repoDigests, ...repoTags], sizeBytes: size }));
}

interface Verdict {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(facts: NodeFacts, held: readonly NodeCondition[], nowMs: number): NodeCondition[] {
  const { pressure, notReady } = facts;
  const verdicts: Verdict[] = [
    pressed(
      "MemoryPressure",
      pressure.memory,
      "KubeletHasInsufficientMemory",
      "kubelet has insufficient memory available",
      "KubeletHasSufficientMemory",
      "kubelet has sufficient memory available",
    ),
    pressed("DiskPressure", pressure.disk, "KubeletHasDiskPressure", "kubelet has disk pressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    pressed(
      "PIDPressure",
      pressure.pids,
      "KubeletHasInsufficientPID",
      "kubelet has insufficient PID available",
      "KubeletHasSufficientPID",
      "kubelet has sufficient PID available",
    ),
    notReady.length === 0
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: `[${notReady.join(", ")}]`.replace(/^\[([^,]*)\]$/, "$1") },
  ];
  const own = verdicts.map((verdict) => {
    const before = held.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : timeText(nowMs);
    return { ...verdict, lastHeartbeatTime: timeText(nowMs), lastTransitionTime };
  });
  return [...held.filter(({ type }) => !own.some((verdict) => verdict.type === type)), ...own];
}

function pressed(type: string, is: boolean, badReason: string, badMessage: string, goodReason: string, goodMessage: string): Verdict {
  return is ? { type, status: "True", reason: badReason, message: badMessage } : { type, status: "False", reason: goodReason, message: goodMessage };
}

/** Everything that matters but the heartbeat. */
export function comparable(status: NodeStatus | undefined): unknown {
  return { ...status, conditions: status?.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest) };
}
