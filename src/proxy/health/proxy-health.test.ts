import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../api/core/v1/node.ts";
import { isEligible, ProxyHealth } from "./proxy-health.ts";

const start = Date.UTC(2026, 0, 1);
const at = (seconds: number) => start + seconds * 1000;
const text = (seconds: number) => new Date(at(seconds)).toISOString();

test("a proxy is well while it starts and while changes do not wait for long", () => {
  const health = new ProxyHealth("IPv4");
  health.queued(at(0));
  assert.deepEqual(health.report(at(500)), { lastUpdated: text(500), currentTime: text(500), healthy: true });
  health.updated(at(500));
  health.queued(at(510));
  health.queued(at(560));
  assert.equal(health.isHealthy(at(569)), true);
  const status = (healthy: boolean) => ({ status: { IPv4: { lastUpdated: text(500), healthy } } });
  assert.deepEqual(health.report(at(569)), { lastUpdated: text(569), currentTime: text(569), healthy: true, ...status(true) });
  assert.deepEqual(health.report(at(570)), { lastUpdated: text(500), currentTime: text(570), healthy: false, ...status(false) }, "since the first of them");
  health.updated(at(600));
  assert.equal(health.isHealthy(at(9_999)), true, "nothing has changed since");
});

test("a node that goes, or is not there, gets no new connections", () => {
  const node = (metadata: object, spec: object): Node => ({ apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "u", ...metadata }, spec }) as Node;
  const taint = (key: string) => ({ taints: [{ key, effect: "NoSchedule" }] });
  const cases: [Node | undefined, boolean][] = [
    [undefined, false],
    [node({}, {}), true],
    [node({}, taint("node.kubernetes.io/unschedulable")), true],
    [node({}, taint("ToBeDeletedByClusterAutoscaler")), false],
    [node({ deletionTimestamp: text(0) }, {}), false],
  ];
  for (const [each, expected] of cases) assert.equal(isEligible(each), expected);
});
