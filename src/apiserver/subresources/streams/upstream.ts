/** One HTTP/1.1 request of the API server to a kubelet or pod, and its answer or upgraded connection. */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../../../machinery/clock.ts";

export interface UpstreamRequest {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent as it comes; none when absent. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** Holds the TLS settings; for https only. */
  readonly agent?: Agent;
  readonly signal: AbortSignal;
}

export type UpstreamAnswer =
  | { readonly type: "response"; readonly message: IncomingMessage }
  | { readonly type: "upgrade"; readonly message: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };

/** The other side could not be reached, or left before it answered. The message reads as Go's net package words it. */
export class DialError extends Error {
  override readonly name = "DialError";
}

const connectTimeoutMs = 30_000;

/** Rejects with a DialError, or the signal's reason. */
export async function sendUpstream(request: UpstreamRequest, clock: Clock): Promise<UpstreamAnswer> {
  request.signal.throwIfAborted();
  const call = begin(request);
  const answered = answerOf(call);
  limitConnecting(call, clock);
  const abort = () => call.destroy(request.signal.reason);
  request.signal.addEventListener("abort", abort, { once: true });
  call.once("close", () => request.signal.removeEventListener("abort", abort));
  // Its failure is the request's failure, unless the other side answered without reading on.
  sendBody(call, request.body).catch(() => call.destroy());
  try {
    return await answered;
  } catch (error) {
    request.signal.throwIfAborted();
    throw new DialError(dialText(error as NodeJS.ErrnoException, request), { cause: error });
  }
}

function begin(request: UpstreamRequest): ClientRequest {
  const { host, port, method, path, headers } = request;
  const options: RequestOptions = { host, port, method, path, headers };
  return request.scheme === "http"
    ? httpRequest({ ...options, agent: false })
    : httpsRequest({ ...options, ...(request.agent === undefined ? {} : { agent: request.agent }) });
}

function answerOf(call: ClientRequest): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    call.once("response", (message) => resolve({ type: "response", message }));
    call.once("upgrade", (message, socket, head) => resolve({ type: "upgrade", message, socket, head }));
    call.on("error", reject);
  });
}

async function sendBody(call: ClientRequest, body: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  if (body !== undefined) {
    for await (const chunk of body) {
      if (call.destroyed) return;
      if (!call.write(chunk)) await drainOrClose(call);
    }
  }
  call.end();
}

function drainOrClose(call: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done);
      call.off("close", done);
      resolve();
    };
    call.on("drain", done);
    call.on("close", done);
  });
}

function limitConnecting(call: ClientRequest, clock: Clock): void {
  call.once("socket", (socket) => {
    if (!socket.connecting) return;
    const timer = clock.after(connectTimeoutMs, () => socket.destroy(Object.assign(new Error("i/o timeout"), { code: "ETIMEDOUT" })));
    const done = () => timer[Symbol.dispose]();
    socket.once("connect", done);
    socket.once("close", done);
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

function dialText(error: NodeJS.ErrnoException, { host, port }: UpstreamRequest): string {
  if (error.code === "ECONNRESET") return "EOF";
  const reason = reasons[error.code ?? ""];
  return reason === undefined ? error.message : `dial tcp ${hostPort(host, port)}: ${reason}`;
}

export function hostPort(host: string, port: number | string): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
