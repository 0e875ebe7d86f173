/** From the file to a History: metadata of every version, in turns that let the event loop breathe. */
import { History, type Version } from "../mvcc/history.ts";
import { StoreCorruptError } from "../store.ts";
import { COUNTER_COMPACTED, COUNTER_REVISION, rowChecksum } from "./layout.ts";
import type { StoreReader } from "./reader.ts";

const ROWS_A_TURN = 5000;
/** The newest rows are read whole and checked at every start: they are what a bad shutdown would have hit. */
const CHECKED_ROWS = 1000;

export interface Loaded {
  readonly history: History;
  /** Rows that a compaction did not come to remove. */
  readonly garbage: readonly Version[];
}

/** Throws StoreCorruptError when rows are not as they were written. */
export async function loadHistory(reader: StoreReader): Promise<Loaded> {
  checkLastRows(reader);
  const history = new History();
  let last = { sequence: 0, revision: 0 };
  for (;;) {
    const rows = reader.rows(last.sequence, ROWS_A_TURN);
    for (const row of rows) {
      if (row.revision < last.revision || row.created > row.revision) throw new StoreCorruptError(`revisions are out of order at row ${row.sequence}`);
      history.load({ ...row, modRevision: row.revision, createRevision: row.created });
      last = row;
    }
    if (rows.length < ROWS_A_TURN) break;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  history.raise(reader.counter(COUNTER_REVISION));
  const garbage = history.compact(reader.counter(COUNTER_COMPACTED));
  return { history, garbage };
}

function checkLastRows(reader: StoreReader): void {
  for (const row of reader.rowsBelow(Number.MAX_SAFE_INTEGER, CHECKED_ROWS)) {
    if (rowChecksum(row, row.value) !== row.checksum) throw new StoreCorruptError(`row ${row.sequence} does not match its checksum`);
  }
}
