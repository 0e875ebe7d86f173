import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodStatus } from "../../api/core/v1/pod.ts";
import { podResources } from "../container/resources.ts";
import { withoutHooked } from "./runtime-state.ts";
import { podStatus, rejectedStatus, type StatusFacts } from "./status.ts";
import { nowMs, record, runtimeOf, sandbox, testPod } from "./testing.ts";

function status(pod: Pod, over: Partial<StatusFacts> = {}): PodStatus {
  const runtime = over.runtime ?? runtimeOf([]);
  const alive = new Set(runtime.containers.filter(({ state }) => state === "running").map(({ id }) => id));
  return podStatus({
    pod,
    runtime,
    lifecycle: { phase: "running" },
    waiting: new Map(),
    ready: alive,
    started: alive,
    nodeIps: ["192.0.2.1"],
    runtimeName: "containerd",
    nowMs,
    ...over,
  });
}

const condition = (of: PodStatus, type: string) => {
  const found = of.conditions?.find((candidate) => candidate.type === type);
  return [found?.status, found?.reason, found?.message];
};
const exited = (name: string, over: object = {}) => record(name, { state: "exited", ...over });

test("a pod without a sandbox is Pending, its container ContainerCreating", () => {
  const of = status(testPod(), { runtime: runtimeOf([], []) });
  assert.equal(of.phase, "Pending");
  assert.deepEqual(of.containerStatuses?.[0]?.state, { waiting: { reason: "ContainerCreating" } });
  assert.equal(of.podIP, undefined);
  assert.deepEqual([of.hostIP, of.hostIPs], ["192.0.2.1", [{ ip: "192.0.2.1" }]]);
  assert.deepEqual(condition(of, "PodReadyToStartContainers"), ["False", undefined, undefined]);
});

test("a running pod is Ready, with addresses, ids and times", () => {
  const of = status(testPod(), { runtime: runtimeOf([record("main")]) });
  assert.equal(of.phase, "Running");
  assert.deepEqual([of.podIP, of.podIPs], ["10.0.0.5", [{ ip: "10.0.0.5" }]]);
  const [container] = of.containerStatuses!;
  assert.deepEqual(
    [container?.ready, container?.started, container?.containerID, container?.state?.running?.startedAt],
    [true, true, "containerd://main-0", "2025-12-31T23:59:00Z"],
  );
  assert.deepEqual(condition(of, "Ready"), ["True", undefined, undefined]);
  assert.equal(of.observedGeneration, 1);
  assert.ok(of.conditions?.every(({ observedGeneration }) => observedGeneration === 1));
});

test("an unready container is named", () => {
  const of = status(testPod(), { runtime: runtimeOf([record("main")]), ready: new Set() });
  assert.deepEqual(condition(of, "Ready"), ["False", "ContainersNotReady", "containers with unready status: [main]"]);
  assert.equal(of.phase, "Running");
});

test("a container whose postStart hook is under way still waits", () => {
  const pod = testPod({ containers: [{ name: "main", image: "app:1", lifecycle: { postStart: { exec: { command: ["x"] } } } }] });
  const running = runtimeOf([record("main")]);
  const of = status(pod, { runtime: withoutHooked(running, pod, "main") });
  assert.deepEqual([of.phase, of.containerStatuses?.[0]?.state], ["Pending", { waiting: { reason: "ContainerCreating" } }]);
  assert.equal(status(pod, { runtime: withoutHooked(running, pod, undefined) }).phase, "Running");
  assert.equal(withoutHooked(running, testPod(), "main"), running);
});

test("a readiness gate keeps the pod unready though its containers are ready", () => {
  const of = status(testPod({ readinessGates: [{ conditionType: "x/y" }] }), { runtime: runtimeOf([record("main")]) });
  assert.deepEqual(condition(of, "ContainersReady")[0], "True");
  assert.deepEqual(condition(of, "Ready"), ["False", "ReadinessGatesNotReady", 'corresponding condition of pod readiness gate "x/y" does not exist.']);
});

test("what backs off shows as waiting, its end as the last state", () => {
  const waiting = new Map([["main", { reason: "CrashLoopBackOff", message: "back-off" }]]);
  const [container] = status(testPod(), { runtime: runtimeOf([exited("main", { exitCode: 1, attempt: 2 })]), waiting }).containerStatuses!;
  assert.deepEqual(container?.state, { waiting: { reason: "CrashLoopBackOff", message: "back-off" } });
  assert.deepEqual([container?.lastState?.terminated?.exitCode, container?.lastState?.terminated?.reason, container?.restartCount], [1, "Error", 2]);
});

test("the phase of a pod whose containers have ended", () => {
  const cases: [restartPolicy: string, exitCode: number, phase: string][] = [
    ["Never", 0, "Succeeded"],
    ["Never", 1, "Failed"],
    ["OnFailure", 0, "Succeeded"],
    ["OnFailure", 1, "Running"],
    ["Always", 0, "Running"],
  ];
  for (const [restartPolicy, exitCode, phase] of cases)
    assert.equal(status(testPod({ restartPolicy }), { runtime: runtimeOf([exited("main", { exitCode })]) }).phase, phase, `${restartPolicy} ${exitCode}`);
});

test("init containers that have not completed are named, and later ones wait with PodInitializing", () => {
  const pod = testPod({
    initContainers: [
      { name: "init1", image: "app:1" },
      { name: "init2", image: "app:1" },
    ],
  });
  const of = status(pod, { runtime: runtimeOf([record("init1")]) });
  assert.equal(of.phase, "Pending");
  assert.deepEqual(condition(of, "Initialized"), ["False", "ContainersNotInitialized", "containers with incomplete status: [init1 init2]"]);
  assert.deepEqual(of.initContainerStatuses?.[1]?.state, { waiting: { reason: "PodInitializing" } });
  assert.deepEqual(of.containerStatuses?.[0]?.state, { waiting: { reason: "PodInitializing" } });
  const later = status(pod, { runtime: runtimeOf([exited("init1")]) });
  assert.deepEqual(condition(later, "Initialized")[2], "containers with incomplete status: [init2]");
  assert.equal(later.initContainerStatuses?.[0]?.ready, true);
});

test("a failed init container fails the pod; its main containers still wait", () => {
  const pod = testPod({ restartPolicy: "Never", initContainers: [{ name: "init1", image: "app:1" }] });
  const of = status(pod, { runtime: runtimeOf([exited("init1", { exitCode: 1 })]), lifecycle: { phase: "finished", ending: { type: "completed" } } });
  assert.equal(of.phase, "Failed");
  assert.deepEqual(of.containerStatuses?.[0]?.state, { waiting: { reason: "PodInitializing" } });
});

test("a deadline sets phase, reason and message once nothing runs any more; conditions tell of it before", () => {
  const ending = { type: "failed", reason: "DeadlineExceeded", message: "late" } as const;
  const ends = status(testPod(), { runtime: runtimeOf([record("main")]), lifecycle: { phase: "terminating", ending } });
  assert.deepEqual([ends.phase, ends.reason, condition(ends, "Ready")[1]], ["Running", undefined, "PodFailed"]);
  const ended = status(testPod(), { runtime: runtimeOf([exited("main", { exitCode: 137 })]), lifecycle: { phase: "terminated", ending } });
  assert.deepEqual([ended.phase, ended.reason, ended.message], ["Failed", "DeadlineExceeded", "late"]);
});

test("a pod goes on being Running while a sidecar does, though its main containers have succeeded", () => {
  const pod = testPod({ restartPolicy: "Never", initContainers: [{ name: "side", image: "app:1", restartPolicy: "Always" }] });
  const lifecycle = { phase: "terminating", ending: { type: "completed" } } as const;
  assert.equal(status(pod, { runtime: runtimeOf([record("side"), exited("main")]), lifecycle }).phase, "Running");
  assert.equal(status(pod, { runtime: runtimeOf([exited("side", { exitCode: 137 }), exited("main")]), lifecycle }).phase, "Succeeded");
});

test("an ended pod keeps its address, and a container the runtime forgot keeps its end", () => {
  const terminated = { exitCode: 0, reason: "Completed", containerID: "containerd://gone" };
  const held = {
    phase: "Succeeded",
    podIPs: [{ ip: "10.0.0.9" }],
    containerStatuses: [{ name: "main", ready: false, restartCount: 0, image: "app:1", imageID: "", containerID: "containerd://gone", state: { terminated } }],
  };
  const of = status(testPod({ restartPolicy: "Never" }, { status: held }), {
    runtime: runtimeOf([], [sandbox({ ready: false, ips: [] })]),
    lifecycle: { phase: "finished", ending: { type: "completed" } },
  });
  assert.deepEqual([of.phase, of.podIP], ["Succeeded", "10.0.0.9"]);
  assert.deepEqual(of.containerStatuses?.[0]?.state, { terminated });
});

test("a refused pod is Failed with the reason", () => {
  const of = rejectedStatus(testPod(), "NodePorts", "no ports", nowMs);
  assert.deepEqual([of.phase, of.reason, of.message, of.qosClass], ["Failed", "NodePorts", "Pod was rejected: no ports", "BestEffort"]);
});

test("what the pod has as a whole is reported, whether or not it asks for it so", () => {
  const container = (name: string, limits?: object) => ({
    name,
    image: "app:1",
    resources: { requests: { cpu: "100m", memory: "1Mi" }, ...(limits === undefined ? {} : { limits }) },
  });
  const pod = testPod({ containers: [container("main", { cpu: "1" }), container("b")] });
  const pending = status(pod, { runtime: runtimeOf([], []) });
  const requests = { cpu: "200m", memory: "2Mi" };
  assert.deepEqual([pending.allocatedResources, pending.resources], [requests, { requests, limits: { cpu: "1" } }]);
  const runtime = runtimeOf([record("main"), record("b")]);
  assert.deepEqual(status(pod, { runtime, resources: podResources(pod) }).resources, { requests });
  const whole = testPod({ ...pod.spec, resources: { requests: { cpu: "1" }, limits: { cpu: "2" } } });
  assert.deepEqual(status(whole, { runtime, resources: podResources(whole) }).resources, { requests: { ...requests, cpu: "1" }, limits: { cpu: "2" } });
  assert.deepEqual(condition(status(whole, { runtime, isResizing: true }), "PodResizeInProgress"), ["True", undefined, undefined]);
  assert.deepEqual(status(testPod(), { runtime: runtimeOf([record("main")]) }).resources, {});
});

test("a container reports no limit that is the pod's", () => {
  const pod = testPod({ resources: { limits: { cpu: "2" } } });
  const of = status(pod, { runtime: runtimeOf([record("main", { applied: { limits: { cpu: "2" } } })]) });
  assert.deepEqual(of.containerStatuses?.[0]?.resources, {});
});
