/** What `kubectl get pods` shows: how a pod's many states become one word. */
import { ageColumn, nameColumn, since, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { ContainerState, ContainerStatus, Pod } from "./pod.ts";

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  text("Ready", "Ready containers of those that should be.", (object) => {
    const { ready, total } = podSummary(object);
    return `${ready}/${total}`;
  }),
  text("Status", "State of the pod in a word.", (object) => podSummary(object).reason),
  text("Restarts", "How often its containers restarted, and when last.", restartsText),
  ageColumn,
  wide(text("IP", "Address of the pod.", (object) => object.status?.podIPs?.[0]?.ip || object.status?.podIP || "<none>")),
  wide(text("Node", "Node that the pod runs on.", (object) => object.spec.nodeName || "<none>")),
  wide(text("Nominated Node", "Node where others are preempted for it.", (object) => object.status?.nominatedNodeName || "<none>")),
  wide(text("Readiness Gates", "Further conditions that are true, of those required.", readinessGatesText)),
];

interface PodSummary {
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** RFC 3339; of the newest restart. */
  readonly lastRestart: string | undefined;
}

interface Progress {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

/** The states of all containers in one line (the rules of kubectl's printer). */
export function podSummary(object: Pod): PodSummary {
  const status = object.status ?? {};
  const sidecars = restartableNames(object);
  const progress: Progress = { reason: status.reason || status.phase || "", ready: 0, restarts: 0, lastRestart: undefined };
  if (condition(object, "PodScheduled")?.reason === "SchedulingGated") progress.reason = "SchedulingGated";
  const initializing = summarizeInit(object, sidecars, progress);
  if (!initializing || condition(object, "Initialized")?.status === "True") summarizeMain(object, sidecars, progress, initializing);
  return { ...progress, reason: deletionReason(object, progress.reason), total: object.spec.containers.length + sidecars.size };
}

function restartableNames(object: Pod): ReadonlySet<string> {
  return new Set((object.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
}

function condition(object: Pod, type: string) {
  return object.status?.conditions?.find((entry) => entry.type === type);
}

/** Walks the init containers in order, up to the first that has not finished; true if there is one. */
function summarizeInit(object: Pod, sidecars: ReadonlySet<string>, progress: Progress): boolean {
  for (const [index, container] of (object.status?.initContainerStatuses ?? []).entries()) {
    countRestarts(container, progress);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready) progress.ready++;
      continue;
    }
    progress.reason = initReason(container.state, index, object.spec.initContainers?.length ?? 0);
    return true;
  }
  return false;
}

function initReason(state: ContainerState | undefined, index: number, count: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) {
    if (terminated.reason) return `Init:${terminated.reason}`;
    return terminated.signal ? `Init:Signal:${terminated.signal}` : `Init:ExitCode:${terminated.exitCode}`;
  }
  if (waiting?.reason && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
  return `Init:${index}/${count}`;
}

/** Main containers from last to first, so that the first one that has something to say wins. */
function summarizeMain(object: Pod, sidecars: ReadonlySet<string>, progress: Progress, initializing: boolean): void {
  if (!initializing) resetRestarts(object, sidecars, progress);
  let running = false;
  for (const container of (object.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(container, progress);
    const reason = mainReason(container.state);
    if (reason !== undefined) progress.reason = reason;
    else if (container.ready && container.state?.running !== undefined) {
      running = true;
      progress.ready++;
    }
  }
  if (progress.reason === "Completed" && running) {
    progress.reason = condition(object, "Ready")?.status === "True" ? "Running" : "NotReady";
  }
}

/** Once init is over only the restarts of containers that still can restart count. */
function resetRestarts(object: Pod, sidecars: ReadonlySet<string>, progress: Progress): void {
  progress.restarts = 0;
  progress.lastRestart = undefined;
  for (const container of object.status?.initContainerStatuses ?? []) {
    if (sidecars.has(container.name)) countRestarts(container, progress);
  }
}

function mainReason(state: ContainerState | undefined): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason) return waiting.reason;
  if (terminated === undefined) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function countRestarts(container: ContainerStatus, progress: Progress): void {
  progress.restarts += container.restartCount;
  const finished = container.lastState?.terminated?.finishedAt;
  if (finished !== undefined && (progress.lastRestart === undefined || finished > progress.lastRestart)) progress.lastRestart = finished;
}

function deletionReason(object: Pod, reason: string): string {
  if (object.metadata.deletionTimestamp === undefined) return reason;
  if (object.status?.reason === "NodeLost") return "Unknown";
  const ended = object.status?.phase === "Succeeded" || object.status?.phase === "Failed";
  return ended ? reason : "Terminating";
}

function restartsText(object: Pod, now: number): string {
  const { restarts, lastRestart } = podSummary(object);
  return restarts === 0 || lastRestart === undefined ? String(restarts) : `${restarts} (${since(lastRestart, now)} ago)`;
}

function readinessGatesText(object: Pod): string {
  const gates = object.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) => condition(object, conditionType)?.status === "True");
  return `${open.length}/${gates.length}`;
}
