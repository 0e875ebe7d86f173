/** Answers of routes: documents and texts. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { methodNotAllowed } from "../../machinery/status.ts";
import type { RouteRequest } from "../contract.ts";
import { acceptsGzip, gzipThreshold } from "../http/accept.ts";

const gzipAsync = promisify(gzip);

export interface DocumentOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Documents that upstream serves by its framework are for GET alone, not even for HEAD; others take any method. Throws 405. */
export function requireGet({ method }: RouteRequest): void {
  if (method !== "GET") throw methodNotAllowed();
}

export async function replyText(request: RouteRequest, code: number, text: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  request.response.start(code, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache, private",
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  });
  await request.response.end(request.method === "HEAD" ? undefined : text);
}

export async function replyDocument(
  request: RouteRequest,
  body: Buffer,
  { contentType = "application/json", headers = {} }: DocumentOptions = {},
): Promise<void> {
  const all = { "content-type": contentType, "cache-control": "no-cache, private", ...headers };
  if (body.length > gzipThreshold && acceptsGzip(request.headers)) {
    const compressed = await gzipAsync(body, { level: constants.Z_BEST_SPEED });
    return finish(request, { ...all, "content-encoding": "gzip", vary: "Accept, Accept-Encoding" }, compressed);
  }
  return finish(request, all, body);
}

function finish(request: RouteRequest, headers: Readonly<Record<string, string>>, body: Buffer): Promise<void> {
  request.response.start(200, { ...headers, "content-length": String(body.length) });
  return request.response.end(request.method === "HEAD" ? undefined : body);
}

/** A document that clients may keep: with an ETag, and 304 for those who have it. */
export async function replyTagged(
  request: RouteRequest,
  document: TaggedDocument,
  { contentType = "application/json", headers = {} }: DocumentOptions = {},
): Promise<void> {
  const all = { etag: document.etag, "cache-control": "public", vary: "Accept", ...headers };
  if (matches(request.headers["if-none-match"], document.etag)) {
    request.response.start(304, all);
    return request.response.end();
  }
  return replyDocument(request, document.body, { contentType, headers: all });
}

export interface TaggedDocument {
  readonly body: Buffer;
  /** Quoted. */
  readonly etag: string;
}

export function tagged(body: Buffer): TaggedDocument {
  return { body, etag: `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"` };
}

/** What upstream writes past its serializers is indented for everybody. */
export function rawJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value, undefined, 2));
}

export function jsonBody(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function matches(header: string | readonly string[] | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = (typeof header === "string" ? header : header.join(",")).split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
