/**
 * What is wrong between Services and IPAddresses, and what to do about it: a crash between two writes, an IPAddress
 * deleted by hand, a store from before there were any (KEP-1880).
 */
import type { Service } from "../../api/core/v1/service.ts";
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import type { Draft, KubeObject } from "../../machinery/object.ts";
import { timeMs } from "../../machinery/time.ts";
import { allocatorName, ipAddressOf, isHeldBy, managedByLabel, refersTo } from "./address-claims.ts";
import { addressFamily, type Cidr, cidrContains, formatAddress, parseAddress } from "./ip-range.ts";
import { clusterIPsOf } from "./service-kind.ts";

/** What to write, if anything, and what to tell users of it in an Event once that is done. */
export interface Repair {
  /** An object as it was seen: only that one may go. */
  readonly remove?: IPAddress;
  readonly create?: Draft<IPAddress>;
  readonly about: KubeObject;
  /** Absent: nothing that users need to hear of. */
  readonly event?: { readonly reason: RepairReason; readonly message: string };
}

export type RepairReason = "ClusterIPNotAllocated" | "ClusterIPAlreadyAllocated" | "ClusterIPOutOfRange" | "IPAddressNotAllocated" | "IPAddressWrongReference";

/** An IPAddress is written before its Service, which may still be on its way. */
const graceMs = 60_000;
/** The same for a Service that is being given a second address. */
const updateGraceMs = 10_000;

/** `ranges` are those of all ServiceCIDRs, whatever their state. */
export function planRepair(services: Iterable<Service>, addresses: ReadonlyMap<string, IPAddress>, ranges: readonly Cidr[], nowMs: number): Repair[] {
  const all = [...services];
  const names = new Set(all.map(nameOf));
  const users = usersByAddress(all);
  return [
    ...[...users].flatMap(([address, holders]) => planAddress(address, holders, addresses.get(address), ranges)),
    ...[...addresses.values()].filter(({ metadata }) => !users.has(metadata.name)).flatMap((address) => planUnused(address, names, nowMs)),
  ];
}

function nameOf({ metadata: { namespace = "", name } }: Service): string {
  return `${namespace}/${name}`;
}

type Users = readonly [Service, ...Service[]];

function usersByAddress(services: Iterable<Service>): Map<string, Users> {
  const users = new Map<string, Users>();
  for (const service of services) {
    for (const text of clusterIPsOf(service)) {
      const value = parseAddress(text);
      if (value === undefined) continue;
      const address = formatAddress(value, addressFamily(text));
      const known = users.get(address);
      users.set(address, known === undefined ? [service] : [...known, service]);
    }
  }
  return users;
}

/** One Service has the address: the one that its IPAddress names, else the first. The others are told. */
function planAddress(address: string, users: Users, found: IPAddress | undefined, ranges: readonly Cidr[]): Repair[] {
  const family = addressFamily(address);
  const value = parseAddress(address) ?? 0n;
  if (!ranges.some((range) => cidrContains(range, value, family))) {
    const message = `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`;
    return users.map((about): Repair => ({ about, event: { reason: "ClusterIPOutOfRange", message } }));
  }
  const owner = users.find((service) => found !== undefined && refersTo(found, service)) ?? users[0];
  const message = `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`;
  const others = users.filter((service) => service !== owner).map((about): Repair => ({ about, event: { reason: "ClusterIPAlreadyAllocated", message } }));
  return [...planOwner(address, owner, found), ...others];
}

function planOwner(address: string, owner: Service, found: IPAddress | undefined): Repair[] {
  if (found !== undefined && isHeldBy(found, owner)) return [];
  const family = addressFamily(address);
  const repair = { create: ipAddressOf(address, owner), about: owner };
  const event = (message: string) => ({ event: { reason: "ClusterIPNotAllocated", message } }) as const;
  if (found === undefined) return [{ ...repair, ...event(`Cluster IP [${family}]: ${address} is not allocated; repairing`) }];
  // Only its labels are wrong.
  if (refersTo(found, owner)) return [{ ...repair, remove: found }];
  return [{ ...repair, remove: found, ...event(`the ClusterIP [${family}]: ${address} for Service ${nameOf(owner)} has a wrong reference; repairing`) }];
}

/** Those that others made are theirs. */
function planUnused(address: IPAddress, services: ReadonlySet<string>, nowMs: number): Repair[] {
  const { labels, creationTimestamp, name } = address.metadata;
  if (labels?.[managedByLabel] !== allocatorName) return [];
  const { group = "", resource, namespace = "", name: parent } = address.spec.parentRef;
  const remove = (reason: RepairReason, message: string): Repair[] => [{ remove: address, about: address, event: { reason, message } }];
  if (group !== "" || resource !== "services") {
    const reference = `&{${[group, resource, namespace, parent].join(" ")}}`;
    return remove("IPAddressNotAllocated", `IPAddress ${name} appears to have been modified, not referencing a Service ${reference}: cleaning up`);
  }
  const age = nowMs - (timeMs(creationTimestamp) ?? 0);
  const service = `${namespace}/${parent}`;
  if (services.has(service)) {
    return age < updateGraceMs ? [] : remove("IPAddressWrongReference", `IPAddress: ${name} for Service ${service} has a wrong reference; cleaning up`);
  }
  return age < graceMs ? [] : remove("IPAddressNotAllocated", `IPAddress: ${name} for Service ${service} appears to have leaked: cleaning up`);
}
