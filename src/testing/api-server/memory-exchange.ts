/** An HTTP exchange without a socket: what node would have parsed goes in, what it would have sent is kept. */
import { validateHeaderName, validateHeaderValue } from "node:http";
import type { ResponseWriter } from "../../apiserver/contract.ts";
import { type Exchange, PeerGoneError, type RequestHeaders, type ResponseHeaders } from "../../apiserver/http/exchange.ts";
import { requestEntityTooLarge } from "../../machinery/status.ts";

export interface MemoryRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: RequestHeaders;
  readonly body?: Uint8Array | undefined;
  /** DER. */
  readonly clientCertificate?: Uint8Array | undefined;
}

export class MemoryExchange implements Exchange {
  readonly protocol = "HTTP/2.0";
  readonly remoteAddress = "192.0.2.9";
  readonly upgrade = undefined;
  readonly message = undefined;
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly clientCertificate: Uint8Array | undefined;
  readonly response: ResponseWriter;
  /** 0 until answered. */
  code = 0;
  answerHeaders: ResponseHeaders = {};
  readonly chunks: Uint8Array[] = [];
  /** Ended whole, rather than cut short. */
  ended = false;
  readonly #body: Buffer;
  readonly #closing: (() => void)[] = [];
  #closed = false;

  constructor({ method, url, headers, body, clientCertificate }: MemoryRequest) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.clientCertificate = clientCertificate;
    this.#body = Buffer.from(body ?? new Uint8Array());
    this.response = this.#writer();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bytesSent(): number {
    return this.chunks.reduce((total, chunk) => total + chunk.length, 0);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }

  send(code: number, headers: ResponseHeaders, body: Uint8Array): void {
    if (this.#closed) return;
    this.#start(code, headers);
    this.chunks.push(body);
    this.ended = true;
    this.close();
  }

  async *body(): AsyncIterable<Uint8Array> {
    if (this.#body.length > 0) yield this.#body;
  }

  async readBody(limit: number): Promise<Buffer> {
    if (this.#body.length > limit) throw requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
    return this.#body;
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#closing.push(callback);
  }

  /** The peer goes away, or has all it wanted. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const callback of this.#closing) callback();
  }

  /** As strict as node: what it would refuse to write throws. */
  #start(code: number, headers: ResponseHeaders): void {
    if (this.code !== 0) throw new Error(`answered twice: ${this.code} and ${code}`);
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      for (const text of typeof value === "string" ? [value] : value) validateHeaderValue(name, text);
    }
    this.code = code;
    this.answerHeaders = headers;
  }

  #writer(): ResponseWriter {
    const exchange = this;
    return {
      get started() {
        return exchange.code !== 0;
      },
      start: (code, headers) => {
        if (!this.#closed) this.#start(code, headers);
      },
      write: async (chunk) => {
        if (this.#closed) throw new PeerGoneError("the peer has gone");
        this.chunks.push(Buffer.from(chunk));
      },
      end: async (chunk) => {
        if (chunk !== undefined) this.chunks.push(Buffer.from(chunk));
        this.ended = true;
        this.close();
      },
      destroy: () => this.close(),
    };
  }
}
