/**
 * Group commit: while the worker syncs batches, entries gather for the next, so that writers share a sync however many
 * they are. A lone writer waits for nobody.
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Version } from "../mvcc/history.ts";
import type { Journal, JournalEntry, JournalEvents } from "../mvcc/journal.ts";
import { packBatch } from "./batch.ts";
import { sizeOf } from "./inspect.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import type { Answer, Command } from "./messages.ts";
import type { StoreReader } from "./reader.ts";
import { storeError } from "./sqlite-error.ts";
import type { WorkerClient } from "./worker-client.ts";

/** A batch takes no further entry beyond so many bytes of values. */
const BATCH_BYTES = 8 << 20;
/** Room for 100 rows of 2 KB; larger batches bring their own. */
const SHARED_BYTES = 256 << 10;
/** Two batches are under way: one is prepared and written while the other is synced and answered. */
const MAX_IN_FLIGHT = 2;
/**
 * Writers that keep coming together are split in two groups that take turns, unless they are this few. Where a sync takes no
 * longer than writing 32 rows of 2 KB, a few tenths of a millisecond, one is done beside the other. Where it takes longer,
 * smaller groups would only wait for each other's syncs.
 */
const MIN_BATCH = { cheapSyncs: 32, dearSyncs: 64 };
const CHEAP_SYNC_MS = 0.4;
/** As etcd names it. */
const NO_SPACE = "NOSPACE";
/** A sync has failed. etcd has no name for it: it ends itself. */
const NO_SYNC = "NOSYNC";
/** Compaction goes in steps of this size, with commits in between. */
const ROWS_A_STEP = 2000;
const PAGES_A_STEP = 256;

function valueBytes(entry: JournalEntry): number {
  let bytes = 0;
  for (const { value } of entry.versions) bytes += value?.length ?? 0;
  return bytes;
}

/** What a group of writes takes in the log, with a few pages for its keys and for the tree above them. */
function roomFor(bytes: number): number {
  return 1.3 * bytes + 8 * PAGE_BYTES;
}

export interface SqliteJournalOptions {
  readonly path: string;
  readonly worker: WorkerClient;
  readonly reader: StoreReader;
  readonly logger: Logger;
  /** Rows to remove that were left over. */
  readonly garbage: readonly Version[];
  readonly clock: Clock;
  /** There was no room for writing when it was opened. */
  readonly full: boolean;
}

export class SqliteJournal implements Journal {
  /** Enough for watchers to be served what just happened; older values are read from the file. */
  readonly heldBytes = 8 << 20;
  readonly #options: SqliteJournalOptions;
  #garbage: number[];
  #events: JournalEvents | undefined;
  #queue: JournalEntry[] = [];
  #inFlight = 0;
  /** Memory for batches of the usual size, used over and over: none to allocate, none to collect. */
  readonly #spare = Array.from({ length: MAX_IN_FLIGHT }, () => new SharedArrayBuffer(SHARED_BYTES));
  /** A look at the queue is due. */
  #scheduled = false;
  /** Runs while everything in the queue can wait, until the first of it no longer can. */
  #patience: { readonly until: number; readonly timer: Disposable } | undefined;
  /** Grows with every failure; the worker refuses batches of a generation in which one has failed. */
  #generation = 0;
  /** Bytes that the last write would have needed, and did not find; otherwise 0. */
  #lacking: number;
  /** The last compaction asked for. */
  #compaction: Promise<void> = Promise.resolve();

  constructor(options: SqliteJournalOptions) {
    this.#options = options;
    this.#garbage = options.garbage.map((version) => version.sequence);
    this.#lacking = options.full ? roomFor(0) : 0;
  }

  attach(events: JournalEvents): void {
    this.#events = events;
  }

  append(entry: JournalEntry): void {
    this.#queue.push(entry);
    if (entry.patienceMs) this.#waitForCompany(entry.patienceMs);
    else this.hasten();
  }

  hasten(): void {
    this.#patience?.timer[Symbol.dispose]();
    this.#patience = undefined;
    this.#schedule();
  }

  read(version: Version): Uint8Array {
    return this.#options.reader.value(version);
  }

  /** One at a time: a second compaction begins when the first has ended, either way. */
  compact(revision: number, newest: number, dropped: readonly Version[]): Promise<void> {
    const run = async () => {
      for (const version of dropped) this.#garbage.push(version.sequence);
      await this.#ask({ type: "compacted", revision, newest });
      await this.#dropGarbage();
      while ((await this.#ask({ type: "vacuum", pages: PAGES_A_STEP })) > 0);
    };
    this.#compaction = this.#compaction.then(run, run);
    return this.#compaction;
  }

  async sizeBytes(): Promise<number> {
    return sizeOf(this.#options.path) + sizeOf(walPath(this.#options.path));
  }

  /** Looks for room while there is none: nobody else may write, as long as the server is not ready. */
  async alarms(): Promise<readonly string[]> {
    if (this.#options.worker.unsynced) return [NO_SYNC];
    if (this.#lacking === 0) return [];
    const { bfree, bsize } = await statfs(dirname(this.#options.path));
    if (bfree * bsize < this.#lacking) return [NO_SPACE];
    const tried = await this.#options.worker.ask({ type: "probe" });
    if (!tried.ok) return [NO_SPACE];
    this.#lacking = 0;
    return [];
  }

  async close(): Promise<void> {
    const { worker, reader, logger, path } = this.#options;
    await this.#compaction.catch(() => undefined);
    reader.close();
    const answer = await worker.ask({ type: "close", clean: true });
    if (!answer.ok) logger.warn({ path, reason: answer.message }, "store was not closed cleanly; nothing acknowledged is lost");
    await worker.exited;
  }

  async #dropGarbage(): Promise<void> {
    while (this.#garbage.length > 0) {
      await this.#ask({ type: "drop", sequences: this.#garbage.slice(-ROWS_A_STEP) });
      this.#garbage.length = Math.max(0, this.#garbage.length - ROWS_A_STEP);
    }
  }

  #waitForCompany(ms: number): void {
    const { clock } = this.#options;
    const until = clock.now() + ms;
    const alone = this.#queue.length === 1 || this.#patience !== undefined;
    // What is ahead of it in the queue goes as soon as the worker is free, and takes it along.
    if (!alone || (this.#patience !== undefined && this.#patience.until <= until)) return;
    this.#patience?.timer[Symbol.dispose]();
    this.#patience = { until, timer: clock.after(ms, () => this.hasten()) };
  }

  /** Once this turn of the event loop is over: writers that were woken together go together. */
  #schedule(): void {
    if (this.#scheduled || this.#patience !== undefined || this.#inFlight === MAX_IN_FLIGHT || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
      this.#schedule();
    });
  }

  #send(): void {
    const entries = this.#nextBatch();
    if (entries.length === 0) return;
    const generation = this.#generation;
    const shared = this.#spare.pop();
    this.#inFlight++;
    this.#options.worker.send({ type: "commit", batch: packBatch(entries, shared), generation }, (answer) => {
      this.#inFlight--;
      if (shared !== undefined) this.#spare.push(shared);
      // What failed with an earlier batch has been reported with it.
      if (generation === this.#generation) this.#answered(entries, answer);
      this.#schedule();
    });
  }

  #nextBatch(): JournalEntry[] {
    const { syncMs = Number.POSITIVE_INFINITY } = this.#options.worker;
    const least = syncMs < CHEAP_SYNC_MS ? MIN_BATCH.cheapSyncs : MIN_BATCH.dearSyncs;
    const most = Math.max(least, Math.ceil(this.#queue.length / (MAX_IN_FLIGHT - this.#inFlight)));
    let bytes = 0;
    let count = 0;
    while (count < Math.min(most, this.#queue.length) && bytes < BATCH_BYTES) {
      bytes += valueBytes(this.#queue[count] as JournalEntry);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #answered(entries: readonly JournalEntry[], answer: Answer): void {
    if (answer.ok) {
      this.#lacking = 0;
      this.#events?.durable(entries.length);
    } else this.#fail(entries, answer);
  }

  /** Entries in the queue and in later batches were decided on top of those that failed. */
  #fail(entries: readonly JournalEntry[], answer: Answer & { ok: false }): void {
    const { logger, path } = this.#options;
    logger.error({ path, reason: answer.message, kind: answer.kind }, "store cannot write");
    this.#generation++;
    if (answer.kind === "full") this.#lacking = roomFor(entries.reduce((sum, entry) => sum + valueBytes(entry), 0));
    this.#queue = [];
    this.hasten();
    this.#events?.failed(storeError(`cannot write to store "${path}"`, answer));
  }

  async #ask(command: Command): Promise<number> {
    const answer = await this.#options.worker.ask(command);
    if (answer.ok) return answer.value;
    throw storeError(`cannot compact store "${this.#options.path}"`, answer);
  }
}
