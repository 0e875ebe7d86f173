import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lease, type LeaseSpec, leases } from "./lease.ts";

const before: LeaseSpec = { holderIdentity: "a", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z", leaseTransitions: 1 };
const renewTime = "2026-01-01T00:00:02.000000Z";

function patience(after: LeaseSpec): number | undefined {
  const lease = (spec: LeaseSpec) => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "x" }, spec }) as Lease;
  return leases.strategy.patienceMs?.(lease(after), lease(before));
}

test("only a holder that renews its lease waits for company", () => {
  assert.equal(patience({ ...before, renewTime }), 1_000);
  assert.equal(patience({ ...before, renewTime, holderIdentity: "b", leaseTransitions: 2 }), 0);
  assert.equal(patience({ ...before, renewTime, leaseDurationSeconds: 1 }), 0);
  assert.equal(patience({ ...before, holderIdentity: "" }), 0);
  assert.equal(patience(before), 0);
});
