/** A store that does some things its own way and leaves the others to the one behind it: encryption, metrics, moved revisions. */
import type { Store } from "./store.ts";

/** Does not own `store`: closing either closes it. */
export function storeOver(store: Store, own: Partial<Store>): Store {
  return {
    range: (request, signal) => store.range(request, signal),
    txn: (request, signal) => store.txn(request, signal),
    watch: (request, signal) => store.watch(request, signal),
    requestProgress: () => store.requestProgress(),
    compact: (revision) => store.compact(revision),
    grantLease: (ttlSeconds) => store.grantLease(ttlSeconds),
    keepAlive: (leaseId) => store.keepAlive(leaseId),
    revokeLease: (leaseId) => store.revokeLease(leaseId),
    status: () => store.status(),
    close: () => store.close(),
    ...own,
  };
}
