/**
 * Cluster IPs and node ports of Services. What is taken is known from the Services themselves, through the watch
 * cache; what writes under way have been promised is kept beside it until they are done. Every value has one owner, the
 * Service's uid. An address is had only with its IPAddress object, a port only with its key in the store: another API
 * server may be giving them out.
 */
import { type Service, services } from "../../api/core/v1/service.ts";
import { ipAddresses } from "../../api/networking/v1/ip-address.ts";
import { type ServiceCIDR, serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import type { Random } from "../../machinery/clock.ts";
import { type FieldError, fieldError, internalError, invalid, type StatusError } from "../../machinery/status.ts";
import type { ObjectReader, Reservation, WriteHook } from "../contract.ts";
import type { AddressClaims } from "./address-claims.ts";
import { addressBand, pickFree } from "./bands.ts";
import { setFamilies } from "./ip-families.ts";
import { addressFamily, type Cidr, cidrContains, type Family, formatAddress, isCidr, parseAddress, parseCidr, usableSize } from "./ip-range.ts";
import { Ledger } from "./ledger.ts";
import { NodePorts } from "./node-ports.ts";
import type { PortStore } from "./port-claims.ts";
import type { PortRange } from "./port-repair-plan.ts";
import { clusterIPsOf, isHeadless, needsClusterIP } from "./service-kind.ts";

export interface ServiceAllocationOptions {
  /** Where node ports are claimed. */
  readonly store: PortStore;
  readonly random: Random;
  readonly claims: AddressClaims;
  /** The allocator follows the watch cache until it aborts. */
  readonly signal: AbortSignal;
  /** --service-node-port-range, both ends included. Default 30000 to 32767. */
  readonly nodePorts?: PortRange;
}

export const defaultNodePorts: PortRange = { from: 30_000, to: 32_767 };
/** Offsets are kept in doubles; no range needs more than a terabyte of addresses. */
const maxRangeSize = 2n ** 40n;

export function serviceAllocationHook(reader: ObjectReader, options: ServiceAllocationOptions): WriteHook {
  const allocator = new ServiceAllocator(reader, options);
  return {
    definition: services,
    async prepare(operation, object, old, dryRun) {
      if (operation === "DELETE") return allocator.releaseOnDelete(old as Service | undefined);
      // A write of the status has the old object's own spec, frozen; what it holds stays held.
      if (old !== undefined && (object as Service).spec === (old as Service).spec) return { commit: () => undefined, rollback: () => undefined };
      return allocator.allocate(object as Service, old as Service | undefined, dryRun);
    },
  };
}

/** Undoes one thing that was taken. */
type GiveBack = () => void | Promise<void>;

/** One write that is being given what it needs. */
interface Allocation {
  readonly service: Service;
  readonly dryRun: boolean;
  readonly taken: GiveBack[];
}

class ServiceAllocator {
  readonly #reader: ObjectReader;
  readonly #claims: AddressClaims;
  readonly #random: Random;
  readonly #ports: NodePorts;
  readonly #addresses = new Ledger<string>();
  /** Writes under way by uid: what they hold is more than what the cache shows. */
  readonly #writing = new Map<string, number>();
  /** Of those, the ones whose write was their end: an update that takes the last finalizer away. */
  readonly #gone = new Set<string>();

  constructor(reader: ObjectReader, { store, random, claims, signal, nodePorts: range = defaultNodePorts }: ServiceAllocationOptions) {
    this.#reader = reader;
    this.#claims = claims;
    this.#random = random;
    this.#ports = new NodePorts({ reader, store, random, range, isWriting: (uid) => this.#writing.has(uid) });
    reader.subscribe(services, (type, service) => this.#follow(type, service), signal);
  }

  /** Fills in what the Service lacks. Throws 422 for a value that cannot be had, 500 when a range is full. */
  async allocate(service: Service, old: Service | undefined, dryRun: boolean): Promise<Reservation> {
    const allocation: Allocation = { service, dryRun, taken: [] };
    this.#begin(service);
    const rollback = async (): Promise<void> => {
      for (const giveBack of allocation.taken.splice(0).reverse()) await giveBack();
      this.#end(service);
    };
    const commit = async (): Promise<void> => {
      if (!this.#gone.has(service.metadata.uid)) this.#settle(service);
      this.#end(service);
      if (old !== undefined) await this.#releaseAddresses(old, new Set(clusterIPsOf(service)));
    };
    try {
      await this.#allocateAddresses(allocation, old);
      const { claims, contested, undo } = await this.#ports.grant(service, old, dryRun);
      allocation.taken.push(undo);
      return { claims, contested, commit, rollback };
    } catch (error) {
      await rollback();
      throw error;
    }
  }

  /** Those of the Service that are not in `kept`. */
  async #releaseAddresses(service: Service, kept: ReadonlySet<string>): Promise<void> {
    for (const address of clusterIPsOf(service)) if (!kept.has(address)) await this.#claims.release(canonicalAddress(address), service);
  }

  #begin({ metadata: { uid } }: Service): void {
    this.#writing.set(uid, (this.#writing.get(uid) ?? 0) + 1);
  }

  #end({ metadata: { uid } }: Service): void {
    const left = (this.#writing.get(uid) ?? 1) - 1;
    if (left > 0) this.#writing.set(uid, left);
    else this.#writing.delete(uid);
    if (left <= 0) this.#gone.delete(uid);
  }

  async releaseOnDelete(old: Service | undefined): Promise<Reservation> {
    if (old === undefined) return { commit: () => undefined, rollback: () => undefined };
    const { uid } = old.metadata;
    const commit = async (): Promise<void> => {
      this.#clear(uid);
      if (this.#writing.has(uid)) this.#gone.add(uid);
      await this.#releaseAddresses(old, new Set());
    };
    return { claims: await this.#ports.forget(old), contested: () => this.#ports.forget(old), commit, rollback: () => undefined };
  }

  #follow(type: "ADDED" | "MODIFIED" | "DELETED", service: Service): void {
    if (type === "DELETED") this.#clear(service.metadata.uid);
    // The event is older than the write, whose end settles what is held.
    else if (!this.#writing.has(service.metadata.uid)) this.#settle(service);
  }

  #settle(service: Service): void {
    this.#addresses.settle(new Set(clusterIPsOf(service).map(canonicalAddress)), service.metadata.uid);
    this.#ports.settle(service);
  }

  #clear(uid: string): void {
    this.#addresses.settle(new Set(), uid);
    this.#ports.clear(uid);
  }

  /* ---- Cluster IPs ---- */

  async #allocateAddresses(allocation: Allocation, old: Service | undefined): Promise<void> {
    const { service } = allocation;
    const ranges = this.#ranges();
    const errors = setFamilies(service, old, familiesOf(ranges));
    if (errors.length > 0) throw refuse(service, errors);
    if (!needsClusterIP(service)) return;
    const { spec } = service;
    if (isHeadless(service)) {
      Object.assign(spec, { clusterIP: "None", clusterIPs: ["None"] });
      return;
    }
    const asked = [...(spec.clusterIPs ?? [])];
    const had = old === undefined || !needsClusterIP(old) ? [] : (old.spec.clusterIPs ?? []);
    const given: string[] = [];
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      const wanted = asked[index] ?? "";
      // Of another address in place of the one it has, validation speaks.
      if (had[index] !== undefined && wanted !== "" && wanted !== had[index]) given.push(wanted);
      else given.push(wanted === "" ? await this.#nextAddress(allocation, family as Family, ranges) : await this.#takeAddress(allocation, wanted, ranges));
    }
    // Surplus entries stay for validation to refuse.
    spec.clusterIPs = [...given, ...asked.slice(given.length)];
    if (spec.clusterIPs[0] !== undefined) spec.clusterIP = spec.clusterIPs[0];
  }

  async #takeAddress(allocation: Allocation, text: string, ranges: readonly Cidr[]): Promise<string> {
    const { service } = allocation;
    const value = parseAddress(text);
    // Not an address: validation says so.
    if (value === undefined) return text;
    const address = formatAddress(value, addressFamily(text));
    // What it holds already needs no range: ranges may have changed since.
    if (this.#addresses.ownerOf(address) === service.metadata.uid) return text;
    const fail = (why: string): StatusError =>
      refuse(service, [fieldError.invalid("spec.clusterIPs", service.spec.clusterIPs, `failed to allocate IP ${text}: ${why}`)]);
    if (!ranges.some((range) => isUsable(range, value, addressFamily(text)))) throw fail("the provided network does not match the current range");
    if (!(await this.#have(allocation, address))) throw fail("provided IP is already allocated");
    return text;
  }

  async #nextAddress(allocation: Allocation, family: Family, ranges: readonly Cidr[]): Promise<string> {
    /** Claimed by others so recently that neither Services nor IPAddresses at hand show it. */
    const lost = new Set<string>();
    for (const range of ranges.filter((candidate) => candidate.family === family)) {
      const addressAt = (offset: number): string => formatAddress(range.base + 1n + BigInt(offset), family);
      const isFree = (offset: number): boolean => this.#isFree(addressAt(offset)) && !lost.has(addressAt(offset));
      const size = usableSize(range);
      const band = addressBand(Number(size < maxRangeSize ? size : maxRangeSize));
      for (let offset = pickFree(band, isFree, this.#random); offset !== undefined; offset = pickFree(band, isFree, this.#random)) {
        const address = addressAt(offset);
        if (await this.#have(allocation, address)) return address;
        lost.add(address);
      }
    }
    throw internalError("failed to allocate a serviceIP: range is full");
  }

  #isFree(address: string): boolean {
    return this.#addresses.ownerOf(address) === undefined && this.#reader.get(ipAddresses, "", address) === undefined;
  }

  /** Takes an address, here and in the store. False when somebody else has it. */
  async #have({ service, dryRun, taken }: Allocation, address: string): Promise<boolean> {
    const { uid } = service.metadata;
    if (!this.#addresses.take(address, uid)) return false;
    taken.push(() => this.#addresses.release(address, uid));
    if (dryRun) return this.#reader.get(ipAddresses, "", address) === undefined;
    if (await this.#claims.claim(address, service)) {
      taken.push(() => this.#claims.release(address, service));
      return true;
    }
    this.#addresses.release(address, uid);
    return false;
  }

  /** All ranges that give out addresses, `kubernetes` first; those being deleted give none. */
  #ranges(): Cidr[] {
    const all = [...this.#reader.list(serviceCIDRs)].filter(isReady);
    all.sort((a, b) => Number(b.metadata.name === "kubernetes") - Number(a.metadata.name === "kubernetes"));
    return all.flatMap((item) => item.spec.cidrs ?? []).flatMap((text) => (isCidr(text) ? [parseCidr(text)] : []));
  }
}

/** One of which nothing is said is taken to be ready: the controller may not run yet. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return status?.conditions?.find(({ type }) => type === "Ready")?.status !== "False";
}

function familiesOf(ranges: readonly Cidr[]): Family[] {
  const families = [...new Set(ranges.map((range) => range.family))];
  // Before the first ServiceCIDR is known nothing can be given out anyway; IPv4 keeps the defaults sensible.
  return families.length === 0 ? ["IPv4"] : families;
}

function isUsable(range: Cidr, address: bigint, family: Family): boolean {
  const offset = address - range.base;
  return cidrContains(range, address, family) && offset >= 1n && offset <= usableSize(range);
}

function canonicalAddress(text: string): string {
  const value = parseAddress(text);
  return value === undefined ? text : formatAddress(value, addressFamily(text));
}

function refuse(service: Service, errors: readonly FieldError[]): StatusError {
  return invalid("", "Service", service.metadata.name, errors);
}
