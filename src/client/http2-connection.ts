/**
 * One HTTP/2 session to a server, opened when first needed and again when it has gone. All requests of a client share
 * it: streams are cheap, handshakes are not.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { SecureContextOptions } from "node:tls";
import { errorText } from "./errors.ts";
import { TransportError } from "./transport-error.ts";

export interface ConnectionOptions {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the authorities that may vouch for the server; absent: the system's. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly certificate?: string;
  readonly key?: string;
  /** Trust any server certificate. */
  readonly insecureSkipTlsVerify?: boolean;
  /** Name to ask for and verify instead of the host of `server`. */
  readonly tlsServerName?: string;
  readonly connectTimeoutMs?: number;
}

/** With node's default of 64 KB many streams on one session wait for each other (measured: p99 50 ms against 8 to 11). */
const sessionWindow = 16 * 1024 * 1024;
const streamWindow = 1024 * 1024;
const pingEveryMs = 30_000;
const pingTimeoutMs = 15_000;

export class Http2Connection {
  readonly #options: ConnectionOptions;
  #session: Promise<ClientHttp2Session> | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** A new stream with `headers` sent; `endStream` when no body follows. The caller writes, reads and closes it. */
  async request(headers: OutgoingHttpHeaders, endStream: boolean): Promise<ClientHttp2Stream> {
    // A session may die between being handed out and being used; a new one deserves one try.
    const session = await this.#usable();
    try {
      return session.request(headers, { endStream });
    } catch {
      this.#session = undefined;
      return (await this.#usable()).request(headers, { endStream });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    if (session === undefined || session.destroyed) return;
    await new Promise<void>((resolve) => {
      session.once("close", resolve);
      session.destroy();
    });
  }

  async #usable(): Promise<ClientHttp2Session> {
    if (this.#closed) throw new TransportError("connect", false, `cannot connect to ${this.#options.server}: the transport is closed`);
    const known = this.#session;
    if (known !== undefined) {
      const session = await known;
      if (!session.closed && !session.destroyed) return session;
      if (this.#session === known) this.#session = undefined;
    }
    this.#session ??= this.#open();
    return this.#session;
  }

  #open(): Promise<ClientHttp2Session> {
    const opening = openSession(this.#options);
    const forget = () => {
      if (this.#session === opening) this.#session = undefined;
    };
    opening.then((session) => {
      session.once("close", forget);
      session.once("goaway", forget);
    }, forget);
    return opening;
  }
}

function openSession(options: ConnectionOptions): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(options.server, { ...tlsOptions(options), settings: { initialWindowSize: streamWindow, enablePush: false } });
    const failed = (error: unknown) => {
      session.destroy();
      reject(new TransportError("connect", true, `cannot connect to ${options.server}: ${errorText(error)}`, { cause: error }));
    };
    const timeout = setTimeout(() => failed(new Error("timed out")), options.connectTimeoutMs ?? 10_000);
    session.once("error", failed);
    session.once("close", () => clearTimeout(timeout));
    session.once("connect", () => {
      clearTimeout(timeout);
      session.off("error", failed);
      // Errors from here on end the streams, which report them.
      session.on("error", () => {});
      session.setLocalWindowSize(sessionWindow);
      keepAlive(session);
      resolve(session);
    });
  });
}

function tlsOptions(options: ConnectionOptions): SecureContextOptions & { rejectUnauthorized?: boolean; servername?: string } {
  return {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.certificate === undefined ? {} : { cert: options.certificate }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
  };
}

/** A peer that vanished without a word (a cut cable) is noticed by pings, as client-go does, and its watches end. */
function keepAlive(session: ClientHttp2Session): void {
  let answer: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    if (session.destroyed) return;
    answer = setTimeout(() => session.destroy(new Error("no answer to a ping")), pingTimeoutMs);
    answer.unref();
    session.ping(() => clearTimeout(answer));
  }, pingEveryMs);
  timer.unref();
  session.once("close", () => {
    clearInterval(timer);
    clearTimeout(answer);
  });
}
