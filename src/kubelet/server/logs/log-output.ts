/** Entries of a log file into the bytes a client sees: filtered, prefixed, cut at the limit. */
import { type Instant, readInstant } from "../../../machinery/time.ts";
import { fixedTimestamp, type LogEntry } from "./log-entry.ts";
import type { LogQuery } from "./log-query.ts";

export class LogOutput {
  readonly #query: LogQuery;
  #left: number;
  /** Whether the next entry begins a line: what follows a partial entry belongs to its line and gets no timestamp. */
  #atLineStart = true;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The limit has been reached: nothing will come any more. */
  get full(): boolean {
    return this.#left <= 0;
  }

  /** What is to be written for this entry; empty when it is left out. */
  format(entry: LogEntry): Buffer {
    const { since, stream, timestamps } = this.#query;
    if (stream !== undefined && entry.stream !== stream) return nothing;
    if (since !== undefined && isBefore(entry.timestamp, since)) return nothing;
    const begins = this.#atLineStart;
    this.#atLineStart = !entry.partial;
    const text = timestamps && begins ? Buffer.concat([Buffer.from(`${fixedTimestamp(entry.timestamp)} `), entry.content]) : entry.content;
    const cut = text.length > this.#left ? text.subarray(0, this.#left) : text;
    this.#left -= cut.length;
    return cut;
  }
}

const nothing = Buffer.alloc(0);

function isBefore(timestamp: string, since: Instant): boolean {
  const at = readInstant(timestamp);
  if (at === undefined) return false;
  return at.seconds < since.seconds || (at.seconds === since.seconds && at.nanos < since.nanos);
}
