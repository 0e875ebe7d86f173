/** Records of the redo log that SQLite does not have yet, and the values in them. */
import type { JournalEntry } from "../mvcc/journal.ts";
import type { RedoPlace, RedoRecord } from "./redo-tail.ts";

interface Held {
  readonly number: number;
  /** In the log. */
  readonly bytes: number;
  /** Sequences grow, within a record and from one to the next. */
  readonly sequences: readonly number[];
  readonly values: readonly Uint8Array[];
}

const NO_VALUE = new Uint8Array(0);

export class Unapplied {
  readonly #records: Held[];
  #bytes: number;

  constructor(tail: readonly RedoRecord[]) {
    this.#records = tail.map(({ number, bytes, content: { rows } }) => ({
      number,
      bytes,
      sequences: rows.map((row) => row.sequence),
      values: rows.map((row) => row.value),
    }));
    this.#bytes = tail.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** In the log. */
  get bytes(): number {
    return this.#bytes;
  }

  get bytesOfOldest(): number {
    return this.#records[0]?.bytes ?? 0;
  }

  /** Number of the oldest record. */
  get oldest(): number | undefined {
    return this.#records[0]?.number;
  }

  /** Number of the newest record; 0 without any. */
  get newest(): number {
    return this.#records.at(-1)?.number ?? 0;
  }

  add({ number, bytes }: RedoPlace, entries: readonly JournalEntry[]): void {
    const sequences: number[] = [];
    const values: Uint8Array[] = [];
    for (const { versions } of entries) {
      for (const { sequence, value } of versions) {
        sequences.push(sequence);
        values.push(value ?? NO_VALUE);
      }
    }
    this.#records.push({ number, bytes, sequences, values });
    this.#bytes += bytes;
  }

  /** Undefined for a row that SQLite has. */
  value(sequence: number): Uint8Array | undefined {
    for (let index = this.#records.length - 1; index >= 0; index--) {
      const { sequences, values } = this.#records[index] as Held;
      // A record of changes of leases has no rows.
      if (sequences[0] === undefined || sequences[0] > sequence) continue;
      return values[sequences.indexOf(sequence)];
    }
    return undefined;
  }

  /** The last of the oldest records that together have no more than so many bytes in the log; the oldest at least. */
  through(bytes: number): number {
    let sum = 0;
    let through = this.oldest ?? 0;
    for (const record of this.#records) {
      sum += record.bytes;
      if (sum > bytes) break;
      through = record.number;
    }
    return through;
  }

  /** SQLite has those up to this number. */
  drop(through: number): void {
    let count = 0;
    for (; (this.#records[count]?.number ?? Number.POSITIVE_INFINITY) <= through; count++) this.#bytes -= (this.#records[count] as Held).bytes;
    this.#records.splice(0, count);
  }
}
