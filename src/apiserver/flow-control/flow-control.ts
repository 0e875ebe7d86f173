/** API priority and fairness: classifies every request, and lets it run, wait or go away. */
import { type FlowSchema, flowSchemas } from "../../api/flowcontrol/v1/flow-schema.ts";
import { type PriorityLevelConfiguration, priorityLevelConfigurations } from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import type { Clock } from "../../machinery/clock.ts";
import { tooManyRequests } from "../../machinery/status.ts";
import type { ObjectReader, RequestInfo, UserInfo } from "../contract.ts";
import type { ResponseHeaders } from "../http/exchange.ts";
import { type Arrival, defaultLimits, type InFlight, type InFlightLimits } from "../http/in-flight.ts";
import { flowDistinguisher, inMatchingOrder, matchesSchema } from "./classify.ts";
import { defaultFlowSchemas, defaultPriorityLevels, mandatoryNames } from "./defaults.ts";
import type { Ticket } from "./fair-queues.ts";
import { PriorityLevel } from "./priority-level.ts";
import { allotSeats, seatLimits } from "./seat-limits.ts";
import { flowHash } from "./shuffle-shard.ts";

export interface FlowControlOptions {
  readonly clock: Clock;
  readonly reader?: ObjectReader;
  readonly limits?: InFlightLimits;
  /** Default 15 s: a quarter of the request timeout, as in kube-apiserver. */
  readonly maxWaitMs?: number;
  readonly signal: AbortSignal;
  /** Objects stored of a resource, for the width of lists. */
  countOf?(info: RequestInfo): number;
  onWaited?(schema: string, level: string, waitedMs: number, executed: boolean): void;
}

export type RejectionReason = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** A FlowSchema with its level, and what has gone through it. */
export interface Flow {
  readonly schema: FlowSchema;
  readonly level: PriorityLevel<Waiting>;
  readonly headers: ResponseHeaders;
  dispatched: number;
  executing: number;
  executingSeats: number;
  inQueue: number;
  readonly rejected: Map<RejectionReason, number>;
}

/** A request that waits or runs, as the debug pages show it. */
export interface Visit {
  readonly flow: Flow;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly seats: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Absent while it waits. */
  readonly startedAt?: number;
  /** The queue it waited in; undefined where it did not have to. */
  readonly ticket?: Ticket<Waiting> | undefined;
}

export interface Waiting {
  readonly visit: Visit;
  run(ticket: Ticket<Waiting>): void;
  refuse(reason: RejectionReason): void;
}

type RunningVisit = Visit & { readonly startedAt: number };

class Place implements Disposable {
  readonly #visit: RunningVisit;
  readonly #leave: (visit: RunningVisit) => void;

  constructor(visit: RunningVisit, leave: (visit: RunningVisit) => void) {
    this.#visit = visit;
    this.#leave = leave;
  }

  [Symbol.dispose](): void {
    this.#leave(this.#visit);
  }
}

const adjustPeriodMs = 10_000;
const objectsPerSeat = 100;
const maxSeats = 10;

export class FlowControl implements InFlight {
  readonly #options: FlowControlOptions;
  readonly #serverSeats: number;
  readonly #schemas = new Map<string, FlowSchema>();
  readonly #configurations = new Map<string, PriorityLevelConfiguration>();
  readonly #levels = new Map<string, PriorityLevel<Waiting>>();
  readonly #executing = new Set<Visit>();
  #flows: Flow[] = [];
  #stale = true;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    const { reading, mutating } = options.limits ?? defaultLimits;
    this.#serverSeats = reading + mutating;
    this.#follow(options.reader);
    void this.#lend();
  }

  enter(arrival: Arrival): Disposable | Promise<Disposable> {
    const { info, user, query } = arrival;
    const flow = this.#flowOf(info, user);
    arrival.classified(flow.headers);
    const seats = info.verb === "list" ? this.#listSeats(info, query) : 1;
    const now = this.#options.clock.now();
    if (flow.level.take(seats, now)) return this.#place({ flow, info, user, seats, arrivedAt: now, startedAt: now, ticket: undefined });
    return this.#wait({ flow, info, user, seats, arrivedAt: now }, arrival.signal);
  }

  /** Requests that run. */
  executing(): Iterable<Visit> {
    return this.#executing;
  }

  /** For metrics: every FlowSchema in matching order. */
  flows(): readonly Flow[] {
    this.#refresh();
    return this.#flows;
  }

  levels(): Iterable<PriorityLevel<Waiting>> {
    this.#refresh();
    return this.#levels.values();
  }

  /** Shares the seats anew by what levels have been asking for. Called every 10 s. */
  adjust(): void {
    this.#refresh();
    const now = this.#options.clock.now();
    const limited = [...this.#levels.values()].filter((level) => !level.exempt);
    const seats = allotSeats(
      limited.map((level) => level.measure(now)),
      this.#serverSeats,
    );
    for (const [index, level] of limited.entries()) {
      level.queues.limit = seats[index]!;
      this.#dispatch(level);
    }
  }

  #follow(reader: ObjectReader | undefined): void {
    const keep = <T extends { metadata: { name: string } }>(map: Map<string, T>) => {
      return (type: "ADDED" | "MODIFIED" | "DELETED", object: T) => {
        if (type === "DELETED") map.delete(object.metadata.name);
        else map.set(object.metadata.name, object);
        this.#stale = true;
      };
    };
    reader?.subscribe(flowSchemas, keep(this.#schemas), this.#options.signal);
    reader?.subscribe(priorityLevelConfigurations, keep(this.#configurations), this.#options.signal);
  }

  async #lend(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(adjustPeriodMs, signal).catch(() => undefined);
      if (!signal.aborted) this.adjust();
    }
  }

  #flowOf(info: RequestInfo, user: UserInfo): Flow {
    if (this.#stale) this.#refresh();
    for (const flow of this.#flows) if (matchesSchema(flow.schema, info, user)) return flow;
    // Users in neither system:authenticated nor system:unauthenticated.
    return this.#flows.at(-1)!;
  }

  /** Rebuilds what follows from the objects. Those that wait or run stay as they are. */
  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const configurations = [...withMandatory(this.#configurations, defaultPriorityLevels).values()];
    const limits = seatLimits(configurations, this.#serverSeats);
    const now = this.#options.clock.now();
    for (const configuration of configurations) {
      const { name } = configuration.metadata;
      const level = this.#levels.get(name) ?? new PriorityLevel<Waiting>(name, now);
      this.#levels.set(name, level);
      for (const lost of level.configure(configuration, limits.get(name)!)) lost.item.refuse("concurrency-limit");
      this.#dispatch(level);
    }
    const known = new Set(configurations.map(({ metadata }) => metadata.name));
    for (const name of this.#levels.keys()) if (!known.has(name)) this.#levels.delete(name);
    const before = new Map(this.#flows.map((flow) => [flow.schema.metadata.name, flow]));
    this.#flows = inMatchingOrder(withMandatory(this.#schemas, defaultFlowSchemas).values()).flatMap((schema) => {
      const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name);
      // A schema whose level is not there matches nothing.
      return level === undefined ? [] : [flowOf(schema, level, before.get(schema.metadata.name))];
    });
  }

  #listSeats(info: RequestInfo, query: URLSearchParams): number {
    const stored = this.#options.countOf?.(info) ?? 0;
    const limit = Number(query.get("limit") ?? 0);
    const objects = limit > 0 ? Math.min(limit, stored) : stored;
    return Math.min(maxSeats, Math.max(1, Math.ceil(objects / objectsPerSeat)));
  }

  #wait(visit: Visit, signal: AbortSignal): Promise<Disposable> {
    const { clock, maxWaitMs = 15_000, onWaited } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
    const { flow, info, user, seats, arrivedAt } = visit;
    const hash = flowHash(flow.schema.metadata.name, flowDistinguisher(flow.schema, info, user));
    const settle = (executed: boolean) => {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", leave);
      flow.inQueue--;
      onWaited?.(flow.schema.metadata.name, flow.level.name, clock.now() - arrivedAt, executed);
    };
    const waiting: Waiting = {
      visit,
      run: (ticket) => {
        settle(true);
        resolve(this.#place({ ...visit, startedAt: clock.now(), ticket }));
      },
      refuse: (reason) => {
        settle(false);
        reject(refusal(flow, reason));
      },
    };
    const ticket = flow.level.enqueue(waiting, hash, seats, arrivedAt);
    if (ticket === undefined) throw refusal(flow, flow.level.rejects ? "concurrency-limit" : "queue-full");
    flow.inQueue++;
    const give = (reason: RejectionReason) => {
      if (flow.level.remove(ticket, clock.now())) waiting.refuse(reason);
      // A wide request that leaves may make room for those behind it.
      this.#dispatch(flow.level);
    };
    const leave = () => give("cancelled");
    const timer = clock.after(maxWaitMs, () => give("time-out"));
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    else this.#dispatch(flow.level);
    return promise;
  }

  #place(visit: RunningVisit): Disposable {
    const { flow, seats } = visit;
    this.#executing.add(visit);
    flow.dispatched++;
    flow.executing++;
    flow.executingSeats += seats;
    return new Place(visit, this.#leave);
  }

  readonly #leave = (visit: RunningVisit): void => {
    const { flow, seats, startedAt, ticket } = visit;
    this.#executing.delete(visit);
    flow.executing--;
    flow.executingSeats -= seats;
    const now = this.#options.clock.now();
    flow.level.release(seats, now - startedAt, now, ticket);
    this.#dispatch(flow.level);
  };

  #dispatch(level: PriorityLevel<Waiting>): void {
    for (let ticket = level.next(); ticket !== undefined; ticket = level.next()) ticket.item.run(ticket);
  }
}

function refusal(flow: Flow, reason: RejectionReason) {
  flow.rejected.set(reason, (flow.rejected.get(reason) ?? 0) + 1);
  return tooManyRequests("Too many requests, please try again later.", 1);
}

/** What the server cannot do without, where the stored objects lack it. */
function withMandatory<T extends { metadata: { name: string } }>(stored: ReadonlyMap<string, T>, defaults: readonly T[]): Map<string, T> {
  const missing = defaults.filter(({ metadata: { name } }) => mandatoryNames.has(name) && !stored.has(name));
  return new Map([...stored, ...missing.map((object): [string, T] => [object.metadata.name, object])]);
}

/** Requests under way keep counting on the flow that they began on, so it is kept while it means the same. */
function flowOf(schema: FlowSchema, level: PriorityLevel<Waiting>, before: Flow | undefined): Flow {
  const { uid } = schema.metadata;
  const headers = {
    ...(uid === undefined ? {} : { "x-kubernetes-pf-flowschema-uid": uid }),
    ...(level.uid === undefined ? {} : { "x-kubernetes-pf-prioritylevel-uid": level.uid }),
  };
  if (before?.level === level) return Object.assign(before, { schema, headers });
  return { schema, level, headers, dispatched: 0, executing: 0, executingSeats: 0, inQueue: 0, rejected: new Map() };
}
