/** rpc.proto as TypeScript sees it: the messages after decoding, and the methods by name. */
import { fileURLToPath } from "node:url";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export interface Header {
  readonly revision: number;
}

export interface WireKeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly create_revision: number;
  readonly mod_revision: number;
  readonly version: number;
  readonly lease: number;
}

export interface WireRangeRequest {
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
  readonly limit?: number;
  readonly revision?: number;
  readonly serializable?: boolean;
  readonly keys_only?: boolean;
  readonly count_only?: boolean;
}

export interface WireRangeResponse {
  readonly header: Header | null;
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export type WireRequestOp =
  | { readonly request_range: WireRangeRequest }
  | { readonly request_put: { readonly key: Uint8Array; readonly value: Uint8Array; readonly lease: number } }
  | { readonly request_delete_range: { readonly key: Uint8Array; readonly range_end?: Uint8Array; readonly prev_kv: boolean } };

export interface WireResponseOp {
  readonly response_range?: WireRangeResponse;
  readonly response_delete_range?: { readonly deleted: number; readonly prev_kvs: readonly WireKeyValue[] };
}

export interface WireTxnRequest {
  readonly compare: readonly { readonly result: "EQUAL"; readonly target: "MOD"; readonly key: Uint8Array; readonly mod_revision: number }[];
  readonly success: readonly WireRequestOp[];
  readonly failure: readonly WireRequestOp[];
}

export interface WireTxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly responses: readonly WireResponseOp[];
}

export interface WireEvent {
  readonly type: "PUT" | "DELETE";
  readonly kv: WireKeyValue;
  readonly prev_kv: WireKeyValue | null;
}

export type WireWatchRequest =
  | {
      readonly create_request: {
        readonly key: Uint8Array;
        readonly range_end?: Uint8Array;
        readonly start_revision: number;
        readonly progress_notify: boolean;
        readonly prev_kv: boolean;
        readonly fragment: boolean;
      };
    }
  | { readonly progress_request: Record<string, never> };

export interface WireWatchResponse {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  /** More of the same revisions follows. */
  readonly fragment: boolean;
  readonly events: readonly WireEvent[];
}

export interface WireLease {
  readonly ID: number;
  readonly TTL: number;
}

export interface WireTimeToLive extends WireLease {
  readonly grantedTTL: number;
}

export interface WireStatus {
  readonly version: string;
  readonly dbSize: number;
  readonly errors: readonly string[];
}

/** Of all services. */
export const definition = loadSync(fileURLToPath(new URL("./rpc.proto", import.meta.url)), {
  keepCase: true,
  // Revisions stay below 2^53 for centuries; ids of leases are chosen by this client and stay below it too.
  longs: Number,
  enums: String,
  defaults: true,
  // A request that names no member of a oneof, or two, is a mistake here and not on the wire.
  oneofs: false,
});

function method<Request, Response>(service: string, name: string): MethodDefinition<Request, Response> {
  const found = (definition[`etcdserverpb.${service}`] as ServiceDefinition | undefined)?.[name];
  if (found === undefined) throw new Error(`cannot find method ${service}/${name} in rpc.proto`);
  return found as MethodDefinition<Request, Response>;
}

export const methods = {
  range: method<WireRangeRequest, WireRangeResponse>("KV", "Range"),
  txn: method<WireTxnRequest, WireTxnResponse>("KV", "Txn"),
  compact: method<{ readonly revision: number }, { readonly header: Header }>("KV", "Compact"),
  watch: method<WireWatchRequest, WireWatchResponse>("Watch", "Watch"),
  leaseGrant: method<WireLease, WireLease>("Lease", "LeaseGrant"),
  leaseRevoke: method<{ readonly ID: number }, { readonly header: Header }>("Lease", "LeaseRevoke"),
  leaseKeepAlive: method<{ readonly ID: number }, WireLease>("Lease", "LeaseKeepAlive"),
  leaseTimeToLive: method<{ readonly ID: number; readonly keys: boolean }, WireTimeToLive>("Lease", "LeaseTimeToLive"),
  status: method<Record<string, never>, WireStatus>("Maintenance", "Status"),
} as const;
