/** Writes and transactions on the newest state. Checked before (check.ts); what only the state can tell is refused here. */
import type { TransactionView } from "../mvcc/transaction-view.ts";
import type { KeyValue } from "../store.ts";
import { holds } from "./compare.ts";
import { refusal } from "./etcd-error.ts";
import { keyRange, keyText } from "./keys.ts";
import type { DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse, RequestOp, ResponseOp, TxnRequest, TxnResponse } from "./protocol.ts";
import { rangeAnswer, storeRange, wireKeyValue } from "./range.ts";

/** Without the header of the whole answer, which the revision of the transaction goes into. */
type Body<T> = Omit<T, "header">;

export function applyPut(put: PutRequest, view: TransactionView): Body<PutResponse> {
  checkLease(put, view);
  const key = keyText(put.key);
  const previous = put.prev_kv || put.ignore_value || put.ignore_lease ? view.range({ start: key }).kvs[0] : undefined;
  if (previous === undefined && (put.ignore_value || put.ignore_lease)) throw refusal("keyNotFound");
  const value = put.ignore_value ? (previous as KeyValue).value : put.value;
  view.put(key, value, put.ignore_lease ? (previous as KeyValue).lease : put.lease);
  return put.prev_kv && previous !== undefined ? { prev_kv: wireKeyValue(previous) } : {};
}

function checkLease({ lease }: PutRequest, view: TransactionView): void {
  if (lease !== 0 && !view.hasLease(lease)) throw refusal("leaseNotFound");
}

export function applyDelete(request: DeleteRangeRequest, view: TransactionView): Body<DeleteRangeResponse> {
  const range = keyRange(request);
  const previous = request.prev_kv ? view.range(range).kvs.map(wireKeyValue) : [];
  return { deleted: view.delete(range), prev_kvs: previous };
}

/**
 * Conditions, those of nested transactions too, look at the state before the first write, and so does what makes the
 * transaction impossible: in etcd's order, all puts before all ranges. Operations see those before them.
 */
export function applyTxn(txn: TxnRequest, view: TransactionView): Body<TxnResponse> {
  const decided = decide(txn, view);
  const operations = [...operationsOf(decided)];
  for (const { request_put: put } of operations) if (put) checkTxnPut(put, view);
  for (const { request_range: range } of operations) if (range && range.revision !== 0) view.checkReadable(range.revision);
  return run(decided, view);
}

function* operationsOf({ operations }: Decided): Generator<RequestOp> {
  for (const { operation, nested } of operations) {
    yield operation;
    if (nested) yield* operationsOf(nested);
  }
}

function checkTxnPut(put: PutRequest, view: TransactionView): void {
  const { count } = put.ignore_value || put.ignore_lease ? view.range({ start: keyText(put.key), countOnly: true }) : { count: 1 };
  if (count === 0) throw refusal("keyNotFound");
  checkLease(put, view);
}

/** A transaction whose branches have been chosen. */
interface Decided {
  readonly succeeded: boolean;
  readonly operations: readonly { readonly operation: RequestOp; readonly nested: Decided | undefined }[];
}

function decide(txn: TxnRequest, view: TransactionView): Decided {
  const succeeded = txn.compare.every((compare) => holds(compare, view.range({ ...keyRange(compare), keysOnly: compare.target !== "VALUE" }).kvs));
  const operations = (succeeded ? txn.success : txn.failure).map((operation) => ({
    operation,
    nested: operation.request_txn ? decide(operation.request_txn, view) : undefined,
  }));
  return { succeeded, operations };
}

function run({ succeeded, operations }: Decided, view: TransactionView): Body<TxnResponse> {
  return { succeeded, responses: operations.map(({ operation, nested }) => runOne(operation, nested, view)) };
}

function runOne(operation: RequestOp, nested: Decided | undefined, view: TransactionView): ResponseOp {
  const withHeader = <T extends object>(body: T) => ({ ...body, header: { revision: view.revision } });
  if (operation.request_range) return { response_range: withHeader(rangeAnswer(operation.request_range, view.range(storeRange(operation.request_range)))) };
  if (operation.request_put) return { response_put: withHeader(applyPut(operation.request_put, view)) };
  if (operation.request_delete_range) return { response_delete_range: withHeader(applyDelete(operation.request_delete_range, view)) };
  // etcd leaves the header of a nested transaction empty.
  if (nested) return { response_txn: { ...run(nested, view), header: { revision: 0 } } };
  throw refusal("keyNotFound");
}
