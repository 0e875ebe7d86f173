/** The messages of etcd's API as this server reads and writes them: see ../etcd/rpc.proto. Bytes stay bytes. */

export interface Header {
  readonly cluster_id: number;
  readonly member_id: number;
  readonly revision: number;
  readonly raft_term: number;
}

export interface WireRange {
  readonly key: Uint8Array;
  /** Empty: that key alone. One zero byte: every key from `key` on. */
  readonly range_end: Uint8Array;
}

export interface WireKeyValue {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
  readonly create_revision?: number;
  readonly mod_revision: number;
  readonly version?: number;
  readonly lease?: number;
}

export interface RangeRequest extends WireRange {
  readonly limit: number;
  readonly revision: number;
  readonly sort_order: "NONE" | "ASCEND" | "DESCEND";
  readonly sort_target: "KEY" | "VERSION" | "CREATE" | "MOD" | "VALUE";
  readonly serializable: boolean;
  readonly keys_only: boolean;
  readonly count_only: boolean;
  readonly min_mod_revision: number;
  readonly max_mod_revision: number;
  readonly min_create_revision: number;
  readonly max_create_revision: number;
}

/** Answers to the operations of a transaction carry a header with a revision alone. */
type AnyHeader = Header | { readonly revision: number };

export interface RangeResponse {
  readonly header: AnyHeader;
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: number;
  readonly prev_kv: boolean;
  readonly ignore_value: boolean;
  readonly ignore_lease: boolean;
}

export interface PutResponse {
  readonly header: AnyHeader;
  readonly prev_kv?: WireKeyValue;
}

export interface DeleteRangeRequest extends WireRange {
  readonly prev_kv: boolean;
}

export interface DeleteRangeResponse {
  readonly header: AnyHeader;
  readonly deleted: number;
  readonly prev_kvs: readonly WireKeyValue[];
}

/** At most one is there; none is a mistake of the sender. */
export interface RequestOp {
  readonly request_range?: RangeRequest;
  readonly request_put?: PutRequest;
  readonly request_delete_range?: DeleteRangeRequest;
  readonly request_txn?: TxnRequest;
}

export type ResponseOp =
  | { readonly response_range: RangeResponse }
  | { readonly response_put: PutResponse }
  | { readonly response_delete_range: DeleteRangeResponse }
  | { readonly response_txn: TxnResponse };

export interface Compare extends WireRange {
  readonly result: "EQUAL" | "GREATER" | "LESS" | "NOT_EQUAL";
  readonly target: "VERSION" | "CREATE" | "MOD" | "VALUE" | "LEASE";
  readonly version?: number;
  readonly create_revision?: number;
  readonly mod_revision?: number;
  readonly value?: Uint8Array;
  readonly lease?: number;
}

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: AnyHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface WatchCreateRequest extends WireRange {
  /** First revision to report; 0 for from now on. */
  readonly start_revision: number;
  readonly progress_notify: boolean;
  readonly filters: readonly ("NOPUT" | "NODELETE")[];
  readonly prev_kv: boolean;
  /** 0: the server chooses. */
  readonly watch_id: number;
  readonly fragment: boolean;
}

export interface WatchRequest {
  readonly create_request?: WatchCreateRequest;
  readonly cancel_request?: { readonly watch_id: number };
  readonly progress_request?: Record<string, never>;
}

export interface WireEvent {
  readonly type: "PUT" | "DELETE";
  readonly kv: WireKeyValue;
  readonly prev_kv?: WireKeyValue;
}

export interface WatchResponse {
  readonly header: Header;
  readonly watch_id: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: number;
  readonly cancel_reason?: string;
  /** More of the same batch follows. */
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}
