/** What the runtime holds of one pod, in the kubelet's terms: the observed half of every decision. */

import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { LinuxContainerResources } from "../cri/types.ts";

export type Requirements = NonNullable<Container["resources"]>;

export type ContainerRuntimeState = "created" | "running" | "exited" | "unknown";

/** One attempt to run a container. Times are milliseconds since the epoch, 0 when not (yet) known. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  /** 0 for the first start; the restart count of this attempt. */
  readonly attempt: number;
  readonly sandboxId: string;
  readonly state: ContainerRuntimeState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** As the pod names it. */
  readonly image: string;
  /** Digest or id, for status.imageID. */
  readonly imageId: string;
  /** `containerHash` of the spec it was made from: a different one means the definition has changed. */
  readonly hash: string;
  readonly logPath: string;
  readonly resources?: LinuxContainerResources;
  /** Requests and limits last given to the runtime, in the pod's words. */
  readonly applied?: Requirements;
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
}

export interface SandboxRecord {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAtMs: number;
  /** Empty for pods in the host's network. */
  readonly ips: readonly string[];
}

export interface PodRuntime {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Newest first. */
  readonly sandboxes: readonly SandboxRecord[];
  /** Newest first. */
  readonly containers: readonly ContainerRecord[];
}

export function emptyRuntime(uid: string, namespace: string, name: string): PodRuntime {
  return { uid, namespace, name, sandboxes: [], containers: [] };
}

/** The sandbox a pod runs in now. */
export function readySandbox(runtime: PodRuntime): SandboxRecord | undefined {
  const newest = runtime.sandboxes[0];
  return newest?.ready ? newest : undefined;
}

/** The newest attempt of a container. */
export function latestContainer(runtime: PodRuntime, name: string): ContainerRecord | undefined {
  return runtime.containers.find((record) => record.name === name);
}

/** A container does not count as running before its postStart hook has ended: for status and probes it is still created. */
export function withoutHooked(runtime: PodRuntime, pod: Pod, starting: string | undefined): PodRuntime {
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === starting);
  if (container?.lifecycle?.postStart === undefined) return runtime;
  const hooked = latestContainer(runtime, container.name);
  if (hooked?.state !== "running") return runtime;
  return { ...runtime, containers: runtime.containers.map((record) => (record === hooked ? { ...record, state: "created" } : record)) };
}

export function runningContainers(runtime: PodRuntime): ContainerRecord[] {
  return runtime.containers.filter((record) => record.state === "running" || record.state === "unknown");
}
