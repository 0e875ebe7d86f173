/**
 * The model behind simulated nodes: what a kubelet would report of a pod, given how long its containers take to start and
 * run. Pure; times in milliseconds since the epoch.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { ContainerStatus, Pod } from "../api/core/v1/pod.ts";
import { timeMs, timeText } from "../machinery/time.ts";

export interface PodModel {
  /** From binding to Running. */
  readonly startMs: number;
  /** How long the containers of a pod run before they exit; undefined for ever. */
  runMs(pod: Pod): number | undefined;
  exitCode(pod: Pod): number;
}

/** A pod says by annotation how long it runs and how it ends; without one it runs for ever. */
export const runSecondsAnnotation = "simulator.coracle.dev/run-seconds";
export const exitCodeAnnotation = "simulator.coracle.dev/exit-code";

export const defaultModel: PodModel = {
  startMs: 0,
  runMs: (pod) => {
    const seconds = pod.metadata.annotations?.[runSecondsAnnotation];
    return seconds === undefined ? undefined : Number(seconds) * 1000;
  },
  exitCode: (pod) => Number(pod.metadata.annotations?.[exitCodeAnnotation] ?? 0),
};

export type PodStep =
  | { readonly type: "none" }
  /** Look again then. */
  | { readonly type: "wait"; readonly untilMs: number }
  | { readonly type: "status"; readonly status: NonNullable<Pod["status"]> }
  /** Its containers have ended: the object may go. */
  | { readonly type: "remove" };

export interface PodFacts {
  /** When this node first saw the pod. */
  readonly seenMs: number;
  readonly podIP: string;
  readonly hostIP: string;
}

export function nextStep(pod: Pod, facts: PodFacts, model: PodModel, now: number): PodStep {
  if (pod.metadata.deletionTimestamp !== undefined) return { type: "remove" };
  const phase = pod.status?.phase ?? "Pending";
  if (phase === "Succeeded" || phase === "Failed") return { type: "none" };
  if (phase === "Pending") {
    const startsMs = facts.seenMs + model.startMs;
    return startsMs > now ? { type: "wait", untilMs: startsMs } : { type: "status", status: running(pod, facts, now) };
  }
  const runMs = model.runMs(pod);
  if (runMs === undefined) return upToDate(pod) ? { type: "none" } : { type: "status", status: running(pod, facts, timeMs(pod.status?.startTime) ?? now) };
  const endsMs = (timeMs(pod.status?.startTime) ?? now) + runMs;
  return endsMs > now ? { type: "wait", untilMs: endsMs } : { type: "status", status: ended(pod, facts, model.exitCode(pod), now) };
}

function upToDate(pod: Pod): boolean {
  return pod.status?.observedGeneration === pod.metadata.generation;
}

function running(pod: Pod, facts: PodFacts, startedMs: number): NonNullable<Pod["status"]> {
  const startedAt = timeText(startedMs);
  const container = (name: string, image: string | undefined): ContainerStatus => ({
    name,
    image: image ?? "",
    imageID: image ?? "",
    containerID: `simulated://${pod.metadata.uid}/${name}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt } },
  });
  return {
    ...common(pod, facts, startedMs),
    phase: "Running",
    conditions: conditions(startedMs, "True"),
    containerStatuses: pod.spec.containers.map(({ name, image }) => container(name, image)),
  };
}

function ended(pod: Pod, facts: PodFacts, exitCode: number, now: number): NonNullable<Pod["status"]> {
  const startedMs = timeMs(pod.status?.startTime) ?? now;
  const terminated = { exitCode, reason: exitCode === 0 ? "Completed" : "Error", startedAt: timeText(startedMs), finishedAt: timeText(now) };
  return {
    ...common(pod, facts, startedMs),
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: conditions(startedMs, "False", exitCode === 0 ? "PodCompleted" : "PodFailed", now),
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image: image ?? "",
      imageID: image ?? "",
      containerID: `simulated://${pod.metadata.uid}/${name}`,
      ready: false,
      started: false,
      restartCount: 0,
      state: { terminated },
    })),
  };
}

function common(pod: Pod, { podIP, hostIP }: PodFacts, startedMs: number) {
  return {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: timeText(startedMs),
  };
}

function conditions(startedMs: number, ready: "True" | "False", reason?: string, changedMs = startedMs) {
  const condition = (type: string, status: string, at: number) => ({
    type,
    status,
    lastTransitionTime: timeText(at),
    ...(status === "False" && reason !== undefined ? { reason } : {}),
  });
  return [
    condition("PodScheduled", "True", startedMs),
    condition("Initialized", "True", startedMs),
    condition("ContainersReady", ready, changedMs),
    condition("Ready", ready, changedMs),
  ];
}

/** A Node as a kubelet would register it. */
export function simulatedNode(name: string, address: string, capacity: Readonly<Record<string, string>>, now: number): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: "",
      labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "simulator.coracle.dev/simulated": "true" },
    },
    spec: {},
    status: {
      capacity: { ...capacity },
      allocatable: { ...capacity },
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
      conditions: [
        { type: "Ready", status: "True", reason: "KubeletReady", message: "simulated", lastHeartbeatTime: timeText(now), lastTransitionTime: timeText(now) },
      ],
      nodeInfo: {
        machineID: name,
        systemUUID: name,
        bootID: name,
        kernelVersion: "simulated",
        osImage: "simulated",
        containerRuntimeVersion: "simulated://1",
        kubeletVersion: "v1.36.0+coracle",
        kubeProxyVersion: "",
        operatingSystem: "linux",
        architecture: "amd64",
      },
      declaredFeatures: ["InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"],
    },
  };
}
