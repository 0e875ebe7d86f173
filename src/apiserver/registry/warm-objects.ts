/**
 * The objects that are kept parsed, of all those that are stored: those read or written lately. The oldest goes first,
 * unless somebody has read it since its last turn.
 */

export interface Coolable {
  /** Of its JSON; parsed it takes about twice as much. */
  readonly wireLength: number;
  /** Whether it was read since this was last asked. */
  readSinceAsked(): boolean;
  /** Lets go of the parsed object. */
  cool(): void;
}

export class WarmObjects {
  readonly #limitBytes: number;
  /** From `#oldest` on, in the order of their turns. */
  #queue: (Coolable | undefined)[] = [];
  #oldest = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** JSON bytes of what is kept parsed; above the limit only where one object alone is. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#queue.length - this.#oldest;
  }

  /** It has just been parsed, or written; it is not being kept yet. */
  keep(object: Coolable): void {
    this.#queue.push(object);
    this.#bytes += object.wireLength;
    while (this.#bytes > this.#limitBytes && this.size > 1) this.#turn();
  }

  #turn(): void {
    const oldest = this.#queue[this.#oldest]!;
    this.#queue[this.#oldest++] = undefined;
    if (this.#oldest > 1024 && this.#oldest > this.#queue.length / 2) {
      this.#queue = this.#queue.slice(this.#oldest);
      this.#oldest = 0;
    }
    if (oldest.readSinceAsked()) {
      this.#queue.push(oldest);
      return;
    }
    this.#bytes -= oldest.wireLength;
    oldest.cool();
  }
}
