/** What makes a request unacceptable before anything is looked up. Pure; throws etcd's refusals. */
import { inRange, type KeyRange } from "../mvcc/key-order.ts";
import { refusal } from "./etcd-error.ts";
import { keyRange, keyText } from "./keys.ts";
import type { DeleteRangeRequest, PutRequest, RequestOp, TxnRequest } from "./protocol.ts";
import { storeRange } from "./range.ts";

export interface Limits {
  /** Operations in one branch of a transaction, and its conditions. etcd's --max-txn-ops. */
  readonly maxTxnOps: number;
  /** Bytes that a write may have. etcd's --max-request-bytes. */
  readonly maxRequestBytes: number;
}

export const defaultLimits: Limits = { maxTxnOps: 128, maxRequestBytes: 1.5 * 1024 * 1024 };

/** What an operation weighs beside its keys and values. */
const OPERATION_BYTES = 16;

export function checkPut(put: PutRequest, limits: Limits): void {
  checkPutFields(put);
  checkSize(putBytes(put), limits);
}

function checkPutFields(put: PutRequest): void {
  keyText(put.key);
  if (put.ignore_value && put.value.length > 0) throw refusal("valueProvided");
  if (put.ignore_lease && put.lease !== 0) throw refusal("leaseProvided");
}

export function checkTxn(txn: TxnRequest, limits: Limits): void {
  checkCounts(txn, limits.maxTxnOps);
  checkSize(txnBytes(txn), limits);
  writesOf(txn.success);
  writesOf(txn.failure);
}

/** A nested transaction has what the one around it left. */
function checkCounts({ compare, success, failure }: TxnRequest, most: number): void {
  const operations = Math.max(compare.length, success.length, failure.length);
  if (operations > most) throw refusal("tooManyOperations");
  for (const { key } of compare) if (key.length === 0) throw refusal("emptyKey");
  for (const operation of [...success, ...failure]) checkOperation(operation, most - operations);
}

function checkOperation(operation: RequestOp, most: number): void {
  if (operation.request_range) storeRange(operation.request_range);
  else if (operation.request_put) checkPutFields(operation.request_put);
  else if (operation.request_delete_range) keyRange(operation.request_delete_range);
  else if (operation.request_txn) checkCounts(operation.request_txn, most);
  else throw refusal("keyNotFound");
}

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
}

/**
 * What one branch may write. Every key at most once, so that the order among operations does not matter to watchers; the
 * two branches of a nested transaction exclude each other and may write the same.
 */
function writesOf(operations: readonly RequestOp[]): Writes {
  const puts = new Set<string>();
  const deletes = operations.flatMap(({ request_delete_range: range }) => (range ? [keyRange(range)] : []));
  const add = (key: string, allowed?: ReadonlySet<string>) => {
    if ((puts.has(key) && !allowed?.has(key)) || deletes.some((range) => inRange(range, key))) throw refusal("duplicateKey");
    puts.add(key);
  };
  for (const { request_txn: nested } of operations) {
    if (!nested) continue;
    const [success, failure] = [writesOf(nested.success), writesOf(nested.failure)];
    for (const key of success.puts) add(key);
    for (const key of failure.puts) add(key, success.puts);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const { request_put: put } of operations) if (put) add(keyText(put.key));
  return { puts, deletes };
}

function checkSize(bytes: number, { maxRequestBytes }: Limits): void {
  if (bytes > maxRequestBytes) throw refusal("requestTooLarge");
}

function putBytes({ key, value }: PutRequest): number {
  return key.length + value.length + OPERATION_BYTES;
}

function rangeBytes({ key, range_end: end }: DeleteRangeRequest): number {
  return key.length + end.length + OPERATION_BYTES;
}

function txnBytes({ compare, success, failure }: TxnRequest): number {
  const conditions = compare.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0) + OPERATION_BYTES, 0);
  return [...success, ...failure].reduce((sum, operation) => {
    if (operation.request_put) return sum + putBytes(operation.request_put);
    if (operation.request_delete_range) return sum + rangeBytes(operation.request_delete_range);
    return sum + (operation.request_txn ? txnBytes(operation.request_txn) : OPERATION_BYTES);
  }, conditions);
}
