/** Results into bytes. */

import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import { withNulls } from "../../machinery/nil-fields.ts";
import { apiVersionOf, type KubeObject } from "../../machinery/object.ts";
import type { Status, StatusError } from "../../machinery/status.ts";
import { stringifyYaml } from "../../machinery/yaml-codec.ts";
import type { SingleResult } from "../calls.ts";
import { listKind, listMetadata } from "../registry/list-kind.ts";
import { objectsIn, parsedList } from "../registry/many-objects.ts";
import type { ListResult } from "../registry/read.ts";
import type { ResourceStore } from "../registry/resource-store.ts";
import { StoredObject } from "../registry/stored-object.ts";
import { acceptsGzip, contentTypeOf, gzipThreshold, type Negotiated, negotiateStatus } from "./accept.ts";
import type { Exchange, ResponseHeaders } from "./exchange.ts";
import { gzipPieces } from "./gzip-pieces.ts";
import { protobufOf, protobufOfView } from "./protobuf-form.ts";
import { onSpareThread } from "./spare-thread.ts";
import { viewOf } from "./views.ts";

export interface AnswerContext {
  readonly exchange: Exchange;
  readonly negotiated: Negotiated;
  readonly pretty: boolean;
  /** Milliseconds since the epoch, for ages in tables. */
  readonly now: number;
  /** What each row of a table carries of its object. */
  readonly includeObject: string;
  /** Those of every answer: audit id, warnings. */
  readonly headers: ResponseHeaders;
  /** Where it is worth while, and the client takes it. */
  readonly compress: boolean;
}

const newline = Buffer.from("\n");
const nothing = Buffer.alloc(0);
const gzipAsync = promisify(gzip);

/** Undefined when it has been handed to the connection: most answers are small, and there is nothing to wait for. */
export function sendResult(context: AnswerContext, answer: SingleResult): Promise<void> | undefined {
  const { transform, encoding } = context.negotiated;
  if (transform === "none" && encoding === "json" && !context.pretty) return sendBytes(context, codeOf(answer), jsonOf(answer));
  return sendInForm(context, answer);
}

function codeOf(answer: SingleResult): number {
  return answer.type === "object" || answer.type === "plain" ? answer.code : 200;
}

async function sendInForm(context: AnswerContext, answer: SingleResult): Promise<void> {
  const { transform, encoding } = context.negotiated;
  const code = codeOf(answer);
  const contentType = contentTypeOf(context.negotiated);
  if (transform === "none" && encoding === "protobuf") return sendBytes(context, code, await protobufOf(answer), contentType);
  const result = answer.type === "list" ? { ...answer, list: await parsedList(answer.list) } : answer;
  const value = transform === "none" ? plainValue(result) : viewOf(result, context.negotiated, context);
  await sendBytes(context, code, [await encodeInTurns(value, context)], contentType);
}

/** Of a table or a list of metadata, as many as take a few milliseconds. */
const rowsATurn = 250;

/** Others have their turns between the rows of a long table, or the items of a long list. */
async function encodeInTurns(value: object, context: AnswerContext): Promise<Buffer> {
  const { rows, items } = value as { readonly rows?: readonly unknown[]; readonly items?: readonly unknown[] };
  const many = rows ?? items;
  if (many === undefined || many.length <= rowsATurn || context.negotiated.encoding !== "json" || context.pretty) return encodeValue(value, context);
  const key = rows === undefined ? "items" : "rows";
  const head = stringifyJson({ ...value, [key]: undefined }).slice(0, -1);
  const pieces = [Buffer.from(`${head},"${key}":[`)];
  for (let from = 0; from < many.length; from += rowsATurn) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    pieces.push(Buffer.from(`${from === 0 ? "" : ","}${stringifyJson(many.slice(from, from + rowsATurn)).slice(1, -1)}`));
  }
  pieces.push(listTail);
  return Buffer.concat(pieces);
}

/** A value that is not one of the cache's, in the encoding asked for. */
export function encodeValue(value: object, { negotiated, pretty }: Pick<AnswerContext, "negotiated" | "pretty">): Buffer {
  if (negotiated.encoding === "yaml") return Buffer.from(stringifyYaml(value));
  if (negotiated.encoding === "protobuf") return protobufOfView(value);
  return Buffer.from(`${pretty ? JSON.stringify(value, undefined, 2) : stringifyJson(value)}\n`);
}

function jsonOf(result: SingleResult): Buffer[] {
  if (result.type === "list") return listJson(result.resource, result.list);
  if (result.type !== "plainList" && result.object instanceof StoredObject) return [objectJson(result.object)];
  return [Buffer.from(`${stringifyJson(plainValue(result))}\n`)];
}

function objectJson(stored: StoredObject): Buffer {
  return stored.wireBetween(nothing, newline);
}

/** The items of a list that has not changed are joined once; only the head tells the current revision. */
const joined = new WeakMap<readonly StoredObject[], Buffer>();

function listJson(resource: ResourceStore, list: ListResult): Buffer[] {
  const { kind, apiVersion } = listKind(resource.definition);
  const head = stringifyJson({ kind, apiVersion, metadata: listMetadata(list) });
  let items = joined.get(list.items);
  if (items === undefined) {
    items = joinItems(list.items);
    joined.set(list.items, items);
  }
  return [Buffer.from(`${head.slice(0, -1)},"items":[`), items, listTail];
}

const listTail = Buffer.from("]}\n");
const comma = 0x2c;

function joinItems(items: readonly StoredObject[]): Buffer {
  let length = Math.max(0, items.length - 1);
  for (const item of items) length += item.wireLength;
  const all = Buffer.allocUnsafe(length);
  let offset = 0;
  for (const [index, item] of items.entries()) {
    if (index > 0) all[offset++] = comma;
    offset = item.writeWire(all, offset);
  }
  return all;
}

/** The plain value, for encodings that begin from one. */
export function plainValue(result: SingleResult): KubeObject | Status | object {
  switch (result.type) {
    case "list":
      return { ...listKind(result.resource.definition), metadata: listMetadata(result.list), items: shown(result.resource.definition, objectsIn(result.list)) };
    case "plainList":
      return {
        kind: `${result.definition.kind}List`,
        apiVersion: apiVersionOf(result.definition),
        metadata: {},
        items: shown(result.definition, result.items),
      };
    case "object":
      return withNulls(result.definition.schema, result.object instanceof StoredObject ? result.object.object : result.object);
    case "plain":
      return result.object;
  }
}

function shown({ schema }: AnyResourceDefinition, objects: readonly KubeObject[]): KubeObject[] {
  return objects.map((object) => withNulls(schema, object));
}

export function sendBytes(context: AnswerContext, code: number, pieces: readonly Buffer[], contentType = "application/json"): Promise<void> | undefined {
  const { exchange, compress } = context;
  const headers = { ...context.headers, "content-type": contentType, "cache-control": "no-cache, private" };
  if (lengthOf(pieces) <= gzipThreshold || !compress || !acceptsGzip(exchange.headers)) return sendPieces(exchange, code, headers, pieces);
  return sendCompressed(exchange, code, headers, pieces);
}

async function sendCompressed(exchange: Exchange, code: number, headers: ResponseHeaders, pieces: readonly Buffer[]): Promise<void> {
  await sendPieces(exchange, code, { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" }, await gzipped(pieces));
}

function lengthOf(pieces: readonly Buffer[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** Three pieces are a list: its head, its items, which may be asked for again, and its tail. */
async function gzipped(pieces: readonly Buffer[]): Promise<readonly Buffer[]> {
  const [head, items, tail] = pieces;
  if (pieces.length === 3) return gzipPieces(head!, items!, tail!);
  return [await onSpareThread(() => gzipAsync(pieces.length === 1 ? head! : Buffer.concat(pieces), { level: constants.Z_BEST_SPEED }))];
}

function sendPieces(exchange: Exchange, code: number, headers: ResponseHeaders, pieces: readonly Buffer[]): Promise<void> | undefined {
  const length = lengthOf(pieces);
  if (length > chunkBytes && exchange.method !== "HEAD") return sendInChunks(exchange, code, { ...headers, "content-length": String(length) }, pieces);
  exchange.send(code, headers, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length));
  return undefined;
}

/** TLS copies what it is given in one go, twice; smaller pieces stay in the processor's cache and let others in between. */
const chunkBytes = 256 * 1024;

async function sendInChunks({ response }: Exchange, code: number, headers: ResponseHeaders, pieces: readonly Buffer[]): Promise<void> {
  response.start(code, headers);
  for (const piece of pieces) {
    for (let offset = 0; offset < piece.length; offset += chunkBytes) await response.write(piece.subarray(offset, offset + chunkBytes));
  }
  await response.end();
}

/** An error, in the encoding that the client asked for. */
export function sendStatus(exchange: Exchange, headers: ResponseHeaders, error: StatusError, pretty: boolean): void {
  const { status } = error;
  const accept = exchange.headers["accept"];
  const negotiated = negotiateStatus(typeof accept === "string" ? accept : undefined);
  const retryAfter = status.details?.retryAfterSeconds;
  const all = {
    ...headers,
    "content-type": contentTypeOf(negotiated),
    "cache-control": "no-cache, private",
    "x-content-type-options": "nosniff",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(error.code === 401 ? { "www-authenticate": "Bearer" } : {}),
  };
  exchange.send(error.code, all, encodeValue(status, { negotiated, pretty }));
}

/** As Go's http.NotFound. */
export function sendPageNotFound(exchange: Exchange, headers: ResponseHeaders): void {
  const own = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache, private", "x-content-type-options": "nosniff" };
  exchange.send(404, { ...headers, ...own }, Buffer.from("404 page not found\n"));
}
