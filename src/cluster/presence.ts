/**
 * How an API server is found: Service default/kubernetes leads to it and, where several share a store, to the others. It
 * keeps the Service right while it runs, tells the others that it is there, and takes itself out when it closes.
 */
import { randomUUID } from "node:crypto";
import { reconcileKubernetesService } from "../apiserver/bootstrap/bootstrap.ts";
import { MasterLeases } from "../apiserver/bootstrap/master-leases.ts";
import { renewIdentity } from "../apiserver/bootstrap/server-identity.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Transport } from "../machinery/transport.ts";
import type { Store } from "../storage/store.ts";

export interface PresenceOptions {
  /** As a member of system:masters. */
  readonly transport: Transport;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly serviceCIDR: string;
  readonly advertiseAddress: string;
  readonly advertisePort: number;
  /** The name of this server among several on one store; absent: it is the only one. */
  readonly hostname?: string;
  /** Whether it has a Lease that tells of it (KEP-1965). Default true, where it has a name. */
  readonly identity?: boolean;
}

interface Reachable {
  readonly serviceCIDRs: readonly string[];
  readonly addresses: readonly string[];
  readonly port: number;
}

/** Every so often; an address outlives its server by 15 seconds at most, and is gone from the Service at the next look. */
const intervalMs = 10_000;
const leaveLimitMs = 2_000;

export class Presence {
  readonly #options: PresenceOptions;
  readonly #others: MasterLeases | undefined;
  readonly #holder = randomUUID();
  #left = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#others = options.hostname === undefined ? undefined : new MasterLeases(options.store, options.advertiseAddress);
  }

  /** What Service default/kubernetes is to say; tells other servers of this one. */
  async announce(): Promise<Reachable> {
    await this.#others?.renew();
    return this.#reachable();
  }

  async #reachable(): Promise<Reachable> {
    const { serviceCIDR, advertiseAddress, advertisePort } = this.#options;
    const addresses = this.#others === undefined ? [advertiseAddress] : await this.#others.addresses();
    return { serviceCIDRs: [serviceCIDR], addresses, port: advertisePort };
  }

  /** Until the signal aborts or the server leaves. What fails is tried again. */
  async keep(): Promise<void> {
    const { clock, logger, signal } = this.#options;
    while (!signal.aborted && !this.#left) {
      try {
        await this.#identify();
        await clock.sleep(intervalMs, signal);
        if (this.#left) return;
        await reconcileKubernetesService(this.#options.transport, await this.announce(), signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, "cannot reconcile Service default/kubernetes; trying again");
        await clock.sleep(intervalMs, signal).catch(() => undefined);
      }
    }
  }

  async #identify(): Promise<void> {
    const { hostname, transport, clock, signal, identity = true } = this.#options;
    if (hostname !== undefined && identity) await renewIdentity(transport, { hostname, holder: this.#holder }, clock.now(), signal);
  }

  /** Clients are to use the other servers from now on. While this one still serves. */
  async leave(): Promise<void> {
    const { transport, clock, logger, signal } = this.#options;
    if (this.#others === undefined || this.#left) return;
    this.#left = true;
    const limit = new AbortController();
    using _timer = clock.after(leaveLimitMs, () => limit.abort(new Error(`not done within ${leaveLimitMs} ms`)));
    try {
      await this.#others.remove();
      await reconcileKubernetesService(transport, await this.#reachable(), AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      logger.info({ err: error }, "cannot take this server out of Service default/kubernetes; the others will");
    }
  }
}
