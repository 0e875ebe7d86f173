/** What counts requests where priority and fairness is off: so many reads and so many writes at once, and nobody waits. */
import { tooManyRequests } from "../../machinery/status.ts";
import type { Arrival, InFlight, InFlightLimits } from "./in-flight.ts";

const readingVerbs = new Set(["get", "list", "watch"]);
const privilegedGroup = "system:masters";
const nothing: Disposable = { [Symbol.dispose]: () => undefined };

/** A limit of 0 is none. Watches do not count, and administrators always get through (k8s.io/apiserver, maxinflight.go). */
export class MaxInFlight implements InFlight {
  readonly #limits: InFlightLimits;
  readonly #running = { reading: 0, mutating: 0 };

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  enter({ info, user }: Arrival): Disposable {
    const kind = readingVerbs.has(info.verb) ? "reading" : "mutating";
    if (info.verb === "watch" || this.#limits[kind] === 0) return nothing;
    if (this.#running[kind] < this.#limits[kind]) return this.#place(kind);
    if (user.groups.includes(privilegedGroup)) return nothing;
    throw tooManyRequests("Too many requests, please try again later.", 1);
  }

  #place(kind: keyof InFlightLimits): Disposable {
    this.#running[kind]++;
    return { [Symbol.dispose]: () => void this.#running[kind]-- };
  }
}
