/**
 * Several API servers of one cluster as one: asks the one in use until it cannot be reached, then the next. All answer alike,
 * for all read from one store, so a watch may go on at another from the revision it has come to.
 */
import type { Transport } from "../machinery/transport.ts";
import { TransportError } from "./transport-error.ts";

export class FailoverTransport implements Transport {
  readonly #transports: readonly Transport[];
  #current = 0;

  /** In the order of preference. Closing them stays the caller's. */
  constructor(transports: readonly Transport[]) {
    if (transports.length === 0) throw new Error("cannot make a transport: there are no servers");
    this.#transports = transports;
  }

  get: Transport["get"] = (target, options, signal) => this.#ask((transport) => transport.get(target, options, signal), signal);
  list: Transport["list"] = (target, options, signal) => this.#ask((transport) => transport.list(target, options, signal), signal);
  create: Transport["create"] = (target, body, options, signal) => this.#ask((transport) => transport.create(target, body, options, signal), signal);
  update: Transport["update"] = (target, body, options, signal) => this.#ask((transport) => transport.update(target, body, options, signal), signal);
  patch: Transport["patch"] = (target, body, options, signal) => this.#ask((transport) => transport.patch(target, body, options, signal), signal);
  delete: Transport["delete"] = (target, options, signal) => this.#ask((transport) => transport.delete(target, options, signal), signal);
  deleteCollection: Transport["deleteCollection"] = (target, options, signal) =>
    this.#ask((transport) => transport.deleteCollection(target, options, signal), signal);
  watch: Transport["watch"] = (target, options, signal) => this.#ask((transport) => transport.watch(target, options, signal), signal);

  /** A write that may have been carried out is not sent again: its caller has to look. Whatever comes next goes to the next server. */
  async #ask<T>(send: (transport: Transport) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const server = this.#current;
      try {
        return await send(this.#transports[server] as Transport);
      } catch (error) {
        if (signal.aborted || !(error instanceof TransportError)) throw error;
        // Of many requests that fail together the first one moves on.
        if (this.#current === server) this.#current = (server + 1) % this.#transports.length;
        if (!error.retryable || attempt >= this.#transports.length) throw error;
      }
    }
  }
}
