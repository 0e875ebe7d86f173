import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV2 } from "../v2/horizontal-pod-autoscaler.ts";
import { fromV2, toV2 } from "./horizontal-pod-autoscaler.conversion.ts";

const reference = { apiVersion: "apps/v1", kind: "Deployment", name: "x" };
const stored: HorizontalPodAutoscalerV2 = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "x", uid: "u", annotations: { mine: "1" } },
  spec: {
    scaleTargetRef: reference,
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
      { type: "Resource", resource: { name: "memory", target: { type: "Utilization", averageUtilization: 60 } } },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  },
  status: {
    currentReplicas: 2,
    desiredReplicas: 3,
    conditions: [{ type: "AbleToScale", status: "True" }],
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 50 } } }],
  },
};

describe("autoscaling/v1", () => {
  it("shows the CPU target and keeps the rest in annotations", () => {
    const { spec, status, metadata } = fromV2(stored);
    assert.equal(spec.targetCPUUtilizationPercentage, 70);
    assert.equal(status?.currentCPUUtilizationPercentage, 50);
    assert.deepEqual(Object.keys(metadata.annotations ?? {}).sort(), [
      "autoscaling.alpha.kubernetes.io/behavior",
      "autoscaling.alpha.kubernetes.io/conditions",
      "autoscaling.alpha.kubernetes.io/metrics",
      "mine",
    ]);
  });

  it("loses nothing on the way there and back", () => assert.deepEqual(toV2(fromV2(stored)), stored));

  it("follows 80% CPU unless told otherwise", () => {
    const { spec } = toV2({
      apiVersion: "autoscaling/v1",
      kind: stored.kind,
      metadata: { name: "x", uid: "u" },
      spec: { scaleTargetRef: reference, maxReplicas: 5 },
    });
    assert.equal(spec.metrics?.[0]?.resource?.target.averageUtilization, 80);
  });
});
