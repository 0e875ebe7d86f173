/** Which leases there are, when they end and which keys hang on them. Pure: time comes in as an argument. */
import { type Lease, LeaseNotFoundError } from "../store.ts";

interface Entry {
  readonly lease: Lease;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  readonly keys: Set<string>;
}

export interface LeaseDescription extends Lease {
  readonly remainingMs: number;
  readonly keys: readonly string[];
}

export class LeaseTable {
  readonly #entries = new Map<number, Entry>();

  grant(lease: Lease, now: number): void {
    this.#entries.set(lease.id, { lease, expiresAt: now + lease.ttlSeconds * 1000, keys: new Set() });
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  renew(id: number, now: number): Lease {
    const entry = this.#entry(id);
    entry.expiresAt = now + entry.lease.ttlSeconds * 1000;
    return entry.lease;
  }

  /** What there is to know of a lease. Throws LeaseNotFoundError. */
  describe(id: number, now: number): LeaseDescription {
    const { lease, expiresAt, keys } = this.#entry(id);
    return { ...lease, remainingMs: Math.max(0, expiresAt - now), keys: [...keys] };
  }

  all(): Lease[] {
    return [...this.#entries.values()].map((entry) => entry.lease);
  }

  /** Puts off a lease whose revocation failed. */
  postpone(id: number, until: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.expiresAt = until;
  }

  keys(id: number): string[] {
    return [...this.#entry(id).keys];
  }

  /** Removes the lease and returns what puts it back as it was. */
  remove(id: number): () => void {
    const entry = this.#entry(id);
    this.#entries.delete(id);
    return () => void this.#entries.set(id, entry);
  }

  bind(id: number, key: string): void {
    this.#entries.get(id)?.keys.add(key);
  }

  unbind(id: number, key: string): void {
    this.#entries.get(id)?.keys.delete(key);
  }

  expired(now: number): number[] {
    return [...this.#entries.values()].filter((entry) => entry.expiresAt <= now).map((entry) => entry.lease.id);
  }

  /** When the next lease ends; undefined without leases. */
  nextExpiry(): number | undefined {
    let next: number | undefined;
    for (const entry of this.#entries.values()) if (next === undefined || entry.expiresAt < next) next = entry.expiresAt;
    return next;
  }

  #entry(id: number): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new LeaseNotFoundError(id);
    return entry;
  }
}
