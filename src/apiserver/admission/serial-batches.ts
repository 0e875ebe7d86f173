/** Work that must be done one after the other for each key, and is cheaper for several at once: what comes meanwhile waits. */

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What became of an item: undefined, or the error that its submitter gets. */
export type Outcome = { readonly error: unknown } | undefined;

export class SerialBatches<T> {
  readonly #waiting = new Map<string, Waiting<T>[]>();
  readonly #process: (key: string, items: readonly T[]) => Promise<readonly Outcome[]>;

  /** `process` gives an outcome for each item. What it throws all of them get. */
  constructor(process: (key: string, items: readonly T[]) => Promise<readonly Outcome[]>) {
    this.#process = process;
  }

  submit(key: string, item: T): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) waiting.push({ item, resolve, reject });
    else {
      this.#waiting.set(key, [{ item, resolve, reject }]);
      void this.#work(key);
    }
    return promise;
  }

  /** Runs while there is work for the key. */
  async #work(key: string): Promise<void> {
    for (let batch = this.#take(key); batch.length > 0; batch = this.#take(key)) {
      try {
        const outcomes = await this.#process(
          key,
          batch.map(({ item }) => item),
        );
        for (const [index, { resolve, reject }] of batch.entries()) {
          const outcome = outcomes[index];
          if (outcome === undefined) resolve();
          else reject(outcome.error);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#waiting.delete(key);
  }

  #take(key: string): Waiting<T>[] {
    const batch = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, []);
    return batch;
  }
}
