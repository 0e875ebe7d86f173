/** The full check: every page's structure and every row's checksum. Reads the whole file; for tools, not for starts. */

import { inspectFiles } from "./inspect.ts";
import { rowChecksum } from "./layout.ts";
import { StoreReader } from "./reader.ts";
import { errorMessage } from "./sqlite-error.ts";

export interface Verification {
  /** Versions that are what was written. */
  readonly rows: number;
  /** The newest of their revisions. */
  readonly revision: number;
  /** What is wrong, a sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

const ROWS_A_TURN = 500;

/** Changes nothing; the store may be open meanwhile. */
export async function verifySqliteStore(path: string): Promise<Verification> {
  const problems: string[] = [];
  let rows = 0;
  let revision = 0;
  try {
    if (!inspectFiles(path).exists) return { rows, revision, problems: [`"${path}" is empty or missing`] };
    const reader = new StoreReader(path);
    try {
      problems.push(...reader.structureProblems());
      for await (const row of wholeRows(reader)) {
        if (rowChecksum(row, row.value) !== row.checksum) problems.push(`row ${row.sequence} (revision ${row.revision}) does not match its checksum`);
        else rows++;
        if (row.revision < revision) problems.push(`row ${row.sequence} has revision ${row.revision} after ${revision}`);
        revision = Math.max(revision, row.revision);
      }
    } finally {
      reader.close();
    }
  } catch (error) {
    problems.push(errorMessage(error));
  }
  return { rows, revision, problems };
}

async function* wholeRows(reader: StoreReader) {
  for (let sequence = 0; ; ) {
    const rows = reader.wholeRows(sequence, ROWS_A_TURN);
    yield* rows;
    if (rows.length < ROWS_A_TURN) return;
    sequence = rows.at(-1)?.sequence ?? sequence;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
