/** Turns versions into what callers are given, and bounds how many values stay in memory. */
import type { KeyValue, StoreEvent } from "../store.ts";
import { alive, type History, type Version } from "./history.ts";
import type { Journal } from "./journal.ts";

const NO_VALUE = new Uint8Array(0);

export class Values {
  readonly #history: History;
  readonly #journal: Journal;
  /** Versions in the log below this index hold no value, unless the journal wants all of them held. */
  #firstHeld = 0;
  #heldBytes = 0;

  constructor(history: History, journal: Journal) {
    this.#history = history;
    this.#journal = journal;
  }

  keyValue(version: Version): KeyValue {
    const { key, createRevision, modRevision, lease } = version;
    return { key, value: this.value(version), createRevision, modRevision, lease, version: version.version };
  }

  /** Without the value, which may have to be read. */
  key({ key, createRevision, modRevision, lease, version }: Version): KeyValue {
    return { key, value: NO_VALUE, createRevision, modRevision, lease, version };
  }

  value(version: Version): Uint8Array {
    return version.value ?? this.#journal.read(version);
  }

  /** The event of a version above the compaction. Kept while its value is, so that many watchers share one. */
  event(version: Version): StoreEvent {
    if (version.event !== undefined) return version.event;
    const older = alive(version.older);
    const event: StoreEvent = {
      type: version.createRevision === 0 ? "delete" : "put",
      kv: this.keyValue(version),
      previous: older === undefined ? undefined : this.keyValue(older),
    };
    if (version.value !== undefined) version.event = event;
    return event;
  }

  /** Counts the values of versions that have become durable, and lets go of the oldest beyond the bound. */
  hold(versions: readonly Version[]): void {
    for (const version of versions) this.#heldBytes += version.value?.length ?? 0;
    while (this.#heldBytes > this.#journal.heldBytes) {
      const version = this.#history.version(this.#firstHeld);
      if (version === undefined || version.sequence > (versions.at(-1)?.sequence ?? 0)) return;
      this.#release(version);
      this.#firstHeld++;
    }
  }

  /** Before the log loses its first `count` versions to a compaction. Values that are still current stay readable in the journal. */
  forget(count: number): void {
    for (let index = this.#firstHeld; index < count; index++) {
      const version = this.#history.version(index);
      if (version === undefined) continue;
      if (this.#journal.heldBytes === Number.POSITIVE_INFINITY) version.event = undefined;
      else this.#release(version);
    }
    this.#firstHeld = Math.max(0, this.#firstHeld - count);
  }

  #release(version: Version): void {
    this.#heldBytes -= version.value?.length ?? 0;
    version.value = undefined;
    version.event = undefined;
  }
}
