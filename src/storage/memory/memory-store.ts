/** The store in memory, for tests and throw-away clusters: the whole contract, nothing on disk. */
import type { Clock } from "../../machinery/clock.ts";
import type { Journal, JournalEntry, JournalEvents } from "../mvcc/journal.ts";
import { MvccStore } from "../mvcc/mvcc-store.ts";

export interface MemoryStoreOptions {
  /** Ends leases. */
  readonly clock: Clock;
}

export function createMemoryStore(options: MemoryStoreOptions): MvccStore {
  return new MvccStore({ clock: options.clock, journal: new NoJournal() });
}

/** Everything is as durable as it gets at once. */
class NoJournal implements Journal {
  readonly heldBytes = Number.POSITIVE_INFINITY;
  readonly syncs = 0;
  #events: JournalEvents | undefined;

  attach(events: JournalEvents): void {
    this.#events = events;
  }

  append(_entry: JournalEntry): void {
    this.#events?.durable(1);
  }

  hasten(): void {}

  read(): never {
    throw new Error("cannot read value: a store in memory holds every value");
  }

  async compact(): Promise<void> {}

  async sizeBytes(): Promise<number> {
    return 0;
  }

  async alarms(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {}
}
