/**
 * Bounds how many sandboxes and containers are being created at a time. A machine of few cores starts fifty pods no
 * sooner by starting them all at once, but the first of them much later; those nearest to running go first.
 */
export class StartGate {
  #free: number;
  /** Containers of pods that have their sandbox already, then sandboxes; each in the order of asking. */
  readonly #waiting: { readonly container: (() => void)[]; readonly sandbox: (() => void)[] } = { container: [], sandbox: [] };

  constructor(slots: number) {
    this.#free = slots;
  }

  async run<T>(kind: "container" | "sandbox", start: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting[kind].push(resolve));
    try {
      return await start();
    } finally {
      const next = this.#waiting.container.shift() ?? this.#waiting.sandbox.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
