/** The full check: every page's structure, every checksum, and whether all is there that was acknowledged. Reads the whole file; for tools, not for starts. */

import { inspectFiles } from "./inspect.ts";
import { isSound } from "./layout.ts";
import { missingOf, missingSince, readMarks } from "./mark.ts";
import { StoreReader } from "./reader.ts";
import { tailBehind } from "./redo-tail.ts";
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
  let damaged = 0;
  try {
    if (!inspectFiles(path).exists) return { rows, revision, problems: [`"${path}" is empty or missing`] };
    const marks = readMarks(path);
    const reader = new StoreReader(path);
    try {
      const tail = tailBehind(path, reader);
      problems.push(...reader.structureProblems());
      for await (const row of wholeRows(reader)) {
        if (isSound(row, row.value)) rows++;
        else {
          damaged++;
          problems.push(`row ${row.sequence} (revision ${row.revision}) does not match its checksum`);
        }
        if (row.revision < revision) problems.push(`row ${row.sequence} has revision ${row.revision} after ${revision}`);
        revision = Math.max(revision, row.revision);
      }
      const inSqlite = { revision: Math.max(revision, reader.counter("revision")), rows: rows + damaged };
      for (const { content } of tail) {
        rows += content.rows.length;
        revision = content.rows.at(-1)?.revision ?? revision;
      }
      for (const id of reader.soundLeases().damaged) problems.push(`lease ${id} does not match its checksum`);
      const found = reader.markOf(inSqlite);
      const leaseChanges = tail.reduce((sum, { content }) => sum + content.granted.length + content.revoked.length, found.leaseChanges);
      const whole = { id: found.id, revision: Math.max(found.revision, revision), leaseChanges };
      for (const missing of [missingSince(marks.synced, found), missingOf(marks.acknowledged, whole, "redo log")])
        if (missing !== undefined) problems.push(missing);
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
