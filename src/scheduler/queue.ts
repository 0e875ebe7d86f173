/**
 * The scheduling queue, in three parts as in Kubernetes: active (highest priority first, then oldest), back-off (tried
 * in vain, may be tried again after a while) and unschedulable (waits for a change in the cluster that may help it).
 * Pure: time is passed in.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import { sameJson } from "../machinery/json.ts";
import { objectKey } from "../machinery/object.ts";
import type { ClusterChange } from "./framework.ts";
import { Heap } from "./heap.ts";

export interface QueueOptions {
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Unschedulable pods are tried again after so long whatever happened. */
  readonly maxUnschedulableMs?: number;
}

type Place = "active" | "backoff" | "unschedulable" | "gated" | "inFlight";

interface QueuedPod {
  pod: Pod;
  readonly key: string;
  place: Place;
  attempts: number;
  /** When it came to its place: the tie-break between equal priorities. */
  since: number;
  /** Names of the plugins that refused it last. */
  refusedBy: ReadonlySet<string>;
  /** Not tried again before. */
  backoffUntil: number;
}

/** A place in a heap: void once the pod's entry has moved on, which is cheaper than searching the heap for it. */
interface Ticket {
  readonly entry: QueuedPod;
  readonly place: Place;
  readonly since: number;
  readonly priority: number;
}

const isValid = ({ entry, place, since }: Ticket) => entry.place === place && entry.since === since;

export class SchedulingQueue {
  readonly #options: Required<QueueOptions>;
  readonly #entries = new Map<string, QueuedPod>();
  readonly #active = new Heap<Ticket>((a, b) => (a.priority !== b.priority ? a.priority > b.priority : a.since < b.since));
  readonly #backoff = new Heap<Ticket>((a, b) => a.entry.backoffUntil < b.entry.backoffUntil);
  readonly #unschedulable = new Set<QueuedPod>();
  /** Would a change of this kind help a pod that these plugins refused? */
  readonly #helps: (refusedBy: ReadonlySet<string>, change: ClusterChange) => boolean;

  constructor(helps: (refusedBy: ReadonlySet<string>, change: ClusterChange) => boolean, options: QueueOptions = {}) {
    this.#helps = helps;
    this.#options = { initialBackoffMs: 1_000, maxBackoffMs: 10_000, maxUnschedulableMs: 300_000, ...options };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A pod without a node was added or changed. A change of the pod's own spec or labels may make it fit. */
  set(pod: Pod, now: number): void {
    const key = objectKey(pod);
    const gated = (pod.spec.schedulingGates?.length ?? 0) > 0;
    const known = this.#entries.get(key);
    if (known === undefined || known.pod.metadata.uid !== pod.metadata.uid) {
      this.remove(key);
      const entry: QueuedPod = { pod, key, attempts: 0, since: now, refusedBy: new Set(), backoffUntil: 0, place: "gated" };
      this.#entries.set(key, entry);
      if (!gated) this.#move(entry, "active", now);
      return;
    }
    const changed = known.pod.metadata.generation !== pod.metadata.generation || !sameJson(known.pod.metadata.labels, pod.metadata.labels);
    known.pod = pod;
    if (known.place === "gated" && !gated) this.#move(known, "active", now);
    else if (known.place === "unschedulable" && changed) this.#release(known, now);
  }

  /** The pod is scheduled, deleted or another scheduler's. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#unschedulable.delete(entry);
    entry.place = "inFlight"; // Voids its tickets.
  }

  /** The next pod to try; it is in flight until `remove` or `refused`. */
  pop(now: number): Pod | undefined {
    this.#flush(now);
    for (let ticket = this.#active.pop(); ticket !== undefined; ticket = this.#active.pop()) {
      if (!isValid(ticket)) continue;
      ticket.entry.place = "inFlight";
      ticket.entry.attempts++;
      return ticket.entry.pod;
    }
    return undefined;
  }

  /** No node fits: the pod waits for a change that helps. `refusedBy` empty: an error, tried again after its back-off. */
  refused(key: string, refusedBy: ReadonlySet<string>, now: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.refusedBy = refusedBy;
    entry.backoffUntil = now + this.#backoffMs(entry.attempts);
    this.#move(entry, refusedBy.size === 0 ? "backoff" : "unschedulable", now);
  }

  /** Something changed in the cluster: pods it may help come back, after their back-off. */
  onChange(change: ClusterChange, now: number): void {
    for (const entry of this.#unschedulable) if (this.#helps(entry.refusedBy, change)) this.#release(entry, now);
  }

  /** When `pop` may next have something; undefined when only a change can bring it. */
  nextDue(now: number): number | undefined {
    this.#flush(now);
    while (this.#active.size > 0) {
      if (isValid(this.#active.peek() as Ticket)) return now;
      this.#active.pop();
    }
    let due = this.#backoff.peek()?.entry.backoffUntil;
    // A set keeps insertion order, and entries enter it in order of time: the first has waited longest.
    const [oldest] = this.#unschedulable;
    if (oldest !== undefined) due = Math.min(due ?? Number.POSITIVE_INFINITY, oldest.since + this.#options.maxUnschedulableMs);
    return due;
  }

  #flush(now: number): void {
    for (let ticket = this.#backoff.peek(); ticket !== undefined; ticket = this.#backoff.peek()) {
      const valid = isValid(ticket);
      if (valid && ticket.entry.backoffUntil > now) break;
      this.#backoff.pop();
      if (valid) this.#move(ticket.entry, "active", now);
    }
    for (const entry of this.#unschedulable) {
      if (entry.since + this.#options.maxUnschedulableMs > now) break;
      this.#move(entry, "active", now);
    }
  }

  #release(entry: QueuedPod, now: number): void {
    this.#move(entry, entry.backoffUntil <= now ? "active" : "backoff", now);
  }

  #move(entry: QueuedPod, place: Place, now: number): void {
    this.#unschedulable.delete(entry);
    entry.place = place;
    entry.since = now;
    const ticket = { entry, place, since: now, priority: entry.pod.spec.priority ?? 0 };
    if (place === "active") this.#active.push(ticket);
    if (place === "backoff") this.#backoff.push(ticket);
    if (place === "unschedulable") this.#unschedulable.add(entry);
  }

  /** 1 s, 2 s, 4 s … up to the maximum. */
  #backoffMs(attempts: number): number {
    return Math.min(this.#options.maxBackoffMs, this.#options.initialBackoffMs * 2 ** Math.min(attempts - 1, 20));
  }
}
