/**
 * The members of an etcd cluster as one: keeps a connection to the member in use, goes on to the next when it fails,
 * and sends again only what may be sent again.
 */

import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Client, type ClientDuplexStream, connectivityState, credentials, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { StoreUnavailableError } from "../store.ts";
import { isServiceError, outcome } from "./etcd-error.ts";
import { Line } from "./line.ts";

export interface EtcdTls {
  /** PEM. The authorities that may have signed the members' certificates; absent: the system's. */
  readonly ca?: string;
  /** PEM. What etcd knows this client by; both or neither. */
  readonly certificate?: string;
  readonly key?: string;
}

export interface EtcdClusterOptions {
  /** `https://host:port` or `http://host:port`, one a member. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds one member has for one request, from when it is sent. Default 3000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds to get a connection to one member. Default 1000. */
  readonly dialTimeoutMs?: number;
}

/** Whether a request may be carried out twice: reads, and writes that come to the same. */
export type Repeatable = "repeatable" | "once";

interface Member {
  readonly endpoint: string;
  readonly client: Client;
}

export interface OpenStream<Request, Response> {
  readonly stream: ClientDuplexStream<Request, Response>;
  /** Goes on to the next member, after a pause once all have been tried: `failures` counts those in a row. */
  failed(error: unknown, failures: number): Promise<void>;
}

/**
 * Requests under way at a time: enough that etcd and the disks behind it are never idle, and few enough that a busy
 * machine, etcd's or this one, is through with all of them long before their time is over.
 */
const UNDER_WAY = 128;
/** Times around all members before giving up. */
const ROUNDS = 2;
const PAUSE_MS = 100;
const REQUEST_TIMEOUT_MS = 3000;

const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // A member whose machine has gone says nothing: ask. etcd refuses more often than every 5 seconds.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
};

export class EtcdCluster {
  readonly #options: EtcdClusterOptions;
  readonly #members: readonly Member[];
  readonly #closed = new AbortController();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #line: Line;
  #current = 0;

  constructor(options: EtcdClusterOptions) {
    if (options.endpoints.length === 0) throw new Error("cannot connect to etcd: no endpoints are given");
    this.#options = options;
    const patienceMs = (options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS) * options.endpoints.length;
    this.#line = new Line({ width: UNDER_WAY, patienceMs, isAnswer: (error) => isServiceError(error) && outcome(error) === "final", clock: options.clock });
    this.#members = options.endpoints.map((endpoint) => ({ endpoint, client: connect(endpoint, options.tls) }));
  }

  /** Aborts on close. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /**
   * One request and its answer. A request that may run only once is sent again only when it has certainly not run;
   * otherwise its error says that the outcome is unknown.
   */
  async call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    repeatable: Repeatable,
    signal?: AbortSignal,
  ): Promise<Response> {
    this.closed.throwIfAborted();
    const until = signal ?? new AbortController().signal;
    const call = this.#line.through(() => this.#call(method, request, repeatable, until), until);
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
    }
  }

  async #call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    repeatable: Repeatable,
    signal: AbortSignal,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      this.closed.throwIfAborted();
      const member = this.#current;
      try {
        await this.#ready(member, signal);
        return await this.#unary(member, method, request, signal);
      } catch (error) {
        signal.throwIfAborted();
        const how = error instanceof NotConnected ? "refused" : outcome(error);
        if (how === "final") throw error;
        // Also when this request cannot be sent again: the next ones should not wait for a member that hangs.
        this.#leave(member, error);
        if ((how === "unknown" && repeatable === "once") || attempt >= ROUNDS * this.#members.length) throw error;
        await this.#pause(attempt);
      }
    }
  }

  /** A stream to the member in use. The caller ends it, and calls `failed` when it breaks. */
  async stream<Request, Response>(method: MethodDefinition<Request, Response>, signal: AbortSignal): Promise<OpenStream<Request, Response>> {
    for (let attempt = 1; ; attempt++) {
      const member = this.#current;
      try {
        await this.#ready(member, signal);
        const stream = this.#client(member).makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, requireLeader());
        return { stream, failed: (error, failures) => this.#moveOn(member, failures, error) };
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= ROUNDS * this.#members.length) throw error;
        await this.#moveOn(member, attempt, error);
      }
    }
  }

  /** Ends streams and refuses what is new; requests under way are answered first. */
  async close(): Promise<void> {
    this.#closed.abort(new StoreUnavailableError("cannot reach etcd: the store is closed"));
    await Promise.allSettled(this.#calls);
    for (const { client } of this.#members) client.close();
  }

  #client(member: number): Client {
    return (this.#members[member] as Member).client;
  }

  /** What waits for a connection is not sent: a failure here leaves no doubt. */
  #ready(member: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const client = this.#client(member);
    if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return Promise.resolve();
    return new Promise((resolve, reject) => {
      client.waitForReady(Date.now() + (this.#options.dialTimeoutMs ?? 1000), (error) => {
        if (error === undefined) resolve();
        else reject(new NotConnected(`cannot connect to etcd at ${this.#members[member]?.endpoint}: ${error.message}`));
      });
    });
  }

  #unary<Request, Response>(member: number, method: MethodDefinition<Request, Response>, request: Request, signal: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + (this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
      const cancel = () => call.cancel();
      const call = this.#client(member).makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        requireLeader(),
        { deadline },
        (error, response) => {
          signal.removeEventListener("abort", cancel);
          if (error === null && response !== undefined) resolve(response);
          else reject(signal.aborted ? signal.reason : error);
        },
      );
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  #moveOn(member: number, attempt: number, error: unknown): Promise<void> {
    this.#leave(member, error);
    return this.#pause(attempt);
  }

  /** Others may have left it already. */
  #leave(member: number, error: unknown): void {
    if (this.#current !== member || this.closed.aborted) return;
    this.#current = (member + 1) % this.#members.length;
    this.#options.logger.warn(
      { from: this.#members[member]?.endpoint, to: this.#members[this.#current]?.endpoint, reason: String(error) },
      "etcd member failed; going on to the next",
    );
  }

  /** Once all members have been tried. */
  async #pause(attempt: number): Promise<void> {
    const rounds = attempt / this.#members.length;
    if (Number.isInteger(rounds)) await this.#options.clock.sleep(PAUSE_MS * rounds, this.closed).catch(() => undefined);
  }
}

/** Never reached the member. */
class NotConnected extends StoreUnavailableError {}

/** A member that has lost its leader says so at once instead of keeping the request. */
function requireLeader(): Metadata {
  const metadata = new Metadata();
  metadata.set("hasleader", "true");
  return metadata;
}

function connect(endpoint: string, tls: EtcdTls | undefined): Client {
  const { protocol, host, hostname } = new URL(endpoint);
  if (protocol === "http:") return new Client(host, credentials.createInsecure(), CHANNEL_OPTIONS);
  if (protocol !== "https:") throw new Error(`cannot connect to etcd at "${endpoint}": its scheme is neither http nor https`);
  const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const address = hostname.replace(/^\[|\]$/g, "");
  // grpc-js would send an address as the server's name, which Node refuses (RFC 6066 allows names only): sends another
  // name and checks the certificate against the address.
  const byAddress = isIP(address) !== 0;
  const verify = byAddress ? { checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(address, certificate) } : {};
  const options = byAddress ? { ...CHANNEL_OPTIONS, "grpc.ssl_target_name_override": "etcd" } : CHANNEL_OPTIONS;
  return new Client(host, credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.certificate), verify), options);
}
