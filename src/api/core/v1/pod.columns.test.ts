import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { podColumns, podSummary } from "./pod.columns.ts";
import type { ContainerState, ContainerStatus, Pod, PodStatus } from "./pod.ts";

const now = Date.UTC(2026, 0, 1, 0, 10, 0);
const status = (state: ContainerState, extra: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: "c",
  image: "",
  imageID: "",
  ready: false,
  restartCount: 0,
  state,
  ...extra,
});
const running = status({ running: {} }, { ready: true });

function pod(podStatus: PodStatus, extra: { deleted?: boolean; inits?: { name: string; restartPolicy?: string }[]; containers?: number } = {}): Pod {
  const { deleted = false, inits = [], containers = 1 } = extra;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", uid: "u", creationTimestamp: "2026-01-01T00:00:00Z", ...(deleted ? { deletionTimestamp: "2026-01-01T00:05:00Z" } : {}) },
    spec: { containers: Array.from({ length: containers }, () => ({ name: "c" })), ...(inits.length === 0 ? {} : { initContainers: inits }) },
    status: podStatus,
  };
}

const cases: [what: string, pod: Pod, status: string, ready: string][] = [
  ["waits for a node", pod({ phase: "Pending" }), "Pending", "0/1"],
  ["starts", pod({ phase: "Pending", containerStatuses: [status({ waiting: { reason: "ContainerCreating" } })] }), "ContainerCreating", "0/1"],
  ["runs", pod({ phase: "Running", containerStatuses: [running] }), "Running", "1/1"],
  ["crashes", pod({ phase: "Running", containerStatuses: [status({ waiting: { reason: "CrashLoopBackOff" } })] }), "CrashLoopBackOff", "0/1"],
  ["has no image", pod({ phase: "Pending", containerStatuses: [status({ waiting: { reason: "ImagePullBackOff" } })] }), "ImagePullBackOff", "0/1"],
  ["completed", pod({ phase: "Succeeded", containerStatuses: [status({ terminated: { exitCode: 0, reason: "Completed" } })] }), "Completed", "0/1"],
  ["failed", pod({ phase: "Failed", containerStatuses: [status({ terminated: { exitCode: 1, reason: "Error" } })] }), "Error", "0/1"],
  ["ended without a word", pod({ phase: "Failed", containerStatuses: [status({ terminated: { exitCode: 3 } })] }), "ExitCode:3", "0/1"],
  ["was killed", pod({ phase: "Failed", containerStatuses: [status({ terminated: { exitCode: 137, signal: 9 } })] }), "Signal:9", "0/1"],
  ["was evicted", pod({ phase: "Failed", reason: "Evicted" }), "Evicted", "0/1"],
  ["terminates", pod({ phase: "Running", containerStatuses: [running] }, { deleted: true }), "Terminating", "1/1"],
  ["is on a lost node", pod({ phase: "Running", reason: "NodeLost" }, { deleted: true }), "Unknown", "0/1"],
  ["is gated", pod({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }), "SchedulingGated", "0/1"],
  [
    "initializes",
    pod(
      { phase: "Pending", initContainerStatuses: [status({ terminated: { exitCode: 0 } }), status({ running: {} })] },
      { inits: [{ name: "a" }, { name: "b" }] },
    ),
    "Init:1/2",
    "0/1",
  ],
  [
    "fails to initialize",
    pod({ phase: "Pending", initContainerStatuses: [status({ waiting: { reason: "CrashLoopBackOff" } })] }, { inits: [{ name: "a" }] }),
    "Init:CrashLoopBackOff",
    "0/1",
  ],
  [
    "runs beside a sidecar",
    pod(
      { phase: "Running", initContainerStatuses: [status({ running: {} }, { name: "side", ready: true, started: true })], containerStatuses: [running] },
      { inits: [{ name: "side", restartPolicy: "Always" }] },
    ),
    "Running",
    "2/2",
  ],
  [
    "half done",
    pod(
      {
        phase: "Running",
        conditions: [{ type: "Ready", status: "False" }],
        containerStatuses: [status({ terminated: { exitCode: 0, reason: "Completed" } }), running],
      },
      { containers: 2 },
    ),
    "NotReady",
    "1/2",
  ],
];

describe("a pod in one line", () => {
  for (const [what, object, reason, ready] of cases) {
    it(what, () => {
      const summary = podSummary(object);
      assert.equal(summary.reason, reason);
      assert.equal(`${summary.ready}/${summary.total}`, ready);
    });
  }

  it("tells restarts and when the last one was", () => {
    const crashed = status({ running: {} }, { ready: true, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:08:00Z" } } });
    const cells = podColumns.map((column) => column.cell(pod({ phase: "Running", podIP: "10.0.0.1", containerStatuses: [crashed] }), now));
    assert.deepEqual(cells, ["p", "1/1", "Running", "2 (2m ago)", "10m", "10.0.0.1", "<none>", "<none>", "<none>"]);
  });
});
