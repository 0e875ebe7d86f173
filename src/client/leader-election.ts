/**
 * Leader election over a coordination.k8s.io Lease, as client-go does it: `lease-claim.ts` decides, this asks and writes.
 *
 *     candidate --claims the lease--> leader --lost, or no longer wanted--> candidate
 */
import type { Lease } from "../api/coordination/v1/lease.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import { sameJson } from "../machinery/json.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Transport } from "../machinery/transport.ts";
import { Client } from "./client.ts";
import { errorText } from "./errors.ts";
import type { EventRecorder } from "./events.ts";
import { claim, type LeaseSpec, type Observation, released } from "./lease-claim.ts";
import { leases } from "./resources.ts";

/** client-go's defaults: 15, 10 and 2. */
export interface ElectionTimes {
  /** How long others wait after the last renewal they saw. */
  readonly leaseDurationSeconds?: number;
  /** The leader that could not renew for so long gives up: before any other may begin. */
  readonly renewDeadlineSeconds?: number;
  /** Pause between attempts. */
  readonly retryPeriodSeconds?: number;
}

export interface LeaderElectionOptions extends ElectionTimes {
  /** As the candidate. Must outlive `signal`: the lease is given up through it. */
  readonly transport: Transport;
  /** Name of the lease, such as `kube-controller-manager`. */
  readonly name: string;
  /** Default kube-system. */
  readonly namespace?: string;
  /** Unique among the candidates: `HOST_UUID`. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Told who became leader and who stopped leading. */
  readonly events?: EventRecorder;
  readonly signal: AbortSignal;
}

/** Another may lead now. What led has ended. */
export class LeadershipLostError extends Error {
  override readonly name = "LeadershipLostError";
}

/**
 * Waits to become leader, then runs `lead` with a signal that aborts when leadership is lost or `options.signal` aborts.
 * Settles when `lead` has: with LeadershipLostError when leadership was lost, else as `lead` did. On its way out it gives
 * the lease up, so that the next leader need not wait. Rejects with the signal's reason when that aborts before it leads.
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const candidate = new Candidate(options);
  const acquiredMs = await candidate.acquire();
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const renewing = candidate.renew(acquiredMs, signal).catch((error: unknown) => over.abort(error));
  try {
    await lead(signal);
  } finally {
    const lost = over.signal.reason;
    over.abort(new Error("the leader has ended"));
    await renewing;
    if (!(lost instanceof LeadershipLostError)) await candidate.release();
  }
  if (over.signal.reason instanceof LeadershipLostError) throw over.signal.reason;
}

/** Leads whenever elected: after a loss it stands again. Resolves when the signal has aborted; rejects when `lead` fails. */
export async function leadWhenElected(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal, logger, name } = options;
  while (!signal.aborted) {
    try {
      await runAsLeader(options, lead);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LeadershipLostError)) throw error;
      logger.warn({ lease: name, error: errorText(error) }, "lost the lead; standing for election again");
    }
  }
}

/** client-go's: the deadline must leave room for one attempt that comes as late as its pauses allow. */
const jitter = 1.2;
/** Spreads the attempts of candidates that started together. */
const pauseJitter = 0.2;
const releaseLimitMs = 1_000;
/** How soon after another's lease has run out it is claimed, at the latest, as a share of the pause between attempts. */
const expiryJitter = 0.1;

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #durationSeconds: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #lease: Lease | undefined;
  #seen: Observation | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durationSeconds = options.leaseDurationSeconds ?? 15;
    this.#deadlineMs = (options.renewDeadlineSeconds ?? 10) * 1000;
    this.#retryMs = (options.retryPeriodSeconds ?? 2) * 1000;
    if (this.#deadlineMs >= this.#durationSeconds * 1000) throw new RangeError("cannot elect a leader: the renew deadline must be shorter than the lease");
    if (this.#deadlineMs <= this.#retryMs * jitter) throw new RangeError("cannot elect a leader: the renew deadline must be longer than the retry period");
  }

  /** Resolves with the time from which the lease counts. */
  async acquire(): Promise<number> {
    const { clock, signal } = this.#options;
    for (;;) {
      const startedMs = clock.now();
      const expiresInMs = await this.#attempt(signal, this.#deadlineMs);
      if (expiresInMs === 0) {
        this.#report("became leader");
        return startedMs;
      }
      await clock.sleep(this.#pauseMs(expiresInMs), signal);
    }
  }

  /** Rejects with LeadershipLostError when another has the lease, or it could not be renewed for the deadline; resolves when `signal` aborts. */
  async renew(acquiredMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let renewedMs = acquiredMs;
    while (!signal.aborted) {
      const leftMs = renewedMs + this.#deadlineMs - clock.now();
      await clock.sleep(Math.min(this.#retryMs, leftMs), signal).catch(() => undefined);
      if (signal.aborted) return;
      const startedMs = clock.now();
      const heldByOtherMs = startedMs < renewedMs + this.#deadlineMs ? await this.#attempt(signal, renewedMs + this.#deadlineMs - startedMs) : undefined;
      // From the beginning of the attempt: the write was made at some time after it.
      if (heldByOtherMs === 0) renewedMs = startedMs;
      else if (signal.aborted) return;
      else if (heldByOtherMs !== undefined && Number.isFinite(heldByOtherMs)) this.#lost(`${this.#lease?.spec.holderIdentity} holds it`);
      else if (clock.now() >= renewedMs + this.#deadlineMs) this.#lost(`not within ${this.#deadlineMs} ms`);
    }
  }

  #lost(why: string): never {
    this.#report("stopped leading");
    throw new LeadershipLostError(`cannot renew lease ${this.#options.name}: ${why}`);
  }

  /** What fails here is no harm: others wait until the lease has run out. */
  async release(): Promise<void> {
    const { clock, identity, logger } = this.#options;
    if (this.#lease?.spec.holderIdentity !== identity) return;
    this.#report("stopped leading");
    const limit = new AbortController();
    using _timer = clock.after(releaseLimitMs, () => limit.abort(new Error(`no answer within ${releaseLimitMs} ms`)));
    const spec = { ...this.#lease.spec, ...released(this.#lease.spec, clock.now()) };
    try {
      await this.#leases(limit.signal).update({ ...this.#lease, spec });
    } catch (error) {
      logger.info({ error: errorText(error) }, "cannot give up the lease, it will run out");
    }
  }

  /** 0 when this candidate holds the lease afterwards; else after how long another's will have run out, Infinity if unknown. */
  async #attempt(signal: AbortSignal, limitMs: number): Promise<number> {
    const limit = new AbortController();
    using _timer = this.#options.clock.after(limitMs, () => limit.abort(new Error(`no answer within ${limitMs} ms`)));
    const attemptSignal = AbortSignal.any([signal, limit.signal]);
    try {
      return await this.#claim(attemptSignal);
    } catch (error) {
      if (!signal.aborted) this.#options.logger.debug({ lease: this.#options.name, error: errorText(error) }, "cannot claim a lease, will retry");
      return Number.POSITIVE_INFINITY;
    }
  }

  async #claim(signal: AbortSignal): Promise<number> {
    // The leader knows its lease: it writes at once, and looks only when somebody else has written.
    if (this.#lease?.spec.holderIdentity === this.#options.identity && (await this.#renewKnown(signal))) return 0;
    signal.throwIfAborted();
    this.#observe(await this.#leases(signal).find(this.#options.name));
    const decision = this.#decide();
    if (decision.type === "wait") return decision.expiresInMs;
    this.#observe(await this.#write(decision.spec, signal));
    return 0;
  }

  async #renewKnown(signal: AbortSignal): Promise<boolean> {
    const decision = this.#decide();
    if (decision.type === "wait") return false;
    try {
      this.#observe(await this.#write(decision.spec, signal));
      return true;
    } catch {
      return false; // Whatever it was, reading the lease will tell.
    }
  }

  #decide() {
    const { identity, clock } = this.#options;
    return claim(this.#seen, { identity, leaseDurationSeconds: this.#durationSeconds }, clock.now());
  }

  #write(spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    if (this.#lease === undefined) return this.#leases(signal).create({ metadata: { name: this.#options.name }, spec });
    return this.#leases(signal).update({ ...this.#lease, spec: { ...this.#lease.spec, ...spec } });
  }

  #observe(lease: Lease | undefined): void {
    if (lease === undefined) this.#seen = undefined;
    else if (this.#seen === undefined || !sameJson(this.#seen.spec, lease.spec)) this.#seen = { spec: lease.spec, atMs: this.#options.clock.now() };
    this.#lease = lease;
  }

  /**
   * client-go pauses for up to 2.2 retry periods, and so sees the last renewal up to 4.4 s late and its end another 4.4 s late:
   * a fail-over takes up to 24 s with the default times. Steadier attempts, and one just when the lease runs out, keep it under 18 s.
   */
  #pauseMs(expiresInMs: number): number {
    const { random } = this.#options;
    const usual = this.#retryMs * (1 + pauseJitter * random());
    return Math.min(usual, expiresInMs + this.#retryMs * expiryJitter * random());
  }

  /** A Client each: its requests end with the attempt. */
  #leases(signal: AbortSignal) {
    const { transport, namespace = "kube-system" } = this.#options;
    return new Client(transport, signal).of(leases).in(namespace);
  }

  #report(what: string): void {
    const { logger, name, identity, events } = this.#options;
    logger.info({ lease: name, identity }, what);
    if (this.#lease !== undefined) events?.event(this.#lease, "Normal", "LeaderElection", `${identity} ${what}`);
  }
}
