/** How many requests may be under way at once: the seam where priority and fairness sits (src/apiserver/flow-control). */
import type { RequestInfo, UserInfo } from "../contract.ts";
import type { ResponseHeaders } from "./exchange.ts";

/** The server's seats are the sum of both, as kube-apiserver's max-requests-inflight flags are. */
export interface InFlightLimits {
  readonly reading: number;
  readonly mutating: number;
}

export const defaultLimits: InFlightLimits = { reading: 400, mutating: 200 };

/** A request that asks for its place. */
export interface Arrival {
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Told before anything else: what says to the client how its request was classified, on refusals too. */
  classified(headers: ResponseHeaders): void;
}

export interface InFlight {
  /** Takes a place until disposed of; a promise only where the request must wait. Throws or rejects with 429. */
  enter(arrival: Arrival): Disposable | Promise<Disposable>;
}
