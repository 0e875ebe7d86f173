/** Kinds that Kubernetes lets lapse: Events after an hour (--event-ttl), by a lease of the store that many of them share. */
import type { RegistryContext } from "./requests.ts";
import type { ResourceStore } from "./resource-store.ts";

const defaultEventTtlSeconds = 3600;
/** Events written within a minute of each other lapse together. */
const sharedForMs = 60_000;

interface SharedLease {
  readonly id: Promise<number>;
  readonly until: number;
}

const shared = new WeakMap<RegistryContext, SharedLease>();

/** Whether objects of the kind are bound to a lease. */
export function isLeased(resource: ResourceStore): boolean {
  return resource.stored.kind === "Event";
}

/** Lease to bind a new one of them to. */
export async function leaseFor(context: RegistryContext): Promise<number> {
  const now = context.clock.now();
  let lease = shared.get(context);
  if (lease === undefined || lease.until <= now) {
    const id = context.store.grantLease((context.eventTtlSeconds ?? defaultEventTtlSeconds) + sharedForMs / 1000).then((granted) => granted.id);
    lease = { id, until: now + sharedForMs };
    shared.set(context, lease);
    id.catch(() => shared.delete(context));
  }
  return lease.id;
}
