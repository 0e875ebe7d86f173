/**
 * Who runs next at one priority level: start-time fair queueing over seat-milliseconds. Every queue has a virtual start
 * for its next request; the one that would finish first in virtual time goes. A request costs seats times duration:
 * what the level's requests usually take when it is dispatched, put right by what it took when it ends.
 *
 * A request that finds a seat free and nobody waiting only counts seats; queues are looked at under contention alone.
 * Compromise: time used before a level was full is not held against a flow.
 */
import { dealHand } from "./shuffle-shard.ts";

export interface QueueShape {
  /** 0: nobody waits, requests beyond the limit are refused. */
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

export interface Ticket<T> {
  readonly item: T;
  readonly seats: number;
  readonly hash: bigint;
  /** Milliseconds. */
  readonly enqueuedAt: number;
  queue: FlowQueue<T>;
  /** What the queue was charged for it, in seat-milliseconds; 0 until dispatched. */
  charged: number;
}

export interface FlowQueue<T> {
  readonly index: number;
  readonly waiting: Ticket<T>[];
  /** In virtual seat-milliseconds. */
  nextStart: number;
  /** Requests that waited here and run now. */
  executing: number;
  executingSeats: number;
}

/** A queue as the debug pages show it. */
export interface QueueDump<T> {
  readonly waiting: readonly Ticket<T>[];
  readonly executing: number;
  readonly executingSeats: number;
  /** In virtual seat-milliseconds. */
  readonly nextStart: number;
  /** What those that wait are expected to cost, in seat-milliseconds. */
  readonly work: number;
}

const firstEstimateMs = 5;
const estimateWeight = 0.1;

export class FairQueues<T> {
  /** Seats this level may use now. Lowering it takes nothing from those that run. */
  limit: number;
  #shape: QueueShape;
  #queues: FlowQueue<T>[];
  readonly #busy = new Set<FlowQueue<T>>();
  #virtualTime = 0;
  #inUse = 0;
  #waitingSeats = 0;
  #waiting = 0;
  #estimateMs = firstEstimateMs;
  #lastServed = 0;

  constructor(shape: QueueShape, limit: number) {
    this.#shape = shape;
    this.limit = limit;
    this.#queues = newQueues(shape.queues);
  }

  get seatsInUse(): number {
    return this.#inUse;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Seats in use and asked for. */
  get demand(): number {
    return this.#inUse + this.#waitingSeats;
  }

  /** Takes seats if they are free and nobody waits for them. */
  take(seats: number): boolean {
    if (this.#waiting > 0 || !this.#fits(seats)) return false;
    this.#inUse += seats;
    return true;
  }

  /** Undefined: the shortest queue of the flow's hand is full, or this level has no queues. */
  enqueue(item: T, hash: bigint, seats: number, now: number): Ticket<T> | undefined {
    const queue = this.#shortest(hash);
    if (queue === undefined || queue.waiting.length >= this.#shape.queueLengthLimit) return undefined;
    const ticket: Ticket<T> = { item, seats, hash, enqueuedAt: now, queue, charged: 0 };
    this.#join(queue, ticket);
    return ticket;
  }

  /** The next to run, its seats taken; undefined when nobody waits or no seats are free. */
  next(): Ticket<T> | undefined {
    const queue = this.#pick();
    const head = queue?.waiting[0];
    if (queue === undefined || head === undefined || !this.#fits(head.seats)) return undefined;
    queue.waiting.shift();
    this.#left(head);
    this.#virtualTime = Math.max(this.#virtualTime, queue.nextStart);
    head.charged = head.seats * this.#estimateMs;
    queue.nextStart += head.charged;
    this.#lastServed = queue.index;
    this.#inUse += head.seats;
    queue.executing++;
    queue.executingSeats += head.seats;
    return head;
  }

  /** Gives seats back. `ticket` where the request had waited. */
  release(seats: number, tookMs: number, ticket?: Ticket<T>): void {
    this.#inUse -= seats;
    this.#estimateMs += estimateWeight * (tookMs - this.#estimateMs);
    if (ticket === undefined) return;
    ticket.queue.nextStart += seats * tookMs - ticket.charged;
    ticket.queue.executing--;
    ticket.queue.executingSeats -= seats;
  }

  dump(): QueueDump<T>[] {
    return this.#queues.map(({ waiting, executing, executingSeats, nextStart }) => {
      const work = waiting.reduce((sum, { seats }) => sum + seats, 0) * this.#estimateMs;
      return { waiting: [...waiting], executing, executingSeats, nextStart, work };
    });
  }

  /** Takes a request that still waits out; false when it is not here any more. */
  remove(ticket: Ticket<T>): boolean {
    const at = ticket.queue.waiting.indexOf(ticket);
    if (at < 0) return false;
    ticket.queue.waiting.splice(at, 1);
    this.#left(ticket);
    return true;
  }

  /** Returns those that have no place under the new shape. */
  reshape(shape: QueueShape): Ticket<T>[] {
    const same = shape.queues === this.#shape.queues && shape.handSize === this.#shape.handSize;
    this.#shape = shape;
    if (same) return [];
    const waiting = this.#queues.flatMap((queue) => queue.waiting).sort((a, b) => a.enqueuedAt - b.enqueuedAt);
    this.#queues = newQueues(shape.queues);
    this.#busy.clear();
    this.#waiting = 0;
    this.#waitingSeats = 0;
    return waiting.filter((ticket) => {
      const queue = this.#shortest(ticket.hash);
      if (queue === undefined) return true;
      ticket.queue = queue;
      this.#join(queue, ticket);
      return false;
    });
  }

  /** A request wider than the whole level runs alone. */
  #fits(seats: number): boolean {
    return this.#inUse + seats <= this.limit || (this.#inUse === 0 && this.limit > 0);
  }

  #shortest(hash: bigint): FlowQueue<T> | undefined {
    let best: FlowQueue<T> | undefined;
    for (const index of dealHand(hash, this.#queues.length, this.#shape.handSize)) {
      const queue = this.#queues[index]!;
      if (best === undefined || queue.waiting.length < best.waiting.length) best = queue;
    }
    return best;
  }

  #join(queue: FlowQueue<T>, ticket: Ticket<T>): void {
    if (queue.waiting.length === 0) {
      // An idle queue saves nothing up.
      queue.nextStart = Math.max(queue.nextStart, this.#virtualTime);
      this.#busy.add(queue);
    }
    queue.waiting.push(ticket);
    this.#waiting++;
    this.#waitingSeats += ticket.seats;
  }

  #left(ticket: Ticket<T>): void {
    this.#waiting--;
    this.#waitingSeats -= ticket.seats;
    if (ticket.queue.waiting.length === 0) this.#busy.delete(ticket.queue);
  }

  #pick(): FlowQueue<T> | undefined {
    let best: FlowQueue<T> | undefined;
    let bestFinish = Number.POSITIVE_INFINITY;
    let bestTurn = 0;
    for (const queue of this.#busy) {
      const finish = queue.nextStart + queue.waiting[0]!.seats * this.#estimateMs;
      // Equals take turns, beginning after the one served last.
      const turn = (queue.index - this.#lastServed - 1 + this.#queues.length) % this.#queues.length;
      if (finish > bestFinish || (finish === bestFinish && turn >= bestTurn)) continue;
      best = queue;
      bestFinish = finish;
      bestTurn = turn;
    }
    return best;
  }
}

function newQueues<T>(count: number): FlowQueue<T>[] {
  return Array.from({ length: count }, (_, index) => ({ index, waiting: [], nextStart: 0, executing: 0, executingSeats: 0 }));
}
