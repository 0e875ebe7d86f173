/** An exchange over HTTP/1.1, upgrade requests included. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ResponseWriter, UpgradeSocket } from "../contract.ts";
import { type Exchange, PeerGoneError, type RequestHeaders, type ResponseHeaders } from "./exchange.ts";
import { drained } from "./http2-exchange.ts";
import { contentLength, readBody } from "./read-body.ts";

export class Http1Exchange implements Exchange {
  readonly protocol = "HTTP/1.1";
  readonly message: IncomingMessage;
  readonly clientCertificate: Uint8Array | undefined;
  readonly remoteAddress: string;
  readonly upgrade: UpgradeSocket | undefined;
  readonly #writer: AnswerWriter;
  #sent = 0;
  readonly #answer: ServerResponse;

  constructor(
    message: IncomingMessage,
    answer: ServerResponse,
    peer: { readonly address: string; readonly certificate: Uint8Array | undefined },
    upgrade?: UpgradeSocket,
  ) {
    this.message = message;
    this.remoteAddress = peer.address;
    this.clientCertificate = peer.certificate;
    this.upgrade = upgrade;
    this.#answer = answer;
    this.#writer = new AnswerWriter(answer);
    answer.on("error", ignore);
  }

  get response(): ResponseWriter {
    return this.#writer;
  }

  get bytesSent(): number {
    return this.#sent + this.#writer.bytes;
  }

  get method(): string {
    return this.message.method ?? "";
  }

  get url(): string {
    return this.message.url ?? "";
  }

  get headers(): RequestHeaders {
    return this.message.headers;
  }

  headerLines(name: string): readonly string[] {
    return this.message.headersDistinct[name] ?? [];
  }

  send(code: number, headers: ResponseHeaders, body: Uint8Array): void {
    const answer = this.#answer;
    if (answer.destroyed || answer.headersSent) return;
    // What has not been read of the body would be taken for the next request.
    if (!this.message.complete) answer.setHeader("connection", "close");
    this.#sent = this.method === "HEAD" ? 0 : body.length;
    answer.writeHead(code, { ...mutable(headers), "content-length": body.length });
    answer.end(this.method === "HEAD" ? undefined : body);
  }

  body(): AsyncIterable<Uint8Array> {
    return this.message;
  }

  readBody(limit: number): Promise<Buffer> {
    return readBody(this.message, contentLength(this.headers), limit);
  }

  onClose(callback: () => void): void {
    const emitter = this.upgrade?.socket ?? this.#answer;
    if (emitter.destroyed) callback();
    else emitter.once("close", callback);
  }
}

function ignore(): void {}

class AnswerWriter implements ResponseWriter {
  bytes = 0;
  readonly #answer: ServerResponse;

  constructor(answer: ServerResponse) {
    this.#answer = answer;
  }

  get started(): boolean {
    return this.#answer.headersSent;
  }

  start(code: number, headers: ResponseHeaders): void {
    if (this.#answer.destroyed) return;
    this.#answer.writeHead(code, mutable(headers));
    this.#answer.flushHeaders();
  }

  write(chunk: Uint8Array | string): Promise<void> {
    const answer = this.#answer;
    if (answer.destroyed || answer.writableEnded) return Promise.reject(new PeerGoneError("the peer has gone"));
    this.bytes += chunk.length;
    const { socket } = answer;
    if (socket === null || !answer.chunkedEncoding || !answer.headersSent) return answer.write(chunk) ? Promise.resolve() : drained(answer);
    return chunk.length === 0 || socket.write(asPiece(chunk)) ? Promise.resolve() : drained(socket);
  }

  async end(chunk?: Uint8Array | string): Promise<void> {
    this.bytes += chunk?.length ?? 0;
    if (!this.#answer.destroyed) this.#answer.end(chunk);
  }

  destroy(): void {
    this.#answer.destroy();
  }
}

let lastChunk: Uint8Array | string | undefined;
let lastPiece = Buffer.alloc(0);

/**
 * A piece of a chunked answer (RFC 9112, 7.1) as one stretch of bytes, made once for all the watchers that are given the same: `ServerResponse`
 * would put it together of four for each of them.
 */
function asPiece(chunk: Uint8Array | string): Buffer {
  if (chunk === lastChunk) return lastPiece;
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  lastPiece = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, lineEnd]);
  lastChunk = chunk;
  return lastPiece;
}

const lineEnd = Buffer.from("\r\n");

function mutable(headers: ResponseHeaders): Record<string, string | string[]> {
  return headers as Record<string, string | string[]>;
}
