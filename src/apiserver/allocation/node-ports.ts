/**
 * Node ports of Services. What this server knows of who has which comes from the Services in its cache and from writes
 * under way; it serves to choose well. Who has one is decided by the store, with the write itself (see port-claims.ts).
 */
import { type Service, type ServicePort, services } from "../../api/core/v1/service.ts";
import type { Random } from "../../machinery/clock.ts";
import { fieldError, internalError, invalid, type StatusError } from "../../machinery/status.ts";
import type { KeyClaims, ObjectReader } from "../contract.ts";
import { pickFree, portBand } from "./bands.ts";
import { Ledger } from "./ledger.ts";
import { claimsOf, claimValue, type PortStore, portKey, portOf } from "./port-claims.ts";
import type { PortRange } from "./port-repair-plan.ts";
import { needsHealthCheckPort, needsNodePorts, nodePortsOf } from "./service-kind.ts";

export interface NodePortsOptions {
  readonly reader: ObjectReader;
  readonly store: PortStore;
  readonly random: Random;
  readonly range: PortRange;
  /** Whether a Service of this uid is being written by this server. */
  readonly isWriting: (uid: string) => boolean;
}

/** What one write was given. */
export interface PortGrant {
  readonly claims: KeyClaims;
  /** These keys are not as they were expected: gives the Service other ports, or throws as `grant` does. */
  contested(keys: ReadonlySet<string>): Promise<KeyClaims>;
  /** The write did not happen. */
  undo(): void;
}

/** A Service that is being given ports. */
interface Grant {
  readonly service: Service;
  /** Taken for this write. */
  readonly taken: Set<number>;
  /** Others have them, whatever this server has heard of it. */
  readonly lost: Set<number>;
  /** Empties the fields that were filled. */
  readonly filled: (() => void)[];
}

export class NodePorts {
  readonly #options: NodePortsOptions;
  readonly #owners = new Ledger<number>();

  constructor(options: NodePortsOptions) {
    this.#options = options;
  }

  /** Makes the Service hold exactly what it says. */
  settle(service: Service): void {
    this.#owners.settle(new Set(nodePortsOf(service)), service.metadata.uid);
  }

  clear(uid: string): void {
    this.#owners.settle(new Set(), uid);
  }

  /** Fills in what the Service lacks. Throws 422 or 500 for a port that cannot be had, 500 when the range is full. */
  async grant(service: Service, old: Service | undefined, dryRun: boolean): Promise<PortGrant> {
    const grant: Grant = { service, taken: new Set(), lost: new Set(), filled: [] };
    const undo = () => this.#release(grant);
    const contested = async (keys: Iterable<string>): Promise<KeyClaims> => {
      for (const key of keys) grant.lost.add(portOf(key));
      this.#release(grant);
      this.#learn(grant.lost);
      for (const empty of grant.filled.splice(0).reverse()) empty();
      await this.#fill(grant);
      return this.#claims(grant, old);
    };
    try {
      await this.#fill(grant);
      // A dry run claims nothing, and still tells what would be refused.
      for (let taken = dryRun ? await this.#takenIn(grant, old) : []; taken.length > 0; taken = await this.#takenIn(grant, old)) await contested(taken);
      return { claims: await this.#claims(grant, old), contested, undo };
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** What goes with the deletion of a Service. */
  async forget(service: Service): Promise<KeyClaims> {
    return { take: [], give: await this.#given(nodePortsOf(service), service) };
  }

  /** The difference between two versions of a Service: what the older one has is claimed, and stays so. */
  async #claims({ service }: Grant, old: Service | undefined): Promise<KeyClaims> {
    const [now, before] = [new Set(nodePortsOf(service)), new Set(old === undefined ? [] : nodePortsOf(old))];
    const take = [...now].filter((port) => !before.has(port)).map((port) => ({ key: portKey(port), value: claimValue(service) }));
    return {
      take,
      give: await this.#given(
        [...before].filter((port) => !now.has(port)),
        service,
      ),
    };
  }

  /** Only what is this Service's own: it may have a port from before there were claims, which is somebody else's by now. */
  async #given(ports: readonly number[], { metadata: { uid } }: Service): Promise<KeyClaims["give"]> {
    const claims = await claimsOf(this.#options.store, ports);
    return claims.filter((claim) => claim.uid === uid).map(({ port, modRevision }) => ({ key: portKey(port), modRevision }));
  }

  /** Keys of new ports of this write that are there already. */
  async #takenIn({ service, lost }: Grant, old: Service | undefined): Promise<string[]> {
    const before = new Set(old === undefined ? [] : nodePortsOf(old));
    const ports = nodePortsOf(service).filter((port) => !before.has(port) && !lost.has(port));
    return (await claimsOf(this.#options.store, ports)).map(({ port }) => portKey(port));
  }

  #release({ service, taken }: Grant): void {
    for (const port of taken) this.#owners.release(port, service.metadata.uid);
    taken.clear();
  }

  /** Their owners may have been heard of while this write held them. */
  #learn(ports: ReadonlySet<number>): void {
    for (const service of this.#options.reader.list(services)) if (nodePortsOf(service).some((port) => ports.has(port))) this.settle(service);
  }

  async #fill(grant: Grant): Promise<void> {
    const { service } = grant;
    const { spec } = service;
    if (needsNodePorts(service)) await this.#fillPorts(grant);
    else if (spec.type === "LoadBalancer")
      for (const [index, { nodePort = 0 }] of (spec.ports ?? []).entries()) if (nodePort !== 0) await this.#take(grant, index, nodePort);
    if (!needsHealthCheckPort(service)) return;
    const wanted = spec.healthCheckNodePort ?? 0;
    if (wanted !== 0) return this.#takeHealthCheckPort(grant, wanted);
    spec.healthCheckNodePort = this.#next(grant, "HealthCheck NodePort 0");
    grant.filled.push(() => {
      spec.healthCheckNodePort = wanted;
    });
  }

  /** The same port number over TCP and UDP gets the same node port, unless asked otherwise. */
  async #fillPorts(grant: Grant): Promise<void> {
    const byPort = new Map<number, number>();
    for (const [index, port] of (grant.service.spec.ports ?? []).entries()) {
      const wanted = port.nodePort ?? 0;
      if (wanted !== 0) await this.#take(grant, index, wanted);
      else fill(grant, port, byPort.get(port.port) ?? this.#next(grant, "nodePort"));
      if (!byPort.has(port.port) && port.nodePort !== undefined) byPort.set(port.port, port.nodePort);
    }
  }

  async #take(grant: Grant, index: number, wanted: number): Promise<void> {
    const { service } = grant;
    const refusal = await this.#refusal(grant, wanted);
    if (refusal !== undefined) throw invalid("", "Service", service.metadata.name, [fieldError.invalid(`spec.ports[${index}].nodePort`, wanted, refusal)]);
  }

  async #takeHealthCheckPort(grant: Grant, wanted: number): Promise<void> {
    const refusal = await this.#refusal(grant, wanted);
    if (refusal !== undefined) throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${refusal}`);
  }

  /** Takes a certain port; why not, if not. */
  async #refusal(grant: Grant, port: number): Promise<string | undefined> {
    const { from, to } = this.#options.range;
    // What it holds already needs no range: that may have changed since.
    if (this.#owners.ownerOf(port) === grant.service.metadata.uid && !grant.lost.has(port)) return undefined;
    if (port < from || port > to) return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
    return (await this.#have(grant, port)) ? undefined : "provided port is already allocated";
  }

  /** False when somebody else has it. Another server may have taken it from whom this one thinks to have it. */
  async #have({ service, taken, lost }: Grant, port: number): Promise<boolean> {
    if (lost.has(port)) return false;
    const { uid, name, namespace = "" } = service.metadata;
    if (!this.#owners.take(port, uid)) {
      if (this.#options.isWriting(this.#owners.ownerOf(port) ?? "")) return false;
      await this.#options.reader.getFresh(services, namespace, name);
      if (!this.#owners.take(port, uid)) return false;
    }
    taken.add(port);
    return true;
  }

  #next({ service, taken, lost }: Grant, what: string): number {
    const { from, to } = this.#options.range;
    // Ports that the same Service asks for further down are not free either.
    const asked = new Set(nodePortsOf(service));
    const isFree = (port: number): boolean => this.#owners.ownerOf(port) === undefined && !asked.has(port) && !lost.has(port);
    const offset = pickFree(portBand(to - from + 1), (candidate) => isFree(from + candidate), this.#options.random);
    if (offset === undefined) throw rangeIsFull(what);
    const port = from + offset;
    this.#owners.take(port, service.metadata.uid);
    taken.add(port);
    return port;
  }
}

function rangeIsFull(what: string): StatusError {
  return internalError(`failed to allocate a ${what}: range is full`);
}

function fill({ filled }: Grant, port: ServicePort, nodePort: number): void {
  const before = port.nodePort;
  port.nodePort = nodePort;
  filled.push(() => {
    if (before === undefined) delete port.nodePort;
    else port.nodePort = before;
  });
}
