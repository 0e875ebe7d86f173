/** Transport over HTTP/2 and TLS to an API server. JSON both ways. */
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import type { Clock } from "../machinery/clock.ts";
import type { KubeObject } from "../machinery/object.ts";
import { type Status, StatusError } from "../machinery/status.ts";
import type { Transport, WatchEvent } from "../machinery/transport.ts";
import type { TokenSource } from "./credentials.ts";
import { errorText } from "./errors.ts";
import { type ConnectionOptions, Http2Connection } from "./http2-connection.ts";
import { lines } from "./lines.ts";
import { type ApiRequest, apiRequest } from "./request.ts";
import { TransportError } from "./transport-error.ts";

export interface HttpsTransportOptions extends ConnectionOptions {
  readonly clock: Clock;
  readonly token?: TokenSource;
  readonly userAgent?: string;
  /** Impersonate-User and its like, sent with every request. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** An answer whose body has not been read. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: ClientHttp2Stream;
}

/** How often a server that says Retry-After is asked again before its answer counts. */
const maxRetries = 10;
/** How often a request is sent that connections break under: each of them may be one that its server wants to end. */
const maxSends = 5;

export class HttpsTransport implements Transport {
  readonly server: string;
  readonly #options: HttpsTransportOptions;
  readonly #connection: Http2Connection;

  constructor(options: HttpsTransportOptions) {
    this.server = options.server;
    this.#options = options;
    this.#connection = new Http2Connection(options);
  }

  /** Ends all requests and the connection. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  get: Transport["get"] = (target, options, signal) => this.#object(apiRequest.get(target, options), signal);
  list: Transport["list"] = (target, options, signal) => this.#object(apiRequest.list(target, options), signal);
  create: Transport["create"] = (target, body, options, signal) => this.#object(apiRequest.create(target, body, options), signal);
  update: Transport["update"] = (target, body, options, signal) => this.#object(apiRequest.update(target, body, options), signal);
  patch: Transport["patch"] = (target, body, options, signal) => this.#object(apiRequest.patch(target, body, options), signal);
  delete: Transport["delete"] = (target, options, signal) => this.#object(apiRequest.delete(target, options), signal);
  deleteCollection: Transport["deleteCollection"] = async (target, options, signal) => {
    await this.#object(apiRequest.deleteCollection(target, options), signal);
  };

  watch: Transport["watch"] = async <T extends KubeObject>(
    target: Parameters<Transport["watch"]>[0],
    options: Parameters<Transport["watch"]>[1],
    signal: AbortSignal,
  ) => {
    const response = await this.request(apiRequest.watch(target, options), signal);
    if (response.status !== 200) throw await failure(response);
    return watchEvents<T>(response.body);
  };

  /**
   * Sends any request and gives the answer unread, whatever its status: logs, discovery, proxies. The body must be read
   * or destroyed; aborting `signal` does the latter. Retry-After of 429 and 5xx is honoured, ten times at most.
   */
  async request(request: ApiRequest, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): Promise<RawResponse> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    for (let attempt = 0; ; attempt++) {
      const response = await this.#attempt(request, body, headers, signal);
      const waitMs = retryAfterMs(response);
      if (waitMs === undefined || attempt >= maxRetries) return response;
      response.body.close(constants.NGHTTP2_CANCEL);
      await this.#options.clock.sleep(waitMs, signal);
    }
  }

  /** A request refused before the server began it, or a read on a connection that broke, is sent again. */
  async #attempt(request: ApiRequest, body: Buffer | undefined, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RawResponse> {
    for (let sends = 1; ; sends++) {
      try {
        return await this.#send(request, body, headers, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof TransportError) || !error.retryable || error.phase === "connect" || sends >= maxSends) throw error;
      }
    }
  }

  async #send(request: ApiRequest, body: Buffer | undefined, extra: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RawResponse> {
    signal.throwIfAborted();
    const token = await this.#options.token?.();
    const headers = {
      ":method": request.method,
      ":path": request.path,
      accept: "application/json",
      "user-agent": this.#options.userAgent ?? "coracle",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(request.contentType === undefined ? {} : { "content-type": request.contentType }),
      ...(body === undefined ? {} : { "content-length": body.length }),
      ...this.#options.headers,
      ...extra,
    };
    const stream = await this.#connection.request(headers, body === undefined);
    bindToSignal(stream, signal);
    if (body !== undefined) stream.end(body);
    return response(stream, request, this.server, signal);
  }

  async #object<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    const answer = await this.request(request, signal);
    if (answer.status >= 400) throw await failure(answer);
    return decode<T>(await readAll(answer), request.path);
  }
}

function bindToSignal(stream: ClientHttp2Stream, signal: AbortSignal): void {
  const abort = () => stream.close(constants.NGHTTP2_CANCEL);
  signal.addEventListener("abort", abort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", abort));
  if (signal.aborted) abort();
}

function response(stream: ClientHttp2Stream, request: ApiRequest, server: string, signal: AbortSignal): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const failed = (cause: unknown) => {
      if (answered) return;
      answered = true;
      if (signal.aborted) return reject(signal.reason);
      // REFUSED_STREAM promises that the server did nothing (RFC 9113, 8.7).
      const retryable = request.repeatable || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      reject(new TransportError("send", retryable, `cannot ${request.method} ${server}${request.path}: ${errorText(cause)}`, { cause }));
    };
    stream.on("error", failed);
    stream.once("close", () => failed(new Error(`the stream was closed (code ${stream.rstCode})`)));
    stream.once("response", (headers) => {
      answered = true;
      resolve({ status: headers[":status"] ?? 0, headers, body: stream });
    });
  });
}

/** node:http2 ends a body that was cut short as if it were whole: the reset code and the length tell. */
async function readAll({ body, headers }: RawResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch (cause) {
    throw new TransportError("receive", false, `cannot read an answer: ${errorText(cause)}`, { cause });
  }
  const expected = headers["content-length"];
  if (body.aborted || (expected !== undefined && Number(expected) !== length)) {
    throw new TransportError("receive", false, `cannot read an answer: it broke off after ${length} bytes`);
  }
  return Buffer.concat(chunks, length);
}

function decode<T>(bytes: Buffer, what: string): T {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as T;
    if (bytes.includes(":null")) dropNulls(value);
    return value;
  } catch (cause) {
    throw new TransportError("decode", false, `cannot parse the answer to ${what}: ${errorText(cause)}`, { cause });
  }
}

/** Null members, which Go writes for what is not set, are no members here. Elements of lists stay. */
function dropNulls(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const name of Object.keys(value).reverse()) {
    const item = (value as Record<string, unknown>)[name];
    if (item !== null) dropNulls(item);
    else if (!Array.isArray(value)) delete (value as Record<string, unknown>)[name];
  }
}

async function failure(answer: RawResponse): Promise<Error> {
  const bytes = await readAll(answer);
  const status = parseStatus(bytes);
  if (status !== undefined) return new StatusError(status);
  // Something between us and the API server spoke: a proxy, a load balancer.
  const text = bytes.toString("utf8", 0, 1024).trim();
  return new StatusError({ code: answer.status, reason: "", message: text === "" ? `the server answered ${answer.status}` : text });
}

function parseStatus(bytes: Buffer): Status | undefined {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as Status;
    return value.kind === "Status" ? value : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterMs({ status, headers }: RawResponse): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const seconds = Number(headers["retry-after"]);
  return headers["retry-after"] === undefined || !Number.isInteger(seconds) || seconds < 0 ? undefined : seconds * 1000;
}

interface WireEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** Leaving the loop closes the stream. A stream cut short ends the watch: its reader resumes from the last event. */
async function* watchEvents<T extends KubeObject>(body: ClientHttp2Stream): AsyncGenerator<WatchEvent<T>> {
  try {
    for await (const line of lines(body)) {
      const event = decode<WireEvent>(line, "a watch");
      if (event.type === "ERROR") throw new StatusError(event.object as Status);
      yield { type: event.type, object: event.object as T };
    }
  } finally {
    if (!body.closed) body.close(constants.NGHTTP2_CANCEL);
  }
}
