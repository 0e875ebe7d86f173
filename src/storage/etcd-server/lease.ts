/** The Lease service. */
import type { ServerDuplexStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { LeaseNotFoundError } from "../store.ts";
import { send, serveStream, unary } from "./calls.ts";
import { header, type ServerContext } from "./context.ts";
import { refusal } from "./etcd-error.ts";
import type { Header } from "./protocol.ts";

interface LeaseAnswer {
  readonly header: Header;
  readonly ID: number;
  readonly TTL: number;
}

/** Seconds. As etcd with its usual election timeout, which no lease may be shorter than. */
const MIN_TTL = 2;
const MAX_TTL = 9_000_000_000;

export function leaseService(context: ServerContext): UntypedServiceImplementation {
  const { store, logger } = context;
  return {
    LeaseGrant: unary((request: { readonly ID: number; readonly TTL: number }) => grant(context, request), logger),
    LeaseRevoke: unary(async ({ ID }: { readonly ID: number }) => {
      await store.revokeLease(ID);
      return { header: header(context) };
    }, logger),
    LeaseTimeToLive: unary((request: { readonly ID: number; readonly keys: boolean }) => timeToLive(context, request), logger),
    LeaseLeases: unary(() => ({ header: header(context), leases: store.leases().map(({ id }) => ({ ID: id })) }), logger),
    LeaseKeepAlive: (call: ServerDuplexStream<{ readonly ID: number }, LeaseAnswer>) => keepAlive(context, call),
  };
}

async function grant(context: ServerContext, { ID, TTL }: { readonly ID: number; readonly TTL: number }): Promise<LeaseAnswer> {
  if (TTL > MAX_TTL) throw refusal("leaseTtlTooLarge");
  if (ID < 0 || !Number.isSafeInteger(ID)) throw refusal("leaseIdTooLarge");
  const lease = await context.store.grantLease(Math.max(MIN_TTL, TTL), ID === 0 ? undefined : ID);
  return { header: header(context), ID: lease.id, TTL: lease.ttlSeconds };
}

/** A lease that is not there has a TTL of -1: no error. */
function timeToLive(
  context: ServerContext,
  { ID, keys: wantKeys }: { readonly ID: number; readonly keys: boolean },
): LeaseAnswer & { readonly grantedTTL?: number; readonly keys?: readonly Uint8Array[] } {
  try {
    const { ttlSeconds, remainingMs, keys } = context.store.describeLease(ID);
    const names = wantKeys ? keys.map((key) => Buffer.from(key)) : [];
    return { header: header(context), ID, TTL: Math.floor(remainingMs / 1000), grantedTTL: ttlSeconds, keys: names };
  } catch (error) {
    if (!(error instanceof LeaseNotFoundError)) throw error;
    return { header: header(context), ID, TTL: -1 };
  }
}

/** One answer a request, in their order; TTL 0 for a lease that has ended. */
function keepAlive(context: ServerContext, call: ServerDuplexStream<{ readonly ID: number }, LeaseAnswer>): void {
  const over = serveStream(
    call,
    async ({ ID }) => {
      const TTL = await renewed(context, ID);
      await send(call, { header: header(context), ID, TTL }, over);
    },
    context,
  );
}

async function renewed({ store }: ServerContext, id: number): Promise<number> {
  try {
    return (await store.keepAlive(id)).ttlSeconds;
  } catch (error) {
    if (error instanceof LeaseNotFoundError) return 0;
    throw error;
  }
}
