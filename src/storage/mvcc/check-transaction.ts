/** What makes a transaction unacceptable before anything is written. */
import { LeaseNotFoundError, type Operation } from "../store.ts";
import { inRange } from "./key-order.ts";

/** Throws for a key written twice (etcd: "duplicate key given in txn request") and for a lease that is not there. */
export function checkTransaction(operations: readonly Operation[], hasLease: (id: number) => boolean): void {
  const first = operations[0];
  // Nearly every transaction is a single operation.
  if (operations.length === 1 && !(first?.type === "put" && first.lease)) return;
  const puts = new Set<string>();
  for (const operation of operations) {
    if (operation.type !== "put") continue;
    if (puts.has(operation.key)) throw twice(operation.key);
    puts.add(operation.key);
    if (operation.lease && !hasLease(operation.lease)) throw new LeaseNotFoundError(operation.lease);
  }
  for (const operation of operations) {
    if (operation.type !== "delete") continue;
    for (const key of puts) if (inRange(operation, key)) throw twice(key);
  }
}

function twice(key: string): Error {
  return new Error(`cannot run transaction: it writes key ${JSON.stringify(key)} twice`);
}
