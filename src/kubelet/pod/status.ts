/** A pod's status, from its spec and what the runtime and the probes say. Pure; the status writer merges and sends it. */
import type { Container } from "../../api/core/v1/container.ts";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../../api/core/v1/pod.ts";
import { timeText } from "../../machinery/time.ts";
import { qosClass, wantedPodResources } from "../container/resources.ts";
import type { ResizeRefusal } from "./allocation.ts";
import { containerStatusOf } from "./container-status.ts";
import type { Waiting } from "./decide.ts";
import { hasCompleted, type PodLifecycle } from "./lifecycle.ts";
import { type PodRuntime, readySandbox, runningContainers } from "./runtime-state.ts";
import { type AnyContainer, ephemeralContainers, initContainers, isHostNetwork, isSidecar, restartsAfter } from "./spec.ts";

export interface StatusFacts {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly lifecycle: PodLifecycle;
  /** By container name. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Container ids whose readiness probe passes, or that have none and run. */
  readonly ready: ReadonlySet<string>;
  readonly started: ReadonlySet<string>;
  readonly nodeIps: readonly string[];
  readonly runtimeName: string;
  /** Why the resources that the spec asks for cannot be given (yet); `pod` has those that are allocated. */
  readonly resizeRefusal?: ResizeRefusal | undefined;
  /** What the pod is allocated is not yet what its containers and its cgroup have. */
  readonly isResizing?: boolean;
  /** What the pod's cgroup was last made for; absent before it has been. */
  readonly resources?: NonNullable<PodStatus["resources"]> | undefined;
  readonly nowMs: number;
}

type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export function podStatus(facts: StatusFacts): PodStatus {
  const { pod, nowMs } = facts;
  const initStatuses = initContainers(pod).map((container) => statusOf(facts, container, "init"));
  const statuses = pod.spec.containers.map((container) => statusOf(facts, container, "main"));
  const ephemeral = ephemeralContainers(pod).map((container) => statusOf(facts, container, "ephemeral"));
  const failed = facts.lifecycle.phase !== "running" && facts.lifecycle.ending.type === "failed" ? facts.lifecycle.ending : undefined;
  const phase = failed === undefined ? phaseOf(facts, initStatuses, statuses) : "Failed";
  const shown = shownPhase(facts, phase, initStatuses, statuses);
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: shown,
    conditions: conditionsOf(facts, phase, initStatuses, statuses),
    ...(shown !== phase ? {} : failed === undefined ? keptReason(pod, phase) : { reason: failed.reason, message: failed.message }),
    ...addresses(facts),
    startTime: pod.status?.startTime ?? timeText(nowMs),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod),
    ...resourcesOf(facts, shown),
  };
}

/** Of the pod as a whole, whether or not it asks for resources as a whole (KEP-5419). */
function resourcesOf({ pod, resources }: StatusFacts, phase: Phase): Pick<PodStatus, "allocatedResources" | "resources"> {
  const allocated = wantedPodResources(pod);
  const actual = phase === "Running" ? (resources ?? pod.status?.resources) : undefined;
  return { ...(allocated.requests === undefined ? {} : { allocatedResources: allocated.requests }), resources: actual ?? allocated };
}

/** Phase, reason and message of a pod that this node refuses; its containers never ran. */
export function rejectedStatus(pod: Pod, reason: string, why: string, nowMs: number): PodStatus {
  const message = `Pod was rejected: ${why}`;
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: "Failed",
    reason,
    message,
    startTime: pod.status?.startTime ?? timeText(nowMs),
    qosClass: qosClass(pod),
  };
}

/** A reason once given for a terminal phase stays. */
function keptReason(pod: Pod, phase: Phase): Pick<PodStatus, "reason" | "message"> {
  const { status } = pod;
  if (status?.phase !== phase || (phase !== "Failed" && phase !== "Succeeded")) return {};
  return { ...(status.reason === undefined ? {} : { reason: status.reason }), ...(status.message === undefined ? {} : { message: status.message }) };
}

function statusOf(facts: StatusFacts, container: AnyContainer, role: "init" | "main" | "ephemeral"): ContainerStatus {
  const { pod, runtime } = facts;
  const records = runtime.containers.filter((record) => record.name === container.name);
  const record = records[0];
  const done = role === "init" && !isSidecar(container as Container) && record?.state === "exited" && record.exitCode === 0;
  const started = record !== undefined && facts.started.has(record.id);
  const sidecar = role === "init" && isSidecar(container as Container);
  const ready = done || (record?.state === "running" && facts.ready.has(record.id) && (role === "main" || sidecar));
  return containerStatusOf({
    container,
    role,
    records,
    waiting: facts.waiting.get(container.name),
    defaultReason: initContainers(pod).length > 0 && role !== "ephemeral" ? "PodInitializing" : "ContainerCreating",
    ready,
    started,
    restarts: willRestart(facts, container, role),
    known: knownStatus(pod, container.name, role),
    runtimeName: facts.runtimeName,
  });
}

function willRestart(facts: StatusFacts, container: AnyContainer, role: "init" | "main" | "ephemeral"): boolean {
  if (facts.lifecycle.phase !== "running" || role === "ephemeral") return false;
  const record = facts.runtime.containers.find(({ name }) => name === container.name);
  const exitCode = record?.exitCode ?? knownStatus(facts.pod, container.name, role)?.state?.terminated?.exitCode ?? 137;
  return restartsAfter(facts.pod, container as Container, { exitCode }, role === "init");
}

function knownStatus(pod: Pod, name: string, role: "init" | "main" | "ephemeral"): ContainerStatus | undefined {
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = pod.status ?? {};
  const list = role === "init" ? initContainerStatuses : role === "main" ? containerStatuses : ephemeralContainerStatuses;
  return list?.find((status) => status.name === name);
}

function addresses(facts: StatusFacts): Partial<PodStatus> {
  const { pod, runtime, nodeIps } = facts;
  const sandboxIps = (readySandbox(runtime) ?? runtime.sandboxes[0])?.ips ?? [];
  const current = isHostNetwork(pod) ? (runtime.sandboxes.length > 0 ? nodeIps : []) : sandboxIps;
  const known = pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
  // An ended pod keeps the address it had.
  const ips = current.length > 0 ? current : known;
  return {
    ...(nodeIps[0] === undefined ? {} : { hostIP: nodeIps[0], hostIPs: nodeIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
  };
}

function phaseOf(facts: StatusFacts, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): Phase {
  const { pod, lifecycle } = facts;
  const known = pod.status?.phase;
  if (known === "Succeeded" || known === "Failed") return known;
  const ended =
    lifecycle.phase === "terminated" || lifecycle.phase === "finished" || (lifecycle.phase === "terminating" && lifecycle.ending.type === "completed");
  if (ended || hasCompleted(pod, facts.runtime)) return endedPhase(statuses);
  return livePhase(pod, initStatuses, statuses);
}

/**
 * An end shows when nothing of the pod runs any more, sidecars and containers being killed included: until then it holds
 * what others may be waiting for. Its conditions tell of the end before.
 */
function shownPhase(facts: StatusFacts, phase: Phase, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): Phase {
  const { pod, lifecycle, runtime } = facts;
  if ((phase !== "Succeeded" && phase !== "Failed") || pod.status?.phase === phase) return phase;
  const beingFailed = lifecycle.phase === "terminating" && lifecycle.ending.type === "failed";
  return beingFailed || runningContainers(runtime).length > 0 ? livePhase(pod, initStatuses, statuses) : phase;
}

function livePhase(pod: Pod, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): Phase {
  if (!initialized(pod, initStatuses, statuses)) return "Pending";
  const begun = statuses.every((status) => status.state?.waiting === undefined || status.lastState?.terminated !== undefined);
  return begun ? "Running" : "Pending";
}

function endedPhase(statuses: readonly ContainerStatus[]): Phase {
  const stillRunning = statuses.some((status) => status.state?.running !== undefined);
  if (stillRunning) return "Running";
  return statuses.length > 0 && statuses.every((status) => status.state?.terminated?.exitCode === 0) ? "Succeeded" : "Failed";
}

function initialized(pod: Pod, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): boolean {
  return incompleteInit(pod, initStatuses, statuses).length === 0;
}

/** Names of init containers that keep the main ones from running. */
function incompleteInit(pod: Pod, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): string[] {
  if (statuses.some((status) => status.containerID !== undefined)) return [];
  return initContainers(pod)
    .filter((container, index) => {
      const status = initStatuses[index];
      return isSidecar(container) ? status?.started !== true : status?.state?.terminated?.exitCode !== 0;
    })
    .map((container) => container.name);
}

function conditionsOf(facts: StatusFacts, phase: Phase, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): PodCondition[] {
  const { pod, runtime, lifecycle } = facts;
  const sandboxReady = readySandbox(runtime) !== undefined && (isHostNetwork(pod) || (readySandbox(runtime)?.ips.length ?? 0) > 0);
  const incomplete = phase === "Succeeded" ? [] : incompleteInit(pod, initStatuses, statuses);
  const containersReady = containersReadyOf(facts, phase, initStatuses, statuses);
  const generation = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  const conditions: PodCondition[] = [
    { type: "PodReadyToStartContainers", status: sandboxReady && lifecycle.phase !== "finished" ? "True" : "False" },
    incomplete.length === 0
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : { type: "Initialized", status: "False", reason: "ContainersNotInitialized", message: `containers with incomplete status: [${incomplete.join(" ")}]` },
    readyOf(pod, containersReady),
    { type: "ContainersReady", ...containersReady },
    { type: "PodScheduled", status: "True" },
    ...(facts.resizeRefusal === undefined ? [] : [{ type: "PodResizePending", status: "True", ...facts.resizeRefusal } as const]),
    ...(lifecycle.phase === "running" && facts.isResizing === true ? [{ type: "PodResizeInProgress", status: "True" } as const] : []),
  ];
  return conditions.map((condition) => ({ ...condition, ...generation }));
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

function containersReadyOf(facts: StatusFacts, phase: Phase, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const relevant = [...initContainers(facts.pod).flatMap((container, index) => (isSidecar(container) ? [initStatuses[index]!] : [])), ...statuses];
  const unready = relevant.filter((status) => !status.ready).map((status) => status.name);
  return unready.length === 0
    ? { status: "True" }
    : { status: "False", reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
}

function readyOf(pod: Pod, containersReady: Verdict): PodCondition {
  if (containersReady.status !== "True") return { type: "Ready", ...containersReady };
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === "True" ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return missing.length === 0
    ? { type: "Ready", status: "True" }
    : { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message: missing.join(", ") };
}
