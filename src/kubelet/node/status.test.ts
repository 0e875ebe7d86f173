import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeletConfig } from "../contract.ts";
import { mountPointsBelow } from "../host.ts";
import { statusDifference } from "./heartbeat.ts";
import { type Machine, parseMeminfo } from "./machine.ts";
import { comparable, type NodeFacts, newNode, nodeStatus } from "./status.ts";

const config = {
  nodeName: "n1",
  nodeIps: ["192.0.2.1"],
  port: 10250,
  version: "v1.36.0",
  labels: { zone: "a" },
  taints: [{ key: "k", effect: "NoSchedule" }],
} as unknown as KubeletConfig;
const machine: Machine = {
  cpus: 2,
  memoryBytes: 8 * 2 ** 30,
  machineId: "m",
  systemUuid: "s",
  bootId: "b",
  kernelVersion: "6.1",
  osImage: "Debian",
  architecture: "amd64",
  hugepages: {},
};
const facts: NodeFacts = {
  machine,
  runtimeVersion: "containerd://1.6.20",
  diskBytes: 1 << 30,
  images: [],
  pressure: { memory: false, disk: false, pids: false },
  notReady: [],
  runtimeHandlers: [],
  supplementalGroupsPolicy: false,
};
const nowMs = Date.UTC(2026, 0, 1);
const ready = (status: ReturnType<typeof nodeStatus>) => status.conditions?.find(({ type }) => type === "Ready");

test("a node registers with its labels and taints", () => {
  const { metadata, spec } = newNode(config, machine);
  assert.deepEqual([metadata.labels["kubernetes.io/hostname"], metadata.labels["kubernetes.io/arch"], metadata.labels["zone"]], ["n1", "amd64", "a"]);
  assert.deepEqual(spec.taints, [{ key: "k", effect: "NoSchedule" }]);
});

test("capacity, allocatable, addresses and readiness", () => {
  const status = nodeStatus(config, facts, undefined, nowMs);
  assert.deepEqual([status.capacity?.["cpu"], status.capacity?.["memory"], status.capacity?.["pods"]], ["2", "8388608Ki", "110"]);
  assert.equal(status.allocatable?.["memory"], "8092Mi");
  assert.deepEqual(status.addresses, [
    { type: "InternalIP", address: "192.0.2.1" },
    { type: "Hostname", address: "n1" },
  ]);
  assert.deepEqual([ready(status)?.status, ready(status)?.reason], ["True", "KubeletReady"]);
});

test("resources and conditions of others stay, and transition times move with the status only", () => {
  const first = nodeStatus(config, facts, undefined, nowMs);
  const held = { ...first, capacity: { ...first.capacity, "example.com/foo": "5" }, conditions: [...first.conditions!, { type: "Custom", status: "True" }] };
  const later = nodeStatus(config, facts, held, nowMs + 60_000);
  assert.equal(later.capacity?.["example.com/foo"], "5");
  assert.equal(later.allocatable?.["example.com/foo"], "5", "an extended resource is advertised by its capacity alone");
  const without = nodeStatus(config, facts, { ...later, capacity: first.capacity! }, nowMs + 60_000);
  assert.deepEqual(without.allocatable, first.allocatable, "and goes with it");
  assert.deepEqual(statusDifference(later, without), {
    capacity: { "example.com/foo": null },
    allocatable: { "example.com/foo": null },
  });
  assert.ok(later.conditions?.some(({ type }) => type === "Custom"));
  assert.equal(ready(later)?.lastTransitionTime, ready(first)?.lastTransitionTime);
  assert.notEqual(ready(later)?.lastHeartbeatTime, ready(first)?.lastHeartbeatTime);
  const down = nodeStatus(config, { ...facts, notReady: ["runtime is down"] }, later, nowMs + 120_000);
  assert.deepEqual([ready(down)?.status, ready(down)?.message, ready(down)?.lastTransitionTime], ["False", "runtime is down", "2026-01-01T00:02:00Z"]);
});

test("a heartbeat alone is no change", () => {
  const first = nodeStatus(config, facts, undefined, nowMs);
  const again = { ...nodeStatus(config, facts, first, nowMs + 1000) };
  const sorted = (status: typeof first) => ({ ...status, conditions: [...status.conditions!].sort((a, b) => (a.type < b.type ? -1 : 1)) });
  assert.deepEqual(comparable(sorted(again)), comparable(sorted(first)));
});

test("readings of /proc", () => {
  assert.deepEqual(parseMeminfo("MemTotal:       100 kB\nMemFree: 1 kB\nMemAvailable:    50 kB\n"), { totalBytes: 102_400, availableBytes: 51_200 });
  const mountinfo = "1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / /a rw - tmpfs t rw\n3 2 0:3 / /a/b\\040c rw - tmpfs t rw\n4 1 0:4 / /ab rw - tmpfs t rw\n";
  assert.deepEqual(mountPointsBelow(mountinfo, "/a"), ["/a/b c", "/a"]);
});
