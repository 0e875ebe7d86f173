/**
 * How many requests may be under way at once: reads and writes apart, as kube-apiserver's max-requests-inflight limits.
 * The seam where priority and fairness will sit.
 */
import { tooManyRequests } from "../../machinery/status.ts";
import type { RequestInfo, UserInfo } from "../contract.ts";

export interface InFlightLimits {
  readonly reading: number;
  readonly mutating: number;
}

export const defaultLimits: InFlightLimits = { reading: 400, mutating: 200 };

export interface InFlight {
  /** Takes a place until disposed of. Throws 429. */
  enter(info: RequestInfo, user: UserInfo): Disposable;
}

const mutatingVerbs = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export class CountingInFlight implements InFlight {
  readonly #limits: InFlightLimits;
  #reading = 0;
  #mutating = 0;

  constructor(limits: InFlightLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Administrators get through even when the server is full. */
  enter(info: RequestInfo, user: UserInfo): Disposable {
    if (user.groups.includes("system:masters") || !info.isResourceRequest) return free;
    return mutatingVerbs.has(info.verb) ? this.#mutate() : this.#read();
  }

  #read(): Disposable {
    if (this.#reading >= this.#limits.reading) throw full();
    this.#reading++;
    return { [Symbol.dispose]: () => this.#reading-- };
  }

  #mutate(): Disposable {
    if (this.#mutating >= this.#limits.mutating) throw full();
    this.#mutating++;
    return { [Symbol.dispose]: () => this.#mutating-- };
  }
}

const free: Disposable = { [Symbol.dispose]: () => undefined };

function full() {
  return tooManyRequests("Too many requests, please try again later.", 1);
}
