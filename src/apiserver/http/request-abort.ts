/** What ends a request early: its peer has gone, its time is up, or the server ends. */
export class RequestAbort {
  readonly #controller = new AbortController();
  #isOver = false;
  /** Of the race, while it lasts. A listener of the signal would do, at several times the cost. */
  #reject: ((reason: unknown) => void) | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** After the race nobody listens any more, and telling nobody takes time too. */
  abort(reason: Error): void {
    if (this.#isOver) return;
    this.#controller.abort(reason);
    this.#reject?.(reason);
  }

  /** Settles as the work does, or rejects at once with the reason of an abort: work need not listen to the signal. To be called once. */
  race(work: Promise<void>): Promise<void> {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (signal.aborted) reject(signal.reason);
      const settled = (settle: () => void) => () => {
        this.#isOver = true;
        settle();
      };
      work.then(settled(resolve), (error: unknown) => settled(() => reject(error))());
    });
  }
}
