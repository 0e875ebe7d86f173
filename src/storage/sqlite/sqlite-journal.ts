/**
 * Group commit: while one group of writes goes to the redo log, entries gather for the next, so that writers share a sync
 * however many they are. A lone writer waits for nobody. SQLite follows behind, in the worker: until it has, what was written
 * is held in memory, and read from there.
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Version } from "../mvcc/history.ts";
import type { Journal, JournalEntry, JournalEvents } from "../mvcc/journal.ts";
import { sizeOf } from "./inspect.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import { type Acknowledged, MarkNotes } from "./mark.ts";
import type { Answer, Command, Failure } from "./messages.ts";
import type { StoreReader } from "./reader.ts";
import type { RedoLog } from "./redo-log.ts";
import type { RedoPlace, RedoRecord } from "./redo-tail.ts";
import { storeError } from "./sqlite-error.ts";
import { Unapplied } from "./unapplied.ts";
import type { WorkerClient } from "./worker-client.ts";

/** A group takes no further entry beyond so many bytes of values. */
const GROUP_BYTES = 4 << 20;
/**
 * SQLite follows by so many bytes of the redo log a transaction: at once when nobody writes, and every so often while somebody
 * does, so that a burst has the disk to itself. When it is far behind, it follows all the time.
 */
const APPLY_BYTES = 2 << 20;
const APPLY_EVERY_MS = 100;
const FAR_BEHIND_BYTES = 48 << 20;
/** With less than that to do, it follows as late as this: a quiet cluster's heartbeats share its pages and its sync. */
const APPLY_AFTER_MS = 300_000;
/** What has failed is tried again after this, or when somebody looks for room. */
const RETRY_APPLY_MS = 10_000;
/** As etcd names it. */
const NO_SPACE = "NOSPACE";
/** A sync has failed. etcd has no name for it: it ends itself. */
const NO_SYNC = "NOSYNC";
/** Compaction goes in steps of this size, with other work of the worker in between. */
const ROWS_A_STEP = 2000;
const PAGES_A_STEP = 128;

function valueBytes(entry: JournalEntry): number {
  let bytes = 0;
  for (const { value } of entry.versions) bytes += value?.length ?? 0;
  return bytes;
}

/** What a group of writes takes in a log, with a few pages for its keys and for the tree above them. */
function roomFor(bytes: number): number {
  return 1.3 * bytes + 8 * PAGE_BYTES;
}

export interface SqliteJournalOptions {
  readonly path: string;
  readonly worker: WorkerClient;
  readonly reader: StoreReader;
  readonly redo: RedoLog;
  /** What SQLite does not have yet. */
  readonly tail: readonly RedoRecord[];
  /** What the whole holds. */
  readonly found: Acknowledged;
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
  readonly #marks: MarkNotes;
  #acknowledged: Acknowledged;
  #garbage: number[];
  #events: JournalEvents | undefined;
  #queue: JournalEntry[] = [];
  #writing = false;
  /** A look at the queue is due. */
  #scheduled = false;
  /** Runs while everything in the queue can wait, until the first of it no longer can. */
  #patience: { readonly until: number; readonly timer: Disposable } | undefined;
  readonly #unapplied: Unapplied;
  #applying: Promise<Answer> | undefined;
  #appliedAt = Number.NEGATIVE_INFINITY;
  #applyFailed = false;
  #applyTimer: { readonly at: number; readonly timer: Disposable } | undefined;
  /** Bytes that the last write would have needed, and did not find; otherwise 0. */
  #lacking: number;
  #syncs = 0;
  /** The last compaction asked for. */
  #compaction: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: SqliteJournalOptions) {
    this.#options = options;
    this.#acknowledged = options.found;
    this.#marks = new MarkNotes(options.path);
    this.#unapplied = new Unapplied(options.tail);
    this.#garbage = options.garbage.map((version) => version.sequence);
    this.#lacking = options.full ? roomFor(0) : 0;
  }

  get syncs(): number {
    return this.#syncs;
  }

  /**
   * Once, before anything else: has SQLite follow, so that nothing is served that stands in the kernel's memory only, where a sync may
   * have failed. A full disk keeps it from that, not the store from being read. Throws when something else does.
   */
  async begin(): Promise<void> {
    const answer = await this.#applyAll();
    if (!answer.ok && answer.kind !== "full") throw storeError(`cannot open store "${this.#options.path}"`, answer);
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
    return this.#unapplied.value(version.sequence) ?? this.#options.reader.value(version);
  }

  /** One at a time: a second compaction begins when the first has ended, either way. */
  compact(revision: number, newest: number, dropped: readonly Version[]): Promise<void> {
    const run = async () => {
      if (this.#failure !== undefined) throw compactError(this.#failure, this.#options.path);
      for (const version of dropped) this.#garbage.push(version.sequence);
      // What is dropped may be no further than the redo log.
      answered(await this.#applyAll(), this.#options.path);
      this.#options.redo.shorten();
      await this.#ask({ type: "compacted", revision, newest });
      await this.#dropGarbage();
      while ((await this.#ask({ type: "vacuum", pages: PAGES_A_STEP })) > 0);
    };
    this.#compaction = this.#compaction.then(run, run);
    return this.#compaction;
  }

  async sizeBytes(): Promise<number> {
    const { path, redo } = this.#options;
    return sizeOf(path) + sizeOf(walPath(path)) + redo.bytes;
  }

  /** Looks for room while there is none: nobody else may write, as long as the server is not ready. */
  async alarms(): Promise<readonly string[]> {
    const { worker, path } = this.#options;
    if (this.#failure !== undefined) return [NO_SYNC];
    if (this.#lacking === 0) return [];
    const { bfree, bsize } = await statfs(dirname(path));
    if (bfree * bsize < this.#lacking) return [NO_SPACE];
    // What is under way may have been refused before there was room.
    await this.#applying;
    const tried = this.#unapplied.isEmpty ? await worker.ask({ type: "probe" }) : await this.#apply();
    if (!tried.ok) return [NO_SPACE];
    this.#lacking = 0;
    return [];
  }

  async close(): Promise<void> {
    const { worker, reader, redo, logger, path } = this.#options;
    await this.#compaction.catch(() => undefined);
    this.#closing = true;
    this.#applyTimer?.timer[Symbol.dispose]();
    const applied = await this.#applyAll();
    reader.close();
    redo.close();
    await this.#marks.close();
    const closed = await worker.ask({ type: "close", clean: applied.ok });
    const failure = applied.ok ? closed : applied;
    if (!failure.ok) logger.warn({ path, reason: failure.message }, "store was not closed cleanly; nothing acknowledged is lost");
    await worker.exited;
  }

  /** After a failed sync nothing is written any more. */
  get #failure(): Failure | undefined {
    return this.#options.redo.failure ?? this.#options.worker.unsynced;
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
    // What is ahead of it in the queue goes as soon as the log is free, and takes it along.
    if (!alone || (this.#patience !== undefined && this.#patience.until <= until)) return;
    this.#patience?.timer[Symbol.dispose]();
    this.#patience = { until, timer: clock.after(ms, () => this.hasten()) };
  }

  /** Once this turn of the event loop is over: writers that were woken together go together. */
  #schedule(): void {
    if (this.#scheduled || this.#patience !== undefined || this.#writing || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#writing || this.#queue.length === 0) return;
    if (this.#failure !== undefined) {
      this.#fail(this.#failure);
      return;
    }
    const entries = this.#nextGroup();
    this.#writing = true;
    if (this.#options.redo.append(entries, (answer, place) => this.#written(entries, answer, place))) return;
    this.#queue.unshift(...entries);
    void this.#makeRoom();
  }

  /** The log is as long as it may be: SQLite has to follow before it can be written again. */
  async #makeRoom(): Promise<void> {
    const answer = await this.#apply();
    this.#writing = false;
    if (answer.ok) this.#schedule();
    else this.#fail(answer);
  }

  #nextGroup(): JournalEntry[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < GROUP_BYTES) {
      bytes += valueBytes(this.#queue[count] as JournalEntry);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #written(entries: readonly JournalEntry[], answer: Answer, place: RedoPlace): void {
    this.#writing = false;
    if (!answer.ok) {
      if (answer.kind === "full") this.#lacking = roomFor(entries.reduce((sum, entry) => sum + valueBytes(entry), 0));
      this.#fail(answer);
      return;
    }
    this.#syncs++;
    this.#unapplied.add(place, entries);
    this.#acknowledge(entries);
    this.#events?.durable(entries.length);
    this.#schedule();
    // When those who were answered have had their say: they may go on writing.
    setImmediate(() => this.#followSoon());
  }

  #acknowledge(entries: readonly JournalEntry[]): void {
    let { id, revision, leaseChanges } = this.#acknowledged;
    for (const { versions, granted, revoked } of entries) {
      revision = versions.at(-1)?.modRevision ?? revision;
      leaseChanges += Number(granted !== undefined) + Number(revoked !== undefined);
    }
    this.#acknowledged = { id, revision, leaseChanges };
    this.#marks.note(this.#acknowledged);
  }

  /** Entries in the queue were decided on top of those that failed. */
  #fail(failure: Failure): void {
    const { logger, path } = this.#options;
    logger.error({ path, reason: failure.message, kind: failure.kind }, "store cannot write");
    this.#queue = [];
    this.hasten();
    this.#events?.failed(storeError(`cannot write to store "${path}"`, failure));
  }

  #followSoon(): void {
    // After a failed sync there is nothing to be tried before the store is opened anew.
    if (this.#closing || this.#failure !== undefined || this.#unapplied.isEmpty || this.#applying !== undefined) return;
    const { clock } = this.#options;
    const delay = this.#followDelay(clock.now());
    if (delay === 0) {
      void this.#apply();
      return;
    }
    const at = clock.now() + delay;
    if (this.#applyTimer !== undefined && this.#applyTimer.at <= at) return;
    this.#applyTimer?.timer[Symbol.dispose]();
    this.#applyTimer = { at, timer: clock.after(delay, () => void this.#apply()) };
  }

  /** Milliseconds until SQLite should follow. */
  #followDelay(now: number): number {
    if (this.#applyFailed) return RETRY_APPLY_MS;
    if (this.#unapplied.bytes < APPLY_BYTES) return APPLY_AFTER_MS;
    const nobodyWrites = !this.#writing && this.#queue.length === 0;
    if (nobodyWrites || this.#unapplied.bytes >= FAR_BEHIND_BYTES) return 0;
    return Math.max(0, this.#appliedAt + APPLY_EVERY_MS - now);
  }

  /** Brings what was there when it was called into SQLite. */
  async #applyAll(): Promise<Answer> {
    const newest = this.#unapplied.newest;
    let answer: Answer = { ok: true, value: 0 };
    while (answer.ok && (this.#unapplied.oldest ?? Number.POSITIVE_INFINITY) <= newest) answer = await this.#apply();
    return answer;
  }

  /** Brings some of it into SQLite, one transaction at a time. */
  #apply(): Promise<Answer> {
    this.#applyTimer?.timer[Symbol.dispose]();
    this.#applyTimer = undefined;
    this.#applying ??= this.#applySome().finally(() => {
      this.#applying = undefined;
      this.#appliedAt = this.#options.clock.now();
      this.#followSoon();
    });
    return this.#applying;
  }

  async #applySome(): Promise<Answer> {
    const { worker, redo, logger, path } = this.#options;
    // Where there was no room, as little as possible.
    const through = this.#unapplied.through(this.#lacking === 0 ? APPLY_BYTES : 1);
    const answer = await worker.ask({ type: "apply", through });
    this.#applyFailed = !answer.ok;
    if (answer.ok) {
      this.#syncs++;
      this.#unapplied.drop(through);
      redo.applied(through);
      this.#lacking = 0;
      return answer;
    }
    if (answer.kind === "full") return this.#applyLess(answer);
    logger.error({ path, reason: answer.message, kind: answer.kind }, "store cannot bring its redo log into its main file");
    return answer;
  }

  #applyLess(failure: Failure): Promise<Answer> | Answer {
    const triedLeast = this.#lacking !== 0;
    this.#lacking = roomFor(this.#unapplied.bytesOfOldest);
    return triedLeast ? failure : this.#applySome();
  }

  async #ask(command: Command): Promise<number> {
    const value = answered(await this.#options.worker.ask(command), this.#options.path);
    this.#syncs++;
    return value;
  }
}

function answered(answer: Answer, path: string): number {
  if (answer.ok) return answer.value;
  throw compactError(answer, path);
}

function compactError(failure: Failure, path: string): Error {
  return storeError(`cannot compact store "${path}"`, failure);
}
