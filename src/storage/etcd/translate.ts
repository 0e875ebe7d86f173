/** Between the store's requests and etcd's. Pure. */
import type { KeyValue, Operation, OperationResult, RangeRequest, RangeResponse, StoreEvent, TxnRequest, TxnResponse } from "../store.ts";
import type {
  WireEvent,
  WireKeyValue,
  WireRangeRequest,
  WireRangeResponse,
  WireRequestOp,
  WireResponseOp,
  WireTxnRequest,
  WireTxnResponse,
} from "./protocol.ts";

interface WireRange {
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
}

/** etcd has no empty key: the smallest is a zero byte. */
export function wireRange(range: { readonly start: string; readonly end?: string }): WireRange {
  const key = Buffer.from(range.start === "" ? "\0" : range.start);
  return range.end === undefined ? { key } : { key, range_end: Buffer.from(range.end) };
}

export function wireRangeRequest(request: RangeRequest): WireRangeRequest {
  return { ...wireRange(request), limit: request.limit ?? 0, revision: request.revision ?? 0, count_only: request.countOnly ?? false };
}

export function wireTxnRequest(request: TxnRequest): WireTxnRequest {
  return {
    compare: request.compare.map(({ key, modRevision }) => ({ result: "EQUAL", target: "MOD", key: Buffer.from(key), mod_revision: modRevision })),
    success: request.success.map(wireOperation),
    failure: request.failure.map(wireOperation),
  };
}

function wireOperation(operation: Operation): WireRequestOp {
  switch (operation.type) {
    case "put":
      return { request_put: { key: Buffer.from(operation.key), value: operation.value, lease: operation.lease ?? 0 } };
    case "delete":
      return { request_delete_range: { ...wireRange(operation), prev_kv: true } };
    case "range":
      return { request_range: wireRangeRequest(operation.range) };
  }
}

export function keyValue(wire: WireKeyValue): KeyValue {
  return {
    key: Buffer.from(wire.key).toString(),
    value: wire.value,
    createRevision: wire.create_revision,
    modRevision: wire.mod_revision,
    lease: wire.lease,
    version: wire.version,
  };
}

/** `revision` stands in where the answer is part of a transaction's. */
export function rangeResponse(wire: WireRangeResponse, revision: number): RangeResponse {
  return { revision: wire.header?.revision || revision, kvs: wire.kvs.map(keyValue), count: wire.count, more: wire.more };
}

export function txnResponse(request: TxnRequest, wire: WireTxnResponse): TxnResponse {
  const operations = wire.succeeded ? request.success : request.failure;
  const { revision } = wire.header;
  return { revision, succeeded: wire.succeeded, results: operations.map((operation, index) => result(operation, wire.responses[index], revision)) };
}

function result(operation: Operation, wire: WireResponseOp | undefined, revision: number): OperationResult {
  if (operation.type === "put") return { type: "put" };
  if (operation.type === "range" && wire?.response_range) return { type: "range", response: rangeResponse(wire.response_range, revision) };
  if (operation.type === "delete" && wire?.response_delete_range) {
    return { type: "delete", deleted: wire.response_delete_range.deleted, previous: wire.response_delete_range.prev_kvs.map(keyValue) };
  }
  throw new Error(`cannot read etcd's answer: it has no result for a ${operation.type} operation`);
}

/** Undefined when the previous value it must have is gone: it has been compacted. */
export function storeEvent(wire: WireEvent): StoreEvent | undefined {
  const kv = keyValue(wire.kv);
  const previous = wire.prev_kv === null ? undefined : keyValue(wire.prev_kv);
  const expected = wire.type === "DELETE" || kv.createRevision !== kv.modRevision;
  if (expected && previous === undefined) return undefined;
  return { type: wire.type === "DELETE" ? "delete" : "put", kv, previous };
}
