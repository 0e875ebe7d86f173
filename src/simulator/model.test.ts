import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../api/core/v1/pod.ts";
import { defaultModel, nextStep, type PodStep } from "./model.ts";

const now = Date.parse("2026-01-01T00:01:00Z");
const facts = { seenMs: now - 500, podIP: "10.200.0.1", hostIP: "10.100.0.1" };

function pod(status: Pod["status"], parts: { annotations?: Record<string, string>; deleted?: boolean } = {}): Pod {
  const deletion = parts.deleted === true ? { deletionTimestamp: "2026-01-01T00:00:30Z" } : {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", uid: "u", generation: 1, ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }), ...deletion },
    spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
    ...(status === undefined ? {} : { status }),
  };
}

const outcome = (step: PodStep) => (step.type === "status" ? step.status.phase : step.type === "wait" ? `wait ${step.untilMs - now}` : step.type);

test("a simulated pod starts, runs as long as it says, ends as it says, and goes when told", () => {
  const running = { phase: "Running", startTime: "2026-01-01T00:00:00Z", observedGeneration: 1 };
  const runs = (seconds: number, code = 0) => ({
    annotations: { "simulator.coracle.dev/run-seconds": String(seconds), "simulator.coracle.dev/exit-code": String(code) },
  });
  const cases: [string, Pod, number, string][] = [
    ["starting takes its time", pod(undefined), 800, "wait 300"],
    ["started", pod(undefined), 500, "Running"],
    ["runs for ever", pod(running), 0, "none"],
    ["reports a new generation", pod({ ...running, observedGeneration: 0 }), 0, "Running"],
    ["still running", pod(running, runs(61)), 0, "wait 1000"],
    ["succeeded", pod(running, runs(60)), 0, "Succeeded"],
    ["failed", pod(running, runs(60, 3)), 0, "Failed"],
    ["finished for good", pod({ phase: "Succeeded" }), 0, "none"],
    ["deleted", pod(running, { deleted: true }), 0, "remove"],
  ];
  for (const [name, what, startMs, expected] of cases) assert.equal(outcome(nextStep(what, facts, { ...defaultModel, startMs }, now)), expected, name);
});
