/** Pods a domain, and the fewest of any: kept exact in constant time when a pod is added or taken away. */
export class DomainCounts {
  readonly #counts = new Map<string, number>();
  /** Count -> how many domains have it. */
  readonly #domainsWith = new Map<number, number>();
  #min = 0;

  /** The domains there are, each with its pods. */
  constructor(counts: ReadonlyMap<string, number>) {
    let min = Number.POSITIVE_INFINITY;
    for (const [domain, count] of counts) {
      this.#counts.set(domain, count);
      this.#domainsWith.set(count, (this.#domainsWith.get(count) ?? 0) + 1);
      if (count < min) min = count;
    }
    this.#min = counts.size === 0 ? 0 : min;
  }

  get size(): number {
    return this.#counts.size;
  }

  get min(): number {
    return this.#min;
  }

  of(domain: string): number {
    return this.#counts.get(domain) ?? 0;
  }

  /** One pod more (+1) or less (-1). Does nothing for a domain that is not known. */
  change(domain: string, delta: 1 | -1): void {
    const before = this.#counts.get(domain);
    if (before === undefined) return;
    const after = before + delta;
    this.#counts.set(domain, after);
    const left = (this.#domainsWith.get(before) ?? 0) - 1;
    this.#domainsWith.set(before, left);
    this.#domainsWith.set(after, (this.#domainsWith.get(after) ?? 0) + 1);
    if (after < this.#min || (before === this.#min && left === 0)) this.#min = after;
  }
}
