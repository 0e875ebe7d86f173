/** Hands out equal blocks of one CIDR, lowest first, going round so that a released block rests for a while. */
import { bitsOf, type Cidr, cidrContains, cidrText, networkOf, parseCidr } from "../../machinery/ip.ts";

export class CidrSet {
  readonly #block: Cidr;
  readonly #prefix: number;
  readonly #count: number;
  readonly #used = new Set<number>();
  #next = 0;

  /** `prefix` of the blocks to hand out, such as 24. */
  constructor(block: string, prefix: number) {
    const parsed = parseCidr(block);
    if (parsed === undefined) throw new Error(`cannot allocate from "${block}": not a CIDR`);
    if (prefix < parsed.prefix || prefix - parsed.prefix > 16) {
      throw new Error(`cannot allocate /${prefix} blocks from ${block}: the mask must be between /${parsed.prefix} and /${parsed.prefix + 16}`);
    }
    this.#block = networkOf(parsed);
    this.#prefix = prefix;
    this.#count = 2 ** (prefix - parsed.prefix);
  }

  get family(): 4 | 6 {
    return this.#block.family;
  }

  get free(): number {
    return this.#count - this.#used.size;
  }

  /** undefined when none is left. */
  allocate(): string | undefined {
    if (this.free === 0) return undefined;
    while (this.#used.has(this.#next)) this.#next = (this.#next + 1) % this.#count;
    const index = this.#next;
    this.#used.add(index);
    this.#next = (index + 1) % this.#count;
    return this.#textOf(index);
  }

  /** Marks a block as used that was handed out before; false when it is none of ours. */
  occupy(text: string): boolean {
    const index = this.#indexOf(text);
    if (index === undefined) return false;
    this.#used.add(index);
    return true;
  }

  release(text: string): void {
    const index = this.#indexOf(text);
    if (index !== undefined) this.#used.delete(index);
  }

  #blockSize(): bigint {
    return 1n << BigInt(bitsOf(this.#block.family) - this.#prefix);
  }

  #textOf(index: number): string {
    return cidrText({ family: this.#block.family, value: this.#block.value + BigInt(index) * this.#blockSize(), prefix: this.#prefix });
  }

  #indexOf(text: string): number | undefined {
    const cidr = parseCidr(text);
    if (cidr === undefined || cidr.prefix !== this.#prefix || !cidrContains(this.#block, cidr)) return undefined;
    return Number((cidr.value - this.#block.value) / this.#blockSize());
  }
}
