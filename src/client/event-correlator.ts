/**
 * Keeps Events few, by client-go's rules: the same event again counts up the first one; many alike but for the message
 * become one "combined" event; an object that talks without pause is cut off. Pure: time comes as an argument.
 */
import type { Event } from "../api/core/v1/event.ts";

/** What makes events the same, besides reason, type and message. */
export interface EventFacts {
  readonly subject: Event["involvedObject"];
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Write one Event object: a new one, or a higher count on one written before. */
export type EventWrite =
  | { readonly action: "create"; readonly key: string; readonly message: string }
  | { readonly action: "count"; readonly key: string; readonly message: string; readonly name: string; readonly count: number };

const sameWithinMs = 10 * 60_000;
const combineAfter = 10;
/** Tokens an object may save up, and how long one takes to come back. */
const burst = 25;
const tokenMs = 300_000;
/** Entries kept of each table; the least recently used goes first. */
const capacity = 4096;

interface Known {
  readonly name: string;
  readonly count: number;
  readonly lastMs: number;
}

interface Alike {
  readonly messages: Set<string>;
  readonly lastMs: number;
}

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export class EventCorrelator {
  readonly #known = new Map<string, Known>();
  readonly #alike = new Map<string, Alike>();
  readonly #buckets = new Map<string, Bucket>();

  /** undefined: say nothing. Call `created` or `counted` once a write has succeeded. */
  correlate(facts: EventFacts, nowMs: number): EventWrite | undefined {
    const { subject, type, reason } = facts;
    const about = JSON.stringify([subject.kind, subject.namespace, subject.name, subject.uid, subject.apiVersion, subject.fieldPath]);
    const group = JSON.stringify([about, type, reason]);
    const combined = this.#combine(group, facts.message, nowMs);
    const message = combined ? `(combined from similar events): ${facts.message}` : facts.message;
    const key = combined ? group : JSON.stringify([group, message]);
    if (!this.#mayTalk(about, nowMs)) return undefined;
    const known = this.#known.get(key);
    if (known === undefined || nowMs - known.lastMs > sameWithinMs) return { action: "create", key, message };
    return { action: "count", key, message, name: known.name, count: known.count + 1 };
  }

  created(key: string, name: string, nowMs: number): void {
    remember(this.#known, key, { name, count: 1, lastMs: nowMs });
  }

  counted(write: EventWrite & { readonly action: "count" }, nowMs: number): void {
    remember(this.#known, write.key, { name: write.name, count: write.count, lastMs: nowMs });
  }

  /** True once more than ten different messages of one group came within ten minutes of each other. */
  #combine(group: string, message: string, nowMs: number): boolean {
    const known = this.#alike.get(group);
    const messages = known !== undefined && nowMs - known.lastMs <= sameWithinMs ? known.messages : new Set<string>();
    if (messages.size < combineAfter) messages.add(message);
    remember(this.#alike, group, { messages, lastMs: nowMs });
    return messages.size >= combineAfter && !messages.has(message);
  }

  #mayTalk(about: string, nowMs: number): boolean {
    const { tokens, atMs } = this.#buckets.get(about) ?? { tokens: burst, atMs: nowMs };
    const available = Math.min(burst, tokens + (nowMs - atMs) / tokenMs);
    const allowed = available >= 1;
    remember(this.#buckets, about, { tokens: allowed ? available - 1 : available, atMs: nowMs });
    return allowed;
  }
}

/** Maps keep insertion order, so putting a key anew makes it the youngest. */
function remember<V>(table: Map<string, V>, key: string, value: V): void {
  table.delete(key);
  table.set(key, value);
  if (table.size <= capacity) return;
  for (const oldest of table.keys()) {
    table.delete(oldest);
    return;
  }
}
