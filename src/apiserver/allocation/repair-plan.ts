/**
 * What is wrong between Services and IPAddresses, and what to do about it: a crash between two writes, an IPAddress
 * deleted by hand, a store from before there were any (KEP-1880).
 */
import type { Service } from "../../api/core/v1/service.ts";
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import type { Draft, KubeObject } from "../../machinery/object.ts";
import { timeMs } from "../../machinery/time.ts";
import { allocatorName, ipAddressOf, isHeldBy, managedByLabel } from "./address-claims.ts";
import { addressFamily, formatAddress, parseAddress } from "./ip-range.ts";
import { clusterIPsOf } from "./service-kind.ts";

/** What to write, if anything, and what to tell users of it in an Event once that is done. */
export interface Repair {
  /** An object as it was seen: only that one may go. */
  readonly remove?: IPAddress;
  readonly create?: Draft<IPAddress>;
  readonly about: KubeObject;
  readonly reason: "ClusterIPNotAllocated" | "ClusterIPAlreadyAllocated" | "IPAddressNotAllocated";
  readonly message: string;
}

/** An IPAddress is written before its Service, which may still be on its way. */
const graceMs = 60_000;

export function planRepair(services: Iterable<Service>, addresses: ReadonlyMap<string, IPAddress>, nowMs: number): Repair[] {
  const users = usersByAddress(services);
  return [
    ...[...users].flatMap(([address, [first, ...more]]) => planAddress(address, first, more, addresses.get(address))),
    ...[...addresses.values()].filter(({ metadata }) => !users.has(metadata.name)).flatMap((address) => planUnused(address, nowMs)),
  ];
}

type Users = [Service, ...Service[]];

function usersByAddress(services: Iterable<Service>): Map<string, Users> {
  const users = new Map<string, Users>();
  for (const service of services) {
    for (const text of clusterIPsOf(service)) {
      const value = parseAddress(text);
      if (value === undefined) continue;
      const address = formatAddress(value, addressFamily(text));
      const known = users.get(address);
      if (known === undefined) users.set(address, [service]);
      else known.push(service);
    }
  }
  return users;
}

/** One Service has the address: the one that its IPAddress names, else the first. The others are told. */
function planAddress(address: string, first: Service, more: readonly Service[], found: IPAddress | undefined): Repair[] {
  const all = [first, ...more];
  const text = `Cluster IP [${addressFamily(address)}]: ${address}`;
  const holder = found === undefined ? undefined : all.find((service) => isHeldBy(found, service));
  const owner = holder ?? first;
  const message = `${text} was assigned to multiple services; please recreate service`;
  const others = all.filter((service) => service !== owner).map((about): Repair => ({ about, reason: "ClusterIPAlreadyAllocated", message }));
  if (holder !== undefined) return others;
  const { namespace, name } = owner.metadata;
  const repair = { create: ipAddressOf(address, owner), about: owner, reason: "ClusterIPNotAllocated" } as const;
  if (found === undefined) return [{ ...repair, message: `${text} is not allocated; repairing` }, ...others];
  return [{ ...repair, remove: found, message: `${text} for Service ${namespace}/${name} has a wrong reference; repairing` }, ...others];
}

/** Those that others made are theirs. */
function planUnused(address: IPAddress, nowMs: number): Repair[] {
  const { labels, creationTimestamp, name } = address.metadata;
  if (labels?.[managedByLabel] !== allocatorName || nowMs - (timeMs(creationTimestamp) ?? 0) < graceMs) return [];
  const { namespace, name: parent } = address.spec.parentRef;
  const message = `IPAddress: ${name} for Service ${namespace}/${parent} appears to have leaked: cleaning up`;
  return [{ remove: address, about: address, reason: "IPAddressNotAllocated", message }];
}
