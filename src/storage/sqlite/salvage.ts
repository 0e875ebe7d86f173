/** The way back from a damaged file without a snapshot: what still reads as it was written goes into a new file. */
import { existsSync } from "node:fs";
import { History } from "../mvcc/history.ts";
import type { Lease } from "../store.ts";
import { StoreDatabase } from "./database.ts";
import { isSound } from "./layout.ts";
import { readMarks } from "./mark.ts";
import { StoreReader, type WholeRow } from "./reader.ts";
import type { RecordContent } from "./redo-record.ts";
import { readRedo, wholeRecords } from "./redo-tail.ts";
import { errorMessage } from "./sqlite-error.ts";

export interface Salvage {
  /** Versions copied. */
  readonly rows: number;
  /** Versions and leases found damaged. Whole pages that cannot be read are not counted here, only named in `stoppedBy`. */
  readonly damaged: number;
  /** SQLite's words where reading from the beginning and from the end stopped; empty when all could be read. */
  readonly stoppedBy: readonly string[];
  /** Where the new store begins: far above every revision ever given out, so that clients read everything anew. */
  readonly revision: number;
}

/** As etcd's `snapshot restore --bump-revision` advises: more than was written since any copy was made. */
const REVISION_BUMP = 1_000_000_000;
const ROWS_A_STEP = 100;

/**
 * Copies what can be read of the store at `from` to a new one at `to`. Neither may be open. Keys whose newest version
 * is lost come back in an older state or not at all: it is a last resort, and the cluster's controllers will act on it.
 */
export async function salvageSqliteStore(from: string, to: string): Promise<Salvage> {
  if (existsSync(to)) throw new Error(`cannot salvage store "${from}" to "${to}": that file exists`);
  const reader = new StoreReader(from);
  try {
    const { rows, damaged, stoppedBy } = readable(reader, from);
    const { synced, acknowledged } = readMarks(from);
    const counters = [
      readOr(() => reader.counter("revision"), 0),
      readOr(() => reader.counter("compacted"), 0),
      synced?.revision ?? 0,
      acknowledged?.revision ?? 0,
    ];
    const newest = rows.reduce((highest, row) => Math.max(highest, row.revision), Math.max(...counters));
    const revision = newest + REVISION_BUMP;
    const leases = readOr(() => reader.soundLeases(), { sound: [], damaged: [] });
    await write(to, rows, leasesWith(leases.sound, redoOf(reader, from)), revision);
    return { rows: rows.length, damaged: damaged + leases.damaged.length, stoppedBy, revision };
  } finally {
    reader.close();
  }
}

/** Of the redo log, what is whole. Where SQLite no longer tells whose it is, the marks may. */
function redoOf(reader: StoreReader, path: string): RecordContent[] {
  const { id, redo = 0 } = readOr(() => reader.redo(), { id: readMarks(path).acknowledged?.id ?? 0, redo: 0, open: true });
  return readOr(() => wholeRecords(readRedo(path), id, redo), []).map(({ content }) => content);
}

function leasesWith(leases: readonly Lease[], redo: readonly RecordContent[]): Lease[] {
  const all = new Map(leases.map((lease) => [lease.id, lease]));
  for (const { granted, revoked } of redo) {
    for (const lease of granted) all.set(lease.id, lease);
    for (const id of revoked) all.delete(id);
  }
  return [...all.values()];
}

function readable(reader: StoreReader, path: string): { rows: WholeRow[]; damaged: number; stoppedBy: string[] } {
  const stoppedBy: string[] = [];
  const read = (next: (last: number | undefined) => WholeRow[]): WholeRow[] => {
    const all: WholeRow[] = [];
    try {
      for (let rows = next(undefined); rows.length > 0; rows = next(all.at(-1)?.sequence)) all.push(...rows);
    } catch (error) {
      stoppedBy.push(errorMessage(error));
    }
    return all;
  };
  const forward = read((last) => reader.wholeRows(last ?? 0, ROWS_A_STEP));
  // Around the damage, one row at a time: a step that touches a bad page gives nothing at all.
  if (stoppedBy.length > 0) {
    forward.push(...read((last) => reader.wholeRows(last ?? forward.at(-1)?.sequence ?? 0, 1)));
    forward.push(...read((last) => reader.rowsBelow(last ?? Number.MAX_SAFE_INTEGER, 1)));
  }
  for (const { rows } of redoOf(reader, path)) forward.push(...rows);
  const bySequence = new Map(forward.map((row) => [row.sequence, row]));
  const sound = [...bySequence.values()].filter((row) => isSound(row, row.value));
  return { rows: sound.sort((a, b) => a.sequence - b.sequence), damaged: bySequence.size - sound.length, stoppedBy: [...new Set(stoppedBy)] };
}

async function write(path: string, rows: readonly WholeRow[], leases: readonly Lease[], revision: number): Promise<void> {
  const database = new StoreDatabase(path);
  database.begin();
  // Rows of format 1 are counted here, as the migration would.
  const history = new History();
  const counted = rows.map((row) => ({ ...row, version: history.load({ ...row, modRevision: row.revision, createRevision: row.created }).version }));
  database.copy(counted, leases);
  database.compacted(revision, revision);
  await database.close(true);
}

function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
