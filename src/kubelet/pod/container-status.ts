/** One container's entry in a pod's status. */
import type { ContainerState, ContainerStateTerminated, ContainerStatus } from "../../api/core/v1/pod.ts";
import { timeText } from "../../machinery/time.ts";
import { actualResources } from "../container/actual-resources.ts";
import type { StartFailure, Waiting } from "./decide.ts";
import type { ContainerRecord } from "./runtime-state.ts";
import type { AnyContainer } from "./spec.ts";

export interface ContainerFacts {
  readonly container: AnyContainer;
  readonly role: "init" | "main" | "ephemeral";
  /** Newest first, this container's only. */
  readonly records: readonly ContainerRecord[];
  /** Waits for a reason only this kubelet knows. */
  readonly waiting: Waiting | StartFailure | undefined;
  /** What a container that has not run yet waits for. */
  readonly defaultReason: "ContainerCreating" | "PodInitializing";
  readonly ready: boolean;
  readonly started: boolean;
  /** It will run again, if not now then after its back-off. */
  readonly restarts: boolean;
  /** What the API holds of this container: the memory of what the runtime has forgotten. */
  readonly known: ContainerStatus | undefined;
  /** containerd, for `containerd://ID`. */
  readonly runtimeName: string;
}

export function containerStatusOf(facts: ContainerFacts): ContainerStatus {
  const [record, previous] = facts.records;
  if (record === undefined) return withoutRecord(facts);
  const { state, lastState } = states(facts, record, previous);
  return {
    name: facts.container.name,
    state,
    lastState,
    ready: facts.ready,
    restartCount: record.attempt,
    image: record.image,
    imageID: record.imageId,
    containerID: `${facts.runtimeName}://${record.id}`,
    ...(facts.role === "ephemeral" ? {} : { started: facts.started }),
    ...resourcesOf(facts.container, record),
    ...mountsOf(facts.container),
    ...(record.user === undefined || record.state !== "running" ? {} : { user: { linux: userOf(record.user) } }),
  };
}

function states(facts: ContainerFacts, record: ContainerRecord, previous: ContainerRecord | undefined): { state: ContainerState; lastState: ContainerState } {
  const before = previous?.state === "exited" ? terminated(previous, facts) : facts.known?.lastState?.terminated;
  const lastState = before === undefined ? {} : { terminated: before };
  if (record.state === "running") return { state: { running: { startedAt: timeText(record.startedAtMs) } }, lastState };
  if (record.state === "created") return { state: waitingState(facts), lastState };
  const now = record.state === "exited" ? terminated(record, facts) : lost(facts);
  // What ended shows as waiting once there is a reason why it does not run again yet.
  if (facts.waiting !== undefined && facts.restarts) return { state: waitingState(facts), lastState: { terminated: now } };
  return { state: { terminated: now }, lastState };
}

function withoutRecord(facts: ContainerFacts): ContainerStatus {
  const { container, known } = facts;
  const base = { name: container.name, lastState: {}, ready: false, image: container.image ?? "", imageID: "" };
  const started = facts.role === "ephemeral" ? {} : { started: false };
  // It ran once and the runtime has forgotten: the API's word stands, and what ran then has ended somehow.
  if (known?.containerID !== undefined && known.containerID !== "") {
    const ended = known.state?.terminated ?? (known.state?.running === undefined ? undefined : lost(facts));
    if (ended !== undefined && !facts.restarts)
      return { ...known, ready: facts.role === "init" && ended.exitCode === 0, ...started, state: { terminated: ended } };
    return {
      ...base,
      ...started,
      state: waitingState(facts),
      restartCount: known.restartCount,
      ...(ended === undefined ? {} : { lastState: { terminated: ended } }),
    };
  }
  return { ...base, ...started, state: waitingState(facts), restartCount: 0, ...mountsOf(container) };
}

function waitingState(facts: ContainerFacts): ContainerState {
  if (facts.waiting === undefined) return { waiting: { reason: facts.defaultReason } };
  const { reason, message } = facts.waiting;
  return { waiting: message === "" ? { reason } : { reason, message } };
}

function terminated(record: ContainerRecord, facts: ContainerFacts): ContainerStateTerminated {
  return {
    exitCode: record.exitCode,
    reason: record.reason === "" ? (record.exitCode === 0 ? "Completed" : "Error") : record.reason,
    ...(record.message === "" ? {} : { message: record.message }),
    startedAt: timeText(record.startedAtMs),
    finishedAt: timeText(record.finishedAtMs),
    containerID: `${facts.runtimeName}://${record.id}`,
  };
}

/** Nobody saw it end: upstream reports SIGKILL's code. */
function lost(facts: ContainerFacts): ContainerStateTerminated {
  return {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
    ...(facts.known?.containerID === undefined ? {} : { containerID: facts.known.containerID }),
  };
}

function resourcesOf(container: AnyContainer, record: ContainerRecord): Partial<ContainerStatus> {
  const requests = container.resources?.requests;
  return {
    ...(requests === undefined ? {} : { allocatedResources: { ...requests } }),
    // What does not run has what it would be given.
    resources: record.state === "running" ? actualResources(own(record.applied, container.resources), record.resources) : { ...container.resources },
  };
}

/** Of what was applied, that for which the container has a limit itself: what it inherits of the pod is the pod's to report. */
function own(applied: AnyContainer["resources"], wanted: AnyContainer["resources"]): NonNullable<AnyContainer["resources"]> {
  if (applied?.limits === undefined) return applied ?? wanted ?? {};
  const limits = Object.fromEntries(Object.entries(applied.limits).filter(([name]) => wanted?.limits?.[name] !== undefined));
  return { ...applied, limits };
}

function mountsOf(container: AnyContainer): Partial<ContainerStatus> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: recursiveReadOnly === "Enabled" ? "Enabled" : "Disabled" } : {}),
    })),
  };
}

function userOf(user: NonNullable<ContainerRecord["user"]>): { uid: number; gid: number; supplementalGroups: number[] } {
  return { uid: user.uid, gid: user.gid, supplementalGroups: [...user.supplementalGroups] };
}
