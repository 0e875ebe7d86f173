/** One TLS port for HTTP/2 and HTTP/1.1, upgrades included. */
import { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { DEFAULT_CIPHERS, type TLSSocket } from "node:tls";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** PEM of the authorities whose client certificates count. Others are ignored, not refused. */
  readonly clientCa?: string | readonly string[];
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes nothing new: GOAWAY on HTTP/2; on HTTP/1.1 idle connections end, the others with `Connection: close` after their answer. */
  drain(): void;
  /** Drains; what is still open shortly afterwards is cut. */
  close(): Promise<void>;
}

/** Node's 64 KB make many streams of one connection wait for each other. */
const sessionWindow = 16 * 1024 * 1024;
const streamWindow = 1024 * 1024;
const maxStreams = 1000;
/**
 * AES with 128 bits first, as Go's servers have it: it carries lists a tenth faster than the 256 bits that OpenSSL puts
 * first. Clients may still ask for the others, but not choose among them.
 */
const fastest = "TLS_AES_128_GCM_SHA256";
export const cipherPreference = [fastest, ...DEFAULT_CIPHERS.split(":").filter((cipher) => cipher !== fastest)].join(":");
const handshakeTimeoutMs = 10_000;
/**
 * As kube-apiserver's: an idle connection stays for 90 s, so that few clients use one that is just being closed; node's own
 * is 5 s. How long a request may take to arrive is up to whom it is for: uploads through a proxy take their time.
 */
const http1Times = { keepAliveTimeout: 90_000, headersTimeout: 32_000, requestTimeout: 0 };
/**
 * Of a request's head, which selectors of controllers and tokens that tell many groups make long: node stops at 16 KB over
 * HTTP/1.1 and at 128 lines over HTTP/2. Go takes a megabyte, but a selector of that size would keep all others waiting for
 * half a second; one of this size takes up to 50 ms.
 */
const maxHeadBytes = 64 * 1024;
const maxHeadLines = 1_000;
/** RFC 9113, 6.8: a first GOAWAY names no last stream, so that nothing on its way is refused; the second comes so much later. */
const farewellMs = 1_000;
const anyStream = 2 ** 31 - 1;
/** For the last bytes of answers to reach their clients. */
const lingerMs = 250;

interface Peer {
  readonly address: string;
  readonly certificate: Uint8Array | undefined;
}

export interface ListenerContext {
  readonly clock: Clock;
  readonly logger: Logger;
  serve(exchange: Exchange): Promise<void>;
  handshakeFailed?(): void;
  /** Asked at every request over HTTP/2: whether its client is to take another connection for the next. */
  goaway?(): boolean;
}

export async function listen(options: ListenOptions, { clock, logger, serve, handshakeFailed, goaway }: ListenerContext): Promise<Listener> {
  const server = createSecureServer({
    key: options.key,
    cert: options.cert,
    ...(options.clientCa === undefined ? {} : { ca: options.clientCa as string | string[], requestCert: true }),
    rejectUnauthorized: false,
    allowHTTP1: true,
    minVersion: "TLSv1.2",
    ciphers: cipherPreference,
    honorCipherOrder: true,
    handshakeTimeout: handshakeTimeoutMs,
    settings: { initialWindowSize: streamWindow, maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeadBytes },
    maxHeaderListPairs: maxHeadLines,
    // For HTTP/1.1, which node's types of this call do not know of.
    ...({ maxHeaderSize: maxHeadBytes } as object),
  });
  Object.assign(server, http1Times, { maxHeadersCount: maxHeadLines });
  const sockets = trackSockets(server);
  serveHttp2(server, serve, goaway === undefined ? undefined : farewells(goaway, clock));
  const answers = serveHttp1(server, serve);
  server.on("sessionError", (error) => logger.debug({ err: error }, "HTTP/2 session ended with an error"));
  server.on("tlsClientError", (error) => {
    handshakeFailed?.();
    logger.debug({ err: error }, "TLS handshake failed");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  // Node says GOAWAY to HTTP/2 sessions and ends idle HTTP/1.1 connections itself.
  const drain = () => {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
    answers.lastOnes();
    return closed;
  };
  return {
    host: options.host,
    port,
    drain,
    close: () => {
      const done = drain();
      const timer = clock.after(lingerMs, () => {
        for (const socket of sockets) socket.destroy();
      });
      return done.finally(() => timer[Symbol.dispose]());
    },
  };
}

function trackSockets(server: Http2SecureServer): Set<Duplex> {
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Tells the client of a session to take another connection for what comes next, when `goaway` says so. What is under way goes on to its end. */
function farewells(goaway: () => boolean, clock: Clock): (session: Http2Session | undefined) => void {
  const told = new WeakSet<Http2Session>();
  return (session) => {
    if (!goaway() || session === undefined || session.destroyed || told.has(session)) return;
    told.add(session);
    session.goaway(constants.NGHTTP2_NO_ERROR, anyStream);
    const timer = clock.after(farewellMs, () => session.close());
    session.once("close", () => timer[Symbol.dispose]());
  };
}

function serveHttp2(
  server: Http2SecureServer,
  serve: (exchange: Exchange) => Promise<void>,
  served: (session: Http2Session | undefined) => void = () => undefined,
): void {
  // Listening for 'request' would attach node's compatibility layer to HTTP/2 as well, at 10 to 25% of the throughput;
  // it is this listener that attaches it.
  server.removeAllListeners("newListener");
  server.on("session", (session: ServerHttp2Session) => {
    session.setLocalWindowSize(sessionWindow);
    session.on("error", () => session.destroy());
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
    const socket = stream.session?.socket as TLSSocket | undefined;
    void serve(new Http2Exchange(stream, headers, rawHeaders, peerOf(socket)));
    served(stream.session);
  });
}

function serveHttp1(server: Http2SecureServer, serve: (exchange: Exchange) => Promise<void>): { lastOnes(): void } {
  const open = new Set<ServerResponse>();
  let last = false;
  server.on("request", (request, response) => {
    if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) return;
    open.add(response);
    response.once("close", () => open.delete(response));
    if (last) response.shouldKeepAlive = false;
    void serve(new Http1Exchange(request, response, peerOf(request.socket as TLSSocket)));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket as TLSSocket);
    response.shouldKeepAlive = false;
    response.once("finish", () => socket.end());
    socket.on("error", () => socket.destroy());
    void serve(new Http1Exchange(request, response, peerOf(request.socket as TLSSocket), { socket, head, request }));
  });
  return {
    lastOnes: () => {
      last = true;
      for (const response of open) response.shouldKeepAlive = false;
    },
  };
}

const peers = new WeakMap<object, Peer>();

/** Looked up once a connection. A certificate counts only if the client CA vouches for it. */
function peerOf(socket: TLSSocket | undefined): Peer {
  if (socket === undefined) return { address: "", certificate: undefined };
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const certificate = socket.authorized ? socket.getPeerX509Certificate()?.raw : undefined;
  const peer = { address: socket.remoteAddress ?? "", certificate };
  peers.set(socket, peer);
  return peer;
}
