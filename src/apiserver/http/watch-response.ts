/** A watch as a stream of JSON lines. */
import { stringifyJson } from "../../machinery/json-codec.ts";
import { internalError, StatusError } from "../../machinery/status.ts";
import type { ResponseWriter } from "../contract.ts";
import type { ResourceStore } from "../registry/resource-store.ts";
import { bookmarkObject } from "../transport.ts";
import { type SessionContext, type WatchSession, watchBatches } from "../watch-cache/session.ts";
import type { WatchItem } from "../watch-cache/watcher.ts";
import { PeerGoneError, type ResponseHeaders } from "./exchange.ts";

export interface WatchAnswer {
  readonly resource: ResourceStore;
  readonly session: WatchSession;
  readonly context: SessionContext;
  readonly response: ResponseWriter;
  readonly headers: ResponseHeaders;
  readonly contentType: string;
  readonly signal: AbortSignal;
  /** One event as a frame of the negotiated encoding. */
  render(item: WatchItem): Uint8Array;
}

/** Ends when the watch does; a peer that reads slowly holds up only itself. */
export async function answerWatch(answer: WatchAnswer): Promise<void> {
  const { session, context, response, headers, contentType, signal, render } = answer;
  response.start(200, { ...headers, "content-type": contentType, "cache-control": "no-cache, private" });
  try {
    for await (const batch of watchBatches(session, context, signal)) {
      await response.write(batch.length === 1 ? render(batch[0]!) : Buffer.concat(batch.map(render)));
    }
    await response.end();
  } catch (error) {
    if (error instanceof PeerGoneError || signal.aborted) return;
    await response.end(errorLine(error instanceof StatusError ? error : internalError("cannot go on with the watch", error)));
  }
}

export function jsonLine(resource: ResourceStore, item: WatchItem): Uint8Array {
  if (item.type === "BOOKMARK") {
    return Buffer.from(`${JSON.stringify({ type: "BOOKMARK", object: bookmarkObject(resource, item.revision, item.initialEnd) })}\n`);
  }
  if (resource.definition.storedAs === undefined) return item.line;
  return Buffer.from(`{"type":"${item.type}","object":${stringifyJson(resource.view(item.stored).object)}}\n`);
}

export function errorLine(error: StatusError): string {
  return `${JSON.stringify({ type: "ERROR", object: error.status })}\n`;
}
