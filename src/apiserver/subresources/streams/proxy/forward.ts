/** One proxied request, from the client's headers to the backend's answer. */
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent } from "node:https";
import { pipeline, type Readable, Transform } from "node:stream";
import { createDeflate, createGunzip, createGzip, createInflate } from "node:zlib";
import type { Clock } from "../../../../machinery/clock.ts";
import { serviceUnavailable } from "../../../../machinery/status.ts";
import type { ConnectRequest } from "../../../contract.ts";
import { endToEnd, type Headers, responseHeaders } from "../headers.ts";
import { completeUpgrade, isCredential, upgradeHeaders } from "../tunnel.ts";
import { DialError, hostPort, sendUpstream, type UpstreamAnswer } from "../upstream.ts";
import { splitProxyUrl } from "./paths.ts";
import { HtmlRewriter } from "./rewrite-html.ts";
import { type RewriteContext, rewriteUrl } from "./rewrite-url.ts";
import type { Backend } from "./target.ts";

/** Pods' certificates are their own affair: nothing says who should have signed them. */
export const anyCertificate = new Agent({ rejectUnauthorized: false });

export interface ForwardOptions {
  readonly backend: Backend;
  /** TLS settings for https backends. */
  readonly agent: Agent;
  readonly clock: Clock;
}

/** Answers the request with what the backend says. Throws 503 when it cannot be reached. */
export async function forward(request: ConnectRequest, options: ForwardOptions): Promise<void> {
  const { prefix, path, query } = splitProxyUrl(request.url);
  const { response, upgrade, method, signal } = request;
  if (upgrade === undefined && path === "" && (method === "GET" || method === "HEAD")) {
    // A page at `/proxy` could not link to its neighbours (kubernetes#4958).
    response.start(301, { location: `${prefix}/${query}`, "content-length": "0" });
    return response.end();
  }
  const context = { prefix, backendHost: hostPort(options.backend.host, options.backend.port), requestHost: requestHostOf(request) };
  const target = `${path === "" ? "/" : path}${query}`;
  const answer = await send(request, options, target, context);
  if (upgrade !== undefined) return completeUpgrade(upgrade, response, answer, options.clock, signal);
  if (answer.type === "upgrade") {
    answer.socket.destroy();
    throw serviceUnavailable("error trying to reach service: the backend upgraded a connection that nobody asked it to");
  }
  await respond(request, answer.message, context);
}

async function send(request: ConnectRequest, { backend, agent, clock }: ForwardOptions, path: string, context: RewriteContext): Promise<UpstreamAnswer> {
  const { method, signal, upgrade } = request;
  const headers = { ...(upgrade === undefined ? plainHeaders(request) : upgradeHeaders(upgrade.request)), ...forwardedHeaders(request, context, path) };
  const body = upgrade === undefined && hasBody(request) ? { body: request.body } : {};
  try {
    return await sendUpstream({ ...backend, method, path, headers, agent, signal, ...body }, clock);
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    throw serviceUnavailable(`error trying to reach service: ${error.message}`);
  }
}

function requestHostOf({ headers }: ConnectRequest): string {
  const host = headers["host"] ?? headers[":authority"];
  return typeof host === "string" ? host : "";
}

function plainHeaders(request: ConnectRequest): OutgoingHttpHeaders {
  const headers: Headers = {};
  for (const [name, value] of Object.entries(endToEnd(request.headers))) {
    // The server has answered `Expect: 100-continue` itself.
    if (!isCredential(name) && name !== "expect") headers[name] = value;
  }
  headers["host"] = requestHostOf(request);
  return hasBody(request) && headers["content-length"] === undefined ? { ...headers, "transfer-encoding": "chunked" } : headers;
}

function forwardedHeaders({ headers, remoteAddress }: ConnectRequest, { prefix }: RewriteContext, path: string): OutgoingHttpHeaders {
  const before = [headers["x-forwarded-for"] ?? []].flat().filter((text) => text !== "");
  const chain = [...before, ...(remoteAddress === "" ? [] : [remoteAddress])].join(", ");
  return { "x-forwarded-uri": `${prefix}${path.split("?")[0]}`, ...(chain === "" ? {} : { "x-forwarded-for": chain }) };
}

/** HTTP/1.1 says so in its headers; over HTTP/2 a body may come without notice, where its method allows one. */
function hasBody({ headers, method }: ConnectRequest): boolean {
  if (headers["content-length"] !== undefined) return headers["content-length"] !== "0";
  if (headers["transfer-encoding"] !== undefined) return true;
  return headers[":method"] !== undefined && method !== "GET" && method !== "HEAD";
}

/** Cross-origin permissions are the API server's to give, not a pod's. */
const corsHeaders = ["access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin"];

async function respond({ response, method }: ConnectRequest, message: IncomingMessage, context: RewriteContext): Promise<void> {
  const headers = responseHeaders(message);
  for (const name of corsHeaders) delete headers[name];
  const location = headers["location"];
  if (typeof location === "string") headers["location"] = rewriteUrl(location, context);
  const rewritten = location === undefined && method !== "HEAD" ? rewrittenBody(message, context) : undefined;
  if (rewritten !== undefined) delete headers["content-length"];
  response.start(message.statusCode ?? 502, headers);
  try {
    for await (const chunk of rewritten ?? message) await response.write(chunk as Uint8Array);
  } catch (error) {
    message.destroy();
    throw error;
  }
  await response.end();
}

/** The body with its links rewritten; undefined for what is no HTML, or is encoded in a way unknown here. */
function rewrittenBody(message: IncomingMessage, context: RewriteContext): Readable | undefined {
  const type = (message.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "text/html") return undefined;
  const rewriter = htmlTransform(context);
  switch (message.headers["content-encoding"]?.toLowerCase() ?? "") {
    case "":
    case "identity":
      return pipeline(message, rewriter, ignoreError);
    case "gzip":
      return pipeline(message, createGunzip(), rewriter, createGzip(), ignoreError);
    case "deflate":
      return pipeline(message, createInflate(), rewriter, createDeflate(), ignoreError);
    default:
      return undefined;
  }
}

/** Whoever reads the last stream of a pipeline sees its error there. */
function ignoreError(): void {}

function htmlTransform(context: RewriteContext): Transform {
  const rewriter = new HtmlRewriter((url) => rewriteUrl(url, context));
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(rewriter.push(chunk.toString("latin1")), "latin1")),
    flush: (done) => done(null, Buffer.from(rewriter.end(), "latin1")),
  });
}
