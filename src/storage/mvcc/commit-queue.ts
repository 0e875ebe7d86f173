/** Entries on their way to the journal: keeps who waits for which, in order, and tells them. */
import type { JournalEntry } from "./journal.ts";

interface Pending {
  readonly entry: JournalEntry;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class CommitQueue {
  #pending: Pending[] = [];
  #newest: Promise<void> = Promise.resolve();

  /** Resolves when the entry is durable. */
  add(entry: JournalEntry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ entry, promise, resolve, reject });
    this.#newest = promise;
    return promise;
  }

  /** Resolves when everything added so far is durable: for answers that were derived from it. */
  settled(): Promise<void> {
    return this.#pending.length === 0 ? Promise.resolve() : this.#newest;
  }

  /** The oldest `count` entries are durable; returns them. `announce` runs before those who wait. */
  durable(count: number, announce: (entries: readonly JournalEntry[]) => void): void {
    const done = this.#pending.splice(0, count);
    announce(done.map((pending) => pending.entry));
    for (const pending of done) pending.resolve();
  }

  failed(error: Error): void {
    const failed = this.#pending.splice(0);
    for (const { promise, reject } of failed) {
      // Whoever added it handles the failure; this keeps a failure nobody waits for any more from ending the process.
      promise.catch(() => undefined);
      reject(error);
    }
  }
}
