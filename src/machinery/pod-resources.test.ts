import assert from "node:assert/strict";
import { test } from "node:test";
import { heldLimits, heldRequests, podRequests } from "./pod-resources.ts";

const asking = (cpu: string, restartPolicy?: string) => ({ resources: { requests: { cpu } }, ...(restartPolicy === undefined ? {} : { restartPolicy }) });

test("a pod asks for its running containers or its hungriest moment of initialisation, whichever is more", () => {
  const cases: [string, Parameters<typeof podRequests>[0]["spec"], number][] = [
    ["sum of containers", { containers: [asking("100m"), asking("200m")] }, 300],
    ["a big init container", { containers: [asking("100m")], initContainers: [asking("1")] }, 1000],
    ["init containers run one after the other", { containers: [asking("100m")], initContainers: [asking("300m"), asking("400m")] }, 400],
    ["a sidecar runs beside the main containers", { containers: [asking("100m")], initContainers: [asking("50m", "Always")] }, 150],
    ["a sidecar runs beside later init containers", { containers: [asking("100m")], initContainers: [asking("50m", "Always"), asking("400m")] }, 450],
    ["overhead comes on top", { containers: [asking("100m")], overhead: { cpu: "10m" } }, 110],
    ["pod-level resources replace the sum", { containers: [asking("100m")], resources: { requests: { cpu: "2" } } }, 2000],
  ];
  for (const [name, spec, cpu] of cases) assert.equal(podRequests({ spec })["cpu"], cpu, name);
});

test("a pod that is being resized holds the largest of what it asks for and has, unless it asks for what cannot be", () => {
  const pod = (reason: string | undefined) => ({
    spec: { containers: [{ name: "main", resources: { requests: { cpu: "3" } } }] },
    status: {
      conditions: reason === undefined ? [] : [{ type: "PodResizePending", status: "True", reason }],
      containerStatuses: [{ name: "main", allocatedResources: { cpu: "1" }, resources: { requests: { cpu: "2" } } }],
    },
  });
  assert.deepEqual(
    [undefined, "Deferred", "Infeasible"].map((reason) => heldRequests(pod(reason))["cpu"]),
    [3000, 3000, 2000],
  );
  assert.deepEqual(heldRequests({ spec: pod(undefined).spec }), { cpu: 3000 });
});

test("a pod that is being resized as a whole holds the largest of what it asks for and has, too", () => {
  const pod = (reason: string | undefined) => ({
    spec: { containers: [asking("100m")], resources: { requests: { cpu: "3" }, limits: { cpu: "4" } }, overhead: { cpu: "10m", memory: "1Mi" } },
    status: {
      conditions: reason === undefined ? [] : [{ type: "PodResizePending", status: "True", reason }],
      allocatedResources: { cpu: "1", memory: "1Gi" },
      resources: { requests: { cpu: "2" }, limits: { cpu: "5" } },
    },
  });
  assert.deepEqual(
    [undefined, "Deferred", "Infeasible"].map((reason) => [heldRequests(pod(reason)), heldLimits(pod(reason))]),
    [
      [{ cpu: 3010, memory: 1 << 20 }, { cpu: 5010 }],
      [{ cpu: 3010, memory: 1 << 20 }, { cpu: 5010 }],
      [{ cpu: 2010, memory: 1 << 20 }, { cpu: 5010 }],
    ],
  );
});

test("what plain init containers report changes nothing: they are done when others run", () => {
  const status = { initContainerStatuses: [{ name: "init", resources: { requests: { cpu: "9" } } }] };
  const pod = { spec: { containers: [asking("100m")], initContainers: [{ name: "init", ...asking("200m") }] }, status };
  assert.deepEqual(heldRequests(pod), { cpu: 200 });
});
