/** Range: what to ask the store for, and etcd's answer from what it says. Pure. */
import type { MvccRangeRequest } from "../mvcc/transaction-view.ts";
import type { KeyValue, RangeResponse as StoreRangeResponse } from "../store.ts";
import { refusal } from "./etcd-error.ts";
import { keyRange } from "./keys.ts";
import type { RangeRequest, RangeResponse, WireKeyValue } from "./protocol.ts";

const ORDERS = new Set<string>(["NONE", "ASCEND", "DESCEND"]);
const TARGETS = new Set<string>(["KEY", "VERSION", "CREATE", "MOD", "VALUE"]);

/** Order and bounds have to see everything before the limit counts. */
function needsAll(request: RangeRequest): boolean {
  const { min_mod_revision, max_mod_revision, min_create_revision, max_create_revision } = request;
  return request.sort_order !== "NONE" || [min_mod_revision, max_mod_revision, min_create_revision, max_create_revision].some((bound) => bound !== 0);
}

/** Without an order but by another target than the key, etcd sorts one more than the page has. */
function limitOf(request: RangeRequest): number {
  if (needsAll(request) || request.limit <= 0) return 0;
  return request.sort_target === "KEY" ? request.limit : request.limit + 1;
}

export function storeRange(request: RangeRequest): MvccRangeRequest {
  if (!ORDERS.has(request.sort_order) || !TARGETS.has(request.sort_target)) throw refusal("invalidSortOption");
  return {
    ...keyRange(request),
    revision: Math.max(0, request.revision),
    limit: limitOf(request),
    countOnly: request.count_only,
    keysOnly: request.keys_only && request.sort_target !== "VALUE",
  };
}

/** As etcd has it, `count` is that of the whole range, whatever the bounds leave of it. */
export function rangeAnswer(request: RangeRequest, { kvs, count, more }: StoreRangeResponse): Omit<RangeResponse, "header"> {
  const sorted = sort(request, kvs.filter(withinBounds(request)));
  const limit = request.limit > 0 ? request.limit : sorted.length;
  const page = sorted.length > limit ? sorted.slice(0, limit) : sorted;
  return { kvs: page.map(request.keys_only ? wireKey : wireKeyValue), count, more: more || sorted.length > limit };
}

function withinBounds(request: RangeRequest): (kv: KeyValue) => boolean {
  const within = (value: number, min: number, max: number) => (min === 0 || value >= min) && (max === 0 || value <= max);
  return (kv) =>
    within(kv.modRevision, request.min_mod_revision, request.max_mod_revision) &&
    within(kv.createRevision, request.min_create_revision, request.max_create_revision);
}

/** Equals stay in the order of keys, which is what `kvs` come in. */
function sort({ sort_order, sort_target }: RangeRequest, kvs: KeyValue[]): KeyValue[] {
  const descending = sort_order === "DESCEND";
  if (sort_target === "KEY") return descending ? kvs.reverse() : kvs;
  const compare = comparisons[sort_target];
  return kvs.sort(descending ? (a, b) => compare(b, a) : compare);
}

const comparisons: Record<Exclude<RangeRequest["sort_target"], "KEY">, (a: KeyValue, b: KeyValue) => number> = {
  VERSION: (a, b) => versionOf(a) - versionOf(b),
  CREATE: (a, b) => a.createRevision - b.createRevision,
  MOD: (a, b) => a.modRevision - b.modRevision,
  VALUE: (a, b) => Buffer.compare(a.value, b.value),
};

export function versionOf(kv: KeyValue): number {
  return kv.version ?? 1;
}

export function wireKeyValue(kv: KeyValue): WireKeyValue {
  return { ...wireKey(kv), value: kv.value };
}

function wireKey(kv: KeyValue): WireKeyValue {
  return { key: Buffer.from(kv.key), create_revision: kv.createRevision, mod_revision: kv.modRevision, version: versionOf(kv), lease: kv.lease };
}
