/** A new embedded store with what a snapshot holds. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { StoreDatabase } from "../sqlite/database.ts";
import type { KeyValue } from "../store.ts";
import { contentOf } from "./content-of.ts";
import { decodeRecords, recordBytes } from "./format.ts";
import { openSqliteSource } from "./sqlite-source.ts";
import type { Target, TargetOptions } from "./target.ts";
import { verifySnapshot } from "./verify.ts";

/** Values gather to transactions of this size: each costs a sync. */
const TRANSACTION_BYTES = 4 << 20;

/** Where the snapshot holds a record, and when the key was changed: rows are in the order of changes, a snapshot in that of keys. */
interface Place {
  readonly revision: number;
  readonly at: number;
  readonly bytes: number;
}

/**
 * Writes the file at `path`, which must not exist. Keys keep their revisions; the store's counter stands at `revision`, and
 * everything up to it counts as compacted. Read back and compared before this resolves.
 */
export async function fillSqlite(path: string, { snapshot, revision, signal, progress }: TargetOptions): Promise<Target> {
  if (existsSync(path)) throw new Error(`cannot fill store "${path}": that file exists`);
  const places: Place[] = [];
  const visit = (kvs: readonly KeyValue[], position: number) => {
    let at = position;
    for (const kv of kvs) {
      const bytes = recordBytes(kv);
      places.push({ revision: kv.modRevision, at, bytes });
      at += bytes;
    }
  };
  const { leases, content, keys } = await verifySnapshot(snapshot, { signal, visit });
  places.sort((a, b) => a.revision - b.revision);
  const database = new StoreDatabase(path);
  try {
    database.begin();
    let sequence = 0;
    for await (const kvs of batches(snapshot, places, signal)) {
      database.copy(
        kvs.map((kv) => ({
          sequence: ++sequence,
          revision: kv.modRevision,
          key: kv.key,
          created: kv.createRevision,
          lease: kv.lease,
          version: kv.version ?? leastVersion(kv),
          value: kv.value,
        })),
        [],
      );
      database.tidy();
      progress?.(sequence);
    }
    database.copy([], leases);
    database.compacted(revision, revision);
  } finally {
    await database.close(true);
  }
  await using source = await openSqliteSource(path);
  const written = await contentOf(source, signal);
  if (written.content !== content) throw new Error(`cannot fill store "${path}": it does not hold what was written to it (${written.keys} of ${keys} keys)`);
  return { revision: source.revision, ...written };
}

/** Where the store that it comes from did not count: the creation is the first write, and a change at least the second. */
function leastVersion({ createRevision, modRevision }: KeyValue): number {
  return createRevision === modRevision ? 1 : 2;
}

/** In the order of `places`. The first reading has found every record as it was written. */
async function* batches(snapshot: string, places: readonly Place[], signal: AbortSignal): AsyncGenerator<KeyValue[]> {
  const file = openSync(snapshot, "r");
  try {
    let kvs: KeyValue[] = [];
    let gathered = 0;
    for (const { at, bytes } of places) {
      const record = Buffer.allocUnsafe(bytes);
      if (readSync(file, record, 0, bytes, at) < bytes) throw new Error(`cannot read snapshot "${snapshot}": it has become shorter`);
      kvs.push(...decodeRecords(record));
      gathered += bytes;
      if (gathered < TRANSACTION_BYTES) continue;
      signal.throwIfAborted();
      yield kvs;
      kvs = [];
      gathered = 0;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (kvs.length > 0) yield kvs;
  } finally {
    closeSync(file);
  }
}
