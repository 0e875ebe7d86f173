/**
 * Where the API servers of a cluster can be reached, as they tell each other: each writes its address under
 * /registry/masterleases, bound to a lease of the store, and goes on renewing it. The address of one that has died goes
 * with its lease (kube-apiserver --endpoint-reconciler-type=lease).
 */
import { LeaseNotFoundError, prefixEnd, type Store } from "../../storage/store.ts";

const prefix = "/registry/masterleases/";
/** As in Kubernetes: half as long again as servers take between two renewals. */
const leaseSeconds = 15;

export class MasterLeases {
  readonly #store: Store;
  readonly #address: string;
  #lease: number | undefined;

  constructor(store: Store, address: string) {
    this.#store = store;
    this.#address = address;
  }

  /** Renews this server's entry. To be called at least every 10 seconds. */
  async renew(): Promise<void> {
    if (this.#lease !== undefined && (await this.#keptAlive(this.#lease))) return;
    const { id } = await this.#store.grantLease(leaseSeconds);
    const value = Buffer.from(JSON.stringify(entry(this.#address)));
    const put = { type: "put", key: `${prefix}${this.#address}`, value, lease: id } as const;
    await this.#store.txn({ compare: [], success: [put], failure: [] });
    this.#lease = id;
  }

  /** Addresses of all servers that are alive, sorted. */
  async addresses(): Promise<string[]> {
    const { kvs } = await this.#store.range({ start: prefix, end: prefixEnd(prefix) });
    return kvs.map(({ key }) => key.slice(prefix.length)).sort();
  }

  /** This server is going. */
  async remove(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    await this.#store.revokeLease(lease).catch((error: unknown) => {
      if (!(error instanceof LeaseNotFoundError)) throw error;
    });
  }

  /** Somebody may have deleted the entry; a restored store has it without a lease. Either way it is written anew. */
  async #keptAlive(lease: number): Promise<boolean> {
    try {
      await this.#store.keepAlive(lease);
    } catch (error) {
      if (error instanceof LeaseNotFoundError) return false;
      throw error;
    }
    const { kvs } = await this.#store.range({ start: `${prefix}${this.#address}` });
    return kvs[0]?.lease === lease;
  }
}

/** The form that kube-apiserver gives the value. */
function entry(ip: string): object {
  return { kind: "Endpoints", apiVersion: "v1", metadata: {}, subsets: [{ addresses: [{ ip }] }] };
}
