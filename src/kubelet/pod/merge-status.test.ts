import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodStatus } from "../../api/core/v1/pod.ts";
import { mergeStatus } from "./merge-status.ts";
import { statusPatch } from "./status-writer.ts";

const nowMs = Date.UTC(2026, 0, 1);
const now = "2026-01-01T00:00:00Z";
const before = "2025-01-01T00:00:00Z";

test("transition times move only when a status changes, and conditions of others stay", () => {
  const held: PodStatus = {
    phase: "Pending",
    conditions: [
      { type: "Ready", status: "False", lastTransitionTime: before },
      { type: "PodScheduled", status: "True", lastTransitionTime: before },
      { type: "example.com/gate", status: "True", lastTransitionTime: before },
    ],
  };
  const merged = mergeStatus(
    held,
    {
      phase: "Running",
      conditions: [
        { type: "Ready", status: "True" },
        { type: "PodScheduled", status: "True" },
      ],
    },
    nowMs,
  );
  assert.deepEqual(
    merged.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    [
      ["Ready", now],
      ["PodScheduled", before],
      ["example.com/gate", before],
    ],
  );
  assert.equal(merged.phase, "Running");
});

test("a pod never leaves a terminal phase, and keeps fields that are not the kubelet's", () => {
  const held: PodStatus = { phase: "Failed", nominatedNodeName: "n", startTime: before };
  const merged = mergeStatus(held, { phase: "Running", startTime: now, conditions: [] }, nowMs);
  assert.deepEqual([merged.phase, merged.nominatedNodeName, merged.startTime], ["Failed", "n", before]);
});

test("a reason that no longer holds goes", () => {
  assert.equal(mergeStatus({ phase: "Running", reason: "NodeLost", message: "gone" }, { phase: "Running" }, nowMs).reason, undefined);
});

test("the patch holds what changed: conditions by type, addresses by ip, null for what went", () => {
  const held: PodStatus = {
    phase: "Running",
    reason: "x",
    podIPs: [{ ip: "10.0.0.1" }],
    conditions: [
      { type: "Ready", status: "False", reason: "ContainersNotReady" },
      { type: "PodScheduled", status: "True" },
    ],
  };
  const next: PodStatus = {
    phase: "Running",
    podIPs: [{ ip: "10.0.0.2" }],
    conditions: [
      { type: "Ready", status: "True" },
      { type: "PodScheduled", status: "True" },
    ],
  };
  assert.deepEqual(statusPatch("u1", held, next), {
    metadata: { uid: "u1" },
    status: {
      reason: null,
      podIPs: [{ ip: "10.0.0.2" }, { ip: "10.0.0.1", $patch: "delete" }],
      conditions: [{ type: "Ready", status: "True", reason: null }],
    },
  });
});
