import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claim, claim, type LeaseSpec, microTime, type Observation, released } from "./lease-claim.ts";

const now = Date.UTC(2026, 0, 1, 12);
const me = { identity: "me", leaseDurationSeconds: 15 };
const held = (holderIdentity: string, more: LeaseSpec = {}): LeaseSpec => ({
  holderIdentity,
  leaseDurationSeconds: 15,
  acquireTime: microTime(now - 60_000),
  renewTime: microTime(now - 60_000),
  leaseTransitions: 4,
  ...more,
});
const seen = (secondsAgo: number, spec: LeaseSpec): Observation => ({ spec, atMs: now - secondsAgo * 1000 });
const fresh = (leaseTransitions: number): Claim => ({
  type: "write",
  spec: { holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: microTime(now), renewTime: microTime(now), leaseTransitions },
});
const renewed: Claim = { type: "write", spec: held("me", { renewTime: microTime(now) }) };
const wait = (expiresInMs: number): Claim => ({ type: "wait", expiresInMs });

test("who may write the lease", () => {
  const scenarios: [string, Observation | undefined, Claim][] = [
    ["there is none: the first transition is none", undefined, fresh(0)],
    ["given up by its holder", seen(0, held("", { leaseDurationSeconds: 1 })), fresh(5)],
    ["never held by anyone", seen(0, {}), fresh(1)],
    ["another holds it, first seen now, however old its renewTime", seen(0, held("other")), wait(15_000)],
    ["another's stood still, but not for long enough", seen(14.9, held("other")), wait(100)],
    ["another's stood still for its duration", seen(15, held("other")), fresh(5)],
    ["another's own duration counts, not mine", seen(20, held("other", { leaseDurationSeconds: 60 })), wait(40_000)],
    ["without a duration mine counts", seen(16, { holderIdentity: "other" }), fresh(1)],
    ["a renewTime ahead of this clock changes nothing", seen(16, held("other", { renewTime: microTime(now + 3_600_000) })), fresh(5)],
    ["mine: the times it was acquired and the transitions stay", seen(1, held("me")), renewed],
    ["mine, though run out: nobody has taken it", seen(100, held("me")), renewed],
    ["mine, of a version that did not write acquireTime", seen(1, { holderIdentity: "me" }), fresh(0)],
  ];
  for (const [name, observation, expected] of scenarios) assert.deepEqual(claim(observation, me, now), expected, name);
});

test("a lease that was given up is free at once", () => {
  const spec = released(held("me"), now);
  assert.deepEqual(spec, { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: microTime(now), renewTime: microTime(now), leaseTransitions: 4 });
  assert.equal(claim({ spec, atMs: now }, { ...me, identity: "other" }, now).type, "write");
});
