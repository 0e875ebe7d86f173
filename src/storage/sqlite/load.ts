/** From the file to a History: metadata of every version, in turns that let the event loop breathe. */
import { History, type Version } from "../mvcc/history.ts";
import { StoreCorruptError } from "../store.ts";
import { isSound } from "./layout.ts";
import { type Mark, missingSince } from "./mark.ts";
import type { StoreReader } from "./reader.ts";

const ROWS_A_TURN = 5000;
/** The newest rows are read whole and checked at every start: they are what a bad shutdown would have hit. */
const CHECKED_ROWS = 1000;

const NO_VALUE = new Uint8Array(0);

export interface Loaded {
  readonly history: History;
  /** In the file. */
  readonly rows: number;
  /** Rows that a compaction did not come to remove. */
  readonly garbage: readonly Version[];
}

/** Throws StoreCorruptError when rows are not as they were written, or when what `mark` says was acknowledged is not there. */
export async function loadHistory(reader: StoreReader, mark: Mark | undefined): Promise<Loaded> {
  checkLastRows(reader);
  const history = new History();
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
    if (rows.length < ROWS_A_TURN) break;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  history.raise(reader.counter("revision"));
  const missing = missingSince(mark, reader.markOf({ revision: history.revision, rows: count }));
  if (missing !== undefined) throw new StoreCorruptError(missing);
  const garbage = history.compact(reader.counter("compacted"));
  return { history, rows: count, garbage };
}

function checkLastRows(reader: StoreReader): void {
  for (const row of reader.rowsBelow(Number.MAX_SAFE_INTEGER, CHECKED_ROWS)) {
    if (!isSound(row, row.value)) throw new StoreCorruptError(`row ${row.sequence} does not match its checksum`);
  }
}
