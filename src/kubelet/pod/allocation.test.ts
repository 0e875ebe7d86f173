import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptedAllocation, allocationOf, differs, refuseResize, resizeText, withAllocation } from "./allocation.ts";
import { testPod } from "./testing.ts";

const asking = (cpu: string, memory = "1Mi", rest: object = {}) =>
  testPod({ containers: [{ name: "main", image: "app:1", resources: { requests: { cpu, memory } } }] }, rest);
const node = { status: { allocatable: { cpu: "2", memory: "1Gi", pods: "10" } } };

test("a resize waits when the node has not enough, and is refused when it never will", () => {
  const cases: [cpu: string, memory: string, reason: string | undefined, message?: string][] = [
    ["1", "1Mi", undefined],
    ["1500m", "1Mi", undefined],
    ["1600m", "1Mi", "Deferred", "Node didn't have enough resource: cpu, requested: 1600, used: 500, capacity: 2000"],
    ["3", "1Mi", "Infeasible", "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"],
    ["3", "2Gi", "Infeasible", "Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824"],
  ];
  for (const [cpu, memory, reason, message] of cases) {
    const refusal = refuseResize(asking(cpu, memory), [asking("500m")], node);
    assert.deepEqual([refusal?.reason, refusal?.message], [reason, message], `${cpu} ${memory}`);
  }
});

test("a pod goes on with what it was given", () => {
  const allocation = allocationOf(asking("100m"));
  const wanted = asking("1");
  assert.equal(differs(wanted, allocation), true);
  assert.deepEqual(withAllocation(wanted, allocation).spec.containers[0]?.resources?.requests, { cpu: "100m", memory: "1Mi" });
  const same = asking("100m");
  assert.equal(withAllocation(same, allocation), same);
});

test("a kubelet that restarts finds the allocation of a waiting resize in the status", () => {
  const status = (waiting: string) => ({
    status: {
      conditions: [{ type: "PodResizePending", status: waiting }],
      containerStatuses: [{ name: "main", resources: { requests: { cpu: "100m" } } }],
    },
  });
  assert.deepEqual(adoptedAllocation(asking("1", "1Mi", status("True"))).get("main"), { requests: { cpu: "100m" } });
  assert.deepEqual(adoptedAllocation(asking("1", "1Mi", status("False"))).get("main")?.requests?.["cpu"], "1");
});

test("resources of the pod as a whole are allocated like those of its containers", () => {
  const whole = (cpu: string) => ({ requests: { cpu } });
  const of = (resources: object | undefined, rest: object = {}) => testPod(resources === undefined ? {} : { resources }, rest);
  const allocation = allocationOf(of(undefined));
  assert.equal(differs(of(whole("1")), allocation), true);
  assert.equal(withAllocation(of(whole("1")), allocation).spec.resources, undefined);
  assert.deepEqual(withAllocation(of(whole("2")), allocationOf(of(whole("1")))).spec.resources, whole("1"));
  const waiting = { conditions: [{ type: "PodResizePending", status: "True" }], resources: { requests: { cpu: "1", memory: "1Gi" } } };
  assert.deepEqual(adoptedAllocation(of(whole("2"), { status: waiting })).get(""), whole("1"));
  assert.equal(refuseResize(of(whole("3")), [], node)?.reason, "Infeasible");
  assert.match(resizeText("started", of(whole("1"))), /^Pod resize started: \{"resources":\{"requests":\{"cpu":"1"\}\},"containers"/);
});

test("Events carry the resources for programs", () => {
  assert.equal(
    resizeText("Infeasible", asking("3"), "too much"),
    'Pod resize Infeasible: {"containers":[{"name":"main","resources":{"requests":{"cpu":"3","memory":"1Mi"}}}],"generation":1,"error":"too much"}',
  );
});
