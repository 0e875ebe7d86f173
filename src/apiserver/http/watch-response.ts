/** A watch as a stream of frames: JSON lines, of objects or of tables. */
import { stringifyJson } from "../../machinery/json-codec.ts";
import { withNulls } from "../../machinery/nil-fields.ts";
import { internalError, StatusError } from "../../machinery/status.ts";
import type { ResponseWriter } from "../contract.ts";
import type { ResourceStore } from "../registry/resource-store.ts";
import { bookmarkObject } from "../transport.ts";
import { type SessionContext, type WatchSession, watchBatches } from "../watch-cache/session.ts";
import type { WatchItem } from "../watch-cache/watcher.ts";
import type { Negotiated } from "./accept.ts";
import { PeerGoneError, type ResponseHeaders } from "./exchange.ts";
import { protobufErrorFrames, protobufFrames, protobufMetadataFrames } from "./protobuf-form.ts";
import { objectView, type ViewOptions } from "./views.ts";

export interface WatchFrames {
  readonly contentType: string;
  render(item: WatchItem): Uint8Array;
  error(error: StatusError): Uint8Array;
}

export interface WatchAnswer extends WatchFrames {
  readonly session: WatchSession;
  readonly context: SessionContext;
  readonly response: ResponseWriter;
  readonly headers: ResponseHeaders;
  readonly signal: AbortSignal;
  /** So many events went out, with so many bytes together. */
  onSent(count: number, bytes: number): void;
}

/** Ends when the watch does; a peer that reads slowly holds up only itself. */
export async function answerWatch(answer: WatchAnswer): Promise<void> {
  const { session, context, response, headers, contentType, signal } = answer;
  response.start(200, watchHeaders(headers, contentType));
  try {
    for await (const batch of watchBatches(session, context, signal)) {
      const bytes = batch.length === 1 ? answer.render(batch[0]!) : Buffer.concat(batch.map((item) => answer.render(item)));
      answer.onSent(batch.length, bytes.length);
      await response.write(bytes);
    }
    await response.end();
  } catch (error) {
    if (error instanceof PeerGoneError || signal.aborted) return;
    await response.end(answer.error(error instanceof StatusError ? error : internalError("cannot go on with the watch", error)));
  }
}

export function watchHeaders(headers: ResponseHeaders, contentType: string): ResponseHeaders {
  return { ...headers, "content-type": contentType, "cache-control": "no-cache, private" };
}

/** Those of a watch that never gets to an event of an object. */
export function errorFrames({ encoding }: Negotiated): Omit<WatchFrames, "render"> {
  return encoding === "protobuf" ? protobufErrorFrames : { contentType: "application/json", error: jsonError };
}

function jsonError(error: StatusError): Uint8Array {
  return Buffer.from(`${JSON.stringify({ type: "ERROR", object: error.status })}\n`);
}

/** How one watch's events are written. */
export function watchFrames(resource: ResourceStore, negotiated: Negotiated, view: ViewOptions): WatchFrames {
  const error = jsonError;
  if (negotiated.encoding === "protobuf") {
    if (negotiated.transform === "none") return protobufFrames(resource);
    return protobufMetadataFrames(resource, (object) => objectView(resource.definition, object, negotiated, view));
  }
  if (negotiated.transform === "none") return { contentType: "application/json", render: (item) => jsonLine(resource, item), error };
  return { contentType: "application/json", render: viewLines(resource, negotiated, view), error };
}

function jsonLine(resource: ResourceStore, item: WatchItem): Uint8Array {
  if (item.type === "BOOKMARK") return eventLine("BOOKMARK", bookmarkObject(resource, item.revision, item.initialEnd));
  if (resource.definition.storedAs === undefined) return item.line;
  return eventLine(item.type, withNulls(resource.definition.schema, resource.view(item.stored).object));
}

/** Only the first table of a watch tells its columns. */
function viewLines(resource: ResourceStore, negotiated: Negotiated, options: ViewOptions): (item: WatchItem) => Uint8Array {
  let first = true;
  return (item) => {
    const object = item.type === "BOOKMARK" ? bookmarkObject(resource, item.revision, item.initialEnd) : resource.view(item.stored).object;
    if (item.type === "BOOKMARK" && negotiated.transform === "table") {
      const empty = { kind: "Table", apiVersion: `meta.k8s.io/${negotiated.version}`, metadata: object.metadata, columnDefinitions: null, rows: [] };
      return eventLine("BOOKMARK", empty);
    }
    const line = eventLine(item.type, objectView(resource.definition, object, negotiated, options, !first));
    first = false;
    return line;
  };
}

function eventLine(type: string, object: object): Buffer {
  return Buffer.from(`${stringifyJson({ type, object })}\n`);
}
