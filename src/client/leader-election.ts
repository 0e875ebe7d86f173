/**
 * Leader election over a coordination.k8s.io Lease, by client-go's rules. Clocks of different machines are never
 * compared: a lease is taken over when it has not changed for its duration as seen by the candidate's own clock.
 */
import type { Lease } from "../api/coordination/v1/lease.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import { sameJson } from "../machinery/json.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Client } from "./client.ts";
import { errorText } from "./errors.ts";
import { leases } from "./resources.ts";

type LeaseSpec = Lease["spec"];

export interface LeaderElectionOptions {
  readonly client: Client;
  /** Name of the lease, such as `kube-controller-manager`. */
  readonly name: string;
  readonly namespace?: string;
  /** Unique among the candidates: `host_uuid`. */
  readonly identity: string;
  /** How long others wait after the last renewal they saw. Default 15. */
  readonly leaseDurationSeconds?: number;
  /** The leader that could not renew for so long gives up. Default 10. */
  readonly renewDeadlineSeconds?: number;
  /** Pause between attempts. Default 2. */
  readonly retryPeriodSeconds?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What a candidate saw of the lease, and when by its own clock. */
export interface Observation {
  readonly spec: LeaseSpec;
  readonly atMs: number;
}

/** The spec to write to become or stay leader; undefined while another holds a lease that still counts. */
export function claim(seen: Observation | undefined, identity: string, durationSeconds: number, nowMs: number): LeaseSpec | undefined {
  const now = microTime(nowMs);
  const held = seen?.spec.holderIdentity ?? "";
  if (seen === undefined || held === "") {
    return mine(identity, durationSeconds, now, now, (seen?.spec.leaseTransitions ?? 0) + (seen === undefined ? 0 : 1));
  }
  if (held === identity) return mine(identity, durationSeconds, seen.spec.acquireTime ?? now, now, seen.spec.leaseTransitions ?? 0);
  const expiresMs = seen.atMs + (seen.spec.leaseDurationSeconds ?? durationSeconds) * 1000;
  return expiresMs > nowMs ? undefined : mine(identity, durationSeconds, now, now, (seen.spec.leaseTransitions ?? 0) + 1);
}

function mine(holderIdentity: string, leaseDurationSeconds: number, acquireTime: string, renewTime: string, leaseTransitions: number): LeaseSpec {
  return { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions };
}

/**
 * Waits to become leader, then runs `lead` with a signal that aborts when leadership is lost or `options.signal` aborts.
 * Settles when `lead` has; rejects when leadership was lost, because what led must not go on. Gives the lease up on its way out.
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const candidate = new Candidate(options);
  await candidate.acquire();
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const leading = lead(signal);
  const renewing = candidate.renewUntil(signal).catch((error: unknown) => lost.abort(error));
  try {
    await leading;
  } finally {
    const gone = lost.signal.aborted;
    lost.abort();
    await renewing;
    if (!gone) await candidate.release();
  }
  if (candidate.lost !== undefined) throw candidate.lost;
}

const jitter = 1.2;

class Candidate {
  lost: Error | undefined;
  readonly #options: LeaderElectionOptions;
  readonly #durationSeconds: number;
  #lease: Lease | undefined;
  #seen: Observation | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durationSeconds = options.leaseDurationSeconds ?? 15;
  }

  async acquire(): Promise<void> {
    const { clock, random, signal } = this.#options;
    while (!(await this.#attempt())) await clock.sleep(this.#retryMs() * (1 + jitter * random()), signal);
    this.#options.logger.info({ lease: this.#options.name }, "became leader");
  }

  /** Rejects once the lease could not be renewed for the deadline; resolves when `signal` aborts. */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = (this.#options.renewDeadlineSeconds ?? 10) * 1000;
    let renewedMs = clock.now();
    while (!signal.aborted) {
      await clock.sleep(this.#retryMs(), signal).catch(() => undefined);
      if (signal.aborted) return;
      if (await this.#attempt()) renewedMs = clock.now();
      else if (clock.now() - renewedMs >= deadlineMs) {
        this.lost = new Error(`cannot renew lease ${this.#options.name}: not within ${deadlineMs} ms`);
        throw this.lost;
      }
    }
  }

  /** Others need not wait for the lease to run out. The client's own signal may have ended: then they do wait. */
  async release(): Promise<void> {
    if (this.#lease?.spec.holderIdentity !== this.#options.identity || this.#options.signal.aborted) return;
    const now = microTime(this.#options.clock.now());
    const spec = { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions: this.#lease.spec.leaseTransitions ?? 0 };
    await this.#leases()
      .update({ ...this.#lease, spec })
      .catch((error: unknown) => this.#options.logger.info({ error: errorText(error) }, "cannot give up the lease, it will run out"));
  }

  /** True when this candidate holds the lease afterwards. */
  async #attempt(): Promise<boolean> {
    try {
      this.#observe(await this.#leases().find(this.#options.name));
      const spec = claim(this.#seen, this.#options.identity, this.#durationSeconds, this.#options.clock.now());
      if (spec === undefined) return false;
      this.#observe(await this.#write(spec));
      return true;
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.#options.logger.debug({ lease: this.#options.name, error: errorText(error) }, "cannot claim a lease, will retry");
      return false;
    }
  }

  #write(spec: LeaseSpec): Promise<Lease> {
    if (this.#lease === undefined) return this.#leases().create({ metadata: { name: this.#options.name }, spec });
    return this.#leases().update({ ...this.#lease, spec: { ...this.#lease.spec, ...spec } });
  }

  #observe(lease: Lease | undefined): void {
    if (lease === undefined) this.#seen = undefined;
    else if (this.#seen === undefined || !sameJson(this.#seen.spec, lease.spec)) this.#seen = { spec: lease.spec, atMs: this.#options.clock.now() };
    this.#lease = lease;
  }

  #leases() {
    return this.#options.client.of(leases).in(this.#options.namespace ?? "kube-system");
  }

  #retryMs(): number {
    return (this.#options.retryPeriodSeconds ?? 2) * 1000;
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
