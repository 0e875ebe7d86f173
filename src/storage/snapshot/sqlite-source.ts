/**
 * The embedded store as its file is at this moment, whether a control plane has it open or not: one read transaction,
 * which SQLite's log lets see a single revision while commits go on, and what the redo log has beyond it. Nothing that is not durable is seen.
 */
import type { Version } from "../mvcc/history.ts";
import { inspectFiles } from "../sqlite/inspect.ts";
import { loadHistory } from "../sqlite/load.ts";
import { syncLog } from "../sqlite/log-file.ts";
import { type Marks, readMarks } from "../sqlite/mark.ts";
import { StoreReader } from "../sqlite/reader.ts";
import { type RedoRecord, syncRedo, tailBehind } from "../sqlite/redo-tail.ts";
import { errorKind, errorMessage, storeError } from "../sqlite/sqlite-error.ts";
import { type KeyValue, prefixEnd } from "../store.ts";
import type { SnapshotSource } from "./source.ts";

/** Values are read this many at a time, a few milliseconds, so that the event loop of a control plane can breathe. */
const KEYS_A_TURN = 200;

/** Throws StoreCorruptError for a damaged file. */
export async function openSqliteSource(path: string): Promise<SnapshotSource> {
  let reader: StoreReader | undefined;
  try {
    if (!inspectFiles(path).exists) throw new Error(`"${path}" is empty or missing`);
    const marks = readMarks(path);
    reader = new StoreReader(path);
    const source = await sourceOf(reader, tailBehind(path, reader), marks);
    // The last writes seen may be on their way to the disk still.
    syncRedo(path);
    syncLog(path);
    return source;
  } catch (error) {
    reader?.close();
    throw storeError(`cannot read store "${path}"`, { kind: errorKind(error), message: errorMessage(error) });
  }
}

async function sourceOf(reader: StoreReader, tail: readonly RedoRecord[], marks: Marks): Promise<SnapshotSource> {
  const { history, leases } = await loadHistory(reader, tail, marks);
  const versions = history.range({ start: "", end: prefixEnd("") }, history.revision);
  const recent = new Map(tail.flatMap(({ content }) => content.rows.map((row) => [row.sequence, row.value])));
  const keyValue = (version: Version): KeyValue => {
    const { key, createRevision, modRevision, lease } = version;
    return { key, value: recent.get(version.sequence) ?? reader.value(version), createRevision, modRevision, lease, version: version.version };
  };
  return {
    revision: history.revision,
    compactRevision: history.compactRevision,
    keys: versions.length,
    async *read(signal) {
      for (let at = 0; at < versions.length; at += KEYS_A_TURN) {
        signal.throwIfAborted();
        yield versions.slice(at, at + KEYS_A_TURN).map(keyValue);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    leases: async () => leases,
    [Symbol.asyncDispose]: async () => reader.close(),
  };
}
