/** Pods and records for tests of the pod core. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodObservation } from "./decide.ts";
import type { ContainerRecord, PodRuntime, SandboxRecord } from "./runtime-state.ts";
import { containerHash } from "./spec.ts";

export const nowMs = Date.UTC(2026, 0, 1);

/** A pod of one container `main`, with `spec` and `rest` over it. */
export function testPod(spec: object = {}, rest: object = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u1", generation: 1 },
    spec: { containers: [{ name: "main", image: "app:1" }], restartPolicy: "Always", terminationGracePeriodSeconds: 30, ...spec },
    ...rest,
  } as Pod;
}

export function sandbox(over: Partial<SandboxRecord> = {}): SandboxRecord {
  return { id: "s0", attempt: 0, ready: true, createdAtMs: nowMs - 60_000, ips: ["10.0.0.5"], ...over };
}

/** A record of the container `name` of image app:1; running since a minute unless told otherwise. */
export function record(name: string, over: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id: `${name}-${over.attempt ?? 0}`,
    name,
    attempt: 0,
    sandboxId: "s0",
    state: "running",
    createdAtMs: nowMs - 60_000 + (over.attempt ?? 0),
    startedAtMs: nowMs - 60_000,
    finishedAtMs: over.state === "exited" ? nowMs - 1000 : 0,
    exitCode: 0,
    reason: "",
    message: "",
    image: "app:1",
    imageId: "sha256:1",
    hash: containerHash({ name, image: "app:1" }),
    logPath: "",
    ...over,
  };
}

export function runtimeOf(containers: readonly ContainerRecord[], sandboxes: readonly SandboxRecord[] = [sandbox()]): PodRuntime {
  return { uid: "u1", namespace: "default", name: "web", sandboxes, containers };
}

export function observation(pod: Pod, runtime: PodRuntime, over: Partial<PodObservation> = {}): PodObservation {
  return {
    pod,
    runtime,
    lifecycle: { phase: "running" },
    volumes: { state: "ready" },
    starting: undefined,
    stoppingSandbox: false,
    killing: new Map(),
    resizing: new Set(),
    cgroup: "current",
    backOff: new Map(),
    failures: new Map(),
    unhealthy: new Map(),
    started: new Set(runtime.containers.filter(({ state }) => state === "running").map(({ id }) => id)),
    nowMs,
    ...over,
  };
}
