/**
 * The memory that the store's worker shares with its syncing thread. The worker counts what it has committed, the thread
 * what of that is on disk, and each can sleep until the other has something to tell. Beside a commit stands what is to be
 * told once it is durable.
 */
import { MARK_BYTES } from "./mark.ts";

/** Commits so far, and how many of them have been synced. They wrap around: only differences tell. */
const COMMITTED = 0;
const SYNCED = 1;
const STATE = 2;
/** Counts what either side has to tell: whoever looks at it first and at the rest next misses nothing by sleeping on it. */
const TO_THREAD = 3;
const TO_WORKER = 4;
const CONTROL_BYTES = 32;

const READY = 1;
const FAILED = 2;
const ENDING = 3;

/** More than there are unsynced commits at any time, so that none is overwritten before it has been told of. */
const SLOTS = 4;

export interface Commit {
  /** Of the command that wrote it. */
  readonly number: number;
  /** Packed, as it will be written. */
  readonly mark: Uint8Array;
}

export class SyncLine {
  readonly buffer: SharedArrayBuffer;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #marks: Uint8Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer(CONTROL_BYTES + SLOTS * (8 + MARK_BYTES))) {
    this.buffer = buffer;
    this.#control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
    this.#numbers = new Float64Array(buffer, CONTROL_BYTES, SLOTS);
    this.#marks = new Uint8Array(buffer, CONTROL_BYTES + 8 * SLOTS);
  }

  /** The thread is there to take commits. */
  get ready(): boolean {
    return Atomics.load(this.#control, STATE) === READY;
  }

  /** A sync has failed: what is unsynced now will never count as synced. */
  get failed(): boolean {
    return Atomics.load(this.#control, STATE) === FAILED;
  }

  /** Commits that are not known to be on disk. */
  get unsynced(): number {
    return (Atomics.load(this.#control, COMMITTED) - Atomics.load(this.#control, SYNCED)) | 0;
  }

  /** The worker's side: one more to sync. */
  add({ number, mark }: Commit): void {
    const next = (Atomics.load(this.#control, COMMITTED) + 1) | 0;
    this.#numbers[slotOf(next)] = number;
    this.#marks.set(mark, slotOf(next) * MARK_BYTES);
    Atomics.store(this.#control, COMMITTED, next);
    this.#tell(TO_THREAD);
  }

  /** The worker's side: sleeps until at most so many commits are unsynced, or a sync has failed. */
  waitForSync(most: number): void {
    for (;;) {
      const told = Atomics.load(this.#control, TO_WORKER);
      if (this.unsynced <= most || this.failed) return;
      Atomics.wait(this.#control, TO_WORKER, told);
    }
  }

  /** The worker's side: the thread may go. */
  end(): void {
    Atomics.store(this.#control, STATE, ENDING);
    this.#tell(TO_THREAD);
  }

  /** The thread's side: takes commits from now on. */
  begin(): void {
    Atomics.compareExchange(this.#control, STATE, 0, READY);
  }

  /** The thread's side: sleeps until there is something to sync. How many commits there are then; undefined at the end. */
  waitForCommit(): number | undefined {
    for (;;) {
      const told = Atomics.load(this.#control, TO_THREAD);
      if (Atomics.load(this.#control, STATE) !== READY) return undefined;
      if (this.unsynced > 0) return Atomics.load(this.#control, COMMITTED);
      Atomics.wait(this.#control, TO_THREAD, told);
    }
  }

  /** The thread's side: the last of so many commits. */
  commit(committed: number): Commit {
    const slot = slotOf(committed);
    return { number: this.#numbers[slot] as number, mark: this.#marks.subarray(slot * MARK_BYTES, (slot + 1) * MARK_BYTES) };
  }

  /** The thread's side: so many commits are on disk. */
  synced(committed: number): void {
    Atomics.store(this.#control, SYNCED, committed);
    this.#tell(TO_WORKER);
  }

  /** Either side's. */
  fail(): void {
    Atomics.store(this.#control, STATE, FAILED);
    this.#tell(TO_WORKER);
    this.#tell(TO_THREAD);
  }

  #tell(whom: typeof TO_THREAD | typeof TO_WORKER): void {
    Atomics.add(this.#control, whom, 1);
    Atomics.notify(this.#control, whom);
  }
}

function slotOf(committed: number): number {
  return committed & (SLOTS - 1);
}
