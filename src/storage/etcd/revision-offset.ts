/**
 * A cluster that moves to an etcd brings revisions that its clients know, and an etcd counts from 1: left alone, it would
 * give out the same numbers a second time, and a client that watches from an old one would miss what happened. etcd's
 * counter cannot be set through its API, so the distance is kept in etcd itself, under a key, and every process that opens
 * the store adds it to what etcd says. Clusters that began in their etcd have none, and nothing is added.
 */
import {
  CompactedError,
  type KeyValue,
  type OperationResult,
  type RangeRequest,
  type RangeResponse,
  type Store,
  type StoreEvent,
  type TxnRequest,
  type WatchBatch,
  type WatchRequest,
} from "../store.ts";
import { storeOver } from "../store-over.ts";

/** Outside of `/registry/`, where API servers keep their objects. */
const OFFSET_KEY = "/coracle/revision-offset";
/** What no key's revision is. */
const NEVER = -1;

/** 0 when the etcd holds none. */
export async function readRevisionOffset(store: Store): Promise<number> {
  const [kv] = (await store.range({ start: OFFSET_KEY })).kvs;
  if (kv === undefined) return 0;
  const offset = Number(Buffer.from(kv.value).toString());
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new Error(`cannot open the store: etcd's key ${OFFSET_KEY} holds ${JSON.stringify(Buffer.from(kv.value).toString())} instead of a number`);
}

export async function writeRevisionOffset(store: Store, offset: number): Promise<void> {
  await store.txn({ compare: [], success: [{ type: "put", key: OFFSET_KEY, value: Buffer.from(String(offset)) }], failure: [] });
}

/** The store with its revisions moved up by `offset`. Does not own `store`: closing either closes it. */
export function withRevisionOffset(store: Store, offset: number): Store {
  const up = (revision: number) => (revision === 0 ? 0 : revision + offset);
  /** Revisions from before the move have never been in this etcd. */
  const down = (revision: number) => {
    if (revision <= offset) throw new CompactedError(revision, offset);
    return revision - offset;
  };
  const keyValue = (kv: KeyValue): KeyValue => ({ ...kv, createRevision: up(kv.createRevision), modRevision: up(kv.modRevision) });
  const rangeRequest = (request: RangeRequest): RangeRequest => (request.revision ? { ...request, revision: down(request.revision) } : request);
  const rangeResponse = (response: RangeResponse): RangeResponse => ({ ...response, revision: up(response.revision), kvs: response.kvs.map(keyValue) });
  const event = ({ type, kv, previous }: StoreEvent): StoreEvent => ({
    type,
    kv: keyValue(kv),
    previous: previous === undefined ? undefined : keyValue(previous),
  });
  const result = (one: OperationResult): OperationResult => {
    if (one.type === "range") return { type: "range", response: rangeResponse(one.response) };
    return one.type === "delete" ? { ...one, previous: one.previous.map(keyValue) } : one;
  };
  const txnRequest = (request: TxnRequest): TxnRequest => {
    const compare = request.compare.map(({ key, modRevision: asked }) => ({ key, modRevision: asked === 0 ? 0 : asked <= offset ? NEVER : asked - offset }));
    const operations = (list: TxnRequest["success"]) => list.map((each) => (each.type === "range" ? { ...each, range: rangeRequest(each.range) } : each));
    return { ...request, compare, success: operations(request.success), failure: operations(request.failure) };
  };
  const inItsTerms = (error: unknown, asked: number) => (error instanceof CompactedError ? new CompactedError(asked, up(error.compactRevision)) : error);
  const raised = async <T>(answer: Promise<T>, asked: number): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw inItsTerms(error, asked);
    }
  };
  // A generator: what fails at once fails when it is first read.
  async function* watch({ fromRevision, ...where }: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const request = fromRevision === undefined ? where : { ...where, fromRevision: down(fromRevision) };
    try {
      for await (const batch of store.watch(request, signal)) yield { revision: up(batch.revision), events: batch.events.map(event) };
    } catch (error) {
      throw inItsTerms(error, fromRevision ?? 0);
    }
  }
  return storeOver(store, {
    range: async (request, signal) => rangeResponse(await raised(store.range(rangeRequest(request), signal), request.revision ?? 0)),
    txn: async (request, signal) => {
      const { revision, succeeded, results } = await raised(store.txn(txnRequest(request), signal), 0);
      return { revision: up(revision), succeeded, results: results.map(result) };
    },
    watch,
    compact: async (revision) => (revision <= offset ? undefined : store.compact(revision - offset)),
    status: async () => {
      const { revision, compactRevision, ...rest } = await store.status();
      return { ...rest, revision: up(revision), compactRevision: up(compactRevision) };
    },
  });
}
