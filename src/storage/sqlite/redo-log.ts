/**
 * PATH.redo, the writing side: what was decided goes here first, a record a group of writes, and is durable with it. SQLite
 * follows behind, many records a transaction, and their room is used again. A record is written through a descriptor that
 * syncs what it writes (O_DSYNC), in one call on libuv's threads: no thread of ours has to be woken.
 */
import { closeSync, constants, ftruncate, open, write, writev } from "node:fs";
import type { JournalEntry } from "../mvcc/journal.ts";
import { undergoing } from "./log-file.ts";
import type { Answer, Failure } from "./messages.ts";
import { REDO_PAGE_BYTES, RecordBuffer } from "./redo-record.ts";
import { type RedoPlace, redoPath } from "./redo-tail.ts";
import { errorKind, errorMessage } from "./sqlite-error.ts";

/** The log grows up to here while SQLite is behind; after that, writers wait for it. */
const LIMIT_BYTES = 64 << 20;
/**
 * Writing where the file has been written before leaves its file system nothing else to sync, so under load it grows by steps of this
 * size. A small one does not: the kernel would keep it in large stretches, and count each as written with every record in it.
 */
const GROWTH_BYTES = 2 << 20;
const SMALL_BYTES = 1 << 20;
/** What is left of it after a burst. */
const KEPT_BYTES = 4 << 20;

export interface RedoLogOptions {
  readonly path: string;
  /** Of the store. */
  readonly id: number;
  /** The number of the next record. */
  readonly next: number;
  /** Records that SQLite does not have yet, in order. */
  readonly unapplied: readonly RedoPlace[];
  /** Of the file. */
  readonly bytes: number;
  /** The log grows up to here while SQLite is behind. Absent: 64 MB. */
  readonly limitBytes?: number;
  /** As in WorkerInput. */
  readonly syncFault?: SharedArrayBuffer;
}

export type Written = (answer: Answer, place: RedoPlace) => void;

const ZEROS = new Uint8Array(GROWTH_BYTES);
const DONE: Answer = { ok: true, value: 0 };

export class RedoLog {
  readonly #path: string;
  readonly #id: number;
  readonly #syncFault: SharedArrayBuffer | undefined;
  readonly #limitBytes: number;
  readonly #buffer = new RecordBuffer();
  #next: number;
  #unapplied: RedoPlace[];
  /** Of the file: room that is there already costs no growing. */
  #bytes: number;
  #file: number | undefined;
  #failure: Failure | undefined;
  #shortenNext = false;

  constructor(options: RedoLogOptions) {
    this.#path = redoPath(options.path);
    this.#id = options.id;
    this.#syncFault = options.syncFault;
    this.#next = options.next;
    this.#unapplied = [...options.unapplied];
    this.#bytes = options.bytes;
    this.#limitBytes = options.limitBytes ?? LIMIT_BYTES;
  }

  /** Of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How a write has failed in a way that says nothing of what is on the disk: there are no more. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * Writes the entries as one record, and calls `written` once it is durable, or has failed and will never be there. One at a
   * time. False when there is no room before more has been applied; then nothing happens.
   */
  append(entries: readonly JournalEntry[], written: Written): boolean {
    const packed = this.#buffer.pack(entries, { id: this.#id, number: this.#next });
    const at = this.#placeFor(packed.length);
    if (at === undefined) return false;
    const place: RedoPlace = { number: this.#next, at, bytes: packed.length };
    this.#write(packed, place, (answer) => {
      if (answer.ok) this.#wrote(place);
      else if (answer.kind === "unsynced") this.#failure = answer;
      written(answer, place);
    });
    return true;
  }

  /** SQLite has the records up to this number, synced: their room is free. */
  applied(through: number): void {
    let count = 0;
    while ((this.#unapplied[count]?.number ?? Number.POSITIVE_INFINITY) <= through) count++;
    this.#unapplied.splice(0, count);
  }

  /** What a burst has left of room is given back, once nothing stands there. */
  shorten(): void {
    this.#shortenNext = this.#bytes > KEPT_BYTES;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #wrote(place: RedoPlace): void {
    this.#next++;
    this.#unapplied.push(place);
  }

  /**
   * Behind the last one or at the beginning: a reader looks nowhere else. A log with little in it begins anew rather than grow; one that SQLite
   * does not keep up with grows, as it cannot any more once it has begun anew.
   */
  #placeFor(bytes: number): number | undefined {
    const [first, last] = [this.#unapplied[0], this.#unapplied.at(-1)];
    if (first === undefined || last === undefined) return 0;
    const end = last.at + last.bytes;
    if (end <= first.at) return end + bytes <= first.at ? end : undefined;
    if (end + bytes <= this.#bytes) return end;
    const roomBefore = bytes <= first.at;
    if (roomBefore && end - first.at < this.#limitBytes / 16) return 0;
    if (end + bytes <= this.#limitBytes) return end;
    return roomBefore ? 0 : undefined;
  }

  #write(packed: Uint8Array, place: RedoPlace, done: (answer: Answer) => void): void {
    const failed = (error: unknown) => this.#failed(error, place, done);
    const begin = (file: number) => {
      if (this.#syncFault !== undefined) undergoing(this.#syncFault).then(() => this.#writeTo(file, packed, place, done), failed);
      else if (this.#unapplied.length === 0 && this.#shortenNext) this.#shorten(file, () => this.#writeTo(file, packed, place, done), failed);
      else this.#writeTo(file, packed, place, done);
    };
    if (this.#file !== undefined) begin(this.#file);
    else
      open(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC, 0o600, (error, file) => {
        if (error !== null) return failed(error);
        this.#file = file;
        begin(file);
      });
  }

  #writeTo(file: number, packed: Uint8Array, place: RedoPlace, done: (answer: Answer) => void): void {
    const end = place.at + place.bytes;
    const written = (bytes: number) => () => {
      this.#bytes = Math.max(this.#bytes, bytes);
      done(DONE);
    };
    const failed = (error: unknown) => this.#failed(error, place, done);
    const grown = end > this.#bytes && end > SMALL_BYTES ? Math.max(end, this.#bytes + GROWTH_BYTES) : end;
    if (grown === end) writeAll(file, packed, place.at, failed, written(end));
    else
      growAll(file, [packed, ZEROS.subarray(0, grown - end)], place.at, written(grown), (error) => {
        // There may be room for the record at least.
        if (error !== null && errorKind(error) !== "full") failed(error);
        else writeAll(file, packed, place.at, failed, written(end));
      });
  }

  /** After a burst: nothing in the file is needed any more. */
  #shorten(file: number, then: () => void, failed: (error: unknown) => void): void {
    this.#shortenNext = false;
    ftruncate(file, KEPT_BYTES, (error) => {
      if (error !== null) return failed(error);
      this.#bytes = KEPT_BYTES;
      then();
    });
  }

  /** For want of room, the record is taken back; after anything else, nobody knows what the disk holds. */
  #failed(error: unknown, place: RedoPlace, done: (answer: Answer) => void): void {
    const message = errorMessage(error);
    if (errorKind(error) !== "full") done({ ok: false, kind: "unsynced", message });
    else if (this.#file === undefined) done({ ok: false, kind: "full", message });
    else
      takeBack(this.#file, place, this.#bytes, (failure) =>
        done(failure === null ? { ok: false, kind: "full", message } : { ok: false, kind: "unsynced", message: errorMessage(failure) }),
      );
  }
}

/** A write that finds less room than it needs writes a part. */
function writeAll(file: number, bytes: Uint8Array, at: number, failed: (error: unknown) => void, done: () => void): void {
  write(file, bytes, 0, bytes.length, at, (error, count) => {
    if (error !== null) failed(error);
    else if (count < bytes.length) writeAll(file, bytes.subarray(count), at + count, failed, done);
    else done();
  });
}

/** `without` is told when not all of it could be written, or why none of it. */
function growAll(file: number, parts: Uint8Array[], at: number, done: () => void, without: (error: Error | null) => void): void {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  writev(file, parts, at, (error, count) => {
    if (error === null && count === bytes) done();
    else without(error);
  });
}

/** So that what was refused is never found: a part of a record is none, but all of it might be there. */
function takeBack(file: number, place: RedoPlace, bytes: number, done: (error: Error | null) => void): void {
  if (place.at + place.bytes > bytes) ftruncate(file, bytes, done);
  else write(file, new Uint8Array(REDO_PAGE_BYTES), 0, REDO_PAGE_BYTES, place.at, (error) => done(error));
}
