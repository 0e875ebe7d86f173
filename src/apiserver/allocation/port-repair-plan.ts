/**
 * What is wrong between Services and the claims of node ports, and what to do about it: Services from before there were
 * claims, keys that somebody deleted or wrote by hand. Writes of this version leave nothing to repair.
 */
import type { Service } from "../../api/core/v1/service.ts";
import type { PortClaim } from "./port-claims.ts";
import { nodePortsOf } from "./service-kind.ts";

/** What to write, if anything, and what to tell users of it in an Event once that is done. */
export interface PortRepair {
  readonly port: number;
  /** A claim of nobody who has the port, as it was seen. */
  readonly remove?: PortClaim;
  /** Whom the port is claimed for. */
  readonly create?: Service;
  readonly event?: { readonly about: Service; readonly reason: PortRepairReason; readonly message: string };
}

export type PortRepairReason = "PortNotAllocated" | "PortAlreadyAllocated" | "PortOutOfRange";

export interface PortRange {
  /** Both ends included. */
  readonly from: number;
  readonly to: number;
}

/** `services` must be those of a later moment than `claims`: then a claim without a Service is certainly nobody's. */
export function planPortRepair(services: Iterable<Service>, claims: readonly PortClaim[], range: PortRange): PortRepair[] {
  const users = usersByPort(services);
  const known = new Map(claims.map((claim) => [claim.port, claim]));
  const unused = claims.filter(({ port }) => !users.has(port));
  return [
    ...[...users].flatMap(([port, holders]) => planPort(port, holders, known.get(port), range)),
    ...unused.map((remove) => ({ port: remove.port, remove })),
  ];
}

type Users = readonly [Service, ...Service[]];

function usersByPort(services: Iterable<Service>): Map<number, Users> {
  const users = new Map<number, Users>();
  for (const service of services) {
    for (const port of new Set(nodePortsOf(service))) {
      const known = users.get(port);
      users.set(port, known === undefined ? [service] : [...known, service]);
    }
  }
  return users;
}

/** One Service has the port: the one that claims it, else the first. The others are told. */
function planPort(port: number, users: Users, claim: PortClaim | undefined, { from, to }: PortRange): PortRepair[] {
  const tell = (about: Service, reason: PortRepairReason, message: string) => ({ port, event: { about, reason, message } });
  if (port < from || port > to) {
    return users.map((user) => tell(user, "PortOutOfRange", `Port ${port} is not within the port range ${from}-${to}; please recreate service`));
  }
  const claimant = users.find(({ metadata }) => metadata.uid === claim?.uid);
  const owner = claimant ?? users[0];
  const missing = {
    ...tell(owner, "PortNotAllocated", `Port ${port} is not allocated; repairing`),
    ...(claim === undefined ? {} : { remove: claim }),
    create: owner,
  };
  const message = `Port ${port} was assigned to multiple services; please recreate service`;
  const others = users.filter((user) => user !== owner).map((user) => tell(user, "PortAlreadyAllocated", message));
  return [...(claimant === undefined ? [missing] : []), ...others];
}
