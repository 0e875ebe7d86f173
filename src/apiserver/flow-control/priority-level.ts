/** One priority level at work: its queues, its limits, and what it has been asking for. */
import type { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import { FairQueues, type QueueShape, type Ticket } from "./fair-queues.ts";
import { DemandMeter, type LevelDemand, type SeatLimits, smoothDemand } from "./seat-limits.ts";

export class PriorityLevel<T> {
  readonly name: string;
  readonly queues = new FairQueues<T>({ queues: 0, handSize: 0, queueLengthLimit: 0 }, 0);
  readonly #meter: DemandMeter;
  limits: SeatLimits = { nominal: 0, lower: 0, upper: 0 };
  uid: string | undefined;
  exempt = false;
  /** Refuses what finds no seat, instead of letting it wait. */
  rejects = true;
  #configured = false;
  #smoothed = 0;

  constructor(name: string, now: number) {
    this.name = name;
    this.#meter = new DemandMeter(now);
  }

  /** Returns the requests that can wait here no longer. */
  configure({ metadata, spec }: PriorityLevelConfiguration, limits: SeatLimits): Ticket<T>[] {
    this.uid = metadata.uid;
    this.exempt = spec.type === "Exempt";
    const response = spec.limited?.limitResponse;
    this.rejects = response?.type !== "Queue";
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response?.queuing ?? {};
    const shape: QueueShape = { queues: this.rejects ? 0 : queues, handSize, queueLengthLimit };
    const known = this.#configured && sameLimits(limits, this.limits);
    this.#configured = true;
    this.limits = limits;
    if (this.exempt) this.queues.limit = Number.POSITIVE_INFINITY;
    else if (!known || !Number.isFinite(this.queues.limit)) this.queues.limit = limits.nominal;
    return this.queues.reshape(shape);
  }

  take(seats: number, now: number): boolean {
    if (!this.queues.take(seats)) return false;
    this.#meter.set(this.queues.demand, now);
    return true;
  }

  enqueue(item: T, hash: bigint, seats: number, now: number): Ticket<T> | undefined {
    const ticket = this.queues.enqueue(item, hash, seats, now);
    this.#meter.set(this.queues.demand, now);
    return ticket;
  }

  next(): Ticket<T> | undefined {
    return this.queues.waiting === 0 ? undefined : this.queues.next();
  }

  release(seats: number, tookMs: number, now: number, ticket?: Ticket<T>): void {
    this.queues.release(seats, tookMs, ticket);
    this.#meter.set(this.queues.demand, now);
  }

  remove(ticket: Ticket<T>, now: number): boolean {
    const removed = this.queues.remove(ticket);
    this.#meter.set(this.queues.demand, now);
    return removed;
  }

  /** The demand of the period that ends now. */
  measure(now: number): LevelDemand {
    const { high, average, deviation } = this.#meter.read(now);
    this.#smoothed = smoothDemand(this.#smoothed, high, average, deviation);
    return { ...this.limits, high, smoothed: this.#smoothed };
  }
}

function sameLimits(a: SeatLimits, b: SeatLimits): boolean {
  return a.nominal === b.nominal && a.lower === b.lower && a.upper === b.upper;
}
