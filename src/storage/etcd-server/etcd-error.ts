/** What etcd answers when it refuses (its api/v3rpc/rpctypes): clients match on these codes and sentences. */
import { status as Code } from "@grpc/grpc-js";
import { LeaseExistsError } from "../mvcc/mvcc-store.ts";
import { CompactedError, FutureRevisionError, LeaseNotFoundError, StoreCorruptError, StoreUnavailableError } from "../store.ts";

/** In grpc-js' terms a status to end a call with. */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
  readonly code: Code;
  /** What goes over the wire. */
  readonly details: string;
  constructor(code: Code, details: string, options?: ErrorOptions) {
    super(details, options);
    this.code = code;
    this.details = details;
  }
}

const refusals = {
  emptyKey: [Code.INVALID_ARGUMENT, "etcdserver: key is not provided"],
  keyNotFound: [Code.INVALID_ARGUMENT, "etcdserver: key not found"],
  valueProvided: [Code.INVALID_ARGUMENT, "etcdserver: value is provided"],
  leaseProvided: [Code.INVALID_ARGUMENT, "etcdserver: lease is provided"],
  tooManyOperations: [Code.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"],
  duplicateKey: [Code.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"],
  invalidSortOption: [Code.INVALID_ARGUMENT, "etcdserver: invalid sort option"],
  requestTooLarge: [Code.INVALID_ARGUMENT, "etcdserver: request is too large"],
  compacted: [Code.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"],
  futureRevision: [Code.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"],
  noSpace: [Code.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"],
  leaseNotFound: [Code.NOT_FOUND, "etcdserver: requested lease not found"],
  leaseExists: [Code.FAILED_PRECONDITION, "etcdserver: lease already exists"],
  leaseTtlTooLarge: [Code.OUT_OF_RANGE, "etcdserver: too large lease TTL"],
  authNotEnabled: [Code.FAILED_PRECONDITION, "etcdserver: authentication is not enabled"],
  rootUserNotExist: [Code.FAILED_PRECONDITION, "etcdserver: root user does not exist"],
  userNotFound: [Code.FAILED_PRECONDITION, "etcdserver: user name not found"],
  roleNotFound: [Code.FAILED_PRECONDITION, "etcdserver: role name not found"],
  badLeaderTransferee: [Code.FAILED_PRECONDITION, "etcdserver: bad leader transferee"],
  corrupt: [Code.DATA_LOSS, "etcdserver: corrupt cluster"],
  stopped: [Code.UNAVAILABLE, "etcdserver: server stopped"],
  // Not etcd's: what this server cannot do.
  keyNotText: [Code.INVALID_ARGUMENT, "coracle etcd-serve: keys must be UTF-8 text"],
  leaseIdTooLarge: [Code.INVALID_ARGUMENT, "coracle etcd-serve: lease ids must lie between 1 and 2^53-1"],
  noUsers: [Code.UNIMPLEMENTED, "coracle etcd-serve: users and roles are not kept; who may connect is decided by TLS client certificates"],
  singleMember: [Code.UNIMPLEMENTED, "coracle etcd-serve: this is one member over one store; membership cannot change"],
  alarmsNotSet: [Code.UNIMPLEMENTED, "coracle etcd-serve: alarms cannot be raised by hand"],
  noDowngrade: [Code.UNIMPLEMENTED, "coracle etcd-serve: there is no other version to go to"],
} as const satisfies Record<string, readonly [Code, string]>;

export type Refusal = keyof typeof refusals;

export function refusal(which: Refusal, options?: ErrorOptions): EtcdError {
  const [code, details] = refusals[which];
  return new EtcdError(code, details, options);
}

export function isNoSpace({ details }: EtcdError): boolean {
  return details === refusals.noSpace[1];
}

/** Errors of the store, and everything else that can go wrong, as etcd puts them. */
export function etcdError(error: unknown): EtcdError {
  const options = { cause: error };
  if (error instanceof EtcdError) return error;
  if (error instanceof CompactedError) return refusal("compacted", options);
  if (error instanceof FutureRevisionError) return refusal("futureRevision", options);
  if (error instanceof LeaseNotFoundError) return refusal("leaseNotFound", options);
  if (error instanceof LeaseExistsError) return refusal("leaseExists", options);
  if (error instanceof StoreCorruptError) return refusal("corrupt", options);
  if (error instanceof StoreUnavailableError) return unavailable(error);
  return new EtcdError(Code.INTERNAL, `coracle etcd-serve: ${error instanceof Error ? error.message : String(error)}`, options);
}

function unavailable(error: StoreUnavailableError): EtcdError {
  if (/no space left/.test(error.message)) return refusal("noSpace", { cause: error });
  if (/store is closed/.test(error.message)) return refusal("stopped", { cause: error });
  return new EtcdError(Code.UNAVAILABLE, `etcdserver: ${error.message}`, { cause: error });
}
