/** The KV service. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { applyDelete, applyPut, applyTxn } from "./apply.ts";
import { unary } from "./calls.ts";
import { checkPut, checkTxn } from "./check.ts";
import { header, type ServerContext } from "./context.ts";
import { etcdError, isNoSpace, refusal } from "./etcd-error.ts";
import type { DeleteRangeRequest, Header, PutRequest, RangeRequest, TxnRequest } from "./protocol.ts";
import { rangeAnswer, storeRange } from "./range.ts";

export function kvService(context: ServerContext): UntypedServiceImplementation {
  const { store, limits, logger } = context;
  return {
    Range: unary(async (request: RangeRequest, signal) => {
      const found = await store.range(storeRange(request), signal);
      return { header: header(context, found.revision), ...rangeAnswer(request, found) };
    }, logger),
    Put: unary((request: PutRequest) => {
      checkPut(request, limits);
      return answer(
        context,
        store.transact((view) => applyPut(request, view)),
      );
    }, logger),
    DeleteRange: unary(
      (request: DeleteRangeRequest) =>
        answer(
          context,
          store.transact((view) => applyDelete(request, view)),
        ),
      logger,
    ),
    Txn: unary((request: TxnRequest) => {
      checkTxn(request, limits);
      return answer(
        context,
        store.transact((view) => applyTxn(request, view)),
      );
    }, logger),
    Compact: unary((request: { readonly revision: number }) => compact(context, request.revision), logger),
  };
}

/** A write that has been decided goes on without its client, as in etcd: no signal. */
async function answer<T>(context: ServerContext, done: Promise<{ readonly revision: number; readonly value: T }>): Promise<T & { header: Header }> {
  try {
    const { revision, value } = await done;
    context.space.exceeded = false;
    return { ...value, header: header(context, revision) };
  } catch (error) {
    const refused = etcdError(error);
    context.space.exceeded ||= isNoSpace(refused);
    throw refused;
  }
}

/** Always as if `physical` had been asked for: answers when the space has been given back. */
async function compact(context: ServerContext, revision: number): Promise<{ header: Header }> {
  if (revision <= context.store.compactRevision) throw refusal("compacted");
  await context.store.compact(revision);
  return { header: header(context) };
}
