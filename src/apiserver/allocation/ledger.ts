/** Who holds which values: cluster IPs or node ports. An owner is the uid of a Service. */

export class Ledger<T> {
  readonly #owners = new Map<T, string>();
  readonly #held = new Map<string, Set<T>>();

  ownerOf(value: T): string | undefined {
    return this.#owners.get(value);
  }

  heldBy(owner: string): ReadonlySet<T> {
    return this.#held.get(owner) ?? new Set();
  }

  /** False when somebody else has it. */
  take(value: T, owner: string): boolean {
    const current = this.#owners.get(value);
    if (current !== undefined) return current === owner;
    this.#owners.set(value, owner);
    const held = this.#held.get(owner) ?? new Set<T>();
    this.#held.set(owner, held.add(value));
    return true;
  }

  /** Does nothing when `owner` does not have it. */
  release(value: T, owner: string): void {
    if (this.#owners.get(value) !== owner) return;
    this.#owners.delete(value);
    const held = this.#held.get(owner);
    held?.delete(value);
    if (held?.size === 0) this.#held.delete(owner);
  }

  /** Makes `owner` hold exactly these, as far as they are free. */
  settle(values: ReadonlySet<T>, owner: string): void {
    for (const value of [...this.heldBy(owner)]) if (!values.has(value)) this.release(value, owner);
    for (const value of values) this.take(value, owner);
  }
}
