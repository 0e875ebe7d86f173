/** From the files to a History: metadata of every version, in turns that let the event loop breathe. */
import { History, type Version } from "../mvcc/history.ts";
import { type Lease, StoreCorruptError } from "../store.ts";
import { isSound } from "./layout.ts";
import { type Acknowledged, type Marks, missingOf, missingSince } from "./mark.ts";
import type { StoreReader } from "./reader.ts";
import type { RedoRecord } from "./redo-tail.ts";

const ROWS_A_TURN = 5000;
/** The newest rows are read whole and checked at every start: they are what a bad shutdown would have hit. */
const CHECKED_ROWS = 1000;

const NO_VALUE = new Uint8Array(0);

export interface Loaded {
  readonly history: History;
  readonly leases: readonly Lease[];
  /** In SQLite, and the newest revision there. */
  readonly rows: number;
  readonly revision: number;
  /** Rows that a compaction did not come to remove. */
  readonly garbage: readonly Version[];
  /** What the newest mark of the whole would say. */
  readonly found: Acknowledged;
}

/**
 * What SQLite has, and what the redo log has beyond it. Throws StoreCorruptError when rows are not as they were written, or when
 * what the marks say was acknowledged is not there.
 */
export async function loadHistory(reader: StoreReader, tail: readonly RedoRecord[], marks: Marks): Promise<Loaded> {
  checkLastRows(reader);
  const history = new History();
  const rows = await loadRows(reader, history);
  history.raise(reader.counter("revision"));
  const { revision } = history;
  const synced = reader.markOf({ revision, rows });
  refuse(missingSince(marks.synced, synced));
  const leases = new Map(reader.leases().map((lease) => [lease.id, lease]));
  const changes = loadTail(tail, history, leases);
  const found = { id: synced.id, revision: history.revision, leaseChanges: synced.leaseChanges + changes };
  refuse(missingOf(marks.acknowledged, found, "redo log"));
  return { history, leases: [...leases.values()], rows, revision, garbage: history.compact(reader.counter("compacted")), found };
}

/** How many there are. */
async function loadRows(reader: StoreReader, history: History): Promise<number> {
  let count = 0;
  let last = { sequence: 0, revision: 0 };
  for (;;) {
    const rows = reader.rows(last.sequence, ROWS_A_TURN);
    for (const row of rows) {
      if (typeof row.key !== "string" || !(row.revision >= last.revision && row.created <= row.revision))
        throw new StoreCorruptError(`revisions are out of order at row ${row.sequence}`);
      // Nobody ever reads the value of a deletion, and with it the checksum.
      if (row.created === 0 && !isSound(row, NO_VALUE)) throw new StoreCorruptError(`row ${row.sequence} does not match its checksum`);
      history.load({ ...row, modRevision: row.revision, createRevision: row.created });
      last = row;
    }
    count += rows.length;
    if (rows.length < ROWS_A_TURN) return count;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** How many leases were granted and revoked in it. */
function loadTail(tail: readonly RedoRecord[], history: History, leases: Map<number, Lease>): number {
  let changes = 0;
  for (const { content } of tail) {
    for (const row of content.rows) {
      if (row.revision < history.revision) throw new StoreCorruptError(`the redo log goes back from revision ${history.revision} to ${row.revision}`);
      history.load({ ...row, modRevision: row.revision, createRevision: row.created });
    }
    for (const lease of content.granted) leases.set(lease.id, lease);
    for (const id of content.revoked) leases.delete(id);
    changes += content.granted.length + content.revoked.length;
  }
  return changes;
}

function refuse(missing: string | undefined): void {
  if (missing !== undefined) throw new StoreCorruptError(missing);
}

function checkLastRows(reader: StoreReader): void {
  for (const row of reader.rowsBelow(Number.MAX_SAFE_INTEGER, CHECKED_ROWS)) {
    if (!isSound(row, row.value)) throw new StoreCorruptError(`row ${row.sequence} does not match its checksum`);
  }
}
