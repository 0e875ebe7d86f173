/**
 * Long stretches of bytes that many objects have in common, each kept once. Only its holders keep a stretch alive: the
 * table refers to it weakly.
 */
import { RecentMap } from "./recent-map.ts";

/** Of texts that have been met only once. */
const remembered = 512;
/** Dead entries are looked for when the table has grown by so many, and to twice what was left the last time. */
const sweepAfter = 64;

/** One of them. */
export interface SharedText {
  /** Latin-1. */
  readonly text: string;
  readonly bytes: Buffer;
  /** What it was last seen at the beginning of: then that may be where it is seen again. */
  run: SharedText | undefined;
}

export class SharedTexts {
  readonly #known = new Map<string, WeakRef<SharedText>>();
  /** A text that nobody else turns out to have is not worth an entry. */
  readonly #met = new RecentMap<string, true>(remembered);
  #sweepAt = sweepAfter;

  /** Entries of the table, those included whose text may be gone. */
  get size(): number {
    return this.#known.size;
  }

  /** The one copy of the bytes from `start` to `end`; undefined when they have not been met before. `text`: all of them, as Latin-1. */
  share(bytes: Buffer, text: string, start: number, end: number): SharedText | undefined {
    const known = this.#known.get(text.slice(start, end))?.deref();
    if (known !== undefined) return known;
    // A copy: as a key, a part of the text would keep all of it.
    const own = bytes.toString("latin1", start, end);
    if (this.#met.get(own) === undefined) {
      this.#met.set(own, true);
      return undefined;
    }
    return this.#add(own);
  }

  #add(text: string): SharedText {
    // In memory of its own: in node's pool it would keep its neighbours alive.
    const bytes = Buffer.allocUnsafeSlow(text.length);
    bytes.write(text, "latin1");
    const added: SharedText = { text, bytes, run: undefined };
    this.#known.set(text, new WeakRef(added));
    if (this.#known.size >= this.#sweepAt) this.#sweep();
    return added;
  }

  #sweep(): void {
    for (const [text, reference] of this.#known) if (reference.deref() === undefined) this.#known.delete(text);
    this.#sweepAt = 2 * this.#known.size + sweepAfter;
  }
}
