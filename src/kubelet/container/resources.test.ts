import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupfsPath, sharesToWeight, systemdSlice } from "../cgroups.ts";
import { testPod } from "../pod/testing.ts";
import { actualResources } from "./actual-resources.ts";
import { containerResources, millisToQuota, millisToShares, oomScoreAdjustment, podCgroupLimits, qosClass } from "./resources.ts";

const container = (requests?: object, limits?: object) =>
  ({ name: "main", resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) } }) as never;
const podOf = (...containers: object[]) => testPod({ containers });
const gib = 1 << 30;

test("millicores as shares and quota, within the kernel's bounds", () => {
  assert.deepEqual([0, 1, 250, 1000, 1e9].map(millisToShares), [2, 2, 256, 1024, 262_144]);
  assert.deepEqual([0, 5, 10, 1250].map(millisToQuota), [0, 1000, 1000, 125_000]);
  assert.deepEqual([2, 1024, 262_144].map(sharesToWeight), [1, 39, 10_000]);
});

test("the class of service", () => {
  assert.equal(qosClass(podOf(container())), "BestEffort");
  assert.equal(qosClass(podOf(container({ cpu: "1" }))), "Burstable");
  assert.equal(qosClass(podOf(container({ cpu: "1", memory: "1" }, { cpu: "1", memory: "1" }))), "Guaranteed");
  assert.equal(qosClass(podOf(container(undefined, { cpu: "1", memory: "1" }))), "Guaranteed");
  assert.equal(qosClass(podOf(container(undefined, { cpu: "1", memory: "1" }), container())), "Burstable");
});

test("a limit without a request counts as the request", () => {
  const made = containerResources(testPod(), container(undefined, { cpu: "500m", memory: "64Mi" }), gib);
  assert.deepEqual([made.cpuShares, made.cpuQuota, made.memoryLimitInBytes], [512, 50_000, 64 << 20]);
});

test("scores for the kernel's choice of victims", () => {
  const half = podOf(container({ memory: "512Mi" }));
  assert.equal(oomScoreAdjustment(half, half.spec.containers[0]!, gib), 500);
  const best = podOf(container());
  assert.equal(oomScoreAdjustment(best, best.spec.containers[0]!, gib), 1000);
  const all = podOf(container({ cpu: "1", memory: "1Gi" }, { cpu: "1", memory: "1Gi" }));
  assert.equal(oomScoreAdjustment(all, all.spec.containers[0]!, gib), -997);
});

test("a pod is bounded only where all its containers are", () => {
  assert.deepEqual(podCgroupLimits(podOf(container({ cpu: "1" }, { cpu: "1", memory: "1Ki" }), container({ cpu: "1" }, { cpu: "2" }))), {
    cpuShares: 2048,
    cpuQuotaUs: 300_000,
    cpuPeriodUs: 100_000,
    memoryLimitBytes: 0,
  });
});

test("cgroup paths by class and driver", () => {
  assert.equal(cgroupfsPath(podOf(container()), "node-1"), "/node-1/kubepods/besteffort/podu1");
  assert.equal(cgroupfsPath(podOf(container({ cpu: "1" })), "/"), "/kubepods/burstable/podu1");
  assert.equal(systemdSlice(podOf(container({ cpu: "1" })), "/"), "kubepods-burstable-podu1.slice");
});

test("status reports the spec's quantities where the cgroup holds what they turn into", () => {
  const spec = { limits: { cpu: "5m", memory: "64Mi" }, requests: { cpu: "1m" } };
  assert.deepEqual(actualResources(spec, { cpuQuota: 1000, cpuPeriod: 100_000, cpuShares: 2, memoryLimitInBytes: 64 << 20 }), spec);
  assert.deepEqual(actualResources(spec, { cpuQuota: 20_000, cpuPeriod: 100_000, memoryLimitInBytes: 1024 }).limits, { cpu: "200m", memory: "1024" });
  assert.deepEqual(actualResources({}, undefined), {});
});

test("a container without a limit of its own is bounded by the pod's", () => {
  const pod = testPod({ resources: { limits: { cpu: "2", memory: "1Gi" } } });
  const made = containerResources(pod, container({ cpu: "1" }, { memory: "1Mi" }), gib);
  assert.deepEqual([made.cpuShares, made.cpuQuota, made.memoryLimitInBytes], [1024, 200_000, 1 << 20]);
  assert.equal(containerResources(pod, container(), gib).cpuShares, 2048);
});

test("what a pod asks for beyond its containers is shared by them where the kernel picks victims", () => {
  const asking = (name: string, memory: string, more: object = {}) => ({ name, resources: { requests: { memory } }, ...more });
  const burstable = (spec: object) => testPod(spec, { status: { qosClass: "Burstable" } });
  const whole = burstable({ containers: [asking("a", "128Mi"), asking("b", "0")], resources: { requests: { memory: "640Mi" } } });
  assert.equal(oomScoreAdjustment(whole, whole.spec.containers[0]!, gib), 1000 - Math.floor((1000 * (128 + 256)) / 1024));
  assert.equal(oomScoreAdjustment(whole, whole.spec.containers[1]!, gib), 1000 - 250);
  const sidecar = burstable({ containers: [asking("a", "512Mi"), asking("b", "256Mi")], initContainers: [asking("side", "0", { restartPolicy: "Always" })] });
  assert.equal(oomScoreAdjustment(sidecar, sidecar.spec.initContainers![0]!, gib), 1000 - 250);
  const alike = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  assert.equal(qosClass(testPod({ resources: alike })), "Guaranteed");
});
