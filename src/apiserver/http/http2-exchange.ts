/** An exchange over one HTTP/2 stream. */
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { ResponseWriter } from "../contract.ts";
import { type Exchange, PeerGoneError, type RequestHeaders, type ResponseHeaders } from "./exchange.ts";
import { contentLength, readBody } from "./read-body.ts";

/** Headers that are about one HTTP/1.1 connection have no place in HTTP/2 (RFC 9113, 8.2.2). */
const connectionHeaders = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

export class Http2Exchange implements Exchange {
  readonly protocol = "HTTP/2.0";
  readonly upgrade = undefined;
  readonly message = undefined;
  readonly headers: RequestHeaders;
  readonly clientCertificate: Uint8Array | undefined;
  readonly remoteAddress: string;
  readonly #writer: StreamWriter;
  readonly #stream: ServerHttp2Stream;
  readonly #rawHeaders: readonly string[];
  #sent = 0;

  /** `rawHeaders`: names and values in turn, as they came. */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    peer: { readonly address: string; readonly certificate: Uint8Array | undefined },
  ) {
    this.#stream = stream;
    this.#rawHeaders = rawHeaders;
    this.headers = headers;
    this.remoteAddress = peer.address;
    this.clientCertificate = peer.certificate;
    this.#writer = new StreamWriter(stream);
    // A reset is seen by 'close'; without a listener it would end the process.
    stream.on("error", () => undefined);
  }

  get response(): ResponseWriter {
    return this.#writer;
  }

  get bytesSent(): number {
    return this.#sent + this.#writer.bytes;
  }

  get method(): string {
    return String(this.headers[":method"] ?? "");
  }

  get url(): string {
    return String(this.headers[":path"] ?? "");
  }

  headerLines(name: string): readonly string[] {
    const lines: string[] = [];
    for (let index = 0; index < this.#rawHeaders.length; index += 2) {
      if (this.#rawHeaders[index] === name) lines.push(this.#rawHeaders[index + 1]!);
    }
    return lines;
  }

  send(code: number, headers: ResponseHeaders, body: Uint8Array): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.headersSent) return;
    if (this.method === "HEAD" || body.length === 0) {
      stream.respond(wireHeaders(code, { ...headers, "content-length": String(body.length) }), { endStream: true });
      return;
    }
    this.#sent = body.length;
    stream.respond(wireHeaders(code, { ...headers, "content-length": String(body.length) }));
    stream.end(body);
    // A body that is still coming in will not be read; this tells the peer so, after the answer has gone out.
    if (!stream.readableEnded) stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  body(): AsyncIterable<Uint8Array> {
    return this.#stream;
  }

  readBody(limit: number): Promise<Buffer> {
    return readBody(this.#stream, contentLength(this.headers), limit);
  }

  onClose(callback: () => void): void {
    if (this.#stream.destroyed) callback();
    else this.#stream.once("close", callback);
  }
}

class StreamWriter implements ResponseWriter {
  bytes = 0;
  readonly #stream: ServerHttp2Stream;
  #started = false;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  get started(): boolean {
    return this.#started || this.#stream.headersSent;
  }

  start(code: number, headers: ResponseHeaders): void {
    this.#started = true;
    if (!this.#stream.destroyed) this.#stream.respond(wireHeaders(code, headers));
  }

  write(chunk: Uint8Array | string): Promise<void> {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return Promise.reject(new PeerGoneError("the peer has gone"));
    this.bytes += chunk.length;
    return stream.write(chunk) ? Promise.resolve() : drained(stream);
  }

  async end(chunk?: Uint8Array | string): Promise<void> {
    if (this.#stream.destroyed) return;
    if (chunk === undefined) {
      this.#stream.end();
      return;
    }
    this.bytes += chunk.length;
    this.#stream.end(chunk);
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** Resolves on 'drain'; rejects when the stream closes first. */
export function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      stream.removeListener("drain", onDrain);
      stream.removeListener("close", onClose);
      settle();
    };
    const onDrain = () => finish(resolve);
    const onClose = () => finish(() => reject(new PeerGoneError("the peer has gone")));
    stream.on("drain", onDrain);
    stream.on("close", onClose);
  });
}

function wireHeaders(code: number, headers: ResponseHeaders): OutgoingHttpHeaders {
  const wire: OutgoingHttpHeaders = { ":status": code };
  for (const name in headers) if (!connectionHeaders.has(name)) wire[name] = headers[name] as string | string[];
  return wire;
}
