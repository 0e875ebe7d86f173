/** When a node's silence makes its conditions Unknown, and which taints its conditions call for. Pure. */
import type { Node, NodeCondition, Taint } from "../../api/core/v1/node.ts";
import { timeText } from "../shared/time.ts";

/** What was last heard of a node, by the controller's own clock: clocks of nodes are not trusted. */
export interface NodeHealth {
  /** The Ready condition's heartbeat and the lease's renewal as last seen: a change of either is a sign of life. */
  readonly sign: string;
  readonly aliveMs: number;
}

export function signOfLife(node: Node, leaseRenewTime: string | undefined): string {
  const ready = readyCondition(node);
  return `${ready?.lastHeartbeatTime ?? ""}/${ready?.status ?? ""}/${leaseRenewTime ?? ""}`;
}

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === "Ready");
}

/** Conditions that the kubelet reports and that turn Unknown with it. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** The conditions of a node that has been silent too long; undefined when they say so already. */
export function silencedConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const current = node.status?.conditions ?? [];
  const silenced = kubeletConditions.map((type) => silence(type, node, current, nowMs));
  const changed = silenced.some((condition) => !current.includes(condition));
  return changed ? [...current.filter((condition) => !kubeletConditions.includes(condition.type)), ...silenced] : undefined;
}

function silence(type: string, node: Node, current: readonly NodeCondition[], nowMs: number): NodeCondition {
  const known = current.find((condition) => condition.type === type);
  if (known?.status === "Unknown") return known;
  const lastTransitionTime = timeText(nowMs);
  if (known !== undefined) {
    return { ...known, status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.", lastTransitionTime };
  }
  const lastHeartbeatTime = node.metadata.creationTimestamp ?? lastTransitionTime;
  return { type, status: "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status.", lastHeartbeatTime, lastTransitionTime };
}

export const notReadyTaint = "node.kubernetes.io/not-ready";
export const unreachableTaint = "node.kubernetes.io/unreachable";
const unschedulableTaint = "node.kubernetes.io/unschedulable";

/** Which taint a condition calls for, by its status. */
const conditionTaints: readonly { readonly condition: string; readonly status: string; readonly key: string }[] = [
  { condition: "Ready", status: "False", key: notReadyTaint },
  { condition: "Ready", status: "Unknown", key: unreachableTaint },
  { condition: "MemoryPressure", status: "True", key: "node.kubernetes.io/memory-pressure" },
  { condition: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
  { condition: "PIDPressure", status: "True", key: "node.kubernetes.io/pid-pressure" },
  { condition: "NetworkUnavailable", status: "True", key: "node.kubernetes.io/network-unavailable" },
];

const ownKeys = new Set([...conditionTaints.map((taint) => taint.key), unschedulableTaint]);

/** Keys of the NoSchedule taints that the node's state calls for. */
function noScheduleKeys(node: Node): string[] {
  const keys = conditionTaints
    .filter(({ condition, status }) => node.status?.conditions?.some((item) => item.type === condition && item.status === status))
    .map(({ key }) => key);
  return node.spec.unschedulable === true ? [...keys, unschedulableTaint] : keys;
}

/** The NoExecute taint that the node's state calls for. */
export function noExecuteKey(node: Node): string | undefined {
  const status = readyCondition(node)?.status;
  if (status === "False") return notReadyTaint;
  return status === "Unknown" ? unreachableTaint : undefined;
}

/**
 * The node's taints as they should be; undefined when they are. Evicting (adding a NoExecute taint) may have to wait, see
 * `mayEvict`; taking one back, or turning not-ready into unreachable, never does.
 */
export function desiredTaints(node: Node, mayEvict: boolean, nowMs: number): Taint[] | undefined {
  const current = node.spec.taints ?? [];
  const noSchedule = noScheduleKeys(node);
  const noExecute = noExecuteKey(node);
  const isNoExecute = (taint: Taint) => taint.effect === "NoExecute" && (taint.key === notReadyTaint || taint.key === unreachableTaint);
  const kept = current.filter((taint) => {
    if (taint.effect === "NoSchedule" && ownKeys.has(taint.key)) return noSchedule.includes(taint.key);
    return !isNoExecute(taint) || taint.key === noExecute;
  });
  const has = (key: string, effect: string) => kept.some((taint) => taint.key === key && taint.effect === effect);
  const timeAdded = timeText(nowMs);
  const added: Taint[] = noSchedule.filter((key) => !has(key, "NoSchedule")).map((key) => ({ key, effect: "NoSchedule", timeAdded }));
  const evicting = mayEvict || current.some(isNoExecute);
  if (noExecute !== undefined && evicting && !has(noExecute, "NoExecute")) added.push({ key: noExecute, effect: "NoExecute", timeAdded });
  return added.length === 0 && kept.length === current.length ? undefined : [...kept, ...added];
}

/** How bad things are where the node is: with everything down, more likely it is the controller that is cut off. */
export type ZoneState = "normal" | "partial" | "full";

const unhealthyShare = 0.55;
const zoneLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

export function zoneOf(node: Node): string {
  return zoneLabels.map((label) => node.metadata.labels?.[label] ?? "").join(":");
}

export function zoneStates(nodes: Iterable<Node>): Map<string, ZoneState> {
  const counts = new Map<string, { ready: number; notReady: number }>();
  for (const node of nodes) {
    const count = counts.get(zoneOf(node)) ?? { ready: 0, notReady: 0 };
    if (readyCondition(node)?.status === "True") count.ready++;
    else count.notReady++;
    counts.set(zoneOf(node), count);
  }
  return new Map([...counts].map(([zone, count]) => [zone, stateOf(count)]));
}

function stateOf({ ready, notReady }: { ready: number; notReady: number }): ZoneState {
  if (ready === 0 && notReady > 0) return "full";
  return notReady > 2 && notReady / (notReady + ready) >= unhealthyShare ? "partial" : "normal";
}

const evictEveryMs = 10_000;
const evictEveryInTroubleMs = 100_000;
const largeZone = 50;

/** Milliseconds between two evicted nodes of one zone; undefined: none at all. */
export function evictionIntervalMs(states: ReadonlyMap<string, ZoneState>, zone: string, zoneSize: number): number | undefined {
  if ([...states.values()].every((state) => state === "full")) return undefined;
  if (states.get(zone) !== "partial") return evictEveryMs;
  return zoneSize > largeZone ? evictEveryInTroubleMs : undefined;
}
