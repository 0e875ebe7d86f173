/** How the server's seats are shared among priority levels, and lent (KEP-1040, "borrowing"). */
import type { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts";

export interface SeatLimits {
  /** The level's share of the server. */
  readonly nominal: number;
  /** What is left when all that is lendable has been lent. */
  readonly lower: number;
  /** What it may have with all it may borrow. */
  readonly upper: number;
}

/** Of each level by name. Shares are of all levels' sum, rounded up. */
export function seatLimits(levels: readonly PriorityLevelConfiguration[], serverSeats: number): Map<string, SeatLimits> {
  const total = levels.reduce((sum, level) => sum + sharesOf(level), 0);
  return new Map(levels.map((level) => [level.metadata.name, limitsOf(level, total, serverSeats)]));
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  return spec.type === "Exempt" ? (spec.exempt?.nominalConcurrencyShares ?? 0) : (spec.limited?.nominalConcurrencyShares ?? 30);
}

function limitsOf(level: PriorityLevelConfiguration, totalShares: number, serverSeats: number): SeatLimits {
  const { spec } = level;
  const nominal = totalShares === 0 ? 0 : Math.ceil((serverSeats * sharesOf(level)) / totalShares);
  const lendable = Math.round((nominal * ((spec.type === "Exempt" ? spec.exempt : spec.limited)?.lendablePercent ?? 0)) / 100);
  const borrowing = spec.limited?.borrowingLimitPercent;
  const upper = borrowing === undefined ? Math.max(serverSeats, nominal) : nominal + Math.round((nominal * borrowing) / 100);
  return { nominal, lower: nominal - lendable, upper };
}

export interface LevelDemand extends SeatLimits {
  /** The most seats in use and asked for at once in the last period. */
  readonly high: number;
  /** What the level has been asking for of late. */
  readonly smoothed: number;
}

/**
 * Seats of each level for the next period. Everybody first gets what it asks for up to its nominal share, and keeps
 * what it does not lend; the rest goes to those that ask for more, in proportion to their demand, up to their borrowing
 * limit. The order is that of `demands`.
 */
export function allotSeats(demands: readonly LevelDemand[], serverSeats: number): number[] {
  const floors = demands.map(({ lower, nominal, high }) => Math.max(lower, Math.min(nominal, high)));
  const targets = demands.map(({ smoothed }, index) => Math.max(floors[index]!, smoothed));
  const at = (proportion: number) => demands.map(({ upper }, index) => Math.min(upper, Math.max(floors[index]!, proportion * targets[index]!)));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  let low = 0;
  let high = serverSeats;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) > serverSeats) high = middle;
    else low = middle;
  }
  return at(low).map((seats) => Math.round(seats));
}

/** Demand falls slowly, rises at once (KEP-1040: the time constant is about 7 minutes at one step in 10 s). */
export function smoothDemand(previous: number, high: number, average: number, deviation: number): number {
  const envelope = Math.min(high, average + deviation);
  return Math.max(envelope, decay * previous + (1 - decay) * envelope);
}

const decay = 0.977;

/** Integrates a level's demand over time; read and begun anew each period. */
export class DemandMeter {
  #since: number;
  #changed: number;
  #current = 0;
  #area = 0;
  #squares = 0;
  #high = 0;

  constructor(now: number) {
    this.#since = now;
    this.#changed = now;
  }

  set(demand: number, now: number): void {
    this.#integrate(now);
    this.#current = demand;
    if (demand > this.#high) this.#high = demand;
  }

  /** Of the period that ends now. */
  read(now: number): { readonly high: number; readonly average: number; readonly deviation: number } {
    this.#integrate(now);
    const elapsed = Math.max(1, now - this.#since);
    const average = this.#area / elapsed;
    const deviation = Math.sqrt(Math.max(0, this.#squares / elapsed - average * average));
    const high = this.#high;
    this.#since = now;
    this.#area = 0;
    this.#squares = 0;
    this.#high = this.#current;
    return { high, average, deviation };
  }

  #integrate(now: number): void {
    const elapsed = now - this.#changed;
    this.#area += this.#current * elapsed;
    this.#squares += this.#current * this.#current * elapsed;
    this.#changed = now;
  }
}
