/** An etcd with what a snapshot holds, through its ordinary API: revisions are etcd's own, moved up by an offset. */
import type { EtcdStore } from "../etcd/etcd-store.ts";
import { readRevisionOffset, writeRevisionOffset } from "../etcd/revision-offset.ts";
import { type KeyValue, type Lease, type Operation, prefixEnd, StoreUnavailableError } from "../store.ts";
import { ContentHash } from "./content-hash.ts";
import { contentOf } from "./content-of.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { openStoreSource } from "./store-source.ts";
import type { Target, TargetOptions } from "./target.ts";
import { verifySnapshot } from "./verify.ts";

/** Where API servers keep their objects: all that is the cluster's in an etcd. */
export const CLUSTER_PREFIX = "/registry/";

/** etcd's own limits, if not set: 128 operations and 1.5 MiB a request. */
const OPERATIONS = 100;
const REQUEST_BYTES = 1 << 20;
const REQUESTS_AT_ONCE = 8;
const ATTEMPTS = 3;
const KEYS_A_DELETION = 1000;

export interface FillEtcdOptions extends TargetOptions {
  /** Of a cluster that lies there already: its keys go first. */
  readonly replace: boolean;
}

/** `store` is the etcd as it is, without an offset. Read back and compared before this resolves. */
export async function fillEtcd(store: EtcdStore, options: FillEtcdOptions): Promise<Target> {
  const { snapshot, revision, replace, signal } = options;
  const used = new Set<number>();
  const visit = (kvs: readonly KeyValue[]) => {
    for (const kv of kvs) used.add(kv.lease);
  };
  const { leases } = await verifySnapshot(snapshot, { signal, visit });
  const before = await clear(store, replace, signal);
  const offset = Math.max(await readRevisionOffset(store), revision - before);
  await writeRevisionOffset(store, offset);
  const granted = await grant(
    store,
    leases.filter(({ id }) => used.has(id)),
  );
  const expected = await write(store, granted, options);
  await store.compact((await store.status()).revision);
  await using source = await openStoreSource({ store, prefix: CLUSTER_PREFIX, describeLease: (id) => store.describeLease(id) });
  const written = await contentOf(source, signal);
  if (written.content !== expected.content) {
    throw new Error(`cannot fill etcd: it does not hold what was written to it (${written.keys} of ${expected.keys} keys); does anything else write there?`);
  }
  return { revision: source.revision + offset, ...written };
}

/** Returns the etcd's revision. */
async function clear(store: EtcdStore, replace: boolean, signal: AbortSignal): Promise<number> {
  const end = prefixEnd(CLUSTER_PREFIX);
  const { count, revision } = await store.range({ start: CLUSTER_PREFIX, end, countOnly: true });
  if (count === 0) return revision;
  if (!replace) throw new Error(`cannot fill etcd: ${count} keys of a cluster lie there already; --force replaces them`);
  for (;;) {
    const { kvs } = await store.range({ start: CLUSTER_PREFIX, end, limit: KEYS_A_DELETION }, signal);
    const last = kvs.at(-1);
    if (last === undefined) return (await store.status()).revision;
    await store.txn({ compare: [], success: [{ type: "delete", start: CLUSTER_PREFIX, end: `${last.key}\0` }], failure: [] }, signal);
  }
}

/** Leases have other ids here; their time begins anew. */
async function grant(store: EtcdStore, leases: readonly Lease[]): Promise<ReadonlyMap<number, number>> {
  const ids = new Map<number, number>();
  for (const { id, ttlSeconds } of leases) ids.set(id, (await store.grantLease(ttlSeconds)).id);
  return ids;
}

/** Several requests at a time; the order of keys means nothing. Returns what was written below the cluster's prefix. */
async function write(store: EtcdStore, leases: ReadonlyMap<number, number>, { snapshot, signal, progress }: TargetOptions) {
  const hash = new ContentHash();
  const underWay = new Set<Promise<void>>();
  let done = 0;
  for await (const kvs of requests(snapshot)) {
    for (const kv of kvs) if (kv.key.startsWith(CLUSTER_PREFIX)) hash.add(kv);
    if (underWay.size >= REQUESTS_AT_ONCE) await Promise.race(underWay);
    const request = put(store, kvs, leases, signal).then(() => {
      done += kvs.length;
      progress?.(done);
    });
    const settled = request.finally(() => underWay.delete(settled));
    // A failure is met at the next race, or at the end.
    settled.catch(() => undefined);
    underWay.add(settled);
  }
  await Promise.all(underWay);
  return hash.result();
}

/** The same keys and values again come to the same: a request without an answer may be sent anew. */
async function put(store: EtcdStore, kvs: readonly KeyValue[], leases: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
  const success = kvs.map(({ key, value, lease }): Operation => ({ type: "put", key, value, lease: leases.get(lease) ?? 0 }));
  for (let attempt = 1; ; attempt++) {
    try {
      await store.txn({ compare: [], success, failure: [] }, signal);
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || attempt === ATTEMPTS) {
        throw new Error(`cannot write keys from ${JSON.stringify(kvs[0]?.key)} on: ${(error as Error).message}`, { cause: error });
      }
    }
  }
}

async function* requests(snapshot: string): AsyncGenerator<KeyValue[]> {
  let kvs: KeyValue[] = [];
  let bytes = 0;
  for await (const part of readSnapshot(snapshot)) {
    if (part.type !== "keys") continue;
    for (const kv of part.kvs) {
      const size = kv.key.length + kv.value.length;
      if (kvs.length === OPERATIONS || (kvs.length > 0 && bytes + size > REQUEST_BYTES)) {
        yield kvs;
        kvs = [];
        bytes = 0;
      }
      kvs.push(kv);
      bytes += size;
    }
  }
  if (kvs.length > 0) yield kvs;
}
