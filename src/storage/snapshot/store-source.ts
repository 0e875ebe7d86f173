/** Any store through its contract, in pages at one revision: how an etcd is read. */
import { CompactedError, type KeyValue, type Lease, LeaseNotFoundError, prefixEnd, type Store } from "../store.ts";
import type { SnapshotSource } from "./source.ts";

export interface StoreSourceOptions {
  /** Not closed with the source. */
  readonly store: Store;
  /** Keys below it are the cluster's. */
  readonly prefix: string;
  /** What the lease was granted for. Throws LeaseNotFoundError when it has ended. */
  describeLease(id: number): Promise<Lease>;
}

const KEYS_A_PAGE = 500;
/** For a lease that ended while its keys were read: they end soon after they are written again, too. */
const ENDED_LEASE_SECONDS = 1;

export async function openStoreSource({ store, prefix, describeLease }: StoreSourceOptions): Promise<SnapshotSource> {
  const end = prefixEnd(prefix);
  const { compactRevision } = await store.status();
  const { revision, count: keys } = await store.range({ start: prefix, end, countOnly: true });
  const bound = new Set<number>();
  async function* read(signal: AbortSignal): AsyncGenerator<readonly KeyValue[]> {
    for (let start = prefix; ; ) {
      const { kvs, more } = await readable(store.range({ start, end, revision, limit: KEYS_A_PAGE }, signal));
      for (const { lease } of kvs) if (lease !== 0) bound.add(lease);
      yield kvs;
      const last = kvs.at(-1);
      if (!more || last === undefined) return;
      // The next key there can be.
      start = `${last.key}\0`;
    }
  }
  const describe = async (id: number): Promise<Lease> => {
    try {
      return await describeLease(id);
    } catch (error) {
      if (error instanceof LeaseNotFoundError) return { id, ttlSeconds: ENDED_LEASE_SECONDS };
      throw error;
    }
  };
  return {
    revision,
    compactRevision,
    keys,
    read,
    leases: () => Promise.all([...bound].map(describe)),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function readable<T>(page: Promise<T>): Promise<T> {
  try {
    return await page;
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw new Error(`the store has forgotten the revision that was being read; try again (${error.message})`, { cause: error });
  }
}
