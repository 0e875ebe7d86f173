import assert from "node:assert/strict";
import { test } from "node:test";
import { type LifecycleFacts, nextLifecycle, type PodLifecycle } from "./lifecycle.ts";
import { nowMs, record, runtimeOf, sandbox, testPod } from "./testing.ts";

const running: PodLifecycle = { phase: "running" };
const terminating: PodLifecycle = { phase: "terminating", ending: { type: "deleted" } };
const exited = (name: string, exitCode = 0) => record(name, { state: "exited", exitCode });
const never = testPod({ restartPolicy: "Never" });
const started = { status: { startTime: "2026-01-01T00:00:00Z" } };

const scenarios: { name: string; from: PodLifecycle; facts: Partial<LifecycleFacts>; to: string }[] = [
  { name: "a pod that runs goes on", from: running, facts: { runtime: runtimeOf([record("main")]) }, to: "running" },
  {
    name: "a deletion ends it",
    from: running,
    facts: { pod: { ...testPod(), metadata: { ...testPod().metadata, deletionTimestamp: "x" } } },
    to: "terminating deleted",
  },
  {
    name: "containers that ended for good complete it",
    from: running,
    facts: { pod: never, runtime: runtimeOf([exited("main")]) },
    to: "terminating completed",
  },
  {
    name: "nothing is complete while a start is in flight",
    from: running,
    facts: { pod: never, runtime: runtimeOf([exited("main")]), idle: false },
    to: "running",
  },
  {
    name: "an init container that failed for good completes it",
    from: running,
    facts: { pod: testPod({ restartPolicy: "Never", initContainers: [{ name: "i", image: "app:1" }] }), runtime: runtimeOf([exited("i", 1)]) },
    to: "terminating completed",
  },
  {
    name: "a pod that the API holds as ended does not start again",
    from: running,
    facts: { pod: testPod({}, { status: { phase: "Succeeded" } }), runtime: runtimeOf([]) },
    to: "terminating completed",
  },
  {
    name: "the deadline fails it",
    from: running,
    facts: { pod: testPod({ activeDeadlineSeconds: 5 }, started), nowMs: nowMs + 5000 },
    to: "terminating failed",
  },
  { name: "before the deadline it goes on", from: running, facts: { pod: testPod({ activeDeadlineSeconds: 5 }, started), nowMs: nowMs + 4999 }, to: "running" },
  { name: "it terminates while containers run", from: terminating, facts: { runtime: runtimeOf([record("main")], []) }, to: "terminating deleted" },
  { name: "it terminates while the sandbox stands", from: terminating, facts: { runtime: runtimeOf([exited("main")]) }, to: "terminating deleted" },
  {
    name: "it has terminated when nothing is left",
    from: terminating,
    facts: { runtime: runtimeOf([exited("main")], [sandbox({ ready: false })]) },
    to: "terminated deleted",
  },
  { name: "it is finished once cleaned up", from: { ...terminating, phase: "terminated" }, facts: { cleanedUp: true }, to: "finished deleted" },
];

for (const { name, from, facts, to } of scenarios) {
  test(name, () => {
    const next = nextLifecycle(from, { pod: testPod(), runtime: runtimeOf([record("main")]), nowMs, idle: true, cleanedUp: false, ...facts });
    assert.equal(next.phase === "running" ? "running" : `${next.phase} ${next.ending.type}`, to);
  });
}
