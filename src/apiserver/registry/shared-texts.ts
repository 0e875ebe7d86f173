/**
 * Long stretches of bytes that many objects have in common, each kept once. Only its holders keep a stretch alive: the
 * table refers to it weakly.
 */
import { RecentMap } from "./recent-map.ts";

/** Of texts that have been met only once. */
const remembered = 512;
/** Dead entries are looked for when the table has grown by so many, and to twice what was left the last time. */
const sweepAfter = 64;

export class SharedTexts {
  readonly #known = new Map<string, WeakRef<Buffer>>();
  /** A text that nobody else turns out to have is not worth an entry. */
  readonly #met = new RecentMap<string, true>(remembered);
  #sweepAt = sweepAfter;

  /** Entries of the table, those included whose text may be gone. */
  get size(): number {
    return this.#known.size;
  }

  /** The one copy of the bytes from `start` to `end`; undefined when they have not been met before. `text`: they, as Latin-1. */
  share(bytes: Buffer, start: number, end: number, text = bytes.toString("latin1", start, end)): Buffer | undefined {
    const known = this.#known.get(text)?.deref();
    if (known !== undefined) return known;
    if (this.#met.get(text) === undefined) {
      this.#met.set(text, true);
      return undefined;
    }
    return this.#add(text, bytes, start, end);
  }

  #add(text: string, bytes: Buffer, start: number, end: number): Buffer {
    // In memory of its own: in node's pool it would keep its neighbours alive.
    const copy = Buffer.allocUnsafeSlow(end - start);
    bytes.copy(copy, 0, start, end);
    this.#known.set(text, new WeakRef(copy));
    if (this.#known.size >= this.#sweepAt) this.#sweep();
    return copy;
  }

  #sweep(): void {
    for (const [text, reference] of this.#known) if (reference.deref() === undefined) this.#known.delete(text);
    this.#sweepAt = 2 * this.#known.size + sweepAfter;
  }
}
