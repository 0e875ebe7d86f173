/**
 * Who leads, by client-go's rules. Pure. Clocks of different machines are never compared: a lease is taken over when it
 * has stood still for its duration as seen by the candidate's own clock, whatever its renewTime says.
 */
import type { Lease } from "../api/coordination/v1/lease.ts";

export type LeaseSpec = Lease["spec"];

/** What a candidate saw of the lease, and when it first saw it so by its own clock. */
export interface Observation {
  readonly spec: LeaseSpec;
  readonly atMs: number;
}

export interface Candidacy {
  readonly identity: string;
  /** How long others wait after the last renewal they saw. */
  readonly leaseDurationSeconds: number;
}

export type Claim =
  /** Write this to become leader, or to stay it. */
  | { readonly type: "write"; readonly spec: LeaseSpec }
  /** Another holds the lease, and it counts for so much longer. */
  | { readonly type: "wait"; readonly expiresInMs: number };

/** `seen` is undefined where there is no lease. */
export function claim(seen: Observation | undefined, candidacy: Candidacy, nowMs: number): Claim {
  const held = seen?.spec.holderIdentity ?? "";
  if (seen !== undefined && held === candidacy.identity) return renewal(seen.spec, candidacy, nowMs);
  const expiresInMs = seen === undefined || held === "" ? 0 : expiryOf(seen, candidacy) - nowMs;
  if (expiresInMs > 0) return { type: "wait", expiresInMs };
  const now = microTime(nowMs);
  const leaseTransitions = seen === undefined ? 0 : (seen.spec.leaseTransitions ?? 0) + 1;
  return write(candidacy, { acquireTime: now, renewTime: now, leaseTransitions });
}

function renewal({ acquireTime, leaseTransitions = 0 }: LeaseSpec, candidacy: Candidacy, nowMs: number): Claim {
  const renewTime = microTime(nowMs);
  return write(candidacy, { acquireTime: acquireTime ?? renewTime, renewTime, leaseTransitions });
}

function write({ identity, leaseDurationSeconds }: Candidacy, times: LeaseSpec): Claim {
  return { type: "write", spec: { holderIdentity: identity, leaseDurationSeconds, ...times } };
}

function expiryOf({ spec, atMs }: Observation, { leaseDurationSeconds }: Candidacy): number {
  return atMs + (spec.leaseDurationSeconds ?? leaseDurationSeconds) * 1000;
}

/** A lease that its holder gives up: nobody has to wait for it. */
export function released({ leaseTransitions = 0 }: LeaseSpec, nowMs: number): LeaseSpec {
  const now = microTime(nowMs);
  return { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
}

export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
