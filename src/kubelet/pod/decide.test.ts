import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/core/v1/pod.ts";
import { type Decision, decidePod, type PodObservation } from "./decide.ts";
import type { PodRuntime } from "./runtime-state.ts";
import { nowMs, observation, record, runtimeOf, sandbox, testPod } from "./testing.ts";

interface Scenario {
  readonly name: string;
  readonly pod?: Pod;
  readonly runtime: PodRuntime;
  readonly observed?: Partial<PodObservation>;
  /** As `text` writes them. */
  readonly expected: readonly string[];
}

const withInit = (init: object[], spec: object = {}) => testPod({ initContainers: init, ...spec });
const init1 = { name: "init1", image: "app:1" };
const init2 = { name: "init2", image: "app:1" };
const side = { name: "side", image: "app:1", restartPolicy: "Always" };
const deleted = testPod(
  {},
  { metadata: { name: "web", namespace: "default", uid: "u1", deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 5 } },
);
const terminating = { lifecycle: { phase: "terminating", ending: { type: "deleted" } } } as const;
const exited = (name: string, over: object = {}) => record(name, { state: "exited", ...over });
const tenSeconds = new Map([["main", { delayMs: 10_000, updatedAtMs: nowMs - 30_000 }]]);

const scenarios: Scenario[] = [
  {
    name: "a new pod gets volumes and a sandbox at once",
    runtime: runtimeOf([], []),
    observed: { volumes: { state: "absent" } },
    expected: ["setUpVolumes", "createSandbox 0"],
  },
  {
    name: "a sandbox that failed waits for its retry",
    runtime: runtimeOf([], []),
    observed: { failures: new Map([["", { reason: "", message: "", retryAtMs: nowMs + 5 }]]) },
    expected: ["wake 5"],
  },
  { name: "containers wait for volumes", runtime: runtimeOf([]), observed: { volumes: { state: "pending" } }, expected: [] },
  {
    name: "volumes that failed are tried again in time",
    runtime: runtimeOf([]),
    observed: { volumes: { state: "failed", retryAtMs: nowMs } },
    expected: ["setUpVolumes"],
  },
  { name: "the main container starts in its sandbox", runtime: runtimeOf([]), expected: ["start main main 0"] },
  {
    name: "one container starts at a time",
    pod: testPod({ containers: [{ name: "a" }, { name: "b" }] }),
    runtime: runtimeOf([]),
    expected: ["start a main 0"],
  },
  { name: "a start under way is not repeated", runtime: runtimeOf([]), observed: { starting: "main" }, expected: [] },
  { name: "what runs is left alone", runtime: runtimeOf([record("main")]), expected: [] },
  { name: "the first restart is immediate", runtime: runtimeOf([exited("main", { exitCode: 1 })]), expected: ["start main main 1"] },
  {
    name: "later restarts back off from when the container ended",
    runtime: runtimeOf([exited("main", { exitCode: 1, attempt: 1 })]),
    observed: { backOff: tenSeconds },
    expected: ["wait main CrashLoopBackOff: back-off 10s restarting failed container=main pod=web_default(u1)", "wake 9000"],
  },
  {
    name: "a back-off that is over restarts",
    runtime: runtimeOf([exited("main", { attempt: 1, finishedAtMs: nowMs - 10_000 })]),
    observed: { backOff: tenSeconds },
    expected: ["start main main 2"],
  },
  { name: "Never does not restart", pod: testPod({ restartPolicy: "Never" }), runtime: runtimeOf([exited("main", { exitCode: 1 })]), expected: [] },
  { name: "OnFailure restarts failures only", pod: testPod({ restartPolicy: "OnFailure" }), runtime: runtimeOf([exited("main")]), expected: [] },
  {
    name: "a restart rule for the exit code beats the policy",
    pod: testPod({
      restartPolicy: "Never",
      containers: [{ name: "main", image: "app:1", restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }] }],
    }),
    runtime: runtimeOf([exited("main", { exitCode: 42 })]),
    expected: ["start main main 1"],
  },
  {
    name: "a changed image restarts the container",
    pod: testPod({ containers: [{ name: "main", image: "app:2" }] }),
    runtime: runtimeOf([record("main")]),
    expected: ["kill main 30 Container main definition changed, will be restarted"],
  },
  {
    name: "a failed liveness probe kills",
    runtime: runtimeOf([record("main")]),
    observed: { unhealthy: new Map([["main-0", "liveness"]]) },
    expected: ["kill main 30 Container main failed liveness probe, will be restarted"],
  },
  {
    name: "a kill under way is not repeated",
    runtime: runtimeOf([record("main")]),
    observed: { unhealthy: new Map([["main-0", "liveness"]]), killing: new Map([["main-0", nowMs + 30_000]]) },
    expected: [],
  },
  {
    name: "new limits are applied in place",
    pod: testPod({ containers: [{ name: "main", image: "app:1", resources: { limits: { cpu: "2" } } }] }),
    runtime: runtimeOf([record("main", { applied: { limits: { cpu: "1" } } })]),
    expected: ["resize main"],
  },
  {
    name: "a limit of the pod is applied to containers without one of their own, the pod's cgroup comes after them",
    pod: testPod({
      containers: [
        { name: "main", image: "app:1" },
        { name: "own", image: "app:1", resources: { limits: { cpu: "1" } } },
      ],
      resources: { limits: { cpu: "2" } },
    }),
    runtime: runtimeOf([record("main", { applied: { limits: { cpu: "3" } } }), record("own", { applied: { limits: { cpu: "1" } } })]),
    observed: { cgroup: "stale" },
    expected: ["resize main"],
  },
  {
    name: "the pod's cgroup follows once its containers are as they should be",
    pod: testPod({ resources: { limits: { cpu: "2" } } }),
    runtime: runtimeOf([record("main", { applied: { limits: { cpu: "2" } } })]),
    observed: { cgroup: "stale" },
    expected: ["resizePod"],
  },
  { name: "a pod is resized once at a time", runtime: runtimeOf([record("main")]), observed: { cgroup: "changing" }, expected: [] },
  {
    name: "an init container that runs is resized",
    pod: withInit([{ ...init1, resources: { requests: { cpu: "2" } } }]),
    runtime: runtimeOf([record("init1", { applied: { requests: { cpu: "1" } } })]),
    expected: ["resize init1"],
  },
  {
    name: "new limits restart where the resize policy says so",
    pod: testPod({
      containers: [
        { name: "main", image: "app:1", resources: { limits: { memory: "2" } }, resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }] },
      ],
    }),
    runtime: runtimeOf([record("main", { applied: { limits: { memory: "1" } } })]),
    expected: ["kill main 30 Container main resize requires restart"],
  },
  { name: "init containers run one after the other", pod: withInit([init1, init2]), runtime: runtimeOf([exited("init1")]), expected: ["start init2 init 0"] },
  { name: "main containers wait for init containers", pod: withInit([init1]), runtime: runtimeOf([record("init1")]), expected: [] },
  { name: "main containers follow the last init container", pod: withInit([init1]), runtime: runtimeOf([exited("init1")]), expected: ["start main main 0"] },
  {
    name: "a failed init container is retried",
    pod: withInit([init1]),
    runtime: runtimeOf([exited("init1", { exitCode: 1 })]),
    expected: ["start init1 init 1"],
  },
  {
    name: "an init container stays done once main containers exist",
    pod: withInit([init1]),
    runtime: runtimeOf([record("main"), exited("init1", { exitCode: 1 })]),
    expected: [],
  },
  {
    name: "a sidecar that has not started up holds back what follows",
    pod: withInit([side, init1]),
    runtime: runtimeOf([record("side")]),
    observed: { started: new Set() },
    expected: [],
  },
  { name: "a started sidecar lets the rest go on", pod: withInit([side, init1]), runtime: runtimeOf([record("side")]), expected: ["start init1 init 0"] },
  {
    name: "a sidecar that ended restarts beside the main containers",
    pod: withInit([side]),
    runtime: runtimeOf([record("main"), exited("side")]),
    expected: ["start side init 1"],
  },
  {
    name: "a new sandbox initialises anew",
    pod: withInit([init1]),
    runtime: runtimeOf([exited("init1", { sandboxId: "old" }), exited("main", { sandboxId: "old" })]),
    expected: ["start init1 init 1"],
  },
  {
    name: "an ephemeral container starts once",
    pod: testPod({ ephemeralContainers: [{ name: "debug", image: "app:1" }] }),
    runtime: runtimeOf([record("main")]),
    expected: ["start debug ephemeral 0"],
  },
  {
    name: "an ephemeral container that ended stays ended",
    pod: testPod({ ephemeralContainers: [{ name: "debug", image: "app:1" }] }),
    runtime: runtimeOf([record("main"), exited("debug")]),
    expected: [],
  },
  {
    name: "a dead sandbox is replaced once its containers have ended",
    runtime: runtimeOf([exited("main")], [sandbox({ ready: false })]),
    expected: ["createSandbox 1"],
  },
  {
    name: "containers of a dead sandbox are stopped first",
    runtime: runtimeOf([record("main")], [sandbox({ ready: false })]),
    expected: ["kill main 30 Stopping container main"],
  },
  {
    name: "a pod that is done gets no new sandbox",
    pod: testPod({ restartPolicy: "Never" }),
    runtime: runtimeOf([exited("main")], [sandbox({ ready: false })]),
    expected: [],
  },
  {
    name: "the restart count goes on from what the API remembers",
    pod: testPod(
      {},
      { status: { containerStatuses: [{ name: "main", restartCount: 4, containerID: "containerd://x", ready: false, image: "", imageID: "" }] } },
    ),
    runtime: runtimeOf([]),
    expected: ["start main main 5"],
  },
  {
    name: "deletion stops containers within its grace period",
    pod: deleted,
    runtime: runtimeOf([record("main")]),
    observed: terminating,
    expected: ["kill main 5 Stopping container main"],
  },
  {
    name: "a shorter deletion overtakes a longer one",
    pod: deleted,
    runtime: runtimeOf([record("main")]),
    observed: { ...terminating, killing: new Map([["main-0", nowMs + 30_000]]) },
    expected: ["kill main 5 Stopping container main"],
  },
  {
    name: "sidecars outlive main containers",
    pod: withInit([side]),
    runtime: runtimeOf([record("main"), record("side")]),
    observed: terminating,
    expected: ["kill main 30 Stopping container main"],
  },
  {
    name: "sidecars end in reverse order",
    pod: withInit([side, { ...side, name: "side2" }]),
    runtime: runtimeOf([exited("main"), record("side"), record("side2")]),
    observed: terminating,
    expected: ["kill side2 30 Stopping container side2"],
  },
  { name: "the sandbox goes last", pod: deleted, runtime: runtimeOf([exited("main")]), observed: terminating, expected: ["stopSandbox s0"] },
  { name: "the sandbox waits for a start under way", pod: deleted, runtime: runtimeOf([]), observed: { ...terminating, starting: "main" }, expected: [] },
  {
    name: "a terminated pod is cleaned up",
    pod: deleted,
    runtime: runtimeOf([]),
    observed: { lifecycle: { phase: "terminated", ending: { type: "deleted" } } },
    expected: ["cleanUp"],
  },
  {
    name: "an eviction does not wait for the pod's own grace period",
    runtime: runtimeOf([record("main")]),
    observed: { lifecycle: { phase: "terminating", ending: { type: "failed", reason: "Evicted", message: "", graceSeconds: 1 } } },
    expected: ["kill main 1 Stopping container main"],
  },
];

for (const { name, pod = testPod(), runtime, observed, expected } of scenarios) {
  test(name, () => assert.deepEqual(text(decidePod(observation(pod, runtime, observed))), expected));
}

test("the deadline wakes the pod", () => {
  const pod = testPod({ activeDeadlineSeconds: 10 }, { status: { startTime: "2026-01-01T00:00:00Z" } });
  assert.equal(decidePod(observation(pod, runtimeOf([record("main")]))).wakeAtMs, nowMs + 10_000);
});

function text({ effects, waiting, wakeAtMs }: Decision): string[] {
  const lines = effects.map((effect) => {
    switch (effect.type) {
      case "startContainer":
        return `start ${effect.name} ${effect.role} ${effect.attempt}`;
      case "killContainer":
        return `kill ${effect.record.name} ${effect.graceSeconds} ${effect.message}`;
      case "createSandbox":
        return `createSandbox ${effect.attempt}`;
      case "stopSandbox":
        return `stopSandbox ${effect.id}`;
      case "resizeContainer":
        return `resize ${effect.record.name}`;
      default:
        return effect.type;
    }
  });
  for (const [name, { reason, message }] of waiting) lines.push(`wait ${name} ${reason}: ${message}`);
  return wakeAtMs === undefined ? lines : [...lines, `wake ${wakeAtMs - nowMs}`];
}
